/* The keys of a bridge in vmrun.conf; see internal.h. */
#include "vm/internal.h"

static const char *const create_words[] = {
	[CREATE_NO] = "false", [CREATE_YES] = "true", [CREATE_AUTO] = "auto", NULL
};

/* Of a tunnel, which excludes an interface: the sample shows one of the two. */
static const struct conf_key uplink_keys[] = {
	{ "interface", CONF_STRING, AT(bridge_uplink, interface), .min = 1, .max = 15,
	    .example = "eth0", .alternative = true,
	    .help =
		"The host's NIC that joins the bridge, which takes over its addresses and "
		"routes; vmrun net up does it, and takes it back if the network does not answer" },
	{ "gateway", CONF_CUSTOMS, AT(bridge_uplink, gateway), COUNT(bridge_uplink, ngateway),
	    .elem_size = sizeof(struct ip), .parse = parse_ip, .single = true, .max = 8,
	    .unit = "IP addresses", .example = "192.0.2.1", .alternative = true,
	    .help = "Who must answer once the interface has joined, or it is undone; if not given, "
		    "the gateway of each default route" },
	{ "timeout", CONF_DURATION, AT(bridge_uplink, timeout), .min = 1000, .max = 600000,
	    .def = "15s", .alternative = true,
	    .help = "How long they may take to answer; a switch that runs STP lets nothing through "
		    "for 30 seconds" },
	{ "vxlan", CONF_INT, AT(bridge_uplink, vxlan), .min = 1, .max = 16777215, .example = "42",
	    .help = "Instead of an interface, the number (VNI) of a VXLAN tunnel to other hosts, "
		    "whose bridges become one network with this one" },
	{ "peers", CONF_CUSTOMS, AT(bridge_uplink, peers), COUNT(bridge_uplink, npeers),
	    .elem_size = sizeof(struct ip), .parse = parse_ip, .single = true, .max = 256,
	    .unit = "IP addresses", .example = "192.0.2.2, 192.0.2.3",
	    .help = "The other hosts of the tunnel, or the one multicast group that all of them "
		    "listen to; this host may be among them, so that all can have the same list" },
	{ "local", CONF_CUSTOM, AT(bridge_uplink, local), .parse = parse_ip, .unit = "IP address",
	    .example = "192.0.2.1",
	    .help = "Address of this host that the tunnel's packets come from; the system's choice "
		    "if not given" },
	{ "port", CONF_INT, AT(bridge_uplink, port), .min = 1, .max = 65535, .def = "4789",
	    .help = "UDP port of the tunnel, the same on all hosts; the default is IANA's" },
	{ "device", CONF_STRING, AT(bridge_uplink, device), .min = 1, .max = 15, .example = "eth0",
	    .help = "Interface that the tunnel's packets leave by; the routes decide if not given, "
		    "which they cannot for a multicast group" },
	{ 0 },
};

static const struct conf_key dhcp_keys[] = {
	{ "enabled", CONF_SWITCH, AT(bridge_dhcp, enabled), .example = "true",
	    .help =
		"Whether guests get their IPv4 addresses here; said by giving any of the rest" },
	{ "first", CONF_CUSTOM, AT(bridge_dhcp, first), .parse = parse_ip4, .unit = "IPv4 address",
	    .example = "10.88.0.100",
	    .help = "First address that is given out; if not given, the first of the network that "
		    "is not the host's own" },
	{ "last", CONF_CUSTOM, AT(bridge_dhcp, last), .parse = parse_ip4, .unit = "IPv4 address",
	    .example = "10.88.0.199",
	    .help = "Last address that is given out; if not given, the last one of the network" },
	{ "lease_time", CONF_DURATION, AT(bridge_dhcp, lease_time), .min = 120000, .max = 30 * DAY,
	    .def = "1h",
	    .help = "For how long a guest has its address without asking again; NICs of VMs keep "
		    "theirs for good in any case" },
	{ 0 },
};

const struct conf_key bridge_keys[] = {
	{ "name", CONF_STRING, AT(host_bridge, name), .min = 1, .max = 15, .example = "br0",
	    .required = true, .help = "The bridge, as the NICs of VM files name it" },
	{ "create", CONF_CHOICE, AT(host_bridge, create), .choices = create_words, .def = "false",
	    .example = "auto",
	    .help = "Whether the bridge, if it is missing, is made for the first VM that wants it; "
		    "auto removes it as well once the last one has left; else such a VM does not "
		    "start" },
	{ "uplink", CONF_GROUP, AT(host_bridge, uplink), .sub = uplink_keys, .scalar = "interface",
	    .help =
		"What the bridge leads to besides VMs and the host: a NIC of the host, or hosts "
		"elsewhere" },
	{ "address", CONF_CUSTOMS, AT(host_bridge, address), COUNT(host_bridge, naddress),
	    .elem_size = sizeof(struct ip_net), .parse = parse_ip4_net, .single = true, .max = 16,
	    .unit = "IPv4 addresses, each with the length of its network",
	    .example = "10.88.0.1/24",
	    .help = "The host's own addresses on a bridge that vmrun makes; the first one is the "
		    "guests' gateway" },
	{ "address6", CONF_CUSTOMS, AT(host_bridge, address6), COUNT(host_bridge, naddress6),
	    .elem_size = sizeof(struct ip_net), .parse = parse_ip6_net, .single = true, .max = 16,
	    .unit = "IPv6 addresses, each with the length of its network",
	    .example = "fd00:88::1/64", .help = "Likewise; guests take theirs from its network" },
	{ "nat", CONF_BOOL, AT(host_bridge, nat), .def = "false", .example = "true",
	    .help = "Guests reach what the host reaches, under the host's address, and nobody "
		    "reaches them unasked; without it a bridge with addresses is private: its "
		    "guests reach one another and the host" },
	{ "dhcp", CONF_GROUP, AT(host_bridge, dhcp), .sub = dhcp_keys, .scalar = "enabled",
	    .help = "Addresses for the guests, from dnsmasq, which vmrun runs: a NIC of a VM gets "
		    "the same one each time" },
	{ "ra", CONF_SWITCH, AT(host_bridge, ra), .example = "true",
	    .help = "Router advertisements, from which guests make their IPv6 addresses; if not "
		    "said, where address6 is given" },
	{ "dns", CONF_SWITCH, AT(host_bridge, dns), .example = "true",
	    .help =
		"A name server for the guests, which knows the VMs of this network by name and, "
		"with nat, asks the host's servers about the rest; if not said, where there is "
		"dhcp" },
	{ "domain", CONF_STRING, AT(host_bridge, domain), .min = 1, .max = 253, .def = "vm",
	    .help = "Domain of the VMs' names: web1.vm" },
	{ "mtu", CONF_INT, AT(host_bridge, mtu), .min = 68, .max = 65521, .unit = "bytes",
	    .example = "1500",
	    .help =
		"MTU of a bridge that vmrun makes; 1500 if not given, less 50 on VXLAN (70 over "
		"IPv6)" },
	{ "mac", CONF_CUSTOM, AT(host_bridge, mac), .parse = parse_mac, .unit = "MAC address",
	    .example = "02:00:5e:10:00:01",
	    .help = "The bridge's own address; if not given, its uplink's, or else one that is "
		    "always the same" },
	{ "vlan_filtering", CONF_BOOL, AT(host_bridge, vlan_filtering), .def = "false",
	    .help = "Whether a bridge that vmrun makes divides VLANs, for vlan and trunk of NICs" },
	{ "stp", CONF_BOOL, AT(host_bridge, stp), .def = "false",
	    .help =
		"Whether a bridge that vmrun makes runs the Spanning Tree Protocol, which finds "
		"loops and keeps every new port silent for 30 seconds" },
	{ 0 },
};
