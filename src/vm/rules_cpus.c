/* Rules of processors; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "vm/internal.h"

/* Those of the topology make all CPUs that there can ever be. */
static void
rule_topology(struct rules *r)
{
	const struct vm_cpus *c = &r->vm->cpus;
	const int64_t factors[] = { c->sockets, c->dies, c->clusters, c->cores, c->threads };
	bool all = c->sockets != 0 && c->cores != 0 && c->threads != 0;
	int64_t product = 1, total = c->max != 0 ? c->max : c->count;

	/* Beyond it the rest does not matter, and would overflow in the end. */
	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]) && product <= VM_CPUS_MAX; i++)
		product *= factors[i] != 0 ? factors[i] : 1;
	if (product > VM_CPUS_MAX)
		rule_broken(r, "cpus", "what is given makes more than the %d CPUs that are allowed",
		    VM_CPUS_MAX);
	else if (total != 0 && (all ? total != product : total % product != 0))
		rule_broken(r, c->max != 0 ? "cpus.max" : "cpus.count",
		    "%lld CPUs cannot be %s%lld sockets * cores * threads", (long long)total,
		    all ? "" : "a multiple of ", (long long)product);
	else if (c->max != 0 && c->max < vm_cpu_count(r->vm))
		rule_broken(r, "cpus.max", "%lld is less than the %u that the guest starts with",
		    (long long)c->max, vm_cpu_count(r->vm));
}

/* "+aes", "-hypervisor" or "phys-bits=40". */
static bool
is_feature(const char *s)
{
	bool sign = s[0] == '+' || s[0] == '-';
	size_t n = strcspn(s + sign, "=");
	char *name = xstrndup(s + sign, n);
	bool result = is_word(name) && (sign ? s[sign + n] == '\0' : s[n] == '=');

	free(name);
	return result;
}

static void
rule_model(struct rules *r)
{
	const struct vm_cpus *c = &r->vm->cpus;

	if (c->model != NULL && !is_word(c->model))
		rule_broken(r, "cpus.model",
		    "\"%s\" is not a model (letters, digits, '-', '_' and '.'; what it has more or "
		    "less is for features)",
		    c->model);
	if (same_text(c->model, "host") && r->vm->accel == ACCEL_TCG)
		rule_broken(r, "cpus.model",
		    "host is the processor of the host, which tcg cannot run: write max");
	for (size_t i = 0; i < c->nfeatures; i++) {
		char *path = xasprintf("cpus.features[%zu]", i);

		if (!is_feature(c->features[i]))
			rule_broken(
			    r, path, "\"%.60s\" is not +NAME, -NAME or NAME=VALUE", c->features[i]);
		free(path);
	}
}

static void
rule_pin(struct rules *r)
{
	const struct vm *vm = r->vm;
	unsigned count = vm_cpu_count(vm), max = vm_cpu_max(vm);

	if (vm->cpus.npin > 1 && vm->cpus.npin != count && vm->cpus.npin != max)
		rule_broken(r, "cpus.pin",
		    "%zu lists for %u CPUs: give one for all, or one for each", vm->cpus.npin,
		    count);
}

/* A thread that is bound to a CPU that its process may not use is bound nowhere. */
static void
rule_allowed(struct rules *r, const char *path, const struct intset *cpus)
{
	unsigned missing;

	if (intset_count(cpus) > 0 && intset_count(&r->vm->quota.cpus_allowed) > 0 &&
	    !intset_within(cpus, &r->vm->quota.cpus_allowed, &missing))
		rule_broken(r, path, "CPU %u is not among cpus_allowed", missing);
}

static void
rule_all_allowed(struct rules *r)
{
	const struct vm_cpus *c = &r->vm->cpus;

	rule_allowed(r, "cpus.emulator_pin", &c->emulator_pin);
	for (size_t i = 0; i < c->npin; i++) {
		char *path = xasprintf("cpus.pin[%zu]", i);

		rule_allowed(r, path, &c->pin[i].cpus);
		free(path);
	}
}

void
rules_cpus(struct rules *r)
{
	rule_all_allowed(r);
	rule_topology(r);
	rule_model(r);
	rule_pin(r);
}
