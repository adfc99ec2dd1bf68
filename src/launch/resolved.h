/*
 * What the keys of a running VM came to when it was started, run/NAME/resolved: its file, its
 * templates and the defaults may have changed since, and diff holds what they say now against it.
 * Only whoever started the VM can read it, as it can hold what only the VM's file should.
 */
#ifndef VMRUN_LAUNCH_RESOLVED_H
#define VMRUN_LAUNCH_RESOLVED_H

#include "vm/fleet.h"
#include "vm/trail.h"

struct context;
struct diag;
struct runtime;

/* Of a VM that was loaded, whose doc is still open: its trail, or that as the file's text, to be
 * freed by the caller. */
void resolved_now(const struct context *c, const struct fleet_member *m, struct conf_trail *ret);
char *resolved_text(const struct context *c, const struct fleet_member *m);
/* Into the VM's runtime folder, in place of what is there. */
int resolved_write(struct diag *d, const struct runtime *r, const char *text);
/* Of the VM that runs; to be freed with conf_trail_free(). -1 with errno ENOENT: it does not run,
 * or was started by a vmrun that kept nothing. */
int resolved_read(
    struct diag *d, const struct context *c, const char *name, struct conf_trail *ret);

/* The same as a VM that was loaded, whose doc says what the trail does and nothing else; name and file
 * (may be NULL) are the VM's. -1: this vmrun does not take it for a sound one. */
int resolved_load(struct diag *d, const struct conf_trail *runs, const char *name, const char *file,
    struct fleet_member *ret);

#endif
