/* Every key of a VM file: name, kind, range, default, unit, and a line of help. */
#include "conf/conf.h"

#include <limits.h>
#include <stddef.h>

#include "vm/internal.h"

#define WORDS 256 /* names in after and requires */
#define MANY 64 /* disks or NICs of one VM: more than any board has slots for */

static const char *const arch_words[] = { [ARCH_HOST] = "host",
	[ARCH_X86_64] = "x86_64",
	[ARCH_I386] = "i386",
	[ARCH_AARCH64] = "aarch64",
	[ARCH_ARM] = "arm",
	[ARCH_RISCV64] = "riscv64",
	[ARCH_PPC64] = "ppc64",
	NULL };
static const char *const on_panic_words[] = { [PANIC_SHUTDOWN] = "shutdown",
	[PANIC_PAUSE] = "pause",
	[PANIC_EXIT_FAILURE] = "exit-failure",
	[PANIC_NONE] = "none",
	NULL };
static const char *const on_reboot_words[] = {
	[REBOOT_RESET] = "reset", [REBOOT_SHUTDOWN] = "shutdown", NULL
};
static const char *const accel_words[] = {
	[ACCEL_AUTO] = "auto", [ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg", [ACCEL_HVF] = "hvf", NULL
};
const struct conf_key vm_keys[] = {
	{ "memory", CONF_GROUP, AT(vm, memory), .sub = memory_keys, .scalar = "size",
	    .help = "The guest's memory" },
	{ "cpus", CONF_GROUP, AT(vm, cpus), .sub = cpus_keys, .scalar = "count",
	    .help = "The guest's CPUs" },
	{ "numa", CONF_LIST, AT(vm, numa), COUNT(vm, nnuma), .elem_size = sizeof(struct vm_numa),
	    .sub = numa_keys, .single = true, .max = 128,
	    .help = "NUMA nodes of the guest; one without a name if not given" },
	{ "arch", CONF_CHOICE, AT(vm, arch), .choices = arch_words, .def = "host",
	    .help = "The guest's architecture, which decides the QEMU binary, the machine type "
		    "and its devices; one that is not the host's is emulated" },
	{ "machine", CONF_GROUP, AT(vm, machine), .sub = machine_keys, .scalar = "type",
	    .help = "The board" },
	{ "rtc", CONF_GROUP, AT(vm, rtc), .sub = rtc_keys, .scalar = "base",
	    .help = "The clock on the board" },
	{ "accel", CONF_CHOICE, AT(vm, accel), .choices = accel_words, .def = "auto",
	    .help = "Accelerator; auto is kvm (Linux) or hvf (macOS) where it can work, else tcg, "
		    "which is emulation; kvm or hvf where it cannot is an error" },
	{ "qemu", CONF_STRING, AT(vm, qemu), .min = 1, .max = PATH_MAX - 1,
	    .example = "qemu-system-aarch64",
	    .help = "The QEMU binary, by its name in /usr/local/bin, /usr/bin and the like, or its "
		    "whole path; that of arch if not given" },
	{ "disks", CONF_LIST, AT(vm, disks), COUNT(vm, ndisks), .elem_size = sizeof(struct vm_disk),
	    .sub = disk_keys, .scalar = "file", .single = true, .max = MANY,
	    .help = "Disks in the order in which the guest sees them" },
	{ "cdrom", CONF_LIST, AT(vm, cdroms), COUNT(vm, ncdroms),
	    .elem_size = sizeof(struct vm_cdrom), .sub = cdrom_keys, .scalar = "file",
	    .single = true, .max = MANY,
	    .help = "CD-ROM drives, with an ISO image in them or empty, as { } is" },
	{ "floppy", CONF_LIST, AT(vm, floppies), COUNT(vm, nfloppies),
	    .elem_size = sizeof(struct vm_floppy), .sub = floppy_keys, .scalar = "file",
	    .single = true, .max = 2,
	    .help = "Floppy disk drives, with an image in them or empty, on a PC" },
	{ "nics", CONF_LIST, AT(vm, nics), COUNT(vm, nnics), .elem_size = sizeof(struct vm_nic),
	    .sub = nic_keys, .scalar = "bridge", .single = true, .max = MANY,
	    .help = "Network cards in the order in which the guest sees them" },
	{ "firmware", CONF_GROUP, AT(vm, firmware), .sub = firmware_keys, .scalar = "kind",
	    .help = "What starts the machine, and brings a boot loader from a disk" },
	{ "kernel", CONF_PATH, AT(vm, kernel), .access = ACCESS_READ, .example = "/boot/vmlinuz",
	    .help = "Kernel to boot directly, without a boot loader" },
	{ "initrd", CONF_PATH, AT(vm, initrd), .access = ACCESS_READ, .example = "/boot/initrd.img",
	    .help = "Initial RAM disk for kernel" },
	{ "cmdline", CONF_STRING, AT(vm, cmdline), .max = 65535,
	    .example = "root=/dev/vda1 console=ttyS0", .help = "Command line for kernel" },
	{ "dtb", CONF_PATH, AT(vm, dtb), .access = ACCESS_READ, .example = "/boot/board.dtb",
	    .help = "Device tree for the guest; made by QEMU if not given, as it knows best what "
		    "the machine has" },
	{ "boot", CONF_GROUP, AT(vm, boot), .sub = boot_keys, .scalar = "order",
	    .help = "What the firmware boots from" },
	{ "smbios", CONF_GROUP, AT(vm, smbios), .sub = smbios_keys,
	    .help = "What the guest's dmidecode tells of the machine, where QEMU's own words will "
		    "not do" },
	{ "fw_cfg", CONF_LIST, AT(vm, fw_cfg), COUNT(vm, nfw_cfg),
	    .elem_size = sizeof(struct vm_fw_cfg), .sub = fw_cfg_keys, .single = true, .max = MANY,
	    .help = "Files that the guest reads through QEMU's firmware interface, in Linux in "
		    "/sys/firmware/qemu_fw_cfg/by_name" },
	{ "credentials", CONF_LIST, AT(vm, credentials), COUNT(vm, ncredentials),
	    .elem_size = sizeof(struct vm_credential), .sub = credential_keys, .single = true,
	    .max = MANY,
	    .help = "Credentials for systemd in the guest (systemd.system-credentials(7)), such as "
		    "passwords and keys; none of them is among QEMU's arguments" },
	{ "ignition", CONF_PATH, AT(vm, ignition), .access = ACCESS_READ,
	    .example = "/etc/vmrun/coreos.ign",
	    .help = "Ignition file for the first boot of CoreOS, Flatcar and their kin" },
	{ "cloud_init", CONF_GROUP, AT(vm, cloud_init), .sub = cloud_init_keys,
	    .scalar = "enabled",
	    .help = "What cloud-init does at the guest's first boot, on an image of its own with "
		    "the label cidata (NoCloud); it is done again when something of it changes" },
	{ "display", CONF_GROUP, AT(vm, display), .sub = display_keys, .scalar = "kind",
	    .help = "The guest's screen" },
	{ "serial", CONF_LIST, AT(vm, serials), COUNT(vm, nserials),
	    .elem_size = sizeof(struct vm_channel), .sub = serial_keys, .scalar = "to",
	    .single = true, .max = 4, .def = "socket",
	    .help = "Serial ports of the guest, ttyS0 to ttyS3 on a PC; the first is the console "
		    "that firmware and boot loaders know" },
	{ "consoles", CONF_LIST, AT(vm, consoles), COUNT(vm, nconsoles),
	    .elem_size = sizeof(struct vm_channel), .sub = console_keys, .scalar = "to",
	    .single = true, .max = 8,
	    .help = "Virtio consoles of the guest, hvc0 and so on; much faster than a serial port, "
		    "and there once the guest's driver is" },
	{ "agent", CONF_BOOL, AT(vm, agent), .def = "false",
	    .help = "A channel for the QEMU guest agent, on agent.sock in the VM's runtime folder; "
		    "not by default, because whoever is behind it can do everything in the guest" },
	{ "ports", CONF_LIST, AT(vm, ports), COUNT(vm, nports),
	    .elem_size = sizeof(struct vm_channel), .sub = port_keys, .scalar = "name",
	    .single = true, .max = 16,
	    .help = "Named virtio ports, for programs in the guest that talk to programs on the "
		    "host" },
	{ "video", CONF_GROUP, AT(vm, video), .sub = video_keys, .scalar = "model",
	    .help =
		"The guest's graphics card; without a display there is none unless its model is "
		"named" },
	{ "audio", CONF_GROUP, AT(vm, audio), .sub = audio_keys, .scalar = "backend",
	    .help = "The guest's sound" },
	{ "input", CONF_LIST, AT(vm, input), COUNT(vm, ninput),
	    .elem_size = sizeof(struct vm_input), .sub = input_keys, .scalar = "kind",
	    .single = true, .max = 8,
	    .help = "What the viewer of the screen points and types with; if not given a USB "
		    "tablet, and a USB keyboard where the machine has none of its own; [] for "
		    "nothing" },
	{ "usb", CONF_GROUP, AT(vm, usb), .sub = usb_keys, .scalar = "devices",
	    .help = "A USB controller, and devices of the host; without it there is a controller "
		    "if anything needs one" },
	{ "balloon", CONF_GROUP, AT(vm, balloon), .sub = balloon_keys, .scalar = "enabled",
	    .help = "A virtio balloon, through which memory can be taken back and statistics are "
		    "read" },
	{ "rng", CONF_GROUP, AT(vm, rng), .sub = rng_keys, .scalar = "enabled",
	    .help = "A virtio source of random numbers, fed by the host's" },
	{ "watchdog", CONF_GROUP, AT(vm, watchdog), .sub = watchdog_keys, .scalar = "model",
	    .help = "A watchdog, which acts when the guest does not speak to it any more" },
	{ "pvpanic", CONF_BOOL, AT(vm, pvpanic), .def = "false",
	    .help = "A device by which the guest tells that it panicked, see on_panic, which brings "
		    "it, as do the cause guest-panic in restart and a hook on panicked; not by "
		    "default, because a guest that reboots or dumps by itself may want to be left "
		    "alone" },
	{ "vmcoreinfo", CONF_BOOL, AT(vm, vmcoreinfo), .def = "false",
	    .help = "A device by which a Linux guest describes its memory, for dumps that QEMU "
		    "makes of it" },
	{ "crypto", CONF_BOOL, AT(vm, crypto), .def = "false",
	    .help = "A virtio cipher device; not by default, because a CPU with AES instructions "
		    "is faster" },
	{ "vsock", CONF_GROUP, AT(vm, vsock), .sub = vsock_keys, .scalar = "enabled",
	    .help = "A socket between guest and host that needs no network, as in "
		    "'ssh vsock/CID'. Linux only" },
	{ "hostdevs", CONF_LIST, AT(vm, hostdevs), COUNT(vm, nhostdevs),
	    .elem_size = sizeof(struct vm_hostdev), .sub = hostdev_keys, .scalar = "pci",
	    .single = true, .max = 32,
	    .help = "Devices of the host that the guest has for itself (passthrough)" },
	{ "shares", CONF_LIST, AT(vm, shares), COUNT(vm, nshares),
	    .elem_size = sizeof(struct vm_share), .sub = share_keys, .scalar = "path",
	    .single = true, .max = 32, .help = "Folders that host and guest share" },
	{ "tpm", CONF_GROUP, AT(vm, tpm), .sub = tpm_keys, .scalar = "version", .help = "A TPM" },
	{ "uuid", CONF_CUSTOM, AT(vm, uuid), .parse = parse_uuid, .unit = "UUID",
	    .example = "0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60",
	    .help = "The machine's UUID; if not given one that stays the same is made from the "
		    "ledger's salt and the VM's name" },
	{ "description", CONF_STRING, AT(vm, description), .max = 1024, .example = "The web server",
	    .help = "A few words for people" },
	{ "template", CONF_STRINGS, AT(vm, templates), COUNT(vm, ntemplates), .single = true,
	    .max = 32, .alternative = true, .example = "base",
	    .help = "Files whose keys hold where this one says nothing, by their names in the "
		    "folder templates or by paths; of several a later one has the last word" },
	{ "instances", CONF_STRINGS, AT(vm, instances), COUNT(vm, ninstances), .single = true,
	    .max = 1000, .alternative = true, .example = "1..4",
	    .help = "In a file NAME@.conf, which describes any number of VMs NAME@1, NAME@2 and "
		    "so on: which of them belong to --all, to globs and tags and to the fleet, one "
		    "by one or as a range" },
	{ "tags", CONF_STRINGS, AT(vm, tags), COUNT(vm, ntags), .single = true, .max = 1000,
	    .example = "prod, web", .help = "Words to choose VMs by, as in 'vmrun start @prod'" },
	{ "autostart", CONF_BOOL, AT(vm, autostart), .def = "false",
	    .help = "Started with the host, by 'vmrun start --enabled'" },
	{ "after", CONF_STRINGS, AT(vm, after), COUNT(vm, nafter), .single = true, .max = WORDS,
	    .example = "db*, @network",
	    .help = "VMs, by name, pattern or @tag, that are up before this one starts if they "
		    "are to be started or are just starting; at a stop this one is stopped first" },
	{ "requires", CONF_STRINGS, AT(vm, requires), COUNT(vm, nrequires), .single = true,
	    .max = WORDS, .example = "db1",
	    .help = "VMs, likewise, that are started before this one, whether they were named or "
		    "not, and without which it is not started; when one of them is stopped, this "
		    "one is stopped before it" },
	{ "priority", CONF_INT, AT(vm, priority), .min = -1000000, .max = 1000000, .def = "0",
	    .help = "Of VMs whose turn has come the one with the higher priority is started first" },
	{ "start_delay", CONF_DURATION, AT(vm, start_delay), .max = DAY, .def = "0s",
	    .help = "A wait before the VM is started, once those that it comes after are up" },
	{ "ready", CONF_GROUP, AT(vm, ready), .sub = ready_keys, .scalar = "by",
	    .help = "When the VM is up, for those that come after it" },
	{ "stop_timeout", CONF_DURATION, AT(vm, stop_timeout), .max = DAY, .def = "60s",
	    .help = "How long the guest has to shut down after 'vmrun stop' before it is ended" },
	{ "restart", CONF_GROUP, AT(vm, restart), .sub = restart_keys, .scalar = "policy",
	    .help = "What to do when QEMU ends by itself" },
	{ "hooks", CONF_LIST, AT(vm, hooks), COUNT(vm, nhooks), .elem_size = sizeof(struct vm_hook),
	    .sub = hook_keys, .scalar = "run", .single = true, .max = VM_HOOKS_MAX,
	    .help = "Programs that are run when something happens to the VM" },
	{ "on_panic", CONF_CHOICE, AT(vm, on_panic), .choices = on_panic_words, .def = "shutdown",
	    .help = "When the guest tells that it panicked: QEMU ends, and restart decides; the "
		    "guest stays as it is, for a look at it (pause); QEMU ends with a failure "
		    "status, which restart takes for the same cause; or it goes on. Each but the "
		    "last brings the device that tells it, see pvpanic" },
	{ "on_reboot", CONF_CHOICE, AT(vm, on_reboot), .choices = on_reboot_words, .def = "reset",
	    .help = "When the guest reboots: it does; or QEMU ends, as an installer's last step "
		    "wants it, and restart decides (for the cause guest-reset: with always, the "
		    "guest boots in a new QEMU, by the file as it is then)" },
	{ "on_watchdog", CONF_CHOICE, AT(vm, on_watchdog), .choices = watchdog_words,
	    .def = "reset", .example = "poweroff",
	    .help = "When the guest's watchdog fires, because the guest has not spoken to it in "
		    "time: the guest is reset; its power button is pressed (shutdown); QEMU ends, "
		    "and restart decides (poweroff); the guest stays as it is, for a look at it "
		    "(pause); or it gets an NMI. With shutdown and poweroff the end is a failure, "
		    "of the cause watchdog" },
	{ "sandbox", CONF_BOOL, AT(vm, sandbox), .def = "true",
	    .help = "System calls that QEMU has no use for are denied to it; false only for what "
		    "does not work otherwise. Linux only" },
	{ "nice", CONF_INT, AT(vm, nice), .min = -20, .max = 19, .def = "0",
	    .help = "Priority of QEMU's process and its threads, as nice(1) counts; only root can "
		    "go below 0" },
	{ "memory_max", CONF_SIZE, AT(vm, quota.memory_max), .min = 16 * MIB, .max = 64 * TIB,
	    .example = "1536M",
	    .help = "What QEMU and its companions have of the host's memory together: the guest's "
		    "own and 100M or so; the kernel ends QEMU rather than give it more. No limit "
		    "if not given. Linux only" },
	{ "cpu_weight", CONF_INT, AT(vm, quota.cpu_weight), .min = 1, .max = 10000,
	    .example = "200",
	    .help = "Share of the CPUs when there is not enough for all, where everything else "
		    "has 100" },
	{ "io_weight", CONF_INT, AT(vm, quota.io_weight), .min = 1, .max = 10000, .example = "50",
	    .help = "Likewise of the disks' time, where the host's I/O scheduler or controller "
		    "obeys it. Linux only" },
	{ "cpus_allowed", CONF_CUSTOM, AT(vm, quota.cpus_allowed), .parse = parse_intset,
	    .unit = "CPUs", .example = "0-3",
	    .help = "CPUs of the host that QEMU and its companions run on, and pin and "
		    "emulator_pin choose from; all if not given. Not on macOS" },
	{ "environment", CONF_STRINGS, AT(vm, environment), COUNT(vm, nenvironment), .single = true,
	    .max = 1000, .example = "PIPEWIRE_RUNTIME_DIR=/run/user/1000",
	    .help = "Variables of QEMU's environment, one NAME=VALUE each, added to PATH, LC_ALL "
		    "and HOME, or in place of them" },
	{ "ivshmem", CONF_LIST, AT(vm, ivshmem), COUNT(vm, nivshmem),
	    .elem_size = sizeof(struct vm_ivshmem), .sub = ivshmem_keys, .single = true, .max = 16,
	    .help = "Memory that the guest shares with other guests or programs of the host. Linux "
		    "only" },
	{ "gdb", CONF_CUSTOM, AT(vm, gdb), .parse = parse_gdb, .unit = "[ADDRESS]:PORT or socket",
	    .example = "socket",
	    .help = "Where gdb can connect to debug the guest: a port that only this host reaches, "
		    "or gdb.sock in the VM's runtime folder" },
	{ "trace", CONF_STRINGS, AT(vm, trace), COUNT(vm, ntrace), .single = true, .max = 100,
	    .example = "virtio_serial_*",
	    .help =
		"QEMU's own trace events that are written to the VM's log, by name or pattern" },
	{ "incoming", CONF_STRING, AT(vm, incoming), .min = 1, .max = 255, .example = "defer",
	    .help =
		"The guest does not boot: it comes from another QEMU by migration, on a TCP "
		"port or a socket, or once it is said over QMP where (defer); a restart boots" },
	{ "args", CONF_STRINGS, AT(vm, args), COUNT(vm, nargs), .single = true,
	    .example = "-device, virtio-tablet-pci",
	    .help =
		"More arguments for QEMU, passed as they are after all others, one string each" },
	{ 0 },
};
