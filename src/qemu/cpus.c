/* Processors: how many, of which model, and how they are arranged. */
#include <inttypes.h>
#include <string.h>

#include "qemu/compose.h"

/* Those that QEMU recommends for Windows (docs/system/i386/hyperv.rst) and that need no other. */
static const char hyperv[] =
    ",hv-relaxed=on,hv-vapic=on,hv-spinlocks=0x1fff,hv-vpindex=on,hv-runtime=on,"
    "hv-time=on,hv-synic=on,hv-stimer=on,hv-reset=on,hv-frequencies=on,"
    "hv-tlbflush=on,hv-ipi=on";

/* Whose virtualization a PC's processor has goes by its maker. */
static bool
is_amd(const char *model)
{
	static const char *const names[] = { "EPYC", "Opteron", "phenom", "athlon", "Dhyana",
		"qemu64", "qemu32" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(model, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/* host and max have all that there is, so nested says something of them only if it is off. */
static void
add_nested(struct composer *c, struct buf *b, const char *model)
{
	int nested = c->vm->cpus.nested;
	bool whole = strncmp(model, "host", 4) == 0 || strncmp(model, "max", 3) == 0;

	if (nested == SWITCH_UNSAID)
		return;
	if (c->kind == MACHINE_VIRT_RISCV)
		buf_addf(b, ",h=%s", nested == SWITCH_ON ? "on" : "off");
	else if (c->target->is_x86 && nested == SWITCH_OFF)
		buf_add(b, ",vmx=off,svm=off");
	else if (c->target->is_x86 && !whole)
		buf_addf(b, ",%s=on", is_amd(model) ? "svm" : "vmx");
}

static void
add_feature(struct buf *b, const char *feature)
{
	buf_addc(b, ',');
	if (feature[0] != '+' && feature[0] != '-') {
		buf_add_optarg(b, feature);
		return;
	}
	buf_add_optarg(b, feature + 1);
	buf_addf(b, "=%s", feature[0] == '+' ? "on" : "off");
}

/* By name: "tcg" and the system's own accelerators differ in this alone. */
static const char *
best_model(const struct composer *c)
{
	if (strcmp(c->facts->accel, "tcg") != 0)
		return "host";
	if (c->kind == MACHINE_VIRT_RISCV)
		return qemu_has(c->facts->version, QEMU_RISCV_MAX) ? "max" : "rv64";
	return c->target->tcg_cpu;
}

static void
model(struct composer *c)
{
	const struct vm_cpus *cpus = &c->vm->cpus;
	struct buf b = { 0 };
	const char *name = cpus->model != NULL ? cpus->model : best_model(c);

	if (name == NULL && cpus->nfeatures == 0)
		return; /* the machine's own */
	if (name == NULL)
		name = "max";
	if (cpus->model != NULL)
		buf_add_optarg(&b, name);
	else
		buf_add(&b, name); /* perhaps with a property of ours */
	add_nested(c, &b, name);
	/* They are of the accelerator: emulation refuses to begin with some. */
	if (cpus->hyperv && strcmp(c->facts->accel, "tcg") != 0)
		buf_add(&b, hyperv);
	for (size_t i = 0; i < cpus->nfeatures; i++)
		add_feature(&b, cpus->features[i]);
	compose(c, "-cpu", &b);
}

void
machine_add_cpus(const struct composer *c, struct buf *b)
{
	if (c->kind == MACHINE_VIRT_ARM && c->vm->cpus.nested != SWITCH_UNSAID)
		buf_addf(b, ",virtualization=%s", c->vm->cpus.nested == SWITCH_ON ? "on" : "off");
}

void
compose_cpus(struct composer *c)
{
	const struct vm_cpus *cpus = &c->vm->cpus;
	const struct {
		const char *name;
		int64_t n;
	} parts[] = { { "maxcpus", cpus->max }, { "sockets", cpus->sockets },
		{ "dies", cpus->dies }, { "clusters", cpus->clusters }, { "cores", cpus->cores },
		{ "threads", cpus->threads } };
	struct buf b = { 0 };

	model(c);
	buf_addf(&b, "%u", vm_cpu_count(c->vm));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].n != 0)
			buf_addf(&b, ",%s=%" PRId64, parts[i].name, parts[i].n);
	}
	compose(c, "-smp", &b);
}
