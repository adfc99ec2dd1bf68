/* Where the channels into a guest lead (vm/channel.h): opened by vmrun, so that QEMU needs no right
 * to it, and told by the record. */
#ifndef VMRUN_LAUNCH_CHANNELS_H
#define VMRUN_LAUNCH_CHANNELS_H

#include <jansson.h>
#include <stdbool.h>

struct context;
struct diag;
struct plan_facts;
struct vm;

/* The name in the runtime folder of a channel's socket, "serial.sock" of "serial0" and
 * "serial1.sock" of "serial1"; to be freed by the caller. */
char *channel_file(const char *id);
/* Is file such a name, or that of a socket's lock? */
bool channel_is_file(const char *file);

/* Names for all of them in pf->f.channels, which is made. */
void channels_name(const struct context *c, const struct vm *vm, struct plan_facts *pf);
/* Descriptors in the place of the names. */
int channels_open(struct diag *d, const struct vm *vm, struct plan_facts *pf);
/* [{"id": "serial0", "name": "serial0", "to": "socket", "path": "/run/…"}]; a pty has no path
 * before QEMU says it. */
json_t *channels_record(const struct vm *vm, const struct plan_facts *pf);
/* QEMU's answer to query-chardev: the paths of the record's ptys. False: it had none to fill in. */
bool channels_fill(json_t *record, const json_t *chardevs);
/* Is there a pty whose path is not known yet? */
bool channels_wait(const json_t *record);

#endif
