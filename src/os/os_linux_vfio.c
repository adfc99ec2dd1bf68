/* Devices that a guest is to have for itself, as sysfs of Linux tells of them; fills os.h. */
#include "os/os_linux_vfio.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/mem.h"

#define BRIDGE "0x0604" /* the class of a PCI bridge */

/* The last part of where the link device/name leads: "vfio-pci" of ".../drivers/vfio-pci". "":
 * there is none. */
static void
link_end(const char *device, const char *name, char ret[64])
{
	char *path = xasprintf("%s/%s", device, name), target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	ret[0] = '\0';
	if (n > 0) {
		target[n] = '\0';
		slash = strrchr(target, '/');
		strlcpy(ret, slash != NULL ? slash + 1 : target, 64);
	}
	free(path);
}

static bool
is_bridge(const char *device)
{
	char *path = xasprintf("%s/class", device), class[16] = "";
	FILE *f = fopen(path, "re");
	bool bridge;

	if (f != NULL)
		(void)!fread(class, 1, sizeof(class) - 1, f);
	if (f != NULL)
		fclose(f);
	bridge = strncmp(class, BRIDGE, strlen(BRIDGE)) == 0;
	free(path);
	return bridge;
}

/* A device of the group that the host's drivers keep to themselves: all that it does would go past
 * the IOMMU, so the kernel does not give the group away. */
static bool
is_in_use(const char *device, char ret_driver[64])
{
	link_end(device, "driver", ret_driver);
	return ret_driver[0] != '\0' && strstr(ret_driver, "vfio") == NULL &&
	       strcmp(ret_driver, "pci-stub") != 0 && !is_bridge(device);
}

static int
check_group(struct diag *d, const char *device, const char *name, const char *group)
{
	char *path = xasprintf("%s/iommu_group/devices", device), driver[64];
	DIR *dir = opendir(path);
	struct dirent *entry;
	int result = dir != NULL ? 0 : fail_sys(d, "%s", path);

	while (result == 0 && (entry = readdir(dir)) != NULL) {
		char *other = xasprintf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] != '.' && strcmp(entry->d_name, name) != 0 &&
		    is_in_use(other, driver))
			result = fail(d,
			    "%s is in IOMMU group %s together with %s, which driver %s of the host "
			    "has: bind that to vfio-pci too",
			    name, group, entry->d_name, driver);
		free(other);
	}
	if (dir != NULL)
		closedir(dir);
	free(path);
	return result;
}

/* vfio0 of device/vfio-dev/vfio0, where the kernel has one. */
static void
find_cdev(const char *device, char ret[64])
{
	char *path = xasprintf("%s/vfio-dev", device);
	DIR *dir = opendir(path);
	struct dirent *entry;

	ret[0] = '\0';
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "vfio", 4) == 0 && strlen(entry->d_name) < 32)
			snprintf(ret, 64, "/dev/vfio/devices/%.32s", entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	free(path);
}

static int
no_device(struct diag *d, const char *name, bool mediated)
{
	errno = ENODEV;
	if (mediated)
		return fail(d,
		    "there is no mediated device %s on this host; one is made by writing its UUID "
		    "to "
		    "mdev_supported_types/TYPE/create of its parent",
		    name);
	return fail(d, "there is no PCI device %s on this host (lspci -D lists them)", name);
}

static int
check_device(
    struct diag *d, const char *device, const char *name, bool mediated, struct os_vfio *ret)
{
	char group[64], driver[64];

	if (access(device, F_OK) == -1)
		return no_device(d, name, mediated);
	link_end(device, "iommu_group", group);
	if (group[0] == '\0')
		return fail(d,
		    "%s is in no IOMMU group: switch the IOMMU on, in the firmware (VT-d, AMD-Vi) "
		    "and "
		    "on an Intel host with intel_iommu=on for its kernel",
		    name);
	link_end(device, "driver", driver);
	if (!mediated && strstr(driver, "vfio") == NULL)
		return fail(d,
		    "%s is bound to %s%s, not to vfio-pci: bind it with driverctl set-override %s "
		    "vfio-pci",
		    name, driver[0] != '\0' ? "driver " : "no driver", driver, name);
	if (!mediated && check_group(d, device, name, group) == -1)
		return -1;
	snprintf(ret->group, sizeof(ret->group), "/dev/vfio/%.16s", group);
	find_cdev(device, ret->cdev);
	return 0;
}

int
vfio_find(struct diag *d, const char *sys, const char *name, struct os_vfio *ret)
{
	bool mediated = strchr(name, ':') == NULL;
	char *device = xasprintf("%s/bus/%s/devices/%s", sys, mediated ? "mdev" : "pci", name);
	int result = check_device(d, device, name, mediated, ret);

	free(device);
	return result;
}

int
os_vfio_find(struct diag *d, const char *name, struct os_vfio *ret)
{
	return vfio_find(d, "/sys", name, ret);
}
