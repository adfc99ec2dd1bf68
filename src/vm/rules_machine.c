/* Rules of the machine itself: CPUs, names, kernel; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"

static void
rule_cpus(struct rules *r)
{
	const struct vm_cpus *c = &r->vm->cpus;
	int64_t product = 1;
	bool all = c->sockets != 0 && c->cores != 0 && c->threads != 0;

	/* Each is at most VM_CPUS_MAX, so this cannot overflow. */
	product *= c->sockets != 0 ? c->sockets : 1;
	product *= c->cores != 0 ? c->cores : 1;
	product *= c->threads != 0 ? c->threads : 1;
	if (product > VM_CPUS_MAX)
		rule_broken(r, "cpus",
		    "sockets, cores and threads make %lld CPUs, at most %d are allowed",
		    (long long)product, VM_CPUS_MAX);
	else if (c->count != 0 && (all ? c->count != product : c->count % product != 0))
		rule_broken(r, "cpus.count", "%lld CPUs cannot be %lld sockets * cores * threads",
		    (long long)c->count, (long long)product);
}

static void
rule_words(struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->machine != NULL && !is_word(vm->machine))
		rule_broken(r, "machine",
		    "\"%s\" is not a machine type (letters, digits, '-', '_' and '.', as in q35)",
		    vm->machine);
	if (vm->qemu != NULL && strchr(vm->qemu, '/') != NULL && vm->qemu[0] != '/')
		rule_broken(r, "qemu", "\"%.60s\" is neither a program's name nor an absolute path",
		    vm->qemu);
	for (size_t i = 0; i < vm->ntags; i++) {
		char *path = xasprintf("tags[%zu]", i);

		if (!is_word(vm->tags[i]))
			rule_broken(r, path,
			    "\"%.60s\" is not a tag (letters, digits, '-', '_' and '.')",
			    vm->tags[i]);
		free(path);
	}
}

static void
rule_kernel(struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->kernel != NULL || rule_given(r, "kernel"))
		return;
	if (vm->initrd != NULL)
		rule_broken(r, "initrd", "needs a kernel, and none is given");
	if (vm->cmdline != NULL)
		rule_broken(r, "cmdline", "needs a kernel, and none is given");
}

void
rules_machine(struct rules *r)
{
	rule_cpus(r);
	rule_words(r);
	rule_kernel(r);
}
