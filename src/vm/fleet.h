/* Rules across VM files, and the choice of VMs by name, glob and tag. Pure. */
#ifndef VMRUN_VM_FLEET_H
#define VMRUN_VM_FLEET_H

#include <stdbool.h>
#include <stddef.h>

#include "vm/vm.h"

struct fleet_member {
	struct vm vm;         /* what could be read, even if loaded is false */
	struct conf_doc *doc; /* for places in messages; NULL if it did not parse */
	bool loaded;          /* vm_load() succeeded */
	bool incomplete;      /* not all of its templates could be read */
	bool gone;            /* it is no VM any more, or read again since: nobody clashes with it */
	bool unlisted;        /* an instance that runs, but is not one that belongs to the fleet */
};

struct fleet_claims;

struct fleet {
	struct fleet_member *member; /* sorted by name */
	size_t n;
	struct fleet_claims *claims; /* NULL: fleet_claim() was not called */
};

void fleet_member_free(struct fleet_member *m); /* closes the doc */

/* For arrays of const struct fleet_member *: the order of their names, for qsort(3), and how a name compares
 * with that of an element, for bsearch(3) and sorted_first(). */
int fleet_by_name(const void *a, const void *b);
int fleet_name_of(const void *name, const void *element);
struct fleet_member *fleet_find(struct fleet *f, const char *name);
/* What is wrong between VMs that could run at once: one MAC, tap, uuid or VNC display twice, an
 * image that one writes and another uses. only NULL: every clash in the fleet; else those of that
 * VM, which stands in the place of the fleet's member of its name, if there is one. */
int fleet_check(struct diag *d, const struct fleet *f, const struct fleet_member *only);
/* The paths of its settings by which it clashes with another, without a word. */
void fleet_each_clash(const struct fleet *f, const struct fleet_member *one,
    void (*fn)(const char *path, void *arg), void *arg);
/* For one VM after another: what all of them want for themselves is gathered once. The members stay
 * as they are from then on. */
void fleet_claim(struct fleet *f);
/* And besides them a VM that is none of its members, and is to live as long. */
void fleet_claim_late(struct fleet *f, const struct fleet_member *m);
/* Is this MAC written in any file, other than that of the VM called as `except`? Its owner's name,
 * or NULL. */
const char *fleet_mac_owner(const struct fleet *f, struct mac m, const struct vm *except);
/* Does a VM called name with these tags match word: its name, a glob, or "@tag"? */
bool fleet_match(const char *word, const char *name, char *const *tags, size_t ntags);
void fleet_free(struct fleet *f); /* closes the docs */
void fleet_claims_free(struct fleet_claims *c); /* fleet_free() does it */

#endif
