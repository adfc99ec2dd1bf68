/* QEMU versions and the table of what differs between them; see version.h. By qapi/net.json and
 * docs/about/{deprecated,removed-features}.rst of QEMU. */
#include "qemu/version.h"

#include <ctype.h>
#include <string.h>

static const struct qemu_version since[QEMU_NFEATURES] = {
	[QEMU_SUPPORTED] = { 7, 2 },
	[QEMU_RISCV_ACPI] = { 8, 1 },
	[QEMU_Q35_CPUS] = { 8, 1 },
	[QEMU_RISCV_MAX] = { 8, 2 },
	[QEMU_STREAM_RECONNECT] = { 8, 0 },
	[QEMU_IOMMUFD] = { 9, 0 },
	[QEMU_IGB] = { 8, 0 },
	[QEMU_PIPEWIRE] = { 8, 1 },
	[QEMU_VIRTIO_SOUND] = { 8, 2 },
	[QEMU_RISCV_FLASH] = { 8, 1 },
	[QEMU_RISCV_SMBIOS] = { 9, 0 },
	[QEMU_RUN_WITH_USER] = { 9, 1 },
	[QEMU_RECONNECT_MS] = { 9, 2 },
};

static int
number(const char **s, int *ret)
{
	int n = 0;

	if (!isdigit((unsigned char)**s))
		return -1;
	for (; isdigit((unsigned char)**s); (*s)++) {
		n = n * 10 + (**s - '0');
		if (n > 9999)
			return -1;
	}
	*ret = n;
	return 0;
}

int
qemu_version_parse(const char *text, struct qemu_version *ret)
{
	static const char before[] = "QEMU emulator version ";
	const char *s = strstr(text, before);
	struct qemu_version v;

	if (s == NULL)
		return -1;
	s += sizeof(before) - 1;
	if (number(&s, &v.major) == -1 || *s++ != '.' || number(&s, &v.minor) == -1)
		return -1;
	*ret = v;
	return 0;
}

bool
qemu_has(struct qemu_version v, enum qemu_feature f)
{
	return v.major > since[f].major || (v.major == since[f].major && v.minor >= since[f].minor);
}
