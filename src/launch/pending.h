/*
 * Changes to a VM that take several steps, and that a crash may end between any two of them.
 *
 * Before the first step state_dir/pending/NAME says what is about to be done, under the VM's lock; after the last
 * it goes. There is one step that decides, the VM's file coming or going: whoever finds such a note takes back
 * what was before that, or does what was to be after it. A clone whose file is there is done, and what was made
 * for one whose file is not is removed; a VM whose file is there was not removed, and of one whose file is not
 * the rest goes.
 *
 * A note is a JSON object:
 *	do		"remove" or "clone"
 *	file		the VM's file
 *	images		remove: images that go with it. clone: images that it makes; each is written as
 *			IMAGE.new, which stays until the end, so that nobody else's is taken for it
 *	folder		clone: a folder of its state that it makes
 *	frozen		clone: images of its source that become the base of both, each an object of image, its
 *			path; base, the path that it gets; mode, that it had; and of the overlay that takes its
 *			place, while nobody has written to it, size and mtime
 *	source		clone: the VM that it is a clone of
 */
#ifndef VMRUN_LAUNCH_PENDING_H
#define VMRUN_LAUNCH_PENDING_H

#include <jansson.h>
#include <stdbool.h>

struct context;
struct diag;

/* Not with the lock of vm_files_lock() in hand, which it takes itself. */
int pending_write(
    struct diag *d, const struct context *c, const char *name, const json_t *note);
/* The change is done, or taken back; with the VM's lock in hand. */
int pending_end(struct diag *d, const struct context *c, const char *name, const json_t *note);
/* Of every VM that nobody is at work on: what a crash left. */
int pending_recover(struct diag *d, const struct context *c);

/* Everything in state_dir that is of the VM of that name: its firmware's variables, its TPM, marks; what is
 * not there does not matter. Its MACs and its uid are given back to the ledger. */
int vm_state_remove(struct diag *d, const struct context *c, const char *name);
/* The MACs that the ledger has of it, as an array; to be freed with json_decref(). */
json_t *vm_macs(const struct context *c, const char *name);
/* Is there anything of that kind, or in the ledger? */
bool vm_state_there(const struct context *c, const char *name);

#endif
