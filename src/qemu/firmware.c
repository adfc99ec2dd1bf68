/* Firmware: an image loaded into memory, or one in flash with the VM's own variables in a second.
 */
#include <stdlib.h>

#include "qemu/disk.h"

void
machine_add_firmware(const struct composer *c, struct buf *b)
{
	const struct qemu_firmware *f = &c->facts->firmware;

	if (f->smm)
		buf_add(b, ",smm=on");
	if (f->code != NULL && f->flash)
		buf_add(b, ",pflash0=firmware0");
	if (f->vars != NULL && f->vars->n > 0)
		buf_add(b, ",pflash1=nvram0");
}

static void
flash(struct composer *c)
{
	const struct qemu_firmware *f = &c->facts->firmware;
	char *path = file_path(c, f->code);
	struct qemu_image image = { .handle = { -1, path }, .format = f->format };
	const struct qemu_disk_chain code = { &image, 1 };

	/* Else the guest could write its variables, and with them what secure boot trusts, without
	 * asking the firmware. */
	if (f->smm)
		composef(c, "-global", "driver=cfi.pflash01,property=secure,value=on");
	compose_nodes(c, &code, "firmware0", &(struct node_options){ .readonly = true });
	if (f->vars != NULL && f->vars->n > 0)
		compose_nodes(c, f->vars, "nvram0", &(struct node_options){ 0 });
	free(path);
}

void
compose_firmware(struct composer *c)
{
	const struct qemu_firmware *f = &c->facts->firmware;

	if (f->code != NULL && f->flash)
		flash(c);
	else if (f->code != NULL)
		compose_file(c, "-bios", f->code);
}
