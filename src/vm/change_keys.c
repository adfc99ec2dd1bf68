/* Of each key of a VM file, what a change of it takes while the VM runs; see change.h. */
#include <string.h>

#include "os/os.h"
#include "vm/change.h"
#include "vm/vm.h"

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* On a bridge by a tap of vmrun's own, before and after. */
static bool
own_port(const struct vm_nic *nic, const struct os_facts *os)
{
	return nic->bridge != NULL && nic->tap == NULL && vm_nic_way(nic) == WAY_BRIDGE &&
	       !vm_nic_on_vmnet(nic, os);
}

static bool
port_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	return own_port(&runs->nics[i], os) && own_port(&file->nics[i], os);
}

static bool
rate_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	const struct vm_nic *a = &runs->nics[i], *b = &file->nics[i];

	return os->rates && vm_nic_way(a) == vm_nic_way(b) && vm_nic_has_port(a, os) &&
	       same_text(a->tap, b->tap) && same_text(a->macvtap.uplink, b->macvtap.uplink);
}

static bool
forwards_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	enum vm_nic_way way = vm_nic_way(&runs->nics[i]);

	return (way == WAY_USER || way == WAY_PASST) && vm_nic_way(&file->nics[i]) == way;
}

/* A password where there was none asks for another kind of login, and the other way round. */
static bool
password_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	return runs->display.password_file != NULL && file->display.password_file != NULL &&
	       runs->display.vnc.on == file->display.vnc.on &&
	       runs->display.spice.on == file->display.spice.on;
}

static bool
limits_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	return same_text(runs->disks[i].limits.group, file->disks[i].limits.group);
}

static bool
cdrom_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	return runs->cdroms[i].url.scheme == URL_NONE && file->cdroms[i].url.scheme == URL_NONE;
}

static bool
floppy_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	return runs->floppies[i].readonly == file->floppies[i].readonly;
}

/* There may have to be a device that tells of it. */
static bool
panic_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	return runs->pvpanic == file->pvpanic;
}

static bool
watchdog_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	return runs->watchdog.model == file->watchdog.model;
}

static bool
balloon_can(const struct vm *runs, const struct vm *file, size_t i, const struct os_facts *os)
{
	return vm_has_balloon(runs) && vm_has_balloon(file) &&
	       file->balloon.target <= runs->memory.size;
}

const struct change_row change_rows[] = {
	{ "memory", CHANGE_RESTART },
	{ "cpus", CHANGE_RESTART },
	{ "numa", CHANGE_RESTART },
	{ "arch", CHANGE_RESTART },
	{ "machine", CHANGE_RESTART },
	{ "rtc", CHANGE_RESTART },
	{ "accel", CHANGE_RESTART },
	{ "qemu", CHANGE_RESTART },
	{ "disks", CHANGE_RESTART },
	{ "disks[].size", CHANGE_NOTHING }, /* of an image that is missing, when it is made */
	{ "disks[].limits", CHANGE_LIMITS, limits_can },
	{ "cdrom", CHANGE_RESTART },
	{ "cdrom[].file", CHANGE_CDROM, cdrom_can },
	{ "floppy", CHANGE_RESTART },
	{ "floppy[].file", CHANGE_FLOPPY, floppy_can },
	{ "nics", CHANGE_RESTART },
	{ "nics[].bridge", CHANGE_PORT, port_can, .port = true },
	{ "nics[].isolated", CHANGE_PORT, port_can, .port = true },
	{ "nics[].vlan", CHANGE_PORT, port_can, .port = true },
	{ "nics[].trunk", CHANGE_PORT, port_can, .port = true },
	{ "nics[].guard", CHANGE_PORT, port_can, .port = true },
	{ "nics[].addresses", CHANGE_PORT, port_can, .port = true },
	{ "nics[].learning", CHANGE_PORT, port_can, .port = true },
	{ "nics[].stp", CHANGE_PORT, port_can, .port = true },
	{ "nics[].multicast", CHANGE_PORT, port_can, .port = true },
	{ "nics[].rate", CHANGE_RATE, rate_can, .port = true },
	{ "nics[].link", CHANGE_LINK },
	{ "nics[].forward", CHANGE_FORWARDS, forwards_can },
	{ "nics[].up", CHANGE_NOTHING }, /* it is run when the VM starts */
	{ "nics[].down", CHANGE_DOWN_HOOK },
	{ "firmware", CHANGE_RESTART },
	{ "kernel", CHANGE_RESTART },
	{ "initrd", CHANGE_RESTART },
	{ "cmdline", CHANGE_RESTART },
	{ "dtb", CHANGE_RESTART },
	{ "boot", CHANGE_RESTART },
	{ "smbios", CHANGE_RESTART },
	{ "fw_cfg", CHANGE_RESTART },
	{ "credentials", CHANGE_RESTART },
	{ "ignition", CHANGE_RESTART },
	{ "cloud_init", CHANGE_RESTART },
	{ "display", CHANGE_RESTART },
	{ "display.password_file", CHANGE_PASSWORD, password_can },
	{ "serial", CHANGE_RESTART },
	{ "consoles", CHANGE_RESTART },
	{ "agent", CHANGE_RESTART },
	{ "ports", CHANGE_RESTART },
	{ "video", CHANGE_RESTART },
	{ "audio", CHANGE_RESTART },
	{ "input", CHANGE_RESTART },
	{ "usb", CHANGE_RESTART },
	{ "balloon", CHANGE_RESTART },
	{ "balloon.target", CHANGE_BALLOON, balloon_can },
	{ "rng", CHANGE_RESTART },
	{ "watchdog", CHANGE_RESTART },
	{ "watchdog.action", CHANGE_ACTIONS, watchdog_can },
	{ "pvpanic", CHANGE_RESTART },
	{ "vmcoreinfo", CHANGE_RESTART },
	{ "crypto", CHANGE_RESTART },
	{ "vsock", CHANGE_RESTART },
	{ "hostdevs", CHANGE_RESTART },
	{ "shares", CHANGE_RESTART },
	{ "tpm", CHANGE_RESTART },
	{ "uuid", CHANGE_RESTART },
	{ "description", CHANGE_NOTHING },
	{ "template", CHANGE_NOTHING }, /* what it brings are keys of their own */
	{ "instances", CHANGE_NOTHING },
	{ "tags", CHANGE_NOTHING },
	{ "autostart", CHANGE_NOTHING }, /* and what follows, of the order of a fleet's starts */
	{ "after", CHANGE_NOTHING },
	{ "requires", CHANGE_NOTHING },
	{ "priority", CHANGE_NOTHING },
	{ "start_delay", CHANGE_NOTHING },
	{ "ready", CHANGE_POLICY },
	{ "stop_timeout", CHANGE_POLICY },
	{ "restart", CHANGE_POLICY },
	{ "hooks", CHANGE_POLICY },
	{ "on_panic", CHANGE_ACTIONS, panic_can },
	{ "on_reboot", CHANGE_ACTIONS },
	{ "on_watchdog", CHANGE_ACTIONS, watchdog_can },
	{ "memory_max", CHANGE_QUOTA },
	{ "cpu_weight", CHANGE_QUOTA },
	{ "io_weight", CHANGE_QUOTA },
	{ "cpus_allowed", CHANGE_QUOTA },
	{ "sandbox", CHANGE_RESTART },
	{ "nice", CHANGE_RESTART },
	{ "environment", CHANGE_RESTART },
	{ "ivshmem", CHANGE_RESTART },
	{ "gdb", CHANGE_RESTART },
	{ "trace", CHANGE_RESTART },
	{ "incoming", CHANGE_RESTART },
	{ "args", CHANGE_RESTART },
	{ 0 },
};

/* How much of a key the row's covers, in bytes of the row's; 0: nothing. An index is any. */
static size_t
covers(const char *row, const char *key)
{
	const char *r = row;

	while (*r != '\0') {
		if (r[0] == '[' && *key == '[') {
			r += strlen("[]");
			key += strcspn(key, "]");
			key += *key == ']';
		} else if (*r++ != *key++) {
			return 0;
		}
	}
	return *key == '\0' || *key == '.' || *key == '[' ? (size_t)(r - row) : 0;
}

const struct change_row *
change_row(const char *key)
{
	const struct change_row *best = NULL;
	size_t most = 0;

	for (const struct change_row *row = change_rows; row->key != NULL; row++) {
		size_t n = covers(row->key, key);

		if (n > most) {
			most = n;
			best = row;
		}
	}
	return best;
}
