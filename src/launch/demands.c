/* CPUs, NUMA nodes and huge pages of the host that a VM asks for; see demands.h. */
#include "launch/demands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "launch/quota.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "util/num.h"
#include "vm/vm.h"

struct check {
	struct conf_doc *doc;
	const struct vm *vm;
	int result;
};

/* The first line of d is the message. */
static void
missing(struct check *c, const char *key, struct diag *d)
{
	conf_fail(c->doc, key, "%.*s", (int)strcspn(d->text, "\n"), d->text);
	diag_free(d);
	c->result = -1;
}

/* Is all of part there? thing is what each of it is called. */
static void
check_within(struct check *c, const char *key, const struct intset *part,
    int (*get)(struct diag *d, struct intset *ret), const char *thing)
{
	struct diag d = { 0 };
	struct intset all;
	struct buf b = { 0 };
	unsigned n;

	if (intset_count(part) == 0)
		return;
	if (get(&d, &all) == -1) {
		missing(c, key, &d);
	} else if (!intset_within(part, &all, &n)) {
		buf_add_intset(&b, &all);
		fail(&d, "this host has no %s %u, but %s", thing, n, b.s);
		missing(c, key, &d);
		buf_free(&b);
	}
}

static void
check_pins(struct check *c)
{
	const struct vm_cpus *cpus = &c->vm->cpus;

	for (size_t i = 0; i < cpus->npin; i++) {
		char *key = xasprintf("cpus.pin[%zu]", i);

		check_within(c, key, &cpus->pin[i].cpus, os_cpus, "CPU");
		free(key);
	}
	check_within(c, "cpus.emulator_pin", &cpus->emulator_pin, os_cpus, "CPU");
	check_within(c, "cpus_allowed", &c->vm->quota.cpus_allowed, os_cpus, "CPU");
}

static void
check_hugepages(struct check *c, bool now)
{
	uint64_t page = c->vm->memory.hugepages, total, unused, have, need;
	struct diag d = { 0 };
	struct buf size = { 0 };

	if (page == 0)
		return;
	if (os_hugepages(&d, page, &total, &unused) == -1) {
		missing(c, "memory.hugepages", &d);
		return;
	}
	need = c->vm->memory.size / page;
	have = now ? unused : total;
	if (have >= need)
		return;
	buf_add_size(&size, page);
	fail(&d,
	    "%" PRIu64 " huge pages of %s are needed, and the host has %" PRIu64
	    " %s: set more aside for them (hugetlbpage in the kernel's documentation)",
	    need, size.s, have, now ? "that are free" : "in all");
	missing(c, "memory.hugepages", &d);
	buf_free(&size);
}

static void
check_quota(struct check *c)
{
	struct diag d = { 0 };
	const char *key = NULL;

	if (quota_check(&d, c->vm, &key) == -1)
		missing(c, key, &d);
}

int
demands_check(struct conf_doc *doc, const struct vm *vm, bool now)
{
	struct check c = { .doc = doc, .vm = vm };

	check_pins(&c);
	check_quota(&c);
	for (size_t i = 0; i < vm->nnuma; i++) {
		char *key = xasprintf("numa[%zu].host_nodes", i);

		check_within(&c, key, &vm->numa[i].host_nodes, os_nodes, "NUMA node");
		free(key);
	}
	check_hugepages(&c, now);
	return c.result;
}
