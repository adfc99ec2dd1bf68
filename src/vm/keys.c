/* Every key of a VM file: name, kind, range, default, unit, and a line of help. */
#include "conf/conf.h"

#include <limits.h>
#include <stddef.h>

#include "vm/internal.h"

#define MIB  (INT64_C(1) << 20)
#define TIB  (INT64_C(1) << 40)
#define DAY  INT64_C(86400000) /* ms */
#define MANY 64                /* disks or NICs of one VM: more than any board has slots for */

static const char *const accel_words[] = {
	[ACCEL_AUTO] = "auto", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg", [ACCEL_HVF] = "hvf", NULL
};
static const char *const format_words[] = { [FORMAT_AUTO] = "auto",
	[FORMAT_RAW] = "raw",
	[FORMAT_QCOW2] = "qcow2",
	[FORMAT_VMDK] = "vmdk",
	[FORMAT_VDI] = "vdi",
	[FORMAT_VHDX] = "vhdx",
	NULL };
static const char *const bus_words[] = {
	[BUS_VIRTIO] = "virtio", [BUS_SCSI] = "scsi", [BUS_NVME] = "nvme", [BUS_IDE] = "ide", NULL
};
static const char *const cache_words[] = { [CACHE_WRITEBACK] = "writeback",
	[CACHE_NONE] = "none",
	[CACHE_WRITETHROUGH] = "writethrough",
	[CACHE_DIRECTSYNC] = "directsync",
	[CACHE_UNSAFE] = "unsafe",
	NULL };
static const char *const model_words[] = { [NIC_VIRTIO] = "virtio",
	[NIC_E1000] = "e1000",
	[NIC_E1000E] = "e1000e",
	[NIC_RTL8139] = "rtl8139",
	NULL };
static const char *const boot_words[] = {
	[BOOT_DISK] = "disk", [BOOT_CDROM] = "cdrom", [BOOT_NETWORK] = "network", NULL
};
static const char *const display_words[] = {
	[DISPLAY_VNC] = "vnc", [DISPLAY_NONE] = "none", [DISPLAY_COCOA] = "cocoa", NULL
};
static const char *const serial_words[] = {
	[SERIAL_SOCKET] = "socket", [SERIAL_NONE] = "none", NULL
};
static const char *const restart_words[] = {
	[RESTART_NO] = "no", [RESTART_ON_FAILURE] = "on-failure", [RESTART_ALWAYS] = "always", NULL
};

#define AT(type, member)    .offset = offsetof(struct type, member)
#define COUNT(type, member) .count_offset = offsetof(struct type, member)

static const struct conf_key cpus_keys[] = {
	{ "count", CONF_INT, AT(vm_cpus, count), .min = 1, .max = VM_CPUS_MAX, .def = "1",
	    .example = "2",
	    .help = "How many CPUs the guest has in all; with all three below, their product" },
	{ "sockets", CONF_INT, AT(vm_cpus, sockets), .min = 1, .max = VM_CPUS_MAX, .example = "1",
	    .help = "Sockets on the board; left to QEMU if not given" },
	{ "cores", CONF_INT, AT(vm_cpus, cores), .min = 1, .max = VM_CPUS_MAX, .example = "2",
	    .help = "Cores in each socket; left to QEMU if not given" },
	{ "threads", CONF_INT, AT(vm_cpus, threads), .min = 1, .max = VM_CPUS_MAX, .example = "1",
	    .help = "Threads on each core; left to QEMU if not given" },
	{ 0 },
};

static const struct conf_key disk_keys[] = {
	{ "file", CONF_PATH, AT(vm_disk, file), .required = true, .example = "/srv/vm/web1.qcow2",
	    .help =
		"Image file or block device; opened by vmrun, so that QEMU itself needs no right "
		"to it" },
	{ "format", CONF_CHOICE, AT(vm_disk, format), .choices = format_words, .def = "auto",
	    .help = "Format of the image; auto goes by the name (.qcow2, .img, .raw, .vmdk, .vdi, "
		    ".vhdx, none: raw), never by the content, which a guest could forge" },
	{ "bus", CONF_CHOICE, AT(vm_disk, bus), .choices = bus_words, .def = "virtio",
	    .help =
		"What the disk hangs on; ide and nvme need no driver that an old guest may lack" },
	{ "readonly", CONF_BOOL, AT(vm_disk, readonly), .def = "false",
	    .help = "Nothing is ever written to the image, and several VMs may share it" },
	{ "cache", CONF_CHOICE, AT(vm_disk, cache), .choices = cache_words, .def = "writeback",
	    .help =
		"Host cache mode, as in QEMU; none bypasses the host's page cache, unsafe ignores "
		"the guest's flushes" },
	{ "serial", CONF_STRING, AT(vm_disk, serial), .min = 1, .max = 36, .example = "web1-root",
	    .help =
		"Serial number that the guest sees, as in /dev/disk/by-id; at most 20 bytes but "
		"on bus scsi" },
	{ 0 },
};

static const struct conf_key nic_keys[] = {
	{ "bridge", CONF_STRING, AT(vm_nic, bridge), .min = 1, .max = 15, .example = "br0",
	    .help =
		"Bridge of the host that the NIC's tap joins; the VM does not start without it; on "
		"macOS the interface that QEMU's vmnet bridges, such as en0, which needs root" },
	{ "user", CONF_BOOL, AT(vm_nic, user), .def = "false",
	    .help = "QEMU's own user-mode network instead of a bridge: out through the host's "
		    "sockets, no way in, no privilege needed" },
	{ "vmnet", CONF_CUSTOM, AT(vm_nic, vmnet), .parse = parse_vmnet, .unit = "shared or host",
	    .example = "shared", .alternative = true,
	    .help = "macOS only, needs root: instead of a bridge a network of QEMU's vmnet; shared "
		    "reaches the outside through the host, host only the host and its guests" },
	{ "socket", CONF_PATH, AT(vm_nic, socket), .example = "/var/run/socket_vmnet",
	    .alternative = true,
	    .help = "Instead of a bridge the UNIX stream socket of a daemon that carries the NIC's "
		    "frames, such as socket_vmnet on macOS; no privilege needed" },
	{ "tap", CONF_STRING, AT(vm_nic, tap), .min = 1, .max = 15, .example = "tap0",
	    .help = "A tap that is there already, to join the bridge in place of a new one, and "
		    "never destroyed; on macOS one of a kernel extension, with a real bridge" },
	{ "mac", CONF_CUSTOM, AT(vm_nic, mac), .parse = parse_mac, .unit = "MAC address",
	    .example = "52:54:00:9b:01:77",
	    .help = "The NIC's address; without it the ledger gives one of its own, for good" },
	{ "model", CONF_CHOICE, AT(vm_nic, model), .choices = model_words, .def = "virtio",
	    .help =
		"The card that the guest sees; e1000 and rtl8139 need no driver that an old guest "
		"may lack" },
	{ "mtu", CONF_INT, AT(vm_nic, mtu), .min = 68, .max = 65521, .unit = "bytes",
	    .example = "1500",
	    .help = "MTU of the tap, told to a virtio guest; the bridge's own if not given" },
	{ "isolated", CONF_BOOL, AT(vm_nic, isolated), .def = "false",
	    .help =
		"The NIC exchanges no frames with other isolated ones of the same bridge (FreeBSD: "
		"private) or, on macOS, of vmnet" },
	{ "vlan", CONF_INT, AT(vm_nic, vlan), .min = 1, .max = 4094, .example = "10",
	    .help = "802.1Q VLAN of the bridge that the guest is in, without seeing a tag; not on "
		    "macOS" },
	{ "up", CONF_PATH, AT(vm_nic, up), .example = "/etc/vmrun/tap-up",
	    .help = "Program that is run with the tap's name once the tap is on the bridge, and "
		    "VMRUN_VM, VMRUN_BRIDGE and VMRUN_MAC in its environment; if it fails, so does "
		    "the start" },
	{ "down", CONF_PATH, AT(vm_nic, down), .example = "/etc/vmrun/tap-down",
	    .help = "Program that is run likewise before the tap leaves the bridge" },
	{ 0 },
};

static const struct conf_key display_keys[] = {
	{ "kind", CONF_CHOICE, AT(vm_display, kind), .choices = display_words, .def = "none",
	    .example = "vnc",
	    .help = "Whether there is a display; giving vnc says enough; cocoa is a window on the "
		    "desktop of macOS, perhaps with vnc as well" },
	{ "vnc", CONF_CUSTOM, AT(vm_display, vnc), .parse = parse_vnc, .unit = "ADDRESS:NUMBER",
	    .example = ":5",
	    .help = "Address and display number of the VNC server, TCP port 5900 + number; without "
		    "an address only this host can connect" },
	{ "password_file", CONF_PATH, AT(vm_display, password_file),
	    .example = "/etc/vmrun/web1.password",
	    .help = "File with the VNC password; VNC uses its first 8 bytes only" },
	{ 0 },
};

static const struct conf_key restart_keys[] = {
	{ "policy", CONF_CHOICE, AT(vm_restart_policy, policy), .choices = restart_words,
	    .def = "no",
	    .help = "When QEMU is started again: never, when it did not end by itself cleanly, or "
		    "whenever nobody asked it to stop" },
	{ "limit", CONF_INT, AT(vm_restart_policy, limit), .max = 1000000, .def = "5",
	    .help = "Restarts in a row, without a run of a minute between; 0 is no limit" },
	{ "delay", CONF_DURATION, AT(vm_restart_policy, delay), .max = DAY, .def = "1s",
	    .help = "Pause before each restart" },
	{ 0 },
};

const struct conf_key vm_keys[] = {
	{ "memory", CONF_SIZE, AT(vm, memory), .min = MIB, .max = 16 * TIB, .def = "512M",
	    .example = "1G", .help = "The guest's memory" },
	{ "cpus", CONF_GROUP, AT(vm, cpus), .sub = cpus_keys, .scalar = "count",
	    .help = "The guest's CPUs" },
	{ "machine", CONF_STRING, AT(vm, machine), .min = 1, .max = 64, .example = "q35",
	    .help =
		"QEMU's machine type, perhaps with a version that is to stay; q35 on x86, virt on "
		"most others if not given" },
	{ "accel", CONF_CHOICE, AT(vm, accel), .choices = accel_words, .def = "auto",
	    .help = "Accelerator; auto is kvm (Linux) or hvf (macOS) where it can work, else tcg, "
		    "which is emulation; kvm or hvf where it cannot is an error" },
	{ "qemu", CONF_STRING, AT(vm, qemu), .min = 1, .max = PATH_MAX - 1,
	    .example = "qemu-system-aarch64",
	    .help = "The QEMU binary, by its name in /usr/local/bin, /usr/bin and the like, or its "
		    "whole path; decides the guest's architecture; that of the host if not given" },
	{ "disks", CONF_LIST, AT(vm, disks), COUNT(vm, ndisks), .elem_size = sizeof(struct vm_disk),
	    .sub = disk_keys, .scalar = "file", .single = true, .max = MANY,
	    .help = "Disks in the order in which the guest sees them" },
	{ "cdrom", CONF_PATH, AT(vm, cdrom), .example = "/srv/iso/debian.iso",
	    .help = "ISO image in a CD-ROM drive" },
	{ "nics", CONF_LIST, AT(vm, nics), COUNT(vm, nnics), .elem_size = sizeof(struct vm_nic),
	    .sub = nic_keys, .scalar = "bridge", .single = true, .max = MANY,
	    .help = "Network cards in the order in which the guest sees them" },
	{ "kernel", CONF_PATH, AT(vm, kernel), .example = "/boot/vmlinuz",
	    .help = "Kernel to boot directly, without firmware and boot loader" },
	{ "initrd", CONF_PATH, AT(vm, initrd), .example = "/boot/initrd.img",
	    .help = "Initial RAM disk for kernel" },
	{ "cmdline", CONF_STRING, AT(vm, cmdline), .max = 65535,
	    .example = "root=/dev/vda1 console=ttyS0", .help = "Command line for kernel" },
	{ "boot", CONF_CHOICES, AT(vm, boot), COUNT(vm, nboot), .choices = boot_words,
	    .single = true, .def = "disk, cdrom",
	    .help = "What the firmware tries to boot from, in this order" },
	{ "display", CONF_GROUP, AT(vm, display), .sub = display_keys, .scalar = "kind",
	    .help = "The guest's screen" },
	{ "serial", CONF_CHOICE, AT(vm, serial), .choices = serial_words, .def = "socket",
	    .help = "Serial port of the guest; socket is what 'vmrun console' attaches to" },
	{ "balloon", CONF_BOOL, AT(vm, balloon), .def = "true",
	    .help = "A virtio balloon, through which memory can be taken back and statistics are "
		    "read" },
	{ "rng", CONF_BOOL, AT(vm, rng), .def = "true",
	    .help = "A virtio source of random numbers, fed by the host's" },
	{ "uuid", CONF_CUSTOM, AT(vm, uuid), .parse = parse_uuid, .unit = "UUID",
	    .example = "0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60",
	    .help = "The machine's UUID; if not given one that stays the same is made from the "
		    "ledger's salt and the VM's name" },
	{ "description", CONF_STRING, AT(vm, description), .max = 1024, .example = "The web server",
	    .help = "A few words for people" },
	{ "tags", CONF_STRINGS, AT(vm, tags), COUNT(vm, ntags), .single = true, .max = 1000,
	    .example = "prod, web", .help = "Words to choose VMs by, as in 'vmrun start @prod'" },
	{ "stop_timeout", CONF_DURATION, AT(vm, stop_timeout), .max = DAY, .def = "60s",
	    .help = "How long the guest has to shut down after 'vmrun stop' before it is ended" },
	{ "restart", CONF_GROUP, AT(vm, restart), .sub = restart_keys, .scalar = "policy",
	    .help = "What to do when QEMU ends by itself" },
	{ "args", CONF_STRINGS, AT(vm, args), COUNT(vm, nargs), .single = true,
	    .example = "-device, virtio-tablet-pci",
	    .help =
		"More arguments for QEMU, passed as they are after all others, one string each" },
	{ 0 },
};
