/* VMs whose files cannot be read; see unread.h. */
#include "cmd/unread.h"

#include <stdlib.h>

#include "cmd/cmd.h"
#include "conf/conf.h"
#include "launch/resolved.h"
#include "util/mem.h"

char *
choose_word_for(const char *word)
{
	return vm_is_instance_file(word) ? xasprintf("%s" CONTEXT_SAMPLE, word) : xstrdup(word);
}

bool
unread_is(const struct fleet_member *m)
{
	return !m->loaded && (m->doc == NULL || m->incomplete);
}

bool
unread_why(struct cmd *cmd, const char *name, struct diag *d)
{
	char *word = choose_word_for(name);
	struct fleet_member m;
	bool result = context_load(d, &cmd->c, word, &m) == -1;

	fleet_member_free(&m);
	free(word);
	return result;
}

bool
unread_runs_with(struct cmd *cmd, const char *word, const char *name, bool *ret)
{
	struct diag ignored = { 0 };
	struct fleet_member runs;
	struct conf_trail trail;
	bool known = false;

	if (resolved_read(&ignored, &cmd->c, name, &trail) == 0) {
		known = resolved_load(&ignored, &trail, name, NULL, &runs) == 0;
		if (known) {
			*ret = fleet_match(word, name, runs.vm.tags, runs.vm.ntags);
			fleet_member_free(&runs);
		}
		conf_trail_free(&trail);
	}
	diag_free(&ignored);
	return known;
}
