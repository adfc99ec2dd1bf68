/* How the systems differ; see os.h. Only what a launcher must know; sources in the comments. */
#include <string.h>

#include "os/os.h"

static const struct os_facts systems[] = {
	{ "linux", "Linux", .memfd = true, .numa = true, .pins = true, .memory_limit = true, .io_weight = true,
	    .accel = "kvm", .vlan = true,
	    .isolated = true, .port_flags = true, .helper = true, .tap_names = true,
	    .multi_queue = true, .rates = true, .macvtap = true, .vhost = true, .usb_devices = true,
	    .networks = true,
	    .audio = "pa", .vfio = true, .passt = true, .virtiofs = true, .p9 = true, .fd_reopens = true,
	    .process_name = true, .seccomp = true, .linux_aio = true, .ivshmem = true,
	    .vsock = "/dev/vhost-vsock", .link_set = "ip link set",
	    .port_list = "ss -lntup" },
	/* tap(4): closing only downs a tap. fdescfs(5): opening a descriptor duplicates it. QEMU's
	 * os-posix.c names processes by prctl(PR_SET_NAME) only. meson.build: virtfs is of Linux
	 * and macOS. */
	{ "freebsd", "FreeBSD", .audio = "oss", .pins = true, .vlan = true, .isolated = true,
	    .taps_outlive = true, .full_is_refused = true, .link_set = "ifconfig",
	    .port_list = "sockstat -l" },
	/* No tap of its own; vmnet.framework through QEMU 7.1 and later. */
	{ "darwin", "macOS", .audio = "coreaudio", .accel = "hvf", .vmnet = true,
	    .full_is_refused = true, .p9 = true, .cocoa = true, .link_set = "ifconfig",
	    .port_list = "lsof -nP -i" },
};

const struct os_facts *
os_facts(const char *name)
{
	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		if (strcmp(systems[i].name, name) == 0)
			return &systems[i];
	}
	return NULL;
}

const struct os_facts *
os_facts_all(size_t *ret_n)
{
	*ret_n = sizeof(systems) / sizeof(systems[0]);
	return systems;
}
