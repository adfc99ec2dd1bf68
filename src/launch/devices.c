/* Opening what the smaller devices lead to; see devices.h. */
#include "launch/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/plan.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "vm/vm.h"

/* A character device that QEMU reads, or asks to do something. */
static int
open_device(
    struct diag *d, const char *key, int flags, struct plan_facts *pf, struct qemu_handle *h)
{
	int fd = open(h->name, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd == -1)
		return fail_sys(d, "%s: %s", key, h->name);
	h->fd = plan_keep_fd(pf, fd);
	if (fstat(fd, &st) == -1 || !S_ISCHR(st.st_mode))
		return fail(d, "%s: %s: not a character device", key, h->name);
	return 0;
}

static int
open_vsock(struct diag *d, struct plan_facts *pf)
{
	if (open_device(d, "vsock", O_RDWR, pf, &pf->f.vsock) == 0)
		return 0;
	if (errno == ENOENT)
		fail(d, "vsock: the kernel's module is not loaded (modprobe vhost_vsock)");
	return -1;
}

/* The file of shared memory, made if it is missing. QEMU opens it anew, as its own user, and so do
 * the others who share it: its mode is open to all, and its folder says who they are. */
static int
open_memory(struct diag *d, size_t i, const struct vm_ivshmem *m, bool own_uid,
    struct plan_facts *pf, struct qemu_handle *h)
{
	static const int flags = O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(m->file, flags);
	struct stat st;

	/* Only then to be made: in /dev/shm the kernel refuses to "make" what another user has. */
	if (fd == -1 && errno == ENOENT)
		fd = open(m->file, flags | O_CREAT, 0600);
	if (fd == -1)
		return fail_sys(d, "ivshmem[%zu].file: %s", i, m->file);
	h->fd = plan_keep_fd(pf, fd);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return fail(d, "ivshmem[%zu].file: %s: not a regular file", i, m->file);
	if (st.st_size == 0 &&
	    (ftruncate(fd, (off_t)m->size) == -1 || (own_uid && fchmod(fd, 0666) == -1)))
		return fail_sys(d, "ivshmem[%zu].file: %s", i, m->file);
	if (st.st_size != 0 && (uint64_t)st.st_size != m->size)
		return fail(d, "ivshmem[%zu].file: %s has %lld bytes, not the %llu of size", i,
		    m->file, (long long)st.st_size, (unsigned long long)m->size);
	if (st.st_size != 0 && own_uid && (st.st_mode & 06) != 06)
		return fail_as(d, DIAG_DENIED,
		    "ivshmem[%zu].file: %s: QEMU's own user cannot open it (chmod o+rw, in a "
		    "folder "
		    "that only those can enter who share it)",
		    i, m->file);
	return 0;
}

static int
open_ivshmem(struct diag *d, const struct plan *p, size_t i, struct plan_facts *pf)
{
	const struct vm_ivshmem *m = &p->member.vm.ivshmem[i];
	struct qemu_handle *h = &pf->f.ivshmem[i];

	if (m->file != NULL)
		return open_memory(d, i, m, p->given.own_uid, pf, h);
	h->fd = plan_keep_fd(pf, unix_connect(m->socket, false));
	if (h->fd == -1)
		return fail_sys(d, "ivshmem[%zu]: nobody answers on socket %s", i, m->socket);
	return 0;
}

int
devices_open(struct diag *d, const struct plan *p, struct plan_facts *pf)
{
	const struct vm *vm = &p->member.vm;

	if (vm->rng.enabled && vm->rng.source != NULL &&
	    open_device(d, "rng.source", O_RDONLY, pf, &pf->f.rng) == -1)
		return -1;
	if (vm->vsock.enabled && open_vsock(d, pf) == -1)
		return -1;
	for (size_t i = 0; i < vm->nivshmem; i++) {
		if (open_ivshmem(d, p, i, pf) == -1)
			return -1;
	}
	if (vm->gdb.kind != GDB_SOCKET)
		return 0;
	pf->f.gdb.fd = plan_keep_fd(pf, unix_listen(pf->f.gdb.name));
	return pf->f.gdb.fd == -1 ? fail_sys(d, "%s", pf->f.gdb.name) : 0;
}
