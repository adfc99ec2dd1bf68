/* Networks of the host's own in the words of nftables and dnsmasq, and who has which address. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "net/network.h"
#include "util/buf.h"
#include "util/diag.h"
#include "vm/vm.h"

static struct host host;
static struct conf_doc *doc;

/* The bridge that text describes, as vmrun.conf has it. */
static const struct host_bridge *
bridge(const char *text)
{
	struct diag d = { 0 };
	struct buf b = { 0 };

	buf_addf(&b, "bridges = ( { name = \"br0\"; %s } );", text);
	if (conf_open_text(&d, "vmrun.conf", NULL, b.s, b.len, &doc) == -1 ||
	    host_load(&d, doc, &host) == -1)
		fail_msg("%s", d.text);
	buf_free(&b);
	return &host.bridges[0];
}

static int
done(void **state)
{
	host_free(&host);
	conf_close(doc);
	doc = NULL;
	return 0;
}

/* --- nftables --- */

static void
filter_is(const char *text, const char *expected)
{
	struct buf b = { 0 };

	network_filter(&b, bridge(text));
	assert_string_equal(b.s != NULL ? b.s : "", expected);
	buf_free(&b);
	done(NULL);
}

static void
guests_behind_nat_go_out_and_are_not_visited(void **state)
{
	filter_is(
	    "address = \"10.88.0.1/24\"; address6 = \"fd00:88::1/64\"; nat = true; dhcp = true;",
	    "table inet vmrun-br0\n"
	    "delete table inet vmrun-br0\n"
	    "table inet vmrun-br0 {\n"
	    "\tchain forward {\n"
	    "\t\ttype filter hook forward priority filter; policy accept;\n"
	    "\t\tiifname \"br0\" oifname \"br0\" accept\n"
	    "\t\tiifname \"br0\" ip saddr 10.88.0.0/24 accept\n"
	    "\t\tiifname \"br0\" ip6 saddr fd00:88::/64 accept\n"
	    "\t\toifname \"br0\" ct state established,related accept\n"
	    "\t\tiifname \"br0\" reject with icmpx type admin-prohibited\n"
	    "\t\toifname \"br0\" reject with icmpx type admin-prohibited\n"
	    "\t}\n"
	    "\tchain input {\n"
	    "\t\ttype filter hook input priority filter; policy accept;\n"
	    "\t\tiifname != { \"lo\", \"br0\" } ip daddr 10.88.0.1 meta l4proto { tcp, udp } th "
	    "dport 53 drop\n"
	    "\t\tiifname != { \"lo\", \"br0\" } ip6 daddr fd00:88::1 meta l4proto { tcp, udp } th "
	    "dport 53 drop\n"
	    "\t}\n"
	    "\tchain postrouting {\n"
	    "\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
	    "\t\tip saddr 10.88.0.0/24 oifname != \"br0\" masquerade\n"
	    "\t\tip6 saddr fd00:88::/64 oifname != \"br0\" masquerade\n"
	    "\t}\n"
	    "}\n");
}

static void
a_private_network_has_no_way_out_nor_in(void **state)
{
	filter_is("address = \"10.88.0.1/24\";",
	    "table inet vmrun-br0\n"
	    "delete table inet vmrun-br0\n"
	    "table inet vmrun-br0 {\n"
	    "\tchain forward {\n"
	    "\t\ttype filter hook forward priority filter; policy accept;\n"
	    "\t\tiifname \"br0\" oifname \"br0\" accept\n"
	    "\t\tiifname \"br0\" reject with icmpx type admin-prohibited\n"
	    "\t\toifname \"br0\" reject with icmpx type admin-prohibited\n"
	    "\t}\n"
	    "}\n");
}

static void
a_bridge_without_addresses_has_no_filter(void **state)
{
	filter_is("create = true;", "");
	filter_is("uplink = { vxlan = 42; peers = \"192.0.2.2\"; };", "");
}

static void
blocked(const char *chains, const char *hook, const char *expected)
{
	char *found = network_blocked(chains, hook);

	if (expected == NULL)
		assert_null(found);
	else
		assert_string_equal(found, expected);
	free(found);
}

static void
a_chain_that_drops_what_is_forwarded_is_found(void **state)
{
	blocked("", "forward", NULL);
	blocked("table ip nat {\n"
		"\tchain POSTROUTING {\n"
		"\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
		"\t}\n"
		"}\n"
		"table ip filter {\n"
		"\tchain DOCKER-USER {\n"
		"\t}\n"
		"\tchain FORWARD {\n"
		"\t\ttype filter hook forward priority filter; policy drop;\n"
		"\t}\n"
		"}\n",
	    "forward", "ip filter FORWARD");
	blocked("table ip filter {\n"
		"\tchain INPUT {\n"
		"\t\ttype filter hook input priority filter; policy drop;\n"
		"\t}\n"
		"\tchain FORWARD {\n"
		"\t\ttype filter hook forward priority filter; policy accept;\n"
		"\t}\n"
		"}\n",
	    "forward", NULL);
	blocked("table inet firewalld {\n"
		"\tchain filter_INPUT {\n"
		"\t\ttype filter hook input priority filter + 10; policy drop;\n"
		"\t}\n"
		"}\n",
	    "input", "inet firewalld filter_INPUT");
}

/* --- dnsmasq --- */

static void
conf_is(const char *text, const struct network_hosts *hosts, const char *expected)
{
	struct buf b = { 0 };

	network_dnsmasq(&b, bridge(text), hosts, "/state/br0.leases", "nobody");
	assert_string_equal(b.s, expected);
	buf_free(&b);
	done(NULL);
}

static void
add(struct network_hosts *hosts, const char *mac, const char *ip, const char *vm, unsigned nic)
{
	struct network_host h = { .nic = nic };

	assert_int_equal(mac_parse(mac, &h.mac), 0);
	assert_int_equal(ip_parse(ip, &h.ip), 0);
	strlcpy(h.vm, vm, sizeof(h.vm));
	hosts->v = reallocarray(hosts->v, hosts->n + 1, sizeof(*hosts->v));
	hosts->v[hosts->n++] = h;
}

static void
the_server_knows_vms_by_mac_and_name(void **state)
{
	struct network_hosts hosts = { 0 };

	add(&hosts, "52:54:00:00:00:01", "10.88.0.5", "web1", 0);
	add(&hosts, "52:54:00:00:00:02", "10.88.0.6", "db_main.2", 1);
	add(&hosts, "52:54:00:00:00:03", "10.88.0.7", "db_main.2", 3);
	conf_is("address = \"10.88.0.1/24\"; nat = true; mtu = 9000; domain = \"lab.test\";"
		"dhcp = { first = \"10.88.0.5\"; last = \"10.88.0.9\"; lease_time = \"5m\"; };",
	    &hosts,
	    "interface=br0\nexcept-interface=lo\nbind-dynamic\n"
	    "user=nobody\npid-file\nlog-facility=-\n"
	    "domain=lab.test\nlocal=/lab.test/\n"
	    "domain-needed\nbogus-priv\nno-hosts\ncache-size=1000\n"
	    "dhcp-range=10.88.0.5,10.88.0.9,255.255.255.0,300\n"
	    "dhcp-authoritative\ndhcp-ignore-names=tag:!known\n"
	    "dhcp-option=option:mtu,9000\n"
	    "dhcp-leasefile=/state/br0.leases\n"
	    "dhcp-host=52:54:00:00:00:01,10.88.0.5,web1\n"
	    "host-record=web1.lab.test,web1,10.88.0.5\n"
	    "dhcp-host=52:54:00:00:00:02,10.88.0.6,db-main-2\n"
	    "host-record=db-main-2.lab.test,db-main-2,10.88.0.6\n"
	    "dhcp-host=52:54:00:00:00:03,10.88.0.7,db-main-2-3\n"
	    "host-record=db-main-2-3.lab.test,db-main-2-3,10.88.0.7\n");
	network_hosts_free(&hosts);
}

static void
a_private_network_tells_no_router_and_asks_nobody(void **state)
{
	struct network_hosts hosts = { 0 };

	conf_is("address = \"10.88.0.1/29\"; address6 = \"fd00:88::1/64\"; dhcp = true;", &hosts,
	    "interface=br0\nexcept-interface=lo\nbind-dynamic\n"
	    "user=nobody\npid-file\nlog-facility=-\n"
	    "domain=vm\nlocal=/vm/\n"
	    "domain-needed\nbogus-priv\nno-hosts\ncache-size=1000\nno-resolv\n"
	    "dhcp-range=10.88.0.2,10.88.0.6,255.255.255.248,3600\n"
	    "dhcp-authoritative\ndhcp-ignore-names=tag:!known\n"
	    "dhcp-option=option:router\n"
	    "enable-ra\nra-param=br0,0,0\n"
	    "dhcp-range=fd00:88::,ra-names,64\n"
	    "dhcp-leasefile=/state/br0.leases\n");
}

static void
what_is_not_served_is_not_told(void **state)
{
	struct network_hosts hosts = { 0 };

	add(&hosts, "52:54:00:00:00:01", "10.88.0.5", "web1", 0);
	conf_is("address = \"10.88.0.1/24\"; dhcp = true; dns = false; nat = true;", &hosts,
	    "interface=br0\nexcept-interface=lo\nbind-dynamic\n"
	    "user=nobody\npid-file\nlog-facility=-\n"
	    "port=0\n"
	    "dhcp-range=10.88.0.2,10.88.0.254,255.255.255.0,3600\n"
	    "dhcp-authoritative\ndhcp-ignore-names=tag:!known\n"
	    "dhcp-option=option:dns-server\n"
	    "dhcp-leasefile=/state/br0.leases\n"
	    "dhcp-host=52:54:00:00:00:01,10.88.0.5,web1\n");
	network_hosts_free(&hosts);
}

/* --- addresses --- */

static bool
is_gone(const char *vm, void *arg)
{
	return strncmp(vm, "gone", 4) == 0;
}

static int
take(struct network_hosts *hosts, const struct host_bridge *b, unsigned mac, const char *vm,
    const char *wish)
{
	struct network_guest g = {
		.vm = vm, .mac = mac_from_number(0x525400000000 + mac), .gone = is_gone
	};
	struct diag d = { 0 };
	int result;

	if (wish != NULL)
		assert_int_equal(ip_parse(wish, &g.wish), 0);
	result = network_hosts_take(&d, hosts, b, &g);
	assert_int_equal(result == -1, d.count == 1);
	diag_free(&d);
	return result;
}

static const char *
address_of(const struct network_hosts *hosts, const char *vm)
{
	static char text[IP_TEXT];

	for (size_t i = 0; i < hosts->n; i++) {
		if (strcmp(hosts->v[i].vm, vm) == 0)
			return ip_format(&hosts->v[i].ip, text);
	}
	return "";
}

static void
a_vm_keeps_its_address_and_nobody_else_gets_it(void **state)
{
	const struct host_bridge *b = bridge("address = \"10.88.0.2/29\"; dhcp = true;");
	struct network_hosts hosts = { 0 };
	char first[IP_TEXT];

	/* .1, .3, .4, .5 and .6: five VMs and no more. */
	for (unsigned i = 1; i <= 5; i++) {
		char vm[8] = { 'w', (char)('0' + i), '\0' };

		assert_int_equal(take(&hosts, b, i * 7, vm, NULL), 1);
		for (size_t k = 0; k + 1 < hosts.n; k++)
			assert_false(ip_equal(&hosts.v[k].ip, &hosts.v[hosts.n - 1].ip));
		assert_string_not_equal(address_of(&hosts, vm), "10.88.0.2");
	}
	strlcpy(first, address_of(&hosts, "w1"), sizeof(first));
	assert_int_equal(take(&hosts, b, 7, "w1", NULL), 0);
	assert_string_equal(address_of(&hosts, "w1"), first);
	assert_int_equal(take(&hosts, b, 99, "w6", NULL), -1);
	network_hosts_free(&hosts);
}

static void
a_full_network_takes_the_address_of_a_vm_that_is_gone(void **state)
{
	const struct host_bridge *b = bridge("address = \"10.88.0.1/30\"; dhcp = true;");
	struct network_hosts hosts = { 0 };

	assert_int_equal(take(&hosts, b, 1, "gone", NULL), 1);
	assert_int_equal(take(&hosts, b, 2, "web", NULL), 1);
	assert_string_equal(address_of(&hosts, "web"), "10.88.0.2");
	assert_string_equal(address_of(&hosts, "gone"), "");
	assert_int_equal(take(&hosts, b, 3, "db", NULL), -1);
	network_hosts_free(&hosts);
}

static void
an_address_that_somebody_has_just_now_is_not_given_to_another(void **state)
{
	static const char path[] = "test_network.leases";
	const struct host_bridge *b = bridge("address = \"10.88.0.1/29\"; dhcp = true;");
	struct network_hosts hosts = { 0 }, leased;
	struct network_guest g = { .vm = "web",
		.mac = mac_from_number(0x525400000001),
		.leased = &leased,
		.gone = is_gone };
	struct diag d = { 0 };
	FILE *f = fopen(path, "w");

	/* All but .3 and .6, which is this very NIC's. */
	fputs("1795647856 52:54:00:00:00:99 10.88.0.2 * *\n"
	      "1795647856 52:54:00:00:00:98 10.88.0.4 laptop 01:52:54:00:00:00:98\n"
	      "0 52:54:00:00:00:97 10.88.0.5 * *\n"
	      "1795647856 52:54:00:00:00:01 10.88.0.6 web *\n"
	      "duid 00:01\n",
	    f);
	fclose(f);
	assert_int_equal(network_leases_read(&d, path, &leased), 0);
	assert_int_equal(leased.n, 4);
	assert_int_equal(network_hosts_take(&d, &hosts, b, &g), 1);
	assert_true(strcmp(address_of(&hosts, "web"), "10.88.0.3") == 0 ||
		    strcmp(address_of(&hosts, "web"), "10.88.0.6") == 0);
	network_hosts_free(&leased);
	network_hosts_free(&hosts);
	unlink(path);
}

static void
an_address_that_the_nic_says_is_its_unless_another_vm_has_it(void **state)
{
	const struct host_bridge *b = bridge("address = \"10.88.0.1/24\"; dhcp = true;");
	struct network_hosts hosts = { 0 };

	assert_int_equal(take(&hosts, b, 1, "web", NULL), 1);
	assert_int_equal(take(&hosts, b, 1, "web", "10.88.0.77"), 1);
	assert_string_equal(address_of(&hosts, "web"), "10.88.0.77");
	assert_int_equal(take(&hosts, b, 1, "web", "10.88.0.77"), 0);
	assert_int_equal(take(&hosts, b, 2, "db", "10.88.0.77"), -1);
	assert_int_equal(take(&hosts, b, 3, "gone", "10.88.0.78"), 1);
	assert_int_equal(take(&hosts, b, 2, "db", "10.88.0.78"), 1);
	assert_int_equal(hosts.n, 2);
	network_hosts_free(&hosts);
}

static void
addresses_are_on_disk_and_a_line_that_is_damaged_is_none(void **state)
{
	static const char path[] = "test_network.hosts";
	struct network_hosts hosts = { 0 }, again;
	struct diag d = { 0 };
	FILE *f;

	assert_int_equal(network_hosts_read(&d, path, &again), 0);
	assert_int_equal(again.n, 0);
	add(&hosts, "52:54:00:00:00:01", "10.88.0.5", "web1", 0);
	add(&hosts, "52:54:00:00:00:02", "10.88.0.6", "web1", 1);
	assert_int_equal(network_hosts_write(&d, path, &hosts), 0);
	f = fopen(path, "a");
	fputs("52:54:00:00:00:03 10.88.0 web2 0\n\nfoo", f);
	fclose(f);
	assert_int_equal(network_hosts_read(&d, path, &again), 0);
	assert_int_equal(again.n, 2);
	assert_memory_equal(again.v, hosts.v, 2 * sizeof(*hosts.v));
	network_hosts_free(&again);
	network_hosts_free(&hosts);
	unlink(path);
}

static void
the_bridges_mac_is_always_the_same_and_nobody_elses(void **state)
{
	static const uint8_t one[16] = { 1 }, other[16] = { 2 };
	struct mac m = network_mac(one, "br0");

	assert_true(mac_equal(m, network_mac(one, "br0")));
	assert_false(mac_equal(m, network_mac(one, "br1")));
	assert_false(mac_equal(m, network_mac(other, "br0")));
	assert_int_equal(m.b[0], 0x02); /* of no maker, and lower than a tap's */
}

static void
a_tunnel_is_called_like_its_bridge_and_known_by_all_that_it_is(void **state)
{
	struct ip peers[2] = { { .len = IP4, .b = { 192, 0, 2, 2 } },
		{ .len = IP4, .b = { 192, 0, 2, 3 } } };
	struct host_bridge b = { .uplink = {
				     .vxlan = 42, .port = 4789, .peers = peers, .npeers = 2 } };
	const int64_t before = network_tunnel_mark(&b);
	char name[IFNAME_SIZE];

	network_tunnel("br0", name);
	assert_string_equal(name, "br0.vxlan");
	network_tunnel("fifteen-letters", name);
	assert_int_equal(strlen(name), 15);
	assert_string_equal(name + 9, ".vxlan");
	assert_true(before > 0);
	assert_int_equal(network_tunnel_mark(&b), before);
	peers[1].b[3] = 4;
	assert_int_not_equal(network_tunnel_mark(&b), before);
	peers[1].b[3] = 3;
	b.uplink.device = (char *)"eth0";
	assert_int_not_equal(network_tunnel_mark(&b), before);
	b.uplink.vxlan = 0;
	assert_int_equal(network_tunnel_mark(&b), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guests_behind_nat_go_out_and_are_not_visited),
		cmocka_unit_test(a_private_network_has_no_way_out_nor_in),
		cmocka_unit_test(a_bridge_without_addresses_has_no_filter),
		cmocka_unit_test(a_chain_that_drops_what_is_forwarded_is_found),
		cmocka_unit_test(the_server_knows_vms_by_mac_and_name),
		cmocka_unit_test(a_private_network_tells_no_router_and_asks_nobody),
		cmocka_unit_test(what_is_not_served_is_not_told),
		cmocka_unit_test_teardown(a_vm_keeps_its_address_and_nobody_else_gets_it, done),
		cmocka_unit_test_teardown(
		    a_full_network_takes_the_address_of_a_vm_that_is_gone, done),
		cmocka_unit_test_teardown(
		    an_address_that_the_nic_says_is_its_unless_another_vm_has_it, done),
		cmocka_unit_test_teardown(
		    an_address_that_somebody_has_just_now_is_not_given_to_another, done),
		cmocka_unit_test(addresses_are_on_disk_and_a_line_that_is_damaged_is_none),
		cmocka_unit_test(the_bridges_mac_is_always_the_same_and_nobody_elses),
		cmocka_unit_test(a_tunnel_is_called_like_its_bridge_and_known_by_all_that_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
