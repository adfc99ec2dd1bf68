/* vm/forward and qemu/usernet: forwards as people and as QEMU write them. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "qemu/usernet.h"
#include "vm/forward.h"

static void
reads(const char *text, const char *form)
{
	struct vm_forward f, again;
	char out[FORWARD_TEXT];

	if (forward_parse(text, &f) == -1)
		fail_msg("%s", text);
	assert_string_equal(forward_format(&f, out), form);
	assert_int_equal(forward_parse(out, &again), 0);
	assert_true(forward_equal(&f, &again));
}

static void
a_forward_has_one_form(void **state)
{
	struct vm_forward f;

	reads("tcp:127.0.0.1:2222:22", "tcp:127.0.0.1:2222:22");
	reads("tcp:2222:22", "tcp:2222:22");
	reads("udp:53:53", "udp:53");
	reads("tcp:8080", "tcp:8080");
	reads("tcp:10.0.0.1:80", "tcp:10.0.0.1:80");
	reads("tcp:[::1]:2222:22", "tcp:[::1]:2222:22");
	reads("tcp:[2001:db8:0::1]:80", "tcp:[2001:db8::1]:80");
	reads("tcp:8000-8009:9000", "tcp:8000-8009:9000");
	reads("tcp:8000-8009:9000-9009", "tcp:8000-8009:9000");
	reads("udp:65535:1", "udp:65535:1");
	assert_int_equal(forward_parse("udp:[::1]:7000-7001:9000", &f), 0);
	assert_int_equal(f.protocol, FORWARD_UDP);
	assert_int_equal(f.address.len, IP6);
	assert_int_equal(f.port, 7000);
	assert_int_equal(f.last, 7001);
	assert_int_equal(f.guest, 9000);
}

static void
what_is_no_forward_is_refused(void **state)
{
	static const char *const bad[] = { "", "tcp", "tcp:", ":22", "tcp:0", "tcp:65536",
		"tcp:-22", "tcp:+22", "tcp:22:", "tcp:22:0", "tcp:22:22:22", "sctp:22", "TCP:22",
		"tcpx:22", "tc:22", "tcp:1.2.3:22", "tcp:1.2.3.4", "tcp:1.2.3.4:", "tcp:::1:22",
		"tcp:[::1:22", "tcp:[::1]22", "tcp:[]:22", "tcp:[1.2.3.4]:22", "tcp:localhost:22",
		"tcp:224.0.0.1:22", "tcp:9-8", "tcp:8-", "tcp:-8", "tcp:1-257",
		"tcp:8000-8009:9-10", "tcp:8000-8009:65530", "tcp: 22", "tcp:22 ", "udp:1:2:3:4",
		"tcp:022222", NULL };
	struct vm_forward f;

	for (size_t i = 0; bad[i] != NULL; i++) {
		if (forward_parse(bad[i], &f) == 0)
			fail_msg("%s was taken", bad[i]);
	}
}

static bool
clash(const char *a, const char *b)
{
	struct vm_forward x, y;

	assert_int_equal(forward_parse(a, &x), 0);
	assert_int_equal(forward_parse(b, &y), 0);
	assert_int_equal(forward_clash(&x, &y), forward_clash(&y, &x));
	return forward_clash(&x, &y);
}

static void
two_forwards_clash_if_they_want_the_same_port(void **state)
{
	assert_true(clash("tcp:80", "tcp:80:8080"));
	assert_true(clash("tcp:80", "tcp:127.0.0.1:80"));
	assert_true(clash("tcp:0.0.0.0:80", "tcp:127.0.0.1:80"));
	assert_true(clash("tcp:80-90", "tcp:85"));
	assert_false(clash("tcp:80", "udp:80"));
	assert_false(clash("tcp:127.0.0.1:80", "tcp:127.0.0.2:80"));
	assert_false(clash("tcp:80-90", "tcp:91"));
}

static void
qemu_is_told_in_its_own_form(void **state)
{
	struct vm_forward f;
	char text[QEMU_HOSTFWD];

	assert_int_equal(forward_parse("tcp:127.0.0.1:2222:22", &f), 0);
	assert_string_equal(qemu_hostfwd(&f, text), "tcp:127.0.0.1:2222-:22");
	assert_string_equal(qemu_hostfwd_end(&f, text), "tcp:127.0.0.1:2222");
	assert_int_equal(forward_parse("udp:53", &f), 0);
	assert_string_equal(qemu_hostfwd(&f, text), "udp::53-:53");
}

static const char usernet[] =
    "Hub -1 (net0):\r\n"
    "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
    "  TCP[ESTABLISHED]   14       127.0.0.1  2222       10.0.2.15    22     0     0\r\n"
    "  TCP[HOST_FORWARD]   8       127.0.0.1  2222       10.0.2.15    22     0     0\r\n"
    "  UDP[HOST_FORWARD]   3               *  5399       10.0.2.15    53     0     0\r\n"
    "Hub -1 (net1):\r\n"
    "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
    "  TCP[HOST_FORWARD]   9               *    80       10.0.3.15    81     0     0\r\n";

static void
what_qemu_tells_is_understood(void **state)
{
	struct qemu_forward *all;
	char text[FORWARD_TEXT], ip[IP_TEXT];
	size_t n;

	assert_int_equal(qemu_usernet(usernet, "net0", &all, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(forward_format(&all[0].forward, text), "tcp:127.0.0.1:2222:22");
	assert_string_equal(forward_format(&all[1].forward, text), "udp:5399:53");
	assert_string_equal(ip_format(&all[1].guest, ip), "10.0.2.15");
	free(all);
	assert_int_equal(qemu_usernet(usernet, "net1", &all, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(forward_format(&all[0].forward, text), "tcp:80:81");
	free(all);
	assert_int_equal(qemu_usernet(usernet, "net2", &all, &n), -1);
	assert_int_equal(qemu_usernet("", "net0", &all, &n), -1);
	assert_int_equal(
	    qemu_usernet("Hub 0 (net0):\n  TCP[HOST_FORWARD] what\n", "net0", &all, &n), -1);
}

/* A connection through a forward is there at once; it counts when the guest has taken it. */
static void
what_a_guest_has_taken_is_told_from_what_it_has_not(void **state)
{
	static const char waits[] =
	    "Hub -1 (net0):\r\n"
	    "  TCP[SYN_SENT]      14       127.0.0.1  2222       10.0.2.15    22     0     0\r\n"
	    "  TCP[HOST_FORWARD]   8       127.0.0.1  2222       10.0.2.15    22     0     0\r\n";

	assert_true(qemu_usernet_reached(usernet, "net0", 2222, 22));
	assert_false(qemu_usernet_reached(usernet, "net0", 2222, 23));
	assert_false(qemu_usernet_reached(usernet, "net0", 2223, 22));
	assert_false(qemu_usernet_reached(usernet, "net1", 2222, 22));
	assert_false(qemu_usernet_reached(waits, "net0", 2222, 22));
	assert_false(qemu_usernet_reached("", "net0", 2222, 22));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forward_has_one_form),
		cmocka_unit_test(what_is_no_forward_is_refused),
		cmocka_unit_test(two_forwards_clash_if_they_want_the_same_port),
		cmocka_unit_test(qemu_is_told_in_its_own_form),
		cmocka_unit_test(what_a_guest_has_taken_is_told_from_what_it_has_not),
		cmocka_unit_test(what_qemu_tells_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
