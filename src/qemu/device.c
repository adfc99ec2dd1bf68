/* Other devices: random numbers, watchdog, crypto, vsock, and what a guest tells of its end; and
 * what looks into a machine: gdb's stub, trace events, a migration that comes in. */
#include <inttypes.h>
#include <stdlib.h>

#include "qemu/compose.h"
#include "util/mem.h"

void
compose_rng(struct composer *c)
{
	const struct vm_rng *rng = &c->vm->rng;
	struct buf b = { 0 };

	if (!rng->enabled)
		return;
	if (rng->source != NULL) {
		buf_add(&b, "rng-random,id=rng0,filename=");
		add_fdset(&b, c, "rng0", &c->facts->rng);
		compose(c, "-object", &b);
	} else {
		composef(c, "-object", "rng-builtin,id=rng0");
	}
	add_virtio(&b, c, "rng");
	buf_add(&b, ",rng=rng0");
	if (rng->max_bytes != 0)
		buf_addf(&b, ",max-bytes=%" PRIu64 ",period=%" PRId64, rng->max_bytes, rng->period);
	compose(c, "-device", &b);
}

const char *
qemu_watchdog_action(const struct vm *vm)
{
	static const char *const actions[] = { [WATCHDOG_RESET] = "reset",
		[WATCHDOG_SHUTDOWN] = "shutdown",
		[WATCHDOG_POWEROFF] = "poweroff",
		[WATCHDOG_PAUSE] = "pause",
		[WATCHDOG_NMI] = "inject-nmi",
		[WATCHDOG_IGNORE] = "none" };

	return vm->watchdog.model == WATCHDOG_NONE ? NULL : actions[vm->watchdog.action];
}

static void
watchdog(struct composer *c)
{
	const struct vm_watchdog *w = &c->vm->watchdog;

	switch ((enum vm_watchdog_model)w->model) {
	case WATCHDOG_NONE:
		return;
	case WATCHDOG_I6300ESB:
		composef(c, "-device", "i6300esb,id=watchdog0");
		break;
	case WATCHDOG_IB700:
		composef(c, "-device", "ib700,id=watchdog0");
		break;
	case WATCHDOG_ITCO:
		/* It is there in any case, but strapped not to do anything. */
		composef(c, "-global", "ICH9-LPC.noreboot=off");
		break;
	}
	composef(c, "-action", "watchdog=%s", qemu_watchdog_action(c->vm));
}

static void
vsock(struct composer *c)
{
	const struct qemu_facts *f = c->facts;
	struct buf b = { 0 };

	buf_addf(&b, "vhost-vsock-%s,id=vsock0,guest-cid=%u",
	    c->kind == MACHINE_MICROVM ? "device" : "pci", (unsigned)f->cid);
	if (f->vsock.fd >= 0)
		buf_addf(&b, ",vhostfd=%d", f->vsock.fd);
	compose(c, "-device", &b);
}

static void
ivshmem(struct composer *c, size_t i)
{
	const struct vm_ivshmem *m = &c->vm->ivshmem[i];
	const struct qemu_handle *h = &c->facts->ivshmem[i];
	struct buf b = { 0 };

	if (m->file != NULL) {
		char *path = handle_path(h);

		buf_addf(&b, "memory-backend-file,id=shmem%zu,share=on,size=%lluB,mem-path=", i,
		    (unsigned long long)m->size);
		buf_add_optarg(&b, path);
		compose(c, "-object", &b);
		composef(c, "-device", "ivshmem-plain,id=ivshmem%zu,memdev=shmem%zu", i, i);
		free(path);
	} else {
		char *id = xasprintf("ivshmem%zu", i);

		socket_client(c, id, h);
		composef(c, "-device", "ivshmem-doorbell,id=%s,chardev=%s,vectors=%u", id, id,
		    (unsigned)m->vectors);
		free(id);
	}
}

void
compose_devices(struct composer *c)
{
	struct buf b = { 0 };

	watchdog(c);
	if (c->vm->pvpanic)
		composef(
		    c, "-device", "%s,id=pvpanic0", c->target->is_x86 ? "pvpanic" : "pvpanic-pci");
	if (c->vm->vmcoreinfo)
		composef(c, "-device", "vmcoreinfo,id=vmcoreinfo0");
	if (c->vm->crypto) {
		composef(c, "-object", "cryptodev-backend-builtin,id=cryptodev0");
		add_virtio(&b, c, "crypto");
		buf_add(&b, ",id=crypto0,cryptodev=cryptodev0");
		compose(c, "-device", &b);
	}
	if (c->vm->vsock.enabled)
		vsock(c);
	for (size_t i = 0; i < c->vm->nivshmem; i++)
		ivshmem(c, i);
}

void
compose_debug(struct composer *c)
{
	const struct vm_gdb *gdb = &c->vm->gdb;
	struct buf b = { 0 };

	if (gdb->kind != GDB_NONE) {
		if (gdb->kind == GDB_SOCKET)
			add_socket(&b, "gdb0", &c->facts->gdb);
		else
			buf_addf(&b, "socket,id=gdb0,host=%s,port=%u,nodelay=on", gdb->address,
			    gdb->port);
		buf_add(&b, ",server=on,wait=off");
		compose(c, "-chardev", &b);
		composef(c, "-gdb", "chardev:gdb0");
	}
	for (size_t i = 0; i < c->vm->ntrace; i++) {
		buf_add(&b, "enable=");
		buf_add_optarg(&b, c->vm->trace[i]);
		compose(c, "-trace", &b);
	}
	if (c->vm->incoming != NULL)
		composef(c, "-incoming", "%s", c->vm->incoming);
}
