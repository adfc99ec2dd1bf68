/* vm/: where a NIC leads, windows, and what a VM asks of a system. */
#include "load_fixture.h"

#include <stdio.h>

#include "os/os.h"

static void
a_nic_leads_to_exactly_one_place(void **state)
{
	struct vm vm = accepted(NULL,
	    "nics = ( { vmnet = \"host\"; isolated = true; }, { socket = \"s\"; },\n"
	    "{ bridge = \"br0\"; tap = \"tap0\"; vlan = 4094; isolated = true; } );");

	assert_int_equal(vm.nics[0].vmnet, VMNET_HOST);
	assert_true(vm.nics[0].isolated);
	assert_string_equal(vm.nics[1].socket, "/vms/s");
	assert_int_equal(vm.nics[1].vmnet, VMNET_NONE);
	assert_string_equal(vm.nics[2].tap, "tap0");
	assert_int_equal(vm.nics[2].vlan, 4094);
	vm_free(&vm);
	/* The defaults' own list is replaced, so its bridge says nothing about this one. */
	says("defaults = { nics = ( { bridge = \"br0\"; } ); };", "nics = ( { } );",
	    "web1.conf:1: nics[0]: needs to lead somewhere: one of bridge, user, "
	    "passt, stream, dgram, vde, none, vmnet, socket, macvtap or tap\n");
	says("defaults = {\n nics = ( { socket = \"/s\"; vlan = 2; } ); };", "",
	    "vmrun.conf:2: defaults.nics[0].vlan: needs a bridge, and the NIC is on socket /s\n");
}

static void
the_longest_path_of_a_socket_is_that_of_the_bsds(void **state)
{
	char path[128], text[256];
	struct vm vm;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[103] = '\0';
	snprintf(text, sizeof(text), "nics = { socket = \"%s\"; };", path);
	vm = accepted(NULL, text);
	vm_free(&vm);
	path[103] = 'a';
	path[104] = '\0';
	snprintf(text, sizeof(text), "nics = { socket = \"%s\"; };", path);
	says(NULL, text,
	    "web1.conf:1: nics[0].socket: 104 bytes long, a socket's path has at most 103\n");
}

static void
a_window_may_go_together_with_vnc(void **state)
{
	struct vm vm = accepted(NULL, "display = \"cocoa\";");

	assert_int_equal(vm.display.kind, DISPLAY_COCOA);
	assert_true(vm_has_screen(&vm));
	assert_false(vm.display.vnc.on);
	vm_free(&vm);
	vm = accepted("defaults = { display = \"none\"; };",
	    "display = { kind = \"cocoa\"; vnc = \":1\"; password_file = \"/p\"; };");
	assert_int_equal(vm.display.kind, DISPLAY_COCOA);
	assert_true(vm.display.vnc.on);
	vm_free(&vm);
	vm = accepted(NULL, "");
	assert_false(vm_has_screen(&vm));
	vm_free(&vm);
	says(NULL, "display = { kind = \"cocoa\"; password_file = \"/p\"; };",
	    "web1.conf:1: display.password_file: needs vnc or spice, and none is given\n");
}

/* The messages about a VM on a system. */
static void
says_on(const char *system, const char *text, const char *expected)
{
	struct conf_doc *doc = opened("web1.conf", text);
	struct diag d = { 0 };
	struct vm vm;

	assert_int_equal(vm_load(&d, "web1", doc, NULL, &vm), 0);
	assert_int_equal(vm_system_check(doc, &vm, os_facts(system)), expected[0] != '\0' ? -1 : 0);
	conf_report(&d, doc);
	assert_string_equal(d.text != NULL ? d.text : "", expected);
	diag_free(&d);
	conf_close(doc);
	vm_free(&vm);
}

static void
the_same_file_is_for_every_system(void **state)
{
	static const char given_tap[] = "nics = { bridge = \"br0\"; tap = \"tap0\"; mtu = 1400; "
					"up = \"/a\"; down = \"/b\"; };";
	static const char no_bridge[] = "nics = ( { user = true; }, { socket = \"/s\"; } ); "
					"display = { vnc = \":1\"; };";
	static const char *const systems[] = { "linux", "freebsd", "darwin" };
	static const char *const texts[] = { "", "accel = \"tcg\";", "nics = \"br0\";", given_tap,
		no_bridge };

	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			says_on(systems[i], texts[k], "");
	}
	says_on("linux", "accel = \"kvm\";", "");
	says_on("darwin", "accel = \"hvf\";", "");
	says_on(
	    "freebsd", "nics = { bridge = \"br0\"; vlan = 2; isolated = true; mtu = 1400; };", "");
	says_on("darwin", "nics = { bridge = \"en0\"; isolated = true; };", "");
}

static void
what_only_another_system_has_is_an_error_of_its_key(void **state)
{
	says_on("linux", "accel = \"hvf\";",
	    "web1.conf:1: accel: hvf is of macOS; on Linux it is kvm\n");
	says_on("darwin", "accel = \"kvm\";",
	    "web1.conf:1: accel: kvm is of Linux; on macOS it is hvf\n");
	says_on("freebsd", "accel = \"hvf\";",
	    "web1.conf:1: accel: hvf is of macOS; on FreeBSD it is tcg, which is emulation\n");
	says_on("linux", "cpus = 1;\nnics = {\nvmnet = \"shared\"; };",
	    "web1.conf:3: nics[0].vmnet: on Linux there is no vmnet, it is of macOS; give a "
	    "bridge, a socket, or user = true\n");
	says_on("darwin", "nics = { bridge = \"en0\"; vlan = 2; };",
	    "web1.conf:1: nics[0].vlan: on macOS a port of a bridge cannot be in a VLAN\n");
	says_on("darwin", "nics = { bridge = \"b0\"; tap = \"tap0\"; isolated = true; };",
	    "web1.conf:1: nics[0].isolated: on macOS a port of a bridge cannot be isolated\n");
}

static void
a_bridge_is_one_of_vmnet_where_that_is_and_no_tap_is_given(void **state)
{
	struct vm vm = accepted(NULL,
	    "nics = ( \"b0\", { bridge = \"b0\"; tap = \"t0\"; }, { vmnet = \"host\"; },"
	    "{ user = true; }, { socket = \"/s\"; } );");
	static const bool expected[] = { true, false, true, false, false };

	for (size_t i = 0; i < vm.nnics; i++) {
		assert_int_equal(vm_nic_on_vmnet(&vm.nics[i], os_facts("darwin")), expected[i]);
		assert_false(vm_nic_on_vmnet(&vm.nics[i], os_facts("linux")));
	}
	vm_free(&vm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nic_leads_to_exactly_one_place),
		cmocka_unit_test(the_longest_path_of_a_socket_is_that_of_the_bsds),
		cmocka_unit_test(a_window_may_go_together_with_vnc),
		cmocka_unit_test(the_same_file_is_for_every_system),
		cmocka_unit_test(what_only_another_system_has_is_an_error_of_its_key),
		cmocka_unit_test(a_bridge_is_one_of_vmnet_where_that_is_and_no_tap_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
