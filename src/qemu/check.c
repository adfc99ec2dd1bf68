/* What a VM asks of a QEMU that does not have it; see argv.h. */
#include <string.h>

#include "conf/conf.h"
#include "qemu/compose.h"

/* The QEMU in question, for a VM. */
struct ask {
	const struct vm *vm;
	const char *arch;
	bool is_x86;
	struct qemu_version version;
};

static bool
has_smbios(const struct ask *a)
{
	static const char *const always[] = { "aarch64", "arm", "loongarch64" };

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (strcmp(a->arch, always[i]) == 0)
			return true;
	}
	return a->is_x86 ||
	       (strcmp(a->arch, "riscv64") == 0 && qemu_has(a->version, QEMU_RISCV_SMBIOS));
}

static bool
smbios_unknown(const struct ask *a)
{
	return asks_smbios(a->vm) && !has_smbios(a);
}

static bool
dtb_ignored(const struct ask *a)
{
	return a->vm->dtb != NULL && a->vm->kernel == NULL && a->is_x86;
}

static bool
fw_cfg_unknown(const struct ask *a)
{
	return a->vm->nfw_cfg > 0 && !has_fw_cfg(a->arch);
}

/* One a wish that some QEMU cannot fulfil. */
static const struct demand {
	const char *key;
	bool (*unmet)(const struct ask *a);
	const char *words; /* behind "QEMU VERSION for ARCH" */
} demands[] = {
	{ "smbios", smbios_unknown, "has no SMBIOS tables" },
	{ "fw_cfg", fw_cfg_unknown, "has no fw_cfg" },
	{ "dtb", dtb_ignored, "takes a device tree only for a kernel, and none is given" },
};

int
qemu_check(struct conf_doc *doc, const struct vm *vm, const char *arch, struct qemu_version version)
{
	struct ask a = { vm, arch, target_find(arch)->is_x86, version };
	int result = 0;

	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
		if (!demands[i].unmet(&a))
			continue;
		conf_fail(doc, demands[i].key, "QEMU %d.%d for %s %s", version.major, version.minor,
		    arch, demands[i].words);
		result = -1;
	}
	return result;
}
