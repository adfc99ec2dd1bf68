/* What a guard lets through and what it does not, frame by frame, on a real Linux kernel, in a
 * network namespace of the test's own. */
#include "linux_fixture.h"

#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <poll.h>

#include "util/ip.h"
#include "util/loop.h"

#define ARRIVES   2000 /* ms; it comes at once */
#define FRAME_MAX 256

enum { NO, ANY, YES }; /* goes through: never, where no addresses are said, always */

/* The guest is 52:54:00:00:00:61 with 10.99.0.5 and 2001:db8::5; the bridge has 10.99.0.1 and
 * fd00::1. Of an IP packet only what is looked at is right. */
#define GUEST                      "525400000061"
#define OTHER                      "525400000062"
#define LL                         "fe80 0000 0000 0000 5054 00ff fe00 0061"
#define OWN6                       "2001 0db8 0000 0000 0000 0000 0000 0005"
#define OTHER6                     "2001 0db8 0000 0000 0000 0000 0000 0077"
#define GATE6                      "fd00 0000 0000 0000 0000 0000 0000 0001"
#define NONE6                      "0000 0000 0000 0000 0000 0000 0000 0000"
#define ALL6                       "ff02 0000 0000 0000 0000 0000 0000 0001"
#define ALL                        "ffffffffffff"
#define ARP(op, mac, ip, target)   "0806 0001 0800 06 04 " op mac ip "000000000000" target
#define IP4P(from, to, ports)      "0800 4500 0028 0001 0000 40 11 0000" from to ports "0014 0000"
#define IP6P(next, from, to, rest) "86dd 6000 0000 0020 " next " ff" from to rest
#define ND(type, target)           type "00 0000 0000 0000" target "0201" GUEST

static const struct {
	const char *what;
	const char *source, *rest;
	int passes;
} frames[] = {
	{ "its own ARP", GUEST, ARP("0002", GUEST, "0a630005", "0a630005"), YES },
	{ "a forged MAC", OTHER, ARP("0002", OTHER, "0a630005", "0a630005"), NO },
	{ "another's MAC in ARP", GUEST, ARP("0002", OTHER, "0a630005", "0a630005"), NO },
	{ "another's address in ARP", GUEST, ARP("0002", GUEST, "0a630077", "0a630077"), ANY },
	{ "the gateway's in ARP", GUEST, ARP("0002", GUEST, "0a630001", "0a630001"), NO },
	{ "a probe for its own", GUEST, ARP("0001", GUEST, "00000000", "0a630005"), YES },
	{ "a probe for another's", GUEST, ARP("0001", GUEST, "00000000", "0a630077"), ANY },
	{ "ARP of another length", GUEST, "0806 0001 0800 08 04 0002" GUEST "0000 0a630005", NO },
	{ "ARP of another protocol", GUEST, "0806 0001 86dd 06 04 0002" GUEST "0a630005", NO },
	{ "IPv4", GUEST, IP4P("0a630005", "ffffffff", "1000 1000"), YES },
	{ "another's IPv4", GUEST, IP4P("0a630077", "ffffffff", "1000 1000"), ANY },
	{ "the gateway's IPv4", GUEST, IP4P("0a630001", "ffffffff", "1000 1000"), NO },
	{ "a DHCP client", GUEST, IP4P("00000000", "ffffffff", "0044 0043"), YES },
	{ "no address at all", GUEST, IP4P("00000000", "ffffffff", "0044 1000"), ANY },
	{ "a DHCP server", GUEST, IP4P("0a630005", "ffffffff", "0043 0044"), NO },
	{ "a DHCP server elsewhere", GUEST, IP4P("0a630005", "ffffffff", "1000 0044"), NO },
	{ "a link-local solicitation", GUEST, IP6P("3a", LL, ALL6, ND("87", GATE6)), YES },
	{ "a question for its own", GUEST, IP6P("3a", NONE6, ALL6, ND("87", OWN6)), YES },
	{ "a question for another's", GUEST, IP6P("3a", NONE6, ALL6, ND("87", OTHER6)), ANY },
	{ "a question for the gateway's", GUEST, IP6P("3a", NONE6, ALL6, ND("87", GATE6)), NO },
	{ "an advertisement", GUEST, IP6P("3a", LL, ALL6, ND("88", OWN6)), YES },
	{ "its link-local one", GUEST, IP6P("3a", LL, ALL6, ND("88", LL)), YES },
	{ "another's", GUEST, IP6P("3a", LL, ALL6, ND("88", OTHER6)), ANY },
	{ "the gateway's", GUEST, IP6P("3a", LL, ALL6, ND("88", GATE6)), NO },
	{ "a router's solicitation", GUEST, IP6P("3a", NONE6, ALL6, ND("85", OWN6)), YES },
	{ "a router", GUEST, IP6P("3a", LL, ALL6, ND("86", OWN6)), NO },
	{ "a router behind an option", GUEST,
	    IP6P("00", LL, ALL6, "3a00 0104 0000 0000" ND("86", OWN6)), NO },
	{ "a redirect", GUEST, IP6P("3a", LL, ALL6, ND("89", OWN6)), NO },
	{ "IPv6", GUEST, IP6P("11", OWN6, ALL6, "1000 1000 0014 0000"), YES },
	{ "another's IPv6", GUEST, IP6P("11", OTHER6, ALL6, "1000 1000 0014 0000"), ANY },
	{ "the gateway's IPv6", GUEST, IP6P("11", GATE6, ALL6, "1000 1000 0014 0000"), NO },
	{ "a DHCPv6 client", GUEST, IP6P("11", LL, ALL6, "0222 0223 0014 0000"), YES },
	{ "a DHCPv6 server", GUEST, IP6P("11", LL, ALL6, "0223 0222 0014 0000"), NO },
	{ "a tag", GUEST, "8100 000a" ARP("0002", GUEST, "0a630005", "0a630005"), NO },
	{ "two tags", GUEST, "88a8 000a 8100 000a" ARP("0002", GUEST, "0a630005", "0a630005"), NO },
	{ "another protocol", GUEST, "88b5 0000", ANY },
	{ "a frame without a type", GUEST, "0026 4242 0300 0000", ANY },
};
/* Goes through each guard: once it is heard, what was sent before has been decided on. */
static const char mark[] = "8035 0001 0800 06 04 0003";

static size_t
bytes_of(const char *text, unsigned char *ret)
{
	size_t n = 0;
	unsigned value;

	for (const char *p = text; *p != '\0'; p += 2) {
		while (*p == ' ')
			p++;
		assert_int_equal(sscanf(p, "%2x", &value), 1);
		ret[n++] = (unsigned char)value;
	}
	return n;
}

/* Of an IPv4 header; br_netfilter drops one with another. */
static void
put_checksum(unsigned char *header)
{
	unsigned sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += (unsigned)header[i] << 8 | header[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16));
	header[10] = (unsigned char)(sum >> 8);
	header[11] = (unsigned char)sum;
}

static size_t
frame_make(const char *source, const char *rest, unsigned char ret[FRAME_MAX])
{
	size_t n = bytes_of(ALL, ret);

	memset(ret + n, 0, FRAME_MAX - n);
	n += bytes_of(source, ret + n);
	n += bytes_of(rest, ret + n);
	if (ret[12] == 0x08 && ret[13] == 0x00)
		put_checksum(ret + 14);
	return n < 110 ? 110 : n;
}

static void
say(const struct os_tap *from, const unsigned char *frame, size_t n)
{
	unsigned char sent[sizeof(struct virtio_net_hdr) + FRAME_MAX] = { 0 };

	memcpy(sent + sizeof(struct virtio_net_hdr), frame, n);
	must((int)write(from->fd, sent, sizeof(struct virtio_net_hdr) + n), from->name);
}

/* Has the frame come before the mark? */
static bool
hears(const struct os_tap *at, const unsigned char *frame, const unsigned char *last, size_t n)
{
	bool heard = false;

	for (;;) {
		unsigned char got[2048], *ether = got + sizeof(struct virtio_net_hdr);
		struct pollfd p = { .fd = at->fd, .events = POLLIN };

		if (poll(&p, 1, ARRIVES) != 1)
			fail_msg("%s: the mark is not heard", at->name);
		must((int)read(at->fd, got, sizeof(got)), at->name);
		if (memcmp(ether, last, n) == 0)
			return heard;
		heard = heard || memcmp(ether, frame, n) == 0;
	}
}

static bool
passes(const struct os_tap *from, const struct os_tap *to, const char *source, const char *rest)
{
	unsigned char frame[FRAME_MAX], last[FRAME_MAX];
	size_t n = frame_make(source, rest, frame);

	frame_make(GUEST, mark, last);
	say(from, frame, n);
	say(from, last, 110);
	return hears(to, frame, last, 40);
}

static void
set_ip(struct ifreq *r, int address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = (in_addr_t)address };

	memcpy(&r->ifr_addr, &in, sizeof(in));
}

static struct os_link
gateway_make(void)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct in6_ifreq six = { .ifr6_prefixlen = 64, .ifr6_ifindex = (int)bridge.index };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	interface_ioctl(SIOCSIFADDR, "br0", set_ip, (int)inet_addr("10.99.0.1"));
	inet_pton(AF_INET6, "fd00::1", &six.ifr6_addr);
	must(ioctl(fd, SIOCSIFADDR, &six), "fd00::1");
	fd_close(&fd);
	return bridge;
}

static struct os_tap
port_make(const char *name, const struct os_link *bridge, struct os_port port)
{
	struct os_tap tap = tap_make(name);
	struct diag d = { 0 };

	port.mac = mac_from_number(0xfe5400000000 + (unsigned char)name[0]);
	port.guest = mac_from_number(0x525400000000 + (unsigned char)name[0]);
	port.mtu = bridge->mtu;
	if (os_tap_join(&d, &tap, &port, bridge) == -1)
		fail_msg("%s", d.text);
	return tap;
}

static void
check_all(const struct os_port *port, int least)
{
	struct os_link bridge = gateway_make();
	struct os_tap a = port_make("a", &bridge, *port),
		      b = port_make("b", &bridge, (struct os_port){ 0 });
	struct diag d = { 0 };
	unsigned wrong = 0;

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		bool wanted = frames[i].passes >= least;

		if (passes(&a, &b, frames[i].source, frames[i].rest) == wanted)
			continue;
		wrong++;
		print_error("%s: goes through is wrong: %d\n", frames[i].what, !wanted);
	}
	assert_int_equal(wrong, 0);
	if (port->guard)
		assert_int_equal(os_guard_remove(&d, a.index, a.name), 0);
	fd_close(&a.fd);
	fd_close(&b.fd);
	bridge_remove("br0");
}

static void
without_a_guard_all_goes_through(void **state)
{
	check_all(&(struct os_port){ 0 }, NO);
}

static void
a_guard_keeps_the_gateway_and_macs_from_being_claimed(void **state)
{
	check_all(&(struct os_port){ .guard = true }, ANY);
}

static void
a_guard_with_addresses_lets_nothing_else_through(void **state)
{
	struct ip_net addresses[2] = { { .bits = 32 }, { .bits = 125 } };

	assert_int_equal(ip_parse("10.99.0.5", &addresses[0].ip), 0);
	assert_int_equal(ip_parse("2001:db8::", &addresses[1].ip), 0);
	check_all(&(struct os_port){ .guard = true, .addresses = addresses, .naddresses = 2 }, YES);
}

static unsigned
tables(void)
{
	struct diag d = { 0 };
	unsigned n = 0;
	char *text;

	assert_int_equal(nft_ask(&d, "list tables", &text), 0);
	for (const char *p = text; (p = strstr(p, "vmrun-")) != NULL; p++)
		n++;
	free(text);
	return n;
}

static void
a_guard_outlives_its_tap_and_goes_by_its_index(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	const struct os_port guarded = { .guard = true };
	struct os_tap first = port_make("a~b", &bridge, guarded), second;
	struct diag d = { 0 };

	fd_close(&first.fd);
	second = port_make("a~b", &bridge, guarded);
	assert_int_not_equal(first.index, second.index);
	assert_int_equal(tables(), 2);
	assert_int_equal(os_guard_remove(&d, first.index, first.name), 0);
	assert_int_equal(tables(), 1);
	assert_int_equal(os_guard_remove(&d, first.index, first.name), 0);
	assert_int_equal(os_guard_remove(&d, second.index, second.name), 0);
	assert_int_equal(tables(), 0);
	fd_close(&second.fd);
	bridge_remove("br0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_guard_all_goes_through),
		cmocka_unit_test(a_guard_keeps_the_gateway_and_macs_from_being_claimed),
		cmocka_unit_test(a_guard_with_addresses_lets_nothing_else_through),
		cmocka_unit_test(a_guard_outlives_its_tap_and_goes_by_its_index),
	};

	if (!namespace_ready())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
