/* What a NIC's port was set to comes out of the record as it went in. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "launch/port_record.h"
#include "net/port.h"
#include "util/ip.h"

static const int64_t trunk[] = { 10, 20, 4094 };
static const struct ip_net addresses[] = { { { 4, { 10, 0, 0, 5 } }, 32 },
	{ { 16, { 0x20, 0x01, 0x0d, 0xb8 } }, 64 } };

static json_t *
a_record(void)
{
	return json_pack("{s:s,s:[{},{s:s,s:s}]}", "name", "web1", "nics", "mac",
	    "52:54:00:9b:01:77", "bridge", "br0");
}

static void
all_of_a_port_is_kept(void **state)
{
	const struct port_wish wish = { .isolated = true,
		.vlan = 7,
		.trunk = trunk,
		.ntrunk = 3,
		.guard = true,
		.addresses = addresses,
		.naddresses = 2,
		.flags = { .no_learning = true,
		    .stp_cost = 100,
		    .stp_priority = 63,
		    .bpdu_guard = true,
		    .root_block = true,
		    .no_multicast_flood = true,
		    .multicast_fast_leave = true,
		    .multicast_to_unicast = true,
		    .multicast_router = OS_ROUTER_ALWAYS } };
	json_t *record = a_record(), *again;
	struct port_wish out;
	unsigned mtu;

	port_record(record, 1, &wish, 9000);
	assert_true(port_recorded(record, 1, &out, &mtu));
	assert_int_equal(mtu, 9000);
	assert_string_equal(out.vm, "web1");
	assert_string_equal(out.bridge, "br0");
	assert_int_equal(out.nic, 1);
	assert_true(mac_number(out.mac) == UINT64_C(0x5254009b0177));
	assert_true(out.isolated);
	assert_int_equal(out.vlan, 7);
	assert_int_equal(out.ntrunk, 3);
	assert_memory_equal(out.trunk, trunk, sizeof(trunk));
	assert_true(out.guard);
	assert_int_equal(out.naddresses, 2);
	assert_true(ip_equal(&out.addresses[1].ip, &addresses[1].ip));
	assert_int_equal(out.addresses[1].bits, 64);
	again = a_record();
	port_record(again, 1, &out, mtu);
	assert_true(json_equal(record, again));
	assert_int_equal(json_object_size(json_object_get(
			     json_array_get(json_object_get(record, "nics"), 1), "port")),
	    15);
	port_recorded_free(&out);
	json_decref(record);
	json_decref(again);
}

static void
a_plain_port_is_nothing_but_its_mtu(void **state)
{
	const struct port_wish wish = { .vlan = 0 };
	json_t *record = a_record();
	struct port_wish out;
	unsigned mtu;
	char *text;

	port_record(record, 1, &wish, 1500);
	text =
	    json_dumps(json_object_get(json_array_get(json_object_get(record, "nics"), 1), "port"),
		JSON_COMPACT);
	assert_string_equal(text, "{\"mtu\":1500}");
	free(text);
	assert_true(port_recorded(record, 1, &out, &mtu));
	assert_false(out.isolated);
	assert_int_equal(out.ntrunk, 0);
	port_recorded_free(&out);
	json_decref(record);
}

static void
what_is_not_recorded_is_not_guessed(void **state)
{
	json_t *record = a_record();
	struct port_wish out;
	unsigned mtu;

	assert_false(port_recorded(record, 0, &out, &mtu));
	assert_false(port_recorded(record, 1, &out, &mtu));
	assert_false(port_recorded(record, 2, &out, &mtu));
	json_object_set_new(json_array_get(json_object_get(record, "nics"), 1), "port",
	    json_pack("{s:i,s:b,s:[s]}", "mtu", 1500, "guard", 1, "addresses", "10.0.0.x/32"));
	assert_false(port_recorded(record, 1, &out, &mtu));
	json_decref(record);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_a_port_is_kept),
		cmocka_unit_test(a_plain_port_is_nothing_but_its_mtu),
		cmocka_unit_test(what_is_not_recorded_is_not_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
