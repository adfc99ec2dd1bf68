/* The keys of NICs; see internal.h. */
#include "os/os.h"
#include "vm/internal.h"

const char *const vm_nic_models[] = { [NIC_VIRTIO] = "virtio",
	[NIC_E1000] = "e1000",
	[NIC_E1000E] = "e1000e",
	[NIC_IGB] = "igb",
	[NIC_RTL8139] = "rtl8139",
	[NIC_VMXNET3] = "vmxnet3",
	[NIC_PCNET] = "pcnet",
	[NIC_NE2K] = "ne2k_pci",
	NULL };
const char *const vm_offloads[] = { [OFFLOAD_CSUM] = "csum",
	[OFFLOAD_GSO] = "gso",
	[OFFLOAD_HOST_TSO4] = "host_tso4",
	[OFFLOAD_HOST_TSO6] = "host_tso6",
	[OFFLOAD_HOST_ECN] = "host_ecn",
	[OFFLOAD_HOST_UFO] = "host_ufo",
	[OFFLOAD_GUEST_CSUM] = "guest_csum",
	[OFFLOAD_GUEST_TSO4] = "guest_tso4",
	[OFFLOAD_GUEST_TSO6] = "guest_tso6",
	[OFFLOAD_GUEST_ECN] = "guest_ecn",
	[OFFLOAD_GUEST_UFO] = "guest_ufo",
	NULL };

static const char *const router_words[] = {
	[OS_ROUTER_AUTO] = "auto", [OS_ROUTER_NEVER] = "never", [OS_ROUTER_ALWAYS] = "always", NULL
};

static const struct conf_key stp_keys[] = {
	{ "cost", CONF_INT, AT(vm_nic_stp, cost), .min = 1, .max = 65535, .example = "100",
	    .help = "Cost of the way through the port; by the link's speed if not given" },
	{ "priority", CONF_INT, AT(vm_nic_stp, priority), .min = 1, .max = 63, .example = "16",
	    .help = "Which of two ports with the same cost is taken: the lower; 32 if not given" },
	{ "bpdu_guard", CONF_BOOL, AT(vm_nic_stp, bpdu_guard), .def = "false",
	    .help = "A guest that takes part in the spanning tree, as a bridge would, has its port "
		    "shut" },
	{ "root_block", CONF_BOOL, AT(vm_nic_stp, root_block), .def = "false",
	    .help = "A guest may take part, and is never taken for the root" },
	{ 0 },
};

static const struct conf_key multicast_keys[] = {
	{ "flood", CONF_BOOL, AT(vm_nic_multicast, flood), .def = "true",
	    .help = "Frames of groups that nobody is known to have joined go to the guest as well; "
		    "false is for a bridge that snoops and hears a querier: elsewhere IPv6 fails" },
	{ "fast_leave", CONF_BOOL, AT(vm_nic_multicast, fast_leave), .def = "false",
	    .help = "A group that the guest leaves ends at once, and nobody is asked whether "
		    "another is in it; right where one guest is behind the port" },
	{ "to_unicast", CONF_BOOL, AT(vm_nic_multicast, to_unicast), .def = "false",
	    .help = "A group's frames go to each member behind the port by its own MAC" },
	{ "router", CONF_CHOICE, AT(vm_nic_multicast, router), .choices = router_words,
	    .def = "auto",
	    .help = "Whether the guest gets every group's frames, as a router of multicast needs: "
		    "when it is heard to be one (auto), never or always" },
	{ 0 },
};

static const char *const macvtap_modes[] = { [MACVTAP_BRIDGE] = "bridge",
	[MACVTAP_PRIVATE] = "private",
	[MACVTAP_VEPA] = "vepa",
	[MACVTAP_PASSTHRU] = "passthru",
	NULL };

static const struct conf_key macvtap_keys[] = {
	{ "uplink", CONF_STRING, AT(vm_macvtap, uplink), .min = 1, .max = 15, .example = "eth0",
	    .help = "Interface of the host on whose wire the NIC is, with its own MAC" },
	{ "mode", CONF_CHOICE, AT(vm_macvtap, mode), .choices = macvtap_modes, .def = "bridge",
	    .help = "Whom it reaches of the others on that interface: with bridge all, directly; "
		    "with private none; with vepa through a switch outside that sends back; "
		    "passthru has the interface for itself, which takes the NIC's MAC" },
	{ 0 },
};

#define RATE_MIN 8000		  /* bits a second */
#define RATE_MAX INT64_C(400000000000)
#define BURST_MIN 1514		  /* bytes: a frame of Ethernet */
#define BURST_MAX (INT64_C(1) << 30)

static const struct conf_key rate_keys[] = {
	{ "in", CONF_RATE, AT(vm_nic_rate, in), .min = RATE_MIN, .max = RATE_MAX, .unit = "bits a second",
	    .example = "100M",
	    .help = "What the guest may receive; k, M and G are thousands, as usual for networks, "
		    "and the frames count with their Ethernet headers" },
	{ "out", CONF_RATE, AT(vm_nic_rate, out), .min = RATE_MIN, .max = RATE_MAX,
	    .unit = "bits a second", .example = "50M", .help = "What the guest may send" },
	{ "burst", CONF_SIZE, AT(vm_nic_rate, burst), .min = BURST_MIN, .max = BURST_MAX,
	    .unit = "bytes", .example = "256K",
	    .help = "What may pass at once after a pause, in either direction, before the rate "
		    "holds; if not said, what passes in 10 ms, and at least 64K, so that a TCP "
		    "that sends as much in one piece keeps up its rate" },
	{ 0 },
};

const struct conf_key nic_keys[] = {
	{ "bridge", CONF_STRING, AT(vm_nic, bridge), .min = 1, .max = 15, .example = "br0",
	    .help =
		"Bridge of the host that the NIC's tap joins; the VM does not start without it; on "
		"macOS the interface that QEMU's vmnet bridges, such as en0, which needs root" },
	{ "user", CONF_GROUP, AT(vm_nic, user), .sub = nic_user_keys, .scalar = "enabled",
	    .alternative = true,
	    .help = "QEMU's own network in user mode instead of a bridge: out through the host's "
		    "sockets, no way in but for forward, no privilege needed" },
	{ "passt", CONF_GROUP, AT(vm_nic, passt), .sub = nic_passt_keys, .scalar = "enabled",
	    .alternative = true,
	    .help = "The same by the program passt, which is faster, and knows IPv6 and ping as "
		    "the host does: the guest has the host's addresses unless others are given. "
		    "Linux only" },
	{ "stream", CONF_GROUP, AT(vm_nic, stream), .sub = nic_stream_keys, .scalar = "connect",
	    .alternative = true,
	    .help = "A link to a NIC of another VM, without a bridge and without privileges; one "
		    "of the two listens, and starts first" },
	{ "dgram", CONF_GROUP, AT(vm_nic, dgram), .sub = nic_dgram_keys, .alternative = true,
	    .help = "The same by single packets: either VM may start first, or start again" },
	{ "vde", CONF_PATH, AT(vm_nic, vde), .example = "/run/vde.ctl", .alternative = true,
	    .help = "A switch of VDE, by the folder that its vde_switch -s names and that QEMU's "
		    "user must be let into (-m 666)" },
	{ "none", CONF_BOOL, AT(vm_nic, none), .def = "false",
	    .help = "The NIC leads nowhere: a card whose cable has no other end" },
	{ "forward", CONF_CUSTOMS, AT(vm_nic, forwards), COUNT(vm_nic, nforwards),
	    .elem_size = sizeof(struct vm_forward), .parse = parse_forward, .single = true,
	    .max = 256, .unit = "forwards", .example = "tcp:127.0.0.1:2222:22, udp:5353:53",
	    .alternative = true,
	    .help = "Ports of the host that lead to the guest on a network in user mode, each "
		    "PROTOCOL:[ADDRESS:]PORT[:GUEST_PORT]; without an address those of all of the "
		    "host's; with passt an address of IPv6 or a range, as in tcp:8000-8009:80, as "
		    "well" },
	{ "vmnet", CONF_CUSTOM, AT(vm_nic, vmnet), .parse = parse_vmnet, .unit = "shared or host",
	    .example = "shared", .alternative = true,
	    .help = "macOS only, needs root: instead of a bridge a network of QEMU's vmnet; shared "
		    "reaches the outside through the host, host only the host and its guests" },
	{ "socket", CONF_PATH, AT(vm_nic, socket), .example = "/var/run/socket_vmnet",
	    .alternative = true,
	    .help = "Instead of a bridge the UNIX stream socket of a daemon that carries the NIC's "
		    "frames, such as socket_vmnet on macOS; no privilege needed" },
	{ "macvtap", CONF_GROUP, AT(vm_nic, macvtap), .sub = macvtap_keys, .scalar = "uplink",
	    .example = "eth0", .alternative = true,
	    .help = "Instead of a bridge an interface of the host, on whose wire the NIC is beside "
		    "the host; guest and host do not reach each other through it; only on Linux" },
	{ "tap", CONF_STRING, AT(vm_nic, tap), .min = 1, .max = 15, .example = "tap0",
	    .help =
		"A tap that is there already, to join the bridge in place of a new one; without "
		"a bridge it is used as it is, and where it leads is up to whoever made it. It "
		"is never destroyed. One that belongs to a user who is neither root nor the "
		"caller is refused. On macOS it is one of a kernel extension, with a real "
		"bridge" },
	{ "link", CONF_BOOL, AT(vm_nic, link), .def = "true",
	    .help = "Whether the NIC's cable is in when the VM starts; vmrun link pulls it out and "
		    "puts it in while the VM runs" },
	{ "rate", CONF_GROUP, AT(vm_nic, rate), .sub = rate_keys,
	    .help = "How fast the NIC may be; only on Linux, by the host's traffic control" },
	{ "ifname", CONF_STRING, AT(vm_nic, ifname), .percent = true, .min = 1, .max = 32,
	    .example = "vm-%n.%i", .alternative = true,
	    .help = "Name of the NIC's new tap or macvtap on the host, where %n is the VM's name "
		    "and %i the NIC's number; if not given %n.%i, as in web1.0, or another if that "
		    "is taken; a long name of a VM is cut, as an interface's has 15 bytes; only on "
		    "Linux" },
	{ "mac", CONF_CUSTOM, AT(vm_nic, mac), .parse = parse_mac, .unit = "MAC address",
	    .example = "52:54:00:9b:01:77",
	    .not_group = "a range that the ledger gives addresses from belongs into vmrun.conf",
	    .help = "The NIC's address; without it the ledger gives one of its own, for good" },
	{ "model", CONF_CHOICE, AT(vm_nic, model), .choices = vm_nic_models, .def = "virtio",
	    .help =
		"The card that the guest sees; virtio is by far the fastest; the others are real "
		"cards, whose drivers older systems bring along: vmxnet3 for guests that come from "
		"VMware, igb from QEMU 8.0 on" },
	{ "queues", CONF_INT, AT(vm_nic, queues), .min = 1, .max = 256, .def = "1", .example = "2",
	    .help =
		"Pairs of queues of a virtio NIC and its tap, so that as many CPUs of the guest "
		"can work on its frames at once; one is enough unless vhost moves the frames; "
		"only on Linux" },
	{ "vhost", CONF_SWITCH, AT(vm_nic, vhost), .example = "true",
	    .help = "Whether the host's kernel moves a virtio NIC's frames instead of QEMU, which "
		    "costs far less; if not said, with kvm and where /dev/vhost-net can be opened; "
		    "only "
		    "on Linux" },
	{ "offloads", CONF_CHOICES, AT(vm_nic, offloads), COUNT(vm_nic, noffloads),
	    .choices = vm_offloads, .single = true,
	    .def = "csum, gso, host_tso4, host_tso6, host_ecn, host_ufo, guest_csum, guest_tso4, "
		   "guest_tso6, guest_ecn, guest_ufo",
	    .help = "What a virtio NIC may leave undone, such as checksums, because the frame may "
		    "never see a wire; all of it unless something on the way mishandles such "
		    "frames, [] for nothing" },
	{ "boot_index", CONF_INT, AT(vm_nic, boot_index), .min = 1, .max = 1000000, .example = "2",
	    .help = "Place of this very NIC in the order of what the firmware tries; those with a "
		    "place come before the kinds in boot" },
	{ "rom", CONF_PATH, AT(vm_nic, rom), .access = ACCESS_READ,
	    .example = "/usr/lib/ipxe/qemu/pxe-virtio.rom",
	    .help = "Option ROM in place of QEMU's, which a NIC has only if it is booted from" },
	{ "pci_address", CONF_CUSTOM, AT(vm_nic, pci_address), .parse = parse_pci_address,
	    .unit = "SLOT.FUNCTION", .example = "05.0",
	    .help = "Where the guest finds the NIC on its PCI bus, which is where its name for it "
		    "comes from; the next slot that is free if not given" },
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
	{ "trunk", CONF_INTS, AT(vm_nic, trunk), COUNT(vm_nic, ntrunk), .min = 1, .max = 4094,
	    .single = true, .example = "20, 30",
	    .help = "VLANs of the bridge that the guest is in and tells apart by their tags; what "
		    "has no tag goes to vlan, and nowhere if that is not given; only on Linux" },
	{ "guard", CONF_BOOL, AT(vm_nic, guard), .def = "false", .example = "true",
	    .help =
		"The guest cannot pretend to be another: what it sends goes on only with the "
		"NIC's own MAC, in ARP as well, and not if it claims an address of the bridge "
		"or of the host's default gateway, or answers as a router or a DHCP server; "
		"what another program flushes is set again at once; only on Linux 5.18 and later, "
		"with nftables" },
	{ "addresses", CONF_CUSTOMS, AT(vm_nic, addresses), COUNT(vm_nic, naddresses),
	    .elem_size = sizeof(struct ip_net), .parse = parse_addresses, .single = true,
	    .unit = "addresses or networks", .example = "10.0.0.5, 2001:db8::/64",
	    .help = "With guard, what alone the guest may send from: IP, ARP and IPv6's neighbour "
		    "discovery with another address are dropped, and all else; it may always ask "
		    "by DHCP, and has the IPv6 link-local address that its MAC makes" },
	{ "learning", CONF_BOOL, AT(vm_nic, learning), .def = "true",
	    .help = "The bridge learns which MACs are behind the port; if not, it knows the NIC's "
		    "own alone, and frames for others that are there go to every port; only on "
		    "Linux" },
	{ "stp", CONF_GROUP, AT(vm_nic, stp), .sub = stp_keys,
	    .help = "The spanning tree at the port, if the bridge keeps one; only on Linux" },
	{ "multicast", CONF_GROUP, AT(vm_nic, multicast), .sub = multicast_keys,
	    .help = "Multicast at the port; only on Linux" },
	{ "up", CONF_PATH, AT(vm_nic, up), .example = "/etc/vmrun/tap-up",
	    .help = "Program that is run with the tap's name once the tap is on the bridge, and "
		    "VMRUN_VM, VMRUN_BRIDGE and VMRUN_MAC in its environment; if it fails, so does "
		    "the start" },
	{ "down", CONF_PATH, AT(vm_nic, down), .example = "/etc/vmrun/tap-down",
	    .help = "Program that is run likewise before the tap leaves the bridge; what "
		    "both say is in the VM's log" },
	{ 0 },
};
