/* Lending devices of the host; see hostdevs.h. */
#include "launch/hostdevs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/launch.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/num.h"

#define IOMMU "/dev/iommu"
#define EXTRA (UINT64_C(1) << 30) /* bytes that a guest's devices map besides its memory */

/* The device writes to the guest's memory whenever it wants, so none of it may be paged out. Root
 * gives QEMU all that it wants. */
static int
check_limit(struct diag *d, const struct vm *vm)
{
	uint64_t need = vm->memory.size + EXTRA;
	struct buf text = { 0 };
	struct rlimit limit;

	if (geteuid() == 0 || getrlimit(RLIMIT_MEMLOCK, &limit) == -1 ||
	    (uint64_t)limit.rlim_max >= need)
		return 0;
	buf_add_size(&text, need);
	fail_as(d, DIAG_DENIED,
	    "hostdevs: QEMU has to lock %s of memory, and your limit is %ju bytes (ulimit -H -l); "
	    "raise "
	    "memlock in limits.conf",
	    text.s, (uintmax_t)limit.rlim_max);
	buf_free(&text);
	return -1;
}

static bool
is_lent(const json_t *record, const char *path)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(record, "lent"), i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, "path")), path) == 0)
			return true;
	}
	return false;
}

static int
lend(struct diag *d, const struct runtime *r, json_t *record, const char *path, uid_t uid)
{
	json_t *all = json_object_get(record, "lent");
	struct stat st;

	if (stat(path, &st) == -1)
		return fail_sys(d, "%s", path);
	if (st.st_uid == uid || is_lent(record, path))
		return 0;
	if (all == NULL) {
		all = json_array();
		json_object_set_new(record, "lent", all);
	}
	json_array_append_new(
	    all, json_pack("{s:s,s:I}", "path", path, "owner", (json_int_t)st.st_uid));
	if (record_write(d, r, record) == -1)
		return -1;
	return chown(path, uid, (gid_t)-1) == -1 ? fail_sys(d, "%s", path) : 0;
}

int
hostdevs_give_back(struct diag *d, json_t *record)
{
	json_t *all = json_object_get(record, "lent");
	int result = 0;

	for (size_t i = json_array_size(all); i-- > 0;) {
		const json_t *one = json_array_get(all, i);
		const char *path = json_string_value(json_object_get(one, "path"));
		json_int_t owner = json_integer_value(json_object_get(one, "owner"));

		if (path != NULL && chown(path, (uid_t)owner, (gid_t)-1) == -1 && errno != ENOENT)
			result = fail_sys(d, "%s: cannot be given back", path);
		else
			json_array_remove(all, i);
	}
	if (json_array_size(all) == 0)
		json_object_del(record, "lent");
	return result;
}

static int
open_device(struct diag *d, struct launch *l, const char *path, int *ret)
{
	*ret = plan_keep_fd(&l->facts, open(path, O_RDWR | O_CLOEXEC));
	return *ret == -1 ? fail_sys(d, "%s", path) : 0;
}

static int
open_iommufd(struct diag *d, struct launch *l, const struct os_vfio *vfio, size_t i)
{
	struct qemu_facts *f = &l->facts.f;

	if (vfio->cdev[0] == '\0')
		return fail(
		    d, "iommufd = true needs a kernel with VFIO_DEVICE_CDEV, Linux 6.6 or later");
	if (f->iommufd == -1 && open_device(d, l, IOMMU, &f->iommufd) == -1)
		return -1;
	return open_device(d, l, vfio->cdev, &f->hostdevs[i].fd);
}

static int
prepare(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l, size_t i)
{
	const struct vm_hostdev *dev = &p->member.vm.hostdevs[i];
	char name[VM_HOSTDEV_TEXT];
	struct os_vfio vfio;

	if (os_vfio_find(d, vm_hostdev_text(dev, name), &vfio) == -1)
		return -1;
	if (dev->iommufd)
		return open_iommufd(d, l, &vfio, i);
	if (p->given.own_uid)
		return lend(d, r, l->record, vfio.group, p->given.who.uid);
	if (access(vfio.group, R_OK | W_OK) == -1)
		return fail_sys(d, "%s, of %s", vfio.group, name);
	return 0;
}

int
hostdevs_lend(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l)
{
	const struct vm *vm = &p->member.vm;

	if (vm->nhostdevs > 0 && check_limit(d, vm) == -1)
		return -1;
	for (size_t i = 0; i < vm->nhostdevs; i++) {
		if (prepare(d, p, r, l, i) == -1) {
			diag_wrap(d, d->count - 1, "hostdevs[%zu]", i);
			return -1;
		}
	}
	return 0;
}
