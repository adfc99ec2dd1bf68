/* USB devices of the host, found in a sysfs of the test's own. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define DEVICES "/sys/bus/usb/devices"
#define SKIPPED 77

static void
put(const char *device, const char *file, const char *text)
{
	char *path = xasprintf(DEVICES "/%s/%s", device, file);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);

	if (fd == -1 || fd_write_all(fd, text, strlen(text)) == -1)
		fail_msg("%s: %s", path, strerror(errno));
	fd_close(&fd);
	free(path);
}

static void
plug(const char *device, const char *vendor, const char *product, const char *bus,
    const char *number)
{
	char *path = xasprintf(DEVICES "/%s", device);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
	put(device, "idVendor", vendor);
	put(device, "idProduct", product);
	put(device, "busnum", bus);
	put(device, "devnum", number);
}

static void
finds(struct os_usb_wish wish, const char *expected)
{
	struct diag d = { 0 };
	char path[OS_USB_PATH];

	if (os_usb_find(&d, &wish, path) == -1)
		fail_msg("%s", d.text);
	assert_string_equal(path, expected);
}

static void
says(struct os_usb_wish wish, const char *first, const char *second)
{
	struct diag d = { 0 };
	char path[OS_USB_PATH] = "untouched";

	assert_int_equal(os_usb_find(&d, &wish, path), -1);
	if (strcmp(d.text, first) != 0 && strcmp(d.text, second) != 0)
		fail_msg("%s", d.text);
	assert_string_equal(path, "untouched");
	diag_free(&d);
}

static void
a_device_is_found_by_what_it_is(void **state)
{
	finds((struct os_usb_wish){ .vendor = 0x046d, .product = 0xc52b }, "/dev/bus/usb/001/004");
	finds((struct os_usb_wish){ .vendor = 0x1d6b, .product = 0x0002 }, "/dev/bus/usb/001/001");
}

static void
a_device_is_found_by_where_it_is_plugged_in(void **state)
{
	finds((struct os_usb_wish){ .bus = 1, .port = "2.3" }, "/dev/bus/usb/001/017");
	finds((struct os_usb_wish){ .bus = 2, .port = "1" }, "/dev/bus/usb/002/123");
}

static void
of_several_alike_one_must_be_chosen(void **state)
{
	says((struct os_usb_wish){ .vendor = 0x0bda, .product = 0x8153 },
	    "there are 2 USB devices 0bda:8153; say which by its bus and port: 1-2.3, 2-1\n",
	    "there are 2 USB devices 0bda:8153; say which by its bus and port: 2-1, 1-2.3\n");
}

static void
what_is_not_there_is_told(void **state)
{
	static const char id[] = "there is no USB device 046d:0001 on this host\n";
	static const char port[] = "there is no USB device 1-9 on this host\n";

	says((struct os_usb_wish){ .vendor = 0x046d, .product = 1 }, id, id);
	says((struct os_usb_wish){ .bus = 1, .port = "9" }, port, port);
	assert_int_equal(umount("/sys/bus"), 0);
	assert_int_equal(mount("none", "/sys/bus", "tmpfs", 0, NULL), 0);
	says((struct os_usb_wish){ .vendor = 0x046d, .product = 1 }, id, id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_found_by_what_it_is),
		cmocka_unit_test(a_device_is_found_by_where_it_is_plugged_in),
		cmocka_unit_test(of_several_alike_one_must_be_chosen),
		cmocka_unit_test(what_is_not_there_is_told),
	};

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/sys/bus", "tmpfs", 0, NULL) == -1 ||
	    mkdir("/sys/bus/usb", 0755) == -1 || mkdir(DEVICES, 0755) == -1) {
		printf("skipped: no mount namespace: %s\n", strerror(errno));
		return SKIPPED;
	}
	plug("usb1", "1d6b\n", "0002\n", "1\n", "1\n");
	plug("1-1", "046d\n", "c52b\n", "1\n", "4\n");
	plug("1-1:1.0", "046d\n", "c52b\n", "1\n", "4\n");
	plug("1-2.3", "0bda\n", "8153\n", "1\n", "17\n");
	plug("2-1", "0bda\n", "8153\n", "2\n", "123\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
