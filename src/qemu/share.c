/* Folders that host and guest share: virtiofs by another process, 9p by QEMU itself. */
#include <stdlib.h>

#include "qemu/compose.h"
#include "util/mem.h"

static void
add_tag(struct buf *b, const char *key, const char *tag)
{
	buf_addf(b, ",%s=", key);
	buf_add_optarg(b, tag);
}

static void
virtiofs(struct composer *c, size_t i)
{
	char *id = xasprintf("share%zu", i);
	struct buf b = { 0 };

	socket_client(c, id, &c->facts->shares[i].socket);
	buf_addf(&b, "vhost-user-fs-%s,id=%s,chardev=%s,queue-size=1024",
	    c->kind == MACHINE_MICROVM ? "device" : "pci", id, id);
	add_tag(&b, "tag", c->vm->shares[i].tag);
	compose(c, "-device", &b);
	free(id);
}

static void
plan9(struct composer *c, size_t i)
{
	static const char *const models[] = { [SECURITY_MAPPED_XATTR] = "mapped-xattr",
		[SECURITY_MAPPED_FILE] = "mapped-file",
		[SECURITY_NONE] = "none" };
	const struct vm_share *share = &c->vm->shares[i];
	char *path = handle_path(&c->facts->shares[i].dir);
	struct buf b = { 0 };

	buf_addf(&b, "local,id=share%zu,path=", i);
	buf_add_optarg(&b, path);
	/* Files of other file systems below the folder may have the same numbers. */
	buf_addf(&b, ",security_model=%s,multidevs=remap", models[share->security_model]);
	if (share->readonly)
		buf_add(&b, ",readonly=on");
	compose(c, "-fsdev", &b);
	add_virtio(&b, c, "9p");
	buf_addf(&b, ",id=share%zu,fsdev=share%zu", i, i);
	add_tag(&b, "mount_tag", share->tag);
	compose(c, "-device", &b);
	free(path);
}

void
compose_shares(struct composer *c)
{
	for (size_t i = 0; i < c->vm->nshares; i++) {
		if (c->vm->shares[i].type == SHARE_VIRTIOFS)
			virtiofs(c, i);
		else
			plan9(c, i);
	}
}
