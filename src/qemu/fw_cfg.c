/* Files that the guest reads through QEMU's firmware interface (QEMU docs/specs/fw_cfg). */
#include <stdlib.h>
#include <string.h>

#include "qemu/disk.h"

static void
item(struct composer *c, const char *name, const char *string, const char *file)
{
	char *path = file != NULL ? file_path(c, file) : NULL;
	struct buf b = { 0 };

	buf_add(&b, "name=");
	buf_add_optarg(&b, name);
	buf_add(&b, path != NULL ? ",file=" : ",string=");
	buf_add_optarg(&b, path != NULL ? path : string);
	compose(c, "-fw_cfg", &b);
	free(path);
}

bool
has_fw_cfg(const char *arch)
{
	return strcmp(arch, "ppc64") != 0 && strcmp(arch, "s390x") != 0;
}

/* Where there is no such interface Ignition looks for a disk of that name. */
static void
ignition_disk(struct composer *c)
{
	char *path = file_path(c, c->vm->ignition);
	struct qemu_image image = { .handle = { -1, path }, .format = FORMAT_RAW };
	const struct qemu_disk_chain chain = { &image, 1 };
	struct buf b = { 0 };

	compose_nodes(c, &chain, "ignition", &(struct node_options){ .readonly = true });
	add_virtio(&b, c, "blk");
	buf_add(&b, ",id=ignition,drive=ignition,serial=ignition");
	compose(c, "-device", &b);
	free(path);
}

void
compose_fw_cfg(struct composer *c)
{
	const struct vm *vm = c->vm;

	for (size_t i = 0; i < vm->nfw_cfg; i++)
		item(c, vm->fw_cfg[i].name, vm->fw_cfg[i].string, vm->fw_cfg[i].file);
	if (vm->ignition == NULL)
		return;
	if (has_fw_cfg(c->facts->arch))
		item(c, "opt/com.coreos/config", NULL, vm->ignition);
	else
		ignition_disk(c);
}
