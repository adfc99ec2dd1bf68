/* The fleet as a whole, and the choice of VMs; see fleet.h. */
#include "vm/fleet.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

static int
by_name(const void *name, const void *member)
{
	return strcmp(name, ((const struct fleet_member *)member)->vm.name);
}

void
fleet_member_free(struct fleet_member *m)
{
	vm_free(&m->vm);
	conf_close(m->doc);
}

int
fleet_by_name(const void *a, const void *b)
{
	return fleet_name_of((*(const struct fleet_member *const *)a)->vm.name, b);
}

int
fleet_name_of(const void *name, const void *element)
{
	return strcmp(name, (*(const struct fleet_member *const *)element)->vm.name);
}

struct fleet_member *
fleet_find(struct fleet *f, const char *name)
{
	struct fleet_member *m =
	    f->n > 0 ? bsearch(name, f->member, f->n, sizeof(*f->member), by_name) : NULL;

	return m != NULL && !m->gone ? m : NULL;
}

const char *
fleet_mac_owner(const struct fleet *f, struct mac m, const struct vm *except)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct vm *vm = &f->member[i].vm;

		if (f->member[i].gone || (except != NULL && strcmp(vm->name, except->name) == 0))
			continue;
		for (size_t k = 0; k < vm->nnics; k++) {
			if (mac_equal(vm->nics[k].mac, m))
				return vm->name;
		}
	}
	return NULL;
}

bool
fleet_match(const char *word, const char *name, char *const *tags, size_t ntags)
{
	if (word[0] != '@')
		return strcmp(word, name) == 0 || fnmatch(word, name, 0) == 0;
	for (size_t i = 0; i < ntags; i++) {
		if (strcmp(word + 1, tags[i]) == 0)
			return true;
	}
	return false;
}

void
fleet_free(struct fleet *f)
{
	for (size_t i = 0; i < f->n; i++)
		fleet_member_free(&f->member[i]);
	free(f->member);
	fleet_claims_free(f->claims);
	*f = (struct fleet){ 0 };
}
