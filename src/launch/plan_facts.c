/* The facts that the composer needs of a plan; see plan.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch/channels.h"
#include "launch/companion.h"
#include "launch/credentials.h"
#include "launch/images.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "launch/screen.h"
#include "net/port.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

static int
facts_of_firmware(struct diag *d, const struct context *c, const struct plan *p, bool preview,
    struct qemu_firmware *f)
{
	const struct firmware *found = &p->firmware;

	f->code = found->code.path;
	f->format = found->code.format;
	f->flash = found->flash;
	f->smm = found->smm;
	if (found->store.path == NULL)
		return 0;
	if (!preview && firmware_make_store(d, found) == -1)
		return -1;
	if (images_open(d, &c->host, found->store.path, found->store.format, false, preview,
		f->vars) == -1) {
		diag_wrap(d, d->count - 1, "firmware");
		return -1;
	}
	return 0;
}

/* The name that a start would give to a NIC's tap; where the system numbers them, the first free
 * number is the first NIC's. Best effort. */
static void
tap_name(const struct plan *p, unsigned nic, char ret[OS_IFNAME])
{
	struct diag ignored = { 0 };
	char wish[OS_IFNAME], first[OS_IFNAME] = "tap0";

	port_name(p->member.vm.nics[nic].ifname, p->member.vm.name, nic, wish);
	if (!p->os->taps_outlive) {
		strlcpy(ret, wish, OS_IFNAME);
		return;
	}
	if (p->os == os_here())
		(void)os_tap_choose(&ignored, wish, first);
	diag_free(&ignored);
	snprintf(ret, OS_IFNAME, "tap%lu", strtoul(first + strlen("tap"), NULL, 10) + nic);
}

/* On another system than this one: as if all were well with it, as for the accelerator. */
static bool
wants_vhost(const struct plan *p, const struct vm_nic *nic)
{
	if (nic->vhost != SWITCH_UNSAID)
		return nic->vhost == SWITCH_ON;
	return nic->bridge != NULL && nic->model == NIC_VIRTIO && p->os->vhost &&
	       strcmp(p->accel.name, "kvm") == 0 && (p->os != os_here() || os_vhost_net());
}

static const char *
socket_name(const struct context *c, const struct vm *vm, size_t nic, struct plan_facts *pf)
{
	const char *name;
	char *file;

	if (!vm_nic_listens(&vm->nics[nic]))
		return vm_nic_socket(&vm->nics[nic]);
	file = companion_socket(nic);
	name = plan_keep_name(pf, runtime_path(c, vm->name, file));
	free(file);
	return name;
}

int
plan_facts(struct diag *d, const struct context *c, const struct plan *p, bool preview,
    struct plan_facts *ret)
{
	static const char *const files[] = { "supervisor.sock", "qmp.sock", "monitor.sock" };
	const struct vm *vm = &p->member.vm;
	struct plan_facts pf = { 0 };
	struct qemu_facts *f = &pf.f;
	struct qemu_handle *socket[] = { &f->qmp, &f->qmp_user, &f->monitor };

	f->os = p->os;
	f->run_as.on = p->os == os_here() && plan_starts_as_root(p);
	f->run_as.uid = p->given.who.uid;
	f->run_as.gid = p->given.who.gid;
	f->binary = p->qemu.path;
	f->arch = p->qemu.arch;
	f->version = p->qemu.version;
	f->accel = p->accel.name;
	f->sandbox = p->qemu.sandbox;
	memcpy(f->uuid, p->given.uuid, sizeof(f->uuid));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path = plan_keep_name(&pf, runtime_path(c, vm->name, files[i]));

		*socket[i] = (struct qemu_handle){ -1, path };
	}
	f->iommufd = -1;
	f->hostdevs = xcalloc(vm->nhostdevs, sizeof(*f->hostdevs));
	for (size_t i = 0; i < vm->nhostdevs; i++)
		f->hostdevs[i].fd = -1;
	f->shares = xcalloc(vm->nshares, sizeof(*f->shares));
	for (size_t i = 0; i < vm->nshares; i++) {
		char *file = xasprintf("virtiofsd%zu.sock", i);

		f->shares[i] = (struct qemu_share_facts){
			{ -1, plan_keep_name(&pf, runtime_path(c, vm->name, file)) },
			{ -1, vm->shares[i].path }
		};
		free(file);
	}
	f->tpm = (struct qemu_handle){ -1,
		plan_keep_name(&pf, runtime_path(c, vm->name, "swtpm.sock")) };
	f->gdb =
	    (struct qemu_handle){ -1, plan_keep_name(&pf, runtime_path(c, vm->name, "gdb.sock")) };
	f->rng = (struct qemu_handle){ -1, vm->rng.source };
	f->ivshmem = xcalloc(vm->nivshmem, sizeof(*f->ivshmem));
	for (size_t i = 0; i < vm->nivshmem; i++) {
		const struct vm_ivshmem *m = &vm->ivshmem[i];

		f->ivshmem[i] = (struct qemu_handle){ -1, m->file != NULL ? m->file : m->socket };
	}
	f->vsock = (struct qemu_handle){ -1, p->os->vsock };
	f->cid = p->given.cid;
	f->seed = (struct qemu_image){ .format = FORMAT_RAW,
		.handle = { -1, plan_keep_name(&pf, runtime_path(c, vm->name, "seed.iso")) } };
	credentials_name(c, p, &pf);
	channels_name(c, vm, &pf);
	screen_name(c, vm, &pf);
	pf.nnics = vm->nnics;
	f->nics = xcalloc(vm->nnics, sizeof(*f->nics));
	f->usb = xcalloc(vm->usb.ndevices, sizeof(*f->usb));
	for (size_t i = 0; i < vm->usb.ndevices; i++)
		f->usb[i].fd = -1;
	pf.tap = xcalloc(vm->nnics, sizeof(*pf.tap));
	for (unsigned i = 0; i < vm->nnics; i++) {
		tap_name(p, i, pf.tap[i]);
		f->nics[i] = (struct qemu_nic_facts){
			.tap = { -1, vm->nics[i].tap != NULL ? vm->nics[i].tap : pf.tap[i] },
			.socket = { -1, socket_name(c, vm, i, &pf) },
			.mac = p->given.macs[i],
			.mtu = (unsigned)vm->nics[i].mtu,
			.vhost = wants_vhost(p, &vm->nics[i]),
		};
	}
	pf.nchains = vm->ndisks + vm->ncdroms + vm->nfloppies + 1;
	pf.chains = xcalloc(pf.nchains, sizeof(*pf.chains));
	f->disks = pf.chains;
	f->cdroms = f->disks + vm->ndisks;
	f->floppies = f->cdroms + vm->ncdroms;
	f->firmware.vars = f->floppies + vm->nfloppies;
	if (facts_of_firmware(d, c, p, preview, &f->firmware) == -1) {
		plan_facts_free(&pf);
		return -1;
	}
	*ret = pf;
	return 0;
}

const struct qemu_handle *
plan_file(const struct plan_facts *pf, const char *path)
{
	for (size_t i = 0; i < pf->f.nfiles; i++) {
		if (strcmp(pf->f.files[i].path, path) == 0)
			return &pf->f.files[i].handle;
	}
	return NULL;
}

int
plan_keep_fd(struct plan_facts *pf, int fd)
{
	if (fd != -1) {
		pf->fds = xreallocarray(pf->fds, pf->nfds + 1, sizeof(*pf->fds));
		pf->fds[pf->nfds++] = fd;
	}
	return fd;
}

const char *
plan_keep_name(struct plan_facts *pf, char *name)
{
	if (name != NULL) {
		pf->names = xreallocarray(pf->names, pf->nnames + 1, sizeof(*pf->names));
		pf->names[pf->nnames++] = name;
	}
	return name;
}

void
plan_facts_free(struct plan_facts *pf)
{
	struct qemu_facts *f = &pf->f;

	for (size_t i = 0; i < pf->nchains; i++)
		images_close(&pf->chains[i]);
	/* Taps are closed by whoever opened them: they belong to a port. */
	for (size_t i = 0; i < pf->nnics; i++) {
		free(f->nics[i].queues);
		free(f->nics[i].vhosts);
	}
	for (size_t i = 0; i < pf->nfds; i++)
		fd_close(&pf->fds[i]);
	strings_free(pf->names, pf->nnames);
	free(pf->fds);
	free(f->files);
	free(f->credentials);
	free(pf->chains);
	free(f->nics);
	free(f->channels);
	free(f->ivshmem);
	free(f->usb);
	free(f->hostdevs);
	free(f->shares);
	free(pf->tap);
	*pf = (struct plan_facts){ 0 };
}
