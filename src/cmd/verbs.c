/* The list of verbs, in the order that help shows. */
#include <string.h>

#include "cmd/cmd.h"

/* clang-format off: a verb a line */
extern const struct verb verb_start,
	verb_stop,
	verb_restart,
	verb_kill,
	verb_reset,
	verb_pause,
	verb_resume,
	verb_list,
	verb_status,
	verb_top,
	verb_metrics,
	verb_wait,
	verb_diff,
	verb_apply,
	verb_argv,
	verb_show,
	verb_check,
	verb_console,
	verb_forward,
	verb_monitor,
	verb_qmp,
	verb_log,
	verb_screenshot,
	verb_mac,
	verb_link,
	verb_net,
	verb_ip,
	verb_create,
	verb_clone,
	verb_edit,
	verb_remove,
	verb_gc,
	verb_version,
	verb_help, verb_complete;

const struct verb *const verbs[] = {
	&verb_start,
	&verb_stop,
	&verb_restart,
	&verb_kill,
	&verb_reset,
	&verb_pause,
	&verb_resume,
	&verb_list,
	&verb_status,
	&verb_top,
	&verb_metrics,
	&verb_wait,
	&verb_diff,
	&verb_apply,
	&verb_argv,
	&verb_show,
	&verb_check,
	&verb_console,
	&verb_forward,
	&verb_monitor,
	&verb_qmp,
	&verb_log,
	&verb_screenshot,
	&verb_mac,
	&verb_link,
	&verb_net,
	&verb_ip,
	&verb_create,
	&verb_clone,
	&verb_edit,
	&verb_remove,
	&verb_gc,
	&verb_version,
	&verb_help,
	&verb_complete,
	NULL
};
/* clang-format on */

const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; verbs[i] != NULL; i++) {
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	}
	return NULL;
}
