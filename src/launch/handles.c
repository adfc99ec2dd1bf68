/* Files, sockets and USB devices that QEMU is born with; see handles.h. */
#include "launch/handles.h"

#include <fcntl.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "launch/channels.h"
#include "launch/credentials.h"
#include "launch/images.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "launch/seed.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

struct opening {
	struct diag *d;
	struct plan_facts *pf;
	struct os_copy_place place;
};

static int
open_named_file(void *arg, const char *where, const char *path, enum conf_access access)
{
	struct opening *o = arg;
	struct qemu_facts *f = &o->pf->f;
	struct qemu_file file = { .path = path, .handle = { -1, path } };
	char *copy = NULL, *name;
	int result;

	if (access == ACCESS_OWN)
		return 0;
	name = xasprintf(RUNTIME_COPY "%s", where);
	o->place.name = name;
	result = readable_open(o->d, path, access == ACCESS_SECRET, &o->place, &file.handle, &copy);
	free(name);
	if (result == -1) {
		diag_wrap(o->d, o->d->count - 1, "%s", where);
		return -1;
	}
	plan_keep_fd(o->pf, file.handle.fd);
	plan_keep_name(o->pf, copy);
	f->files = xreallocarray(f->files, f->nfiles + 1, sizeof(*f->files));
	f->files[f->nfiles++] = file;
	return 0;
}

int
files_open(struct diag *d, const struct plan *p, const struct runtime *r, struct plan_facts *pf)
{
	char *dir = runtime_copies(r);
	struct opening o = { .d = d,
		.pf = pf,
		.place = { .dir = dir, .gid = p->given.own_uid ? p->given.who.gid : (gid_t)-1 } };
	int result;

	runtime_copies_remove(r);
	result = conf_each_file(vm_keys, &p->member.vm, open_named_file, &o);
	if (result == 0 && p->member.vm.firmware.code == NULL && p->firmware.code.path != NULL)
		result = open_named_file(&o, "firmware", p->firmware.code.path, ACCESS_READ);
	if (result == 0)
		result = credentials_open(d, p, &o.place, pf);
	if (result == 0)
		result = seed_open(d, p, &o.place, pf);
	free(dir);
	return result;
}

int
usb_open(struct diag *d, const struct plan *p, struct plan_facts *pf)
{
	const struct vm_usb *usb = &p->member.vm.usb;

	for (size_t i = 0; i < usb->ndevices; i++) {
		struct os_usb_wish wish = vm_usb_wish(&usb->devices[i].host);
		char path[OS_USB_PATH];
		unsigned before = d->count;

		if (os_usb_find(d, &wish, path) == -1) {
			diag_wrap(d, before, "usb.devices[%zu]", i);
			return -1;
		}
		pf->f.usb[i].fd = plan_keep_fd(pf, open(path, O_RDWR | O_CLOEXEC));
		if (pf->f.usb[i].fd == -1)
			return fail_sys(d, "usb.devices[%zu]: %s", i, path);
	}
	return 0;
}

int
sockets_bind(struct diag *d, const struct vm *vm, struct plan_facts *pf)
{
	struct qemu_handle *handle[] = { &pf->f.qmp, &pf->f.qmp_user, &pf->f.monitor };

	for (size_t i = 0; i < sizeof(handle) / sizeof(handle[0]); i++) {
		handle[i]->fd = plan_keep_fd(pf, unix_listen(handle[i]->name));
		if (handle[i]->fd == -1)
			return fail_sys(d, "%s", handle[i]->name);
	}
	return channels_open(d, vm, pf);
}
