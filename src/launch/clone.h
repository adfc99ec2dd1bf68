/*
 * The images of a clone.
 *
 * A full clone has a copy of each image that its source writes to. A linked one has an overlay, and because what an
 * overlay is based on must never change again, the source gets one as well: its image becomes the base of both, under
 * a name of its own (clone_name.h), read-only, and in its place comes an overlay that holds nothing yet. Where the
 * source's image is such an overlay already, what that is based on is the base of the clone too. An image that no VM
 * writes to, or that all may, is shared.
 *
 * All of it is noted first (pending.h), so that a crash at any moment leaves nothing of it, or all.
 */
#ifndef VMRUN_LAUNCH_CLONE_H
#define VMRUN_LAUNCH_CLONE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch/qemu_img.h"
#include "vm/vm.h"

struct context;

enum clone_how {
	CLONE_SHARED,    /* the same image */
	CLONE_MADE,      /* there is none yet: a start makes it */
	CLONE_CONVERTED, /* a copy */
	CLONE_COPIED,    /* a copy byte by byte, of what is encrypted or no image of a disk */
	CLONE_LINKED,
};

struct clone_image {
	char *key; /* of the setting: "disks[0].file" */
	enum clone_how how;
	int format;  /* enum vm_format */
	char *from;  /* the source's, without symbolic links; NULL: there is none */
	char *to;    /* the clone's, which is there only once it is made; NULL: shared */
	char *base;  /* of CLONE_LINKED */
	int base_format;
	bool freeze; /* base is what from becomes */
	uint64_t size;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

struct clone {
	const struct context *c;
	const struct vm *source;
	const char *name; /* of the clone */
	const char *file; /* its VM file */
	bool linked;
	struct clone_image *image; /* of the disks in their order, then of the firmware's variables */
	size_t n;
	json_t *note;
	struct qemu_img_watch watch;
	void (*begins)(const char *key, void *arg); /* an image is copied now; NULL: nobody looks */
};

/* Decides how each image comes to the clone, and touches nothing. */
int clone_plan(struct diag *d, struct clone *cl);
/* Are files of the source read or changed, so that it must not run? */
bool clone_needs_source(const struct clone *cl);
/* Notes what is to be done, and makes it; with the locks of both VMs in hand. On failure the caller ends the note,
 * if there is one, with the source's lock given up. */
int clone_make(struct diag *d, struct clone *cl);
void clone_free(struct clone *cl);

#endif
