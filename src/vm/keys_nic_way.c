/* The keys of the ways a NIC can lead that have some of their own; see internal.h. */
#include "vm/internal.h"

const struct conf_key nic_user_keys[] = {
	{ "enabled", CONF_BOOL, AT(vm_user, enabled), .def = "false", .example = "true",
	    .help = "Whether the NIC is on it; giving any of the rest says enough" },
	{ "restrict", CONF_BOOL, AT(vm_user, restricted), .def = "false",
	    .help = "The guest reaches neither the outside nor the host, and is reached by what is "
		    "forwarded alone" },
	{ "network", CONF_CUSTOM, AT(vm_user, network), .parse = parse_network4,
	    .unit = "IPv4 network", .example = "192.168.76.0/24",
	    .help = "The network that the guest is in, for one that has 10.0.2.0/24 elsewhere; the "
		    "host is its second address, QEMU's DNS the third" },
	{ "network6", CONF_CUSTOM, AT(vm_user, network6), .parse = parse_network6,
	    .unit = "IPv6 network of 64 bits", .example = "fd00:76::/64",
	    .help = "The same of IPv6, fec0::/64 if not given" },
	{ "address", CONF_CUSTOM, AT(vm_user, address), .parse = parse_ip4, .unit = "IPv4 address",
	    .example = "192.168.76.20",
	    .help = "What the guest is given by DHCP, and what forwards lead to; the fifteenth "
		    "address of the network if not given" },
	{ "dns", CONF_CUSTOM, AT(vm_user, dns), .parse = parse_ip4, .unit = "IPv4 address",
	    .example = "192.168.76.4",
	    .help =
		"Where in the network the guest finds a DNS server, which asks the host's own" },
	{ "dns6", CONF_CUSTOM, AT(vm_user, dns6), .parse = parse_ip6, .unit = "IPv6 address",
	    .example = "fd00:76::4", .help = "The same of IPv6" },
	{ "search", CONF_STRINGS, AT(vm_user, search), COUNT(vm_user, nsearch), .single = true,
	    .max = 32, .example = "example.org",
	    .help = "Domains in which the guest looks for names without a dot, told by DHCP" },
	{ "domain", CONF_STRING, AT(vm_user, domain), .min = 1, .max = 253,
	    .example = "example.org", .help = "The guest's own domain, told by DHCP" },
	{ "hostname", CONF_STRING, AT(vm_user, hostname), .min = 1, .max = 63, .example = "web1",
	    .help = "The guest's name, told by DHCP" },
	{ "tftp", CONF_PATH, AT(vm_user, tftp), .example = "/srv/tftp",
	    .help = "Folder whose files the guest can read by TFTP; those that QEMU's user can "
		    "read" },
	{ "bootfile", CONF_STRING, AT(vm_user, bootfile), .min = 1, .max = 127,
	    .example = "pxelinux.0",
	    .help = "File that DHCP names to a guest that boots from the network" },
	{ 0 },
};

const struct conf_key nic_passt_keys[] = {
	{ "enabled", CONF_BOOL, AT(vm_passt, enabled), .def = "false", .example = "true",
	    .help = "Whether the NIC is on it; giving any of the rest says enough" },
	{ "interface", CONF_STRING, AT(vm_passt, interface), .min = 1, .max = 15, .example = "eth0",
	    .help = "Interface of the host whose addresses and routes the guest is given; if not "
		    "given, that of the default route" },
	{ "address", CONF_CUSTOM, AT(vm_passt, address), .parse = parse_guest4,
	    .unit = "IPv4 address with the length of its network", .example = "10.0.2.15/24",
	    .help = "What the guest is given by DHCP; if not given, the host's own, which the "
		    "guest then cannot reach" },
	{ "gateway", CONF_CUSTOM, AT(vm_passt, gateway), .parse = parse_ip4, .unit = "IPv4 address",
	    .example = "10.0.2.2",
	    .help = "The guest's default route; the host's own if not given" },
	{ "address6", CONF_CUSTOM, AT(vm_passt, address6), .parse = parse_ip6,
	    .unit = "IPv6 address", .example = "fd00:2::15",
	    .help = "The guest's IPv6 address, told by DHCPv6 and router advertisements" },
	{ "gateway6", CONF_CUSTOM, AT(vm_passt, gateway6), .parse = parse_ip6,
	    .unit = "IPv6 address", .example = "fe80::2",
	    .help = "Whom the router advertisements come from" },
	{ "map_gateway", CONF_BOOL, AT(vm_passt, map_gateway), .def = "true",
	    .help = "Connections of the guest to its gateway lead to the host, to what listens on "
		    "127.0.0.1 there as well" },
	{ "dns", CONF_CUSTOMS, AT(vm_passt, dns), COUNT(vm_passt, ndns),
	    .elem_size = sizeof(struct ip), .parse = parse_ip, .single = true, .max = 4,
	    .unit = "IP addresses", .example = "192.0.2.53",
	    .help = "DNS servers that the guest is told of; those of the host's /etc/resolv.conf "
		    "if not given" },
	{ "search", CONF_STRINGS, AT(vm_passt, search), COUNT(vm_passt, nsearch), .single = true,
	    .max = 6, .example = "example.org",
	    .help = "Domains in which the guest looks for names without a dot; those of the host "
		    "if not given" },
	{ 0 },
};

const struct conf_key nic_stream_keys[] = {
	{ "connect", CONF_CUSTOM, AT(vm_stream, connect), .parse = parse_peer,
	    .unit = "ADDRESS:PORT or path of a UNIX socket", .example = "/run/link.sock",
	    .help = "Where the other NIC, or a daemon, listens; it has to when the VM starts" },
	{ "listen", CONF_CUSTOM, AT(vm_stream, listen), .parse = parse_peer,
	    .unit = "ADDRESS:PORT or path of a UNIX socket", .example = "/run/link.sock",
	    .alternative = true,
	    .help = "Where the NIC waits for the other one; when that has ended, for it to come "
		    "back" },
	{ 0 },
};

const struct conf_key nic_dgram_keys[] = {
	{ "local", CONF_CUSTOM, AT(vm_dgram, local), .parse = parse_peer,
	    .unit = "ADDRESS:PORT or path of a UNIX socket", .example = "127.0.0.1:5001",
	    .help = "Where the NIC's frames come from and where it receives, a port of UDP or a "
		    "socket in a folder in which QEMU's user can make it" },
	{ "remote", CONF_CUSTOM, AT(vm_dgram, remote), .parse = parse_peer,
	    .unit = "ADDRESS:PORT or path of a UNIX socket", .example = "127.0.0.1:5002",
	    .help = "Where the other NIC has its local; or, as 230.0.0.1:5000, a group of hosts "
		    "(multicast), whose NICs are as on one hub" },
	{ 0 },
};
