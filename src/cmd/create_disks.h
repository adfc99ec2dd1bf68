/* The disks of a new VM, as --disk asks for them. */
#ifndef VMRUN_CMD_CREATE_DISKS_H
#define VMRUN_CMD_CREATE_DISKS_H

#include <jansson.h>
#include <stdbool.h>

#include "launch/context.h"

struct buf;
struct diag;
struct options;

struct new_disks {
	const struct options *o;
	struct context *c;
	const char *name; /* the VM's */
	json_t *made;     /* paths of the images that its first start makes */
	bool replaced;    /* templates or defaults have disks, none of which the VM gets */
};

/*
 * Gives the text of the VM's file, which is complete but for them, its disks.
 *
 * Sizes alone, where the text has no disks, are of those that each VM makes for itself by what its templates or
 * the defaults say, in their order, which keep their base and all else; a size more is that of another disk.
 * Else the list is that of the command line.
 */
int create_disks(struct diag *d, struct new_disks *n, struct buf *text);

#endif
