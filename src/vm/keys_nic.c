/* The keys of NICs; see internal.h. */
#include "vm/internal.h"

static const char *const model_words[] = { [NIC_VIRTIO] = "virtio",
	[NIC_E1000] = "e1000",
	[NIC_E1000E] = "e1000e",
	[NIC_RTL8139] = "rtl8139",
	NULL };

const struct conf_key nic_keys[] = {
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
