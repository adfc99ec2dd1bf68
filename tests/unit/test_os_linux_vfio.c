/* What sysfs says of a device that a guest is to have for itself; in a tree of our own. */
#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_linux_vfio.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define MDEV "aa618089-8b16-4d01-a136-25a0f3c73123"

static char sys[32];

static int
make_sys(void **state)
{
	strcpy(sys, "/tmp/vmrun-sys.XXXXXX");
	return mkdtemp(sys) != NULL ? 0 : -1;
}

static int
remove_entry(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	return remove(path);
}

static int
remove_sys(void **state)
{
	return nftw(sys, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void
folder(const char *fmt, const char *a, const char *b)
{
	struct diag d = { 0 };
	char *rest = xasprintf(fmt, a, b), *path = xasprintf("%s/%s", sys, rest);

	assert_int_equal(dir_make(&d, path, 0755), 0);
	free(path);
	free(rest);
}

static void
link_to(const char *device, const char *name, const char *target)
{
	char *path = xasprintf("%s/%s/%s", sys, device, name);

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

/* A PCI device: its driver (NULL: none) and IOMMU group (NULL: none). */
static void
pci(const char *name, const char *driver, const char *group, const char *class)
{
	char *device = xasprintf("bus/pci/devices/%s", name), *path, *target;
	struct diag d = { 0 };

	folder("%s%s", device, "");
	path = xasprintf("%s/%s/class", sys, device);
	assert_int_equal(file_write(&d, path, 0644, class, strlen(class)), 0);
	free(path);
	if (driver != NULL) {
		target = xasprintf("../../../drivers/%s", driver);
		link_to(device, "driver", target);
		free(target);
	}
	if (group != NULL) {
		folder("kernel/iommu_groups/%s/devices/%s", group, "");
		target = xasprintf("%s/kernel/iommu_groups/%s", sys, group);
		link_to(device, "iommu_group", target);
		free(target);
		path = xasprintf("kernel/iommu_groups/%s/devices", group);
		target = xasprintf("%s/%s", sys, device);
		link_to(path, name, target);
		free(target);
		free(path);
	}
	free(device);
}

static void
assert_refused(const char *name, const char *words)
{
	struct os_vfio vfio = { .group = "untouched" };
	struct diag d = { 0 };

	assert_int_equal(vfio_find(&d, sys, name, &vfio), -1);
	assert_string_equal(vfio.group, "untouched");
	if (strcmp(d.text, words) != 0)
		fail_msg("said: %s", d.text);
	diag_free(&d);
}

static void
assert_found(const char *name, const char *group, const char *cdev)
{
	struct os_vfio vfio;
	struct diag d = { 0 };

	if (vfio_find(&d, sys, name, &vfio) == -1)
		fail_msg("%s", d.text);
	assert_string_equal(vfio.group, group);
	assert_string_equal(vfio.cdev, cdev);
}

static void
a_device_of_vfio_has_the_file_of_its_group(void **state)
{
	pci("0000:01:00.0", "vfio-pci", "12", "0x030000\n");
	assert_found("0000:01:00.0", "/dev/vfio/12", "");
	folder("bus/pci/devices/%s/vfio-dev/%s", "0000:01:00.0", "vfio3");
	assert_found("0000:01:00.0", "/dev/vfio/12", "/dev/vfio/devices/vfio3");
}

static void
drivers_that_know_one_kind_of_device_and_vfio_are_as_good(void **state)
{
	pci("0000:01:00.0", "mlx5_vfio_pci", "12", "0x020000\n");
	assert_found("0000:01:00.0", "/dev/vfio/12", "");
}

static void
a_device_that_is_not_there(void **state)
{
	assert_refused("0000:01:00.0",
	    "there is no PCI device 0000:01:00.0 on this host (lspci -D lists them)\n");
	assert_refused(MDEV,
	    "there is no mediated device " MDEV " on this host; one is made by writing its UUID to "
	    "mdev_supported_types/TYPE/create of its parent\n");
}

static void
a_host_without_an_iommu(void **state)
{
	pci("0000:01:00.0", "vfio-pci", NULL, "0x030000\n");
	assert_refused("0000:01:00.0", "0000:01:00.0 is in no IOMMU group: switch the IOMMU on, in "
				       "the firmware (VT-d, AMD-Vi) "
				       "and on an Intel host with intel_iommu=on for its kernel\n");
}

static void
a_device_that_the_host_uses(void **state)
{
	pci("0000:01:00.0", "nouveau", "12", "0x030000\n");
	assert_refused("0000:01:00.0",
	    "0000:01:00.0 is bound to driver nouveau, not to vfio-pci: bind it with driverctl "
	    "set-override 0000:01:00.0 vfio-pci\n");
	pci("0000:02:00.0", NULL, "13", "0x030000\n");
	assert_refused("0000:02:00.0",
	    "0000:02:00.0 is bound to no driver, not to vfio-pci: bind it with driverctl "
	    "set-override 0000:02:00.0 vfio-pci\n");
}

static void
a_group_that_the_host_uses_another_device_of(void **state)
{
	pci("0000:00:01.0", "pcieport", "12", "0x060400\n"); /* the bridge above them */
	pci("0000:01:00.0", "vfio-pci", "12", "0x030000\n");
	pci("0000:01:00.2", NULL, "12", "0x0c0330\n");
	pci("0000:01:00.3", "pci-stub", "12", "0x0c8000\n");
	assert_found("0000:01:00.0", "/dev/vfio/12", "");
	pci("0000:01:00.1", "snd_hda_intel", "12", "0x040300\n");
	assert_refused("0000:01:00.0",
	    "0000:01:00.0 is in IOMMU group 12 together with 0000:01:00.1, which driver "
	    "snd_hda_intel of the host has: bind that to vfio-pci too\n");
}

static void
a_mediated_device_is_the_guests_own_whatever_drives_its_parent(void **state)
{
	folder("bus/mdev/devices/%s%s", MDEV, "");
	link_to("bus/mdev/devices/" MDEV, "iommu_group", "../../../../kernel/iommu_groups/40");
	link_to("bus/mdev/devices/" MDEV, "driver", "../../../drivers/nvidia-vgpu");
	assert_found(MDEV, "/dev/vfio/40", "");
}

#define test(name) cmocka_unit_test_setup_teardown(name, make_sys, remove_sys)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_device_of_vfio_has_the_file_of_its_group),
		test(drivers_that_know_one_kind_of_device_and_vfio_are_as_good),
		test(a_device_that_is_not_there),
		test(a_host_without_an_iommu),
		test(a_device_that_the_host_uses),
		test(a_group_that_the_host_uses_another_device_of),
		test(a_mediated_device_is_the_guests_own_whatever_drives_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
