/*
 * What becomes of a key that is changed in the file of a running VM: nothing that takes effect before
 * the next start, something that can be done at once, or a restart. One table says it of every key.
 * Pure.
 */
#ifndef VMRUN_VM_CHANGE_H
#define VMRUN_VM_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

struct conf_entry;
struct conf_trail;
struct os_facts;
struct vm;

/* What is changed in one piece while the VM runs, each of an element of a list where it is in one. */
enum change_unit {
	CHANGE_RESTART, /* nothing: only a restart does it */
	CHANGE_NOTHING, /* nothing has to be done: who needs it reads the file */
	CHANGE_POLICY,  /* the supervisor takes it over */
	CHANGE_ACTIONS, /* QEMU's, when the guest panics and the like */
	CHANGE_QUOTA, /* what its processes may take of the host */
	CHANGE_BALLOON,
	CHANGE_PASSWORD, /* of the screen */
	CHANGE_LIMITS,   /* of a disk */
	CHANGE_CDROM,
	CHANGE_FLOPPY,
	CHANGE_LINK, /* of a NIC, as are those that follow */
	CHANGE_FORWARDS,
	CHANGE_DOWN_HOOK,
	CHANGE_RATE,
	CHANGE_PORT,
	CHANGE_UNITS
};

struct change_row {
	const char *key; /* "nics[].rate": it, and all that is within it */
	enum change_unit unit;
	/* Can it be, from what runs to what the file says? NULL: always. */
	bool (*can)(const struct vm *runs, const struct vm *file, size_t i,
	    const struct os_facts *os);
	bool port; /* and only by who may change the ports of this host's bridges */
};

/* The row of a key ("nics[1].rate.in" or "nics[].rate.in"): that which says most of it; NULL: none. */
const struct change_row *change_row(const char *key);
/* Every row; ended by one without a key. */
extern const struct change_row change_rows[];

struct change {
	const struct conf_entry *runs, *file; /* of the trails; NULL: it is not said there */
	const char *key;
	enum change_unit unit;
	size_t i;  /* of the element */
	bool mark; /* only that a group is empty now, which its keys say as well: not to be shown */
};

struct changes {
	struct change *v; /* in the order of their keys */
	size_t n;
};

/* What differs between what runs and the file. ports: may the caller change ports? runs_vm NULL: what
 * runs is not understood, and so all of it takes a restart. Lends from the trails. */
void changes_find(const struct conf_trail *runs, const struct conf_trail *file,
    const struct vm *runs_vm, const struct vm *file_vm, const struct os_facts *os, bool ports,
    struct changes *ret);
void changes_free(struct changes *c);

/* What runs once the changes for which done[] is true have been made: a new trail. */
void changes_merge(const struct conf_trail *runs, const struct changes *c, const bool *done,
    struct conf_trail *ret);

#endif
