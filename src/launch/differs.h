/* A running VM and its file, side by side: what the keys came to when it was started, or were changed
 * to since, and what they come to now. For those who show it and for those who change it. */
#ifndef VMRUN_LAUNCH_DIFFERS_H
#define VMRUN_LAUNCH_DIFFERS_H

#include <jansson.h>
#include <stdbool.h>

#include "conf/trail.h"
#include "vm/change.h"
#include "vm/fleet.h"

struct context;
struct diag;

struct differs {
	struct conf_trail runs, file;
	struct vm vm;      /* as it runs */
	bool understood;   /* else vm is not of use, and all takes a restart */
	struct changes changes;
	bool password_new; /* the content of display.password_file is another one */
};

/* now is loaded, and its doc open. -1 with errno ENOENT: what runs is not known, because a vmrun
 * started it that kept nothing. */
int differs_find(struct diag *d, const struct context *c, const json_t *record,
    const struct fleet_member *now, struct differs *ret);
void differs_free(struct differs *x);
/* Is it an instance that its file listed when it was started? */
bool differs_was_listed(const struct differs *x, const char *name);

/* In the record, by what it is known whether the content of a file is another one. */
void differs_record(json_t *record, const struct vm *vm);
#define RECORD_PASSWORD "password_file" /* hidden from whoever asks for the record */

#endif
