/*
 * Changing a running VM: what super/change*.c share.
 *
 * Theory of operation. The supervisor reads the VM's file anew, holds it against the resolved file of
 * what runs, and goes through the keys that differ (vm/change.h). Each that can be changed while the
 * VM runs belongs to a unit, "the rate of nics[1]"; units are done one after another, each whole or
 * not at all as far as that is in anybody's power, and what was done is written into the record and
 * into the resolved file before the next. So whatever fails or dies half way, the file still differs
 * from what runs by just what was not done.
 */
#ifndef VMRUN_SUPER_CHANGE_H
#define VMRUN_SUPER_CHANGE_H

#include "super/machine.h"

struct change_work {
	struct super *s;
	const struct context *c;      /* with the host config as it is now */
	const struct plan *was, *now; /* of NICs: nics_plan() */
};

/* One unit, of element i where it is in a list. -1: it is as it was, or d says how it is. */
typedef int change_fn(struct change_work *w, struct diag *d, size_t i);

/* What query-block says of the device of that name, "disk0"; "qdev" is what QEMU itself calls it. NULL:
 * it is not there, or QEMU says nothing. */
json_t *change_drive(struct change_work *w, struct diag *d, const char *id);

/* change_qemu.c */
change_fn change_balloon, change_password, change_limits, change_actions;
/* change_medium.c */
change_fn change_cdrom, change_floppy;
/* change_network.c */
change_fn change_link, change_forwards, change_port, change_rate, change_down_hook;

#endif
