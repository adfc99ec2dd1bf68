/* Addresses and networks of IPv4 and IPv6. */
#include "unit.h"

#include "util/ip.h"

static struct ip
ip(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static struct ip_net
net(const char *text)
{
	struct ip_net net;

	assert_int_equal(ip_net_parse(text, &net), 0);
	return net;
}

static void
text_becomes_an_address_and_text_again(void **state)
{
	static const char *const same[] = { "10.88.0.1", "0.0.0.0", "255.255.255.255", "fd00:88::1",
		"::", "::ffff:10.0.0.1" };
	char text[IP_TEXT], net_text[NET_TEXT];
	struct ip_net n = net("fd00:88::1/64");

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct ip a = ip(same[i]);

		assert_string_equal(ip_format(&a, text), same[i]);
	}
	assert_string_equal(ip_net_format(&n, net_text), "fd00:88::1/64");
}

static void
anything_else_is_refused_and_leaves_the_result_alone(void **state)
{
	static const char *const bad[] = { "", "10.88.0", "10.88.0.256", "10.88.0.1 ", "a.b.c.d",
		"fd00::1::", "fe80::1%eth0", "010.88.0.1x" };
	static const char *const bad_nets[] = { "10.88.0.1", "10.88.0.1/33", "10.88.0.1/-1",
		"10.88.0.1/", "10.88.0.1/8x", "fd00::1/129", "/24",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64" };
	struct ip a = ip("10.0.0.7"), was = a;
	struct ip_net n = net("10.0.0.7/8");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (ip_parse(bad[i], &a) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(ip_equal(&a, &was));
	}
	for (size_t i = 0; i < sizeof(bad_nets) / sizeof(bad_nets[0]); i++) {
		if (ip_net_parse(bad_nets[i], &n) != -1)
			fail_msg("\"%s\" was taken", bad_nets[i]);
		assert_int_equal(n.bits, 8);
	}
}

static void
expect(struct ip got, const char *want)
{
	char text[IP_TEXT];

	assert_string_equal(ip_format(&got, text), want);
}

static void
a_network_has_a_first_and_a_last_address(void **state)
{
	struct ip_net a = net("10.88.7.129/25"), b = net("10.88.7.5/19"), c = net("fd00:88::1/64");

	expect(ip_first(&a), "10.88.7.128");
	expect(ip_last(&a), "10.88.7.255");
	expect(ip_first(&b), "10.88.0.0");
	expect(ip_last(&b), "10.88.31.255");
	expect(ip_last(&c), "fd00:88::ffff:ffff:ffff:ffff");
}

static void
an_address_is_in_a_network_of_its_own_kind(void **state)
{
	struct ip_net a = net("10.88.7.1/24"), b = net("10.88.0.1/16"), c = net("fd00::1/64");
	struct ip in = ip("10.88.7.200"), out = ip("10.88.8.200"), six = ip("fd00::99");

	assert_true(ip_within(&in, &a));
	assert_false(ip_within(&out, &a));
	assert_true(ip_within(&out, &b));
	assert_false(ip_within(&six, &a));
	assert_true(ip_within(&six, &c));
	assert_true(ip_net_overlap(&a, &b));
	assert_true(ip_net_overlap(&b, &a));
	assert_false(ip_net_overlap(&a, &c));
}

static void
addresses_are_counted(void **state)
{
	struct ip a = ip("10.88.0.250"), b = ip("255.255.255.255"), c = ip("fd00::ffff:fffe");

	expect(ip_plus(&a, 10), "10.88.1.4");
	expect(ip_plus(&a, UINT32_MAX), "10.88.0.249");
	expect(ip_plus(&b, 1), "0.0.0.0");
	expect(ip_plus(&c, 3), "fd00::1:0:1");
	assert_true(ip_compare(&a, &b) < 0);
}

static void
groups_are_told_from_hosts(void **state)
{
	struct ip group = ip("239.1.1.1"), host = ip("223.255.255.255"), six = ip("ff02::1");

	assert_true(ip_is_multicast(&group));
	assert_true(ip_is_multicast(&six));
	assert_false(ip_is_multicast(&host));
}

static void
addresses_of_one_link_are_told_from_others(void **state)
{
	struct ip first = ip("fe80::1"), last = ip("febf::1"), other = ip("fec0::1");
	struct ip group = ip("ff02::1"), four = ip("254.128.0.1");

	assert_true(ip_is_of_one_link(&first));
	assert_true(ip_is_of_one_link(&last));
	assert_false(ip_is_of_one_link(&other));
	assert_false(ip_is_of_one_link(&group));
	assert_false(ip_is_of_one_link(&four));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_an_address_and_text_again),
		cmocka_unit_test(anything_else_is_refused_and_leaves_the_result_alone),
		cmocka_unit_test(a_network_has_a_first_and_a_last_address),
		cmocka_unit_test(an_address_is_in_a_network_of_its_own_kind),
		cmocka_unit_test(addresses_are_counted),
		cmocka_unit_test(groups_are_told_from_hosts),
		cmocka_unit_test(addresses_of_one_link_are_told_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
