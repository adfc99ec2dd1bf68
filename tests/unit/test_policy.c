/* proto: the request's bytes, the small reader of the host config, and who may have what. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "proto/policy.h"
#include "proto/request.h"
#include "proto/text.h"
#include "util/diag.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "alice:x:1000:1000::/:/bin/sh\n"
			     "bob:x:1001:1001::/:/bin/sh\n"
			     "odd:x:1001x:1:::\n"
			     "short:x\n"
			     "2000:x:1000:1000:::";
static const char group[] = "lab:x:300:alice\nstaff:x:301:\n";

/* Two bridges, and on br0 a port of uid 1000 and one of root's. */
static const struct os_link links[] = {
	{ .index = 1, .name = "br0", .is_bridge = true },
	{ .index = 2, .name = "br1", .is_bridge = true },
	{ .index = 3, .name = "a.0", .master = 1, .alias = "vmrun a nic 0 uid 1000" },
	{ .index = 4, .name = "r.0", .master = 1, .alias = "vmrun r nic 0" },
	{ .index = 5, .name = "free.0", .alias = "vmrun free nic 0 uid 1000" },
};

/* What is said to a caller of uid 1000, or 1001 who is in group 300. "": it is allowed. */
static void
decides(const char *text, uid_t uid, const char *bridge, unsigned vlan, const char *expected)
{
	const gid_t gids[] = { uid, 300 };
	const struct policy_caller c = { uid, gids, uid == 1001 ? 2 : 1, passwd, group };
	const struct policy_wish w = { bridge, vlan };
	const struct policy_rule *rule;
	struct policy p;
	struct diag d = { 0 };

	if (policy_read(&d, "P", text, strlen(text), &p) == -1)
		fail_msg("%s", d.text);
	rule = policy_decide(&d, &p, "P", &c, &w, links, sizeof(links) / sizeof(links[0]));
	assert_int_equal(rule != NULL, *expected == '\0');
	if (*expected != '\0' && strstr(d.text, expected) == NULL)
		fail_msg("%s is not in %s", expected, d.text);
	assert_int_equal(d.count, *expected != '\0');
	diag_free(&d);
	policy_free(&p);
}

#define ALICE "allow = ( { user = \"alice\"; bridge = \"br0\"; } );\n"

static void
nothing_is_allowed_without_a_rule(void **state)
{
	decides("", 1000, "br0", 0, "P: there is no allow rule");
	decides(
	    "memory = 1;", 1000, "br0", 0, "does not allow alice (uid 1000) a port on bridge br0");
	decides(ALICE, 1000, "br0", 0, "");
	decides(ALICE, 1001, "br0", 0,
	    "P: no rule allows bob (uid 1001) a port on bridge br0 (root can write there: allow = "
	    "( { user = \"bob\"; bridge = \"br0\"; } );)");
	decides(ALICE, 1002, "br0", 0, "no rule allows uid 1002");
	decides(ALICE, 1002, "br0", 0, "{ user = \"1002\"; bridge");
	decides(ALICE, 1000, "br1", 0, "no rule allows");
}

static void
a_rule_is_for_users_and_groups_by_name_and_number(void **state)
{
	decides("allow = { group = \"lab\"; bridge = \"br0\"; };", 1001, "br0", 0, "");
	decides("allow = { group = \"lab\"; bridge = \"br0\"; };", 1000, "br0", 0, "no rule");
	decides("allow = { group = \"staff\"; user = \"alice\"; bridge = \"br0\"; };", 1000, "br0",
	    0, "");
	decides("allow = { group = [\"staff\", \"300\"]; bridge = \"br0\"; };", 1001, "br0", 0, "");
	decides("allow = { user = \"1000\"; bridge = \"br0\"; };", 1000, "br0", 0, "");
	/* An account that is called 2000 is not meant by that number. */
	decides("allow = { user = \"2000\"; bridge = \"br0\"; };", 1000, "br0", 0, "no rule");
	decides("allow = { user = \"odd\"; bridge = \"br0\"; };", 1001, "br0", 0, "no rule");
	decides("allow = { user = \"short\"; bridge = \"br0\"; };", 0, "br0", 0, "no rule");
}

static void
a_vlan_has_to_be_in_the_rule(void **state)
{
	static const char vlans[] = "allow = ( { user = \"alice\"; bridge = \"br0\"; vlan = [10, "
				    "20]; } );";

	decides(vlans, 1000, "br0", 20, "");
	decides(vlans, 1000, "br0", 30,
	    "P:1: vlan 30 of bridge br0 is not allowed to alice (uid "
	    "1000); allowed: 10, 20");
	decides(vlans, 1000, "br0", 0, "with a vlan only: 10, 20");
	decides(ALICE, 1000, "br0", 10, "allowed: none");
}

static void
ports_are_counted_on_the_bridges_of_the_rule(void **state)
{
	decides("allow = { user = \"alice\"; bridge = \"br0\"; ports = 1; };", 1000, "br0", 0,
	    "P:1: alice (uid 1000) already has as many ports as this rule allows: 1");
	decides("allow = { user = \"alice\"; bridge = \"br0\"; ports = 2; };", 1000, "br0", 0, "");
	decides("allow = { user = \"alice\"; bridge = \"br1\"; ports = 1; };", 1000, "br1", 0, "");
	decides("allow = { user = \"alice\"; bridge = [\"br1\", \"br0\"]; ports = 1; };", 1000,
	    "br1", 0, "as many ports");
	/* The next rule that fits may have room. */
	decides("allow = ( { user = \"alice\"; bridge = \"br0\"; ports = 1; }, { user = "
		"\"1000\"; bridge = \"br0\"; } );",
	    1000, "br0", 0, "");
}

static void
deny_wins(void **state)
{
	decides(ALICE "deny = ( { user = \"alice\"; } );", 1000, "br0", 0,
	    "P:2: a deny rule forbids alice (uid 1000) a port on bridge br0");
	decides(ALICE "deny = { };", 1000, "br0", 0, "P:2: a deny rule");
	decides(ALICE "deny = { bridge = \"br1\"; };", 1000, "br0", 0, "");
	decides(ALICE "deny = { bridge = \"br0\"; group = \"lab\"; };", 1000, "br0", 0, "");
	decides(ALICE "deny = { vlan = 10; };", 1000, "br0", 0, "");
	decides("allow = { user = \"alice\"; bridge = \"br0\"; vlan = 10; }; deny = { vlan = 10; "
		"};",
	    1000, "br0", 10, "a deny rule");
	/* Of a name that nobody knows it cannot be said that it is not the caller's. */
	decides(ALICE "deny = { user = \"mallory\"; };", 1000, "br0", 0, "there is no \"mallory\"");
}

/* 0, or -1 with that message. */
static void
reads(const char *text, const char *expected)
{
	struct policy p;
	struct diag d = { 0 };
	int result = policy_read(&d, "P", text, strlen(text), &p);

	assert_int_equal(result, *expected == '\0' ? 0 : -1);
	assert_string_equal(d.text != NULL ? d.text : "", expected);
	if (result == 0)
		policy_free(&p);
	diag_free(&d);
}

static void
whatever_is_no_rule_is_skipped(void **state)
{
	reads("a = \"allow = { }\"; b = ( { c = [1, 2]; }, \"d\" \"e\", -0x1fL ); /* allow */ #\n"
	      "defaults : { nics = ( { x = TRUE } ), } // deny\n"
	      "list = ( (), [], { allow = 1; } )",
	    "");
	reads("state_dir = \"/srv/\\x76m\";", "");
	reads("", "");
}

static void
what_is_not_understood_is_refused(void **state)
{
	reads("@include \"x\"\n",
	    "P:1: @include is not followed: the rules that vmrun-net obeys are in one file\n");
	reads("a = 1; allow = 5;", "P:1: allow: not a group such as { … }\n");
	reads("\nallow = ( { user = \"a\"; bridge = \"br0\"; port = 1; } );",
	    "P:2: port: unknown key of a rule\n");
	reads("deny = { ports = 1; };", "P:1: ports: unknown key of a rule\n");
	reads("allow = { user = \"a\"; };",
	    "P:1: bridge: an allow rule needs one, and none is given\n");
	reads("allow = { bridge = \"br0\"; };",
	    "P:1: an allow rule needs a user or a group, and none is given\n");
	reads("allow = { user = \"a:b\"; bridge = \"br0\"; };",
	    "P:1: user: not the name or the number of a user\n");
	reads("allow = { user = \"a\"; bridge = \"br/0\"; };",
	    "P:1: bridge: not the name of a bridge\n");
	reads("allow = { user = []; bridge = \"br0\"; };", "P:1: user: the list is empty\n");
	reads("allow = { user = \"a\"; bridge = \"br0\"; vlan = 4095; };",
	    "P:1: vlan: not a whole number, or out of range\n");
	reads("allow = { user = \"a\"; bridge = \"br0\"; isolated = 1; };",
	    "P:1: isolated: not true or false\n");
	reads("allow = {}; allow = {};", "P:1: allow is given twice\n");
	reads("a = [1, \"x\"];", "P:1: an array holds scalars of one kind\n");
	reads("a = 1.5;", "P:1: a number that is not whole, or that something sticks to\n");
	reads("a = 512M;", "P:1: a number that is not whole, or that something sticks to\n");
	reads("a = 99999999999999999999;", "P:1: a number that does not fit into 64 bits\n");
	reads("a = \"x", "P:1: the string that begins here is not closed\n");
	reads("a = 1; /*", "P:1: the comment that begins here is not closed\n");
	reads("a = { b = 1;", "P:1: the end of the file where the name of a setting was "
			      "expected\n");
	reads("a = ( 1 2 );", "P:1: a number where ',' or the end of the list was expected\n");
	reads("a = ( , );", "P:1: ',' where a value was expected\n");
	reads("a = ;", "P:1: ';' where a value was expected\n");
	reads("a 1;", "P:1: a number where '=' was expected\n");
	reads("a = 1;;", "P:1: ';' where the name of a setting was expected\n");
	reads("true = 1;", "P:1: true or false where the name of a setting was expected\n");
	reads("a = !;", "P:1: '!' (0x21) belongs nowhere\n");
	reads("state_dir = \"vm\";", "P:1: state_dir: not an absolute path\n");
}

static void
brackets_are_not_endless(void **state)
{
	char text[200] = "a = ";

	for (unsigned i = 0; i < 33; i++)
		strlcat(text, "(", sizeof(text));
	reads(text, "P:1: more than 32 brackets inside one another\n");
}

static struct port_request
request(void)
{
	struct port_request r;

	request_begin(&r);
	memcpy(r.mac, (uint8_t[]){ 0x52, 0x54, 0, 1, 2, 3 }, 6);
	strlcpy(r.bridge, "br0", sizeof(r.bridge));
	strlcpy(r.tap, "web1.0", sizeof(r.tap));
	strlcpy(r.vm, "web1", sizeof(r.vm));
	r.queues = 1;
	return r;
}

static int
sound(const struct port_request *r, size_t n)
{
	struct diag d = { 0 };
	int result = request_check(&d, r, n);

	diag_free(&d);
	return result;
}

/* Which bytes may be other than they are in a sound request: those of the fields. */
static void
each_byte_of_a_request_is_checked(void **state)
{
	const struct port_request good = request();
	unsigned refused = 0;

	assert_int_equal(sound(&good, sizeof(good)), 0);
	assert_int_equal(sound(&good, sizeof(good) - 1), -1);
	assert_int_equal(sound(&good, sizeof(good) + 1), -1);
	for (size_t i = 0; i < sizeof(good); i++) {
		struct port_request r = good;

		((uint8_t *)&r)[i] ^= 0x80;
		refused += sound(&r, sizeof(r)) == -1;
	}
	/* All but the last three bytes of the MAC, the lower ones of the NIC's number, which has
	 * no high bit at its third byte, and the lower one of the MTU, whose second is 32768. */
	assert_int_equal(refused, sizeof(good) - 3 - 2 - 2 - 1);
}

#define REFUSED(change)                                                                            \
	do {                                                                                       \
		struct port_request r = request();                                                 \
		change;                                                                            \
		assert_int_equal(sound(&r, sizeof(r)), -1);                                        \
	} while (0)

static void
names_and_numbers_of_a_request(void **state)
{
	REFUSED(strlcpy(r.bridge, "", sizeof(r.bridge)));
	REFUSED(strlcpy(r.bridge, "../x", sizeof(r.bridge)));
	REFUSED(memset(r.bridge, 'a', sizeof(r.bridge)));
	REFUSED(strlcpy(r.tap, "tun0", sizeof(r.tap)));
	REFUSED(strlcpy(r.tap, "a%d.0", sizeof(r.tap)));
	REFUSED(strlcpy(r.tap, "web1.", sizeof(r.tap)));
	REFUSED(strlcpy(r.tap, ".0", sizeof(r.tap)));
	REFUSED(r.tap[10] = 'x');
	REFUSED(strlcpy(r.vm, "web 1", sizeof(r.vm)));
	REFUSED(strlcpy(r.vm, "-web1", sizeof(r.vm)));
	REFUSED(memset(r.vm, 'a', sizeof(r.vm)));
	REFUSED(r.mac[0] = 0x02);
	REFUSED(memcpy(r.mac + 3, (uint8_t[]){ 0x12, 0x34, 0x56 }, 3));
	REFUSED(r.mtu = 67);
	REFUSED(r.mtu = 65522);
	REFUSED(r.vlan = 4095);
	REFUSED(r.queues = 0);
	REFUSED(r.queues = 65);
	REFUSED(r.isolated = 2);
	REFUSED(r.nic = 65536);
	REFUSED(r.version = 2);
}

static void
an_alias_says_whose_port_it_is(void **state)
{
	char alias[POLICY_ALIAS], vm[PROTO_VM];

	memset(vm, 'v', sizeof(vm) - 1);
	vm[sizeof(vm) - 1] = '\0';
	policy_alias(vm, 65535, 4294967294U, alias);
	assert_int_equal(policy_alias_uid(alias), 4294967294U);
	assert_int_equal(policy_alias_uid("vmrun web1 nic 0"), (uid_t)-1);
	assert_int_equal(policy_alias_uid("vmrun web1 nic 0 uid -1"), (uid_t)-1);
	assert_int_equal(policy_alias_uid("vmrun web1 nic 0 uid 5x"), (uid_t)-1);
	assert_int_equal(policy_alias_uid("other web1 nic 0 uid 5"), (uid_t)-1);
}

static void
an_answer_is_checked_as_well(void **state)
{
	struct port_answer a;
	struct diag d = { 0 };

	answer_begin(&a, ANSWER_OK);
	a.queues = 1;
	a.index = 7;
	strlcpy(a.tap, "web1.0", sizeof(a.tap));
	assert_int_equal(answer_check(&d, &a, sizeof(a), 1), 0);
	assert_int_equal(answer_check(&d, &a, sizeof(a), 2), -1);
	assert_int_equal(answer_check(&d, &a, sizeof(a) - 1, 1), -1);
	a.code = ANSWER_CODES;
	assert_int_equal(answer_check(&d, &a, sizeof(a), 1), -1);
	answer_begin(&a, ANSWER_DENIED);
	assert_int_equal(answer_check(&d, &a, sizeof(a), 0), -1);
	strlcpy(a.text, "no", sizeof(a.text));
	assert_int_equal(answer_check(&d, &a, sizeof(a), 0), 0);
	memset(a.text, 'n', sizeof(a.text));
	assert_int_equal(answer_check(&d, &a, sizeof(a), 0), -1);
	diag_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_allowed_without_a_rule),
		cmocka_unit_test(a_rule_is_for_users_and_groups_by_name_and_number),
		cmocka_unit_test(a_vlan_has_to_be_in_the_rule),
		cmocka_unit_test(ports_are_counted_on_the_bridges_of_the_rule),
		cmocka_unit_test(deny_wins),
		cmocka_unit_test(whatever_is_no_rule_is_skipped),
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(brackets_are_not_endless),
		cmocka_unit_test(each_byte_of_a_request_is_checked),
		cmocka_unit_test(names_and_numbers_of_a_request),
		cmocka_unit_test(an_alias_says_whose_port_it_is),
		cmocka_unit_test(an_answer_is_checked_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
