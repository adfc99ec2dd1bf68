/* print_picture HOST FORMAT: one of the hosts below as text, json, dot or svg. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/picture.h"
#include "util/buf.h"

#define NIC(n)                                                                                     \
	{                                                                                          \
		{                                                                                  \
			0x52, 0x54, 0x00, 0x9b, 0x01, n                                            \
		}                                                                                  \
	}

/* A bridge with an uplink, VLANs and VMs in every state; one that lost its uplink; a macvtap; NICs
 * that have nothing on the host; a tap in the wrong place. */
static const struct os_link busy_links[] = {
	{ .index = 1, .name = "lo", .kind = "", .mtu = 65536, .up = true, .carrier = true },
	{ .index = 2,
	    .name = "eth0",
	    .kind = "",
	    .mtu = 1500,
	    .up = true,
	    .carrier = true,
	    .master = 4 },
	{ .index = 3,
	    .name = "eth1",
	    .kind = "",
	    .mtu = 9000,
	    .up = true,
	    .carrier = true,
	    .mac = { { 0x02, 0, 0, 0, 0, 3 } } },
	{ .index = 4,
	    .name = "br0",
	    .kind = "bridge",
	    .is_bridge = true,
	    .mtu = 1500,
	    .up = true,
	    .carrier = true,
	    .vlan_filtering = true,
	    .mac = { { 0x02, 0, 0, 0, 0, 4 } } },
	{ .index = 5,
	    .name = "lan",
	    .kind = "bridge",
	    .is_bridge = true,
	    .mtu = 9000,
	    .mac = { { 0x02, 0, 0, 0, 0, 5 } } },
	{ .index = 6,
	    .name = "web1.0",
	    .kind = "tun",
	    .is_tap = true,
	    .mtu = 1500,
	    .up = true,
	    .carrier = true,
	    .master = 4,
	    .alias = "vmrun web1 nic 0" },
	{ .index = 7,
	    .name = "database~f3.1",
	    .kind = "tun",
	    .is_tap = true,
	    .mtu = 1500,
	    .up = true,
	    .master = 4 },
	{ .index = 8,
	    .name = "veth3",
	    .kind = "veth",
	    .mtu = 1500,
	    .up = true,
	    .carrier = true,
	    .master = 4,
	    .parent = 9,
	    .alias = "container né 3" },
	{ .index = 9,
	    .name = "mvt0",
	    .kind = "macvtap",
	    .mtu = 9000,
	    .up = true,
	    .carrier = true,
	    .parent = 3 },
	{ .index = 10,
	    .name = "web1.1",
	    .kind = "tun",
	    .is_tap = true,
	    .mtu = 9000,
	    .up = true,
	    .carrier = true,
	    .master = 5 },
	{ .index = 11,
	    .name = "mail.0",
	    .kind = "tun",
	    .is_tap = true,
	    .mtu = 1500,
	    .up = true,
	    .carrier = true },
};

static const struct os_addr busy_addrs[] = { { 4, "10.0.0.1/24" }, { 4, "2001:db8::1/64" },
	{ 4, "fe80::1/64" }, { 1, "127.0.0.1/8" }, { 5, "fe80::2/64" } };

static const struct os_traffic busy_traffic[] = { { 2, 5368709120, 1288490188, 4000000, 900000 },
	{ 6, 1536, 1072693248, 20, 700000 }, { 8, 1023, 0, 9, 0 }, { 9, 1073741824, 1024, 8, 1 },
	{ 10, 1073689396, 1, 8, 1 } };

static const struct os_vlan busy_vlans[] = { { 2, 1, 1, true, true }, { 2, 10, 20, false, false },
	{ 6, 10, 10, true, true }, { 10, 7, 7, true, true } };

static const struct picture_nic busy_nics[] = {
	{ .vm = "database-of-everything",
	    .nic = 0,
	    .mac = NIC(1),
	    .state = "paused",
	    .network = "user",
	    .detail = "" },
	{ .vm = "database-of-everything",
	    .nic = 1,
	    .mac = NIC(2),
	    .state = "paused",
	    .network = "bridge",
	    .detail = "",
	    .interface = "database~f3.1",
	    .place = "br0",
	    .isolated = true,
	    .guarded = true,
	    .link_down = true },
	{ .vm = "mail",
	    .nic = 0,
	    .mac = NIC(3),
	    .state = "running",
	    .network = "bridge",
	    .detail = "",
	    .interface = "mail.0",
	    .place = "br0" },
	{ .vm = "mail",
	    .nic = 1,
	    .mac = NIC(4),
	    .state = "running",
	    .network = "bridge",
	    .detail = "",
	    .interface = "mail.1",
	    .place = "br0" },
	{ .vm = "proxy",
	    .nic = 0,
	    .mac = NIC(5),
	    .state = "running",
	    .network = "macvtap",
	    .detail = "",
	    .interface = "mvt0",
	    .place = "eth1" },
	{ .vm = "proxy",
	    .nic = 1,
	    .mac = NIC(6),
	    .state = "running",
	    .network = "socket",
	    .detail = "/run/net.sock" },
	{ .vm = "web1",
	    .nic = 0,
	    .mac = NIC(7),
	    .state = "running",
	    .network = "bridge",
	    .detail = "",
	    .interface = "web1.0",
	    .place = "br0",
	    .vlan = 10 },
	{ .vm = "web1",
	    .nic = 1,
	    .mac = NIC(8),
	    .state = "running",
	    .network = "bridge",
	    .detail = "",
	    .interface = "web1.1",
	    .place = "br0",
	    .vlan = 20 },
};

static const struct picture_uplink busy_uplinks[] = { { "br0", "eth0" }, { "lan", "eth2" } };

/* Names and aliases of somebody who means harm to a terminal, to XML, to Graphviz and to JSON. */
static const struct os_link hostile_links[] = {
	{ .index = 1,
	    .name = "b<\"&'>\\N\033[2J",
	    .kind = "bridge",
	    .is_bridge = true,
	    .mtu = 1500,
	    .up = true },
	{ .index = 2,
	    .name = "e\\\"];x\n]]>",
	    .kind = "veth",
	    .mtu = 1500,
	    .up = true,
	    .carrier = true,
	    .master = 1,
	    .alias = "</text><script>\n└─ eth0\033]0;x\007\xc2\x9b"
		     "31m\xff\xef\xbf\xbf & an alias that goes on and on" },
	{ .index = 3,
	    .name = "tap\t\x01",
	    .kind = "tun",
	    .is_tap = true,
	    .mtu = 1500,
	    .master = 1 },
};

static const struct os_addr hostile_addrs[] = { { 1, "10.0.0.1/24" } };

static const struct picture_nic hostile_nics[] = {
	{ .vm = "v<m>\"\\\n\033",
	    .nic = 0,
	    .mac = NIC(9),
	    .state = "\"<b>",
	    .network = "bridge",
	    .detail = "",
	    .interface = "tap\t\x01",
	    .place = "b\"\\<" },
	{ .vm = "v<m>\"\\\n\033",
	    .nic = 1,
	    .mac = NIC(10),
	    .state = "\"<b>",
	    .network = "socket",
	    .detail = "/run/\"<&\n\033[1m\xff" },
};

static const struct picture_uplink hostile_uplinks[] = { { "b<\"&'>\\N\033[2J", "\"<\n\\\033" } };

#define ALL(name, what)                                                                            \
	.what = name##_##what, .n##what = sizeof(name##_##what) / sizeof(name##_##what[0])

static const struct {
	const char *name;
	struct picture_facts facts;
} hosts[] = {
	{ "busy", { ALL(busy, links), ALL(busy, addrs), ALL(busy, traffic), ALL(busy, vlans),
		      ALL(busy, nics), ALL(busy, uplinks) } },
	{ "hostile", { ALL(hostile, links), ALL(hostile, addrs), ALL(hostile, nics),
			 ALL(hostile, uplinks) } },
	{ "empty", { .nlinks = 0 } },
};

static void
print(const struct picture *p, const char *format)
{
	struct buf b = { 0 };

	if (strcmp(format, "json") == 0) {
		json_t *j = picture_json(p);

		json_dumpf(j, stdout, JSON_INDENT(2));
		puts("");
		json_decref(j);
	} else if (strcmp(format, "dot") == 0) {
		picture_dot(&b, p);
	} else if (strcmp(format, "svg") == 0) {
		picture_svg(&b, p);
	} else if (strcmp(format, "text") == 0) {
		picture_text(&b, p);
	} else {
		errx(64, "there is no format %s", format);
	}
	fputs(b.s != NULL ? b.s : "", stdout);
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	struct picture p;

	if (argc != 3)
		errx(64, "usage: print_picture HOST FORMAT");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (strcmp(hosts[i].name, argv[1]) != 0)
			continue;
		picture_make(&hosts[i].facts, &p);
		print(&p, argv[2]);
		picture_free(&p);
		return 0;
	}
	errx(64, "there is no host %s", argv[1]);
}
