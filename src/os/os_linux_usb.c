/* USB devices of a Linux host, as sysfs tells of them; fills os.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define DEVICES "/sys/bus/usb/devices"

/* A number that a device's folder holds in a file; -1: there is none. */
static long
number_of(const char *device, const char *file, int base)
{
	char *path = xasprintf(DEVICES "/%s/%s", device, file), *text = NULL, *end;
	struct diag ignored = { 0 };
	long number = -1;
	size_t n;

	if (file_read(&ignored, path, 4096, &text, &n) == 0) {
		number = strtol(text, &end, base);
		if (end == text || (*end != '\n' && *end != '\0') || number < 0)
			number = -1;
	}
	diag_free(&ignored);
	free(text);
	free(path);
	return number;
}

static bool
is_meant(const char *device, const struct os_usb_wish *wish)
{
	return number_of(device, "idVendor", 16) == (long)wish->vendor &&
	       number_of(device, "idProduct", 16) == (long)wish->product;
}

/* How many are meant; their names in places, the last one's in *ret_device. */
static int
search(struct diag *d, const struct os_usb_wish *wish, struct buf *places, char **ret_device)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;
	int n = 0;

	if (dir == NULL && errno != ENOENT)
		return fail_sys(d, DEVICES);
	/* With a colon in the name: an interface of a device. */
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || strchr(entry->d_name, ':') != NULL ||
		    !is_meant(entry->d_name, wish))
			continue;
		buf_addf(places, "%s%s", n++ > 0 ? ", " : "", entry->d_name);
		free(*ret_device);
		*ret_device = xstrdup(entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

static int
no_device(struct diag *d, const char *what)
{
	fail(d, "there is no USB device %s on this host", what);
	errno = ENODEV;
	return -1;
}

/* *ret_device may be set on failure as well. */
static int
find_id(struct diag *d, const struct os_usb_wish *wish, char **ret_device)
{
	struct buf places = { 0 };
	int n = search(d, wish, &places, ret_device), result = n == 1 ? 0 : -1;
	char what[32];

	snprintf(what, sizeof(what), "%04x:%04x", wish->vendor, wish->product);
	if (n == 0)
		no_device(d, what);
	else if (n > 1)
		fail(d, "there are %d USB devices %s; say which by its bus and port: %s", n, what,
		    places.s);
	buf_free(&places);
	return result;
}

int
os_usb_find(struct diag *d, const struct os_usb_wish *wish, char ret[OS_USB_PATH])
{
	char *device = NULL;
	long bus, number;
	int result = -1;

	if (wish->port != NULL)
		device = xasprintf("%u-%s", wish->bus, wish->port);
	if (wish->port == NULL && find_id(d, wish, &device) == -1)
		goto cleanup;
	bus = number_of(device, "busnum", 10);
	number = number_of(device, "devnum", 10);
	if (bus == -1 || number == -1) {
		no_device(d, device);
	} else {
		snprintf(ret, OS_USB_PATH, "/dev/bus/usb/%03ld/%03ld", bus, number);
		result = 0;
	}
cleanup:
	free(device);
	return result;
}
