/* vm/: what a VM file and the host config become, and the rules between their keys. */
#include "load_fixture.h"

static void
an_empty_file_is_a_vm(void **state)
{
	struct vm vm = accepted(NULL, "");

	assert_string_equal(vm.name, "web1");
	assert_string_equal(vm.file, "/vms/web1.conf");
	assert_true(vm.memory.size == 512 << 20);
	assert_int_equal(vm_cpu_count(&vm), 1);
	assert_int_equal(vm.accel, ACCEL_AUTO);
	assert_int_equal(vm.arch, ARCH_HOST);
	assert_true(vm.balloon.enabled && vm.balloon.free_page_reporting);
	assert_int_equal(vm.nserials, 1);
	assert_int_equal(vm.serials[0].to, TO_SOCKET);
	assert_false(vm.display.vnc.on);
	assert_int_equal(vm.boot.norder, 2);
	assert_int_equal(vm.boot.order[0], BOOT_DISK);
	assert_int_equal(vm.boot.order[1], BOOT_CDROM);
	assert_int_equal(vm.stop_timeout, 60000);
	assert_int_equal(vm.restart.policy, RESTART_NO);
	assert_int_equal(vm.restart.limit, 5);
	assert_int_equal(vm.restart.delay, 1000);
	assert_false(vm.uuid.set);
	assert_null(vm.machine.type);
	vm_free(&vm);
	vm_free(&vm);
}

static void
the_classic_command_line_takes_eight_lines(void **state)
{
	struct vm vm = accepted(NULL,
	    "memory = \"1024M\";\ncpus = 2;\ndisks = ( { file = \"/srv/vm/web1.img\"; } );\n"
	    "nics = ( { bridge = \"br0\"; mac = \"52:54:00:9B:01:77\"; } );\n"
	    "display = { vnc = \":5\"; };\nboot = \"disk\";\nballoon = true;\n");
	char text[MAC_TEXT];

	assert_true(vm.memory.size == 1 << 30);
	assert_int_equal(vm_cpu_count(&vm), 2);
	assert_int_equal(vm.ndisks, 1);
	assert_int_equal(vm.disks[0].format, FORMAT_RAW);
	assert_int_equal(vm.disks[0].bus, BUS_VIRTIO);
	assert_int_equal(vm.disks[0].cache, CACHE_WRITEBACK);
	assert_string_equal(vm.nics[0].bridge, "br0");
	assert_int_equal(vm.nics[0].model, NIC_VIRTIO);
	assert_string_equal(mac_format(vm.nics[0].mac, text), "52:54:00:9b:01:77");
	assert_true(vm.display.vnc.on);
	assert_int_equal(vm.display.kind, 0);
	assert_int_equal(vm.display.vnc.listen.number, 5);
	assert_string_equal(vm.display.vnc.listen.address, "");
	assert_int_equal(vm.boot.norder, 1);
	vm_free(&vm);
}

static void
the_format_goes_by_the_name_alone(void **state)
{
	static const struct {
		const char *disk;
		int format;
	} cases[] = {
		{ "a.qcow2", FORMAT_QCOW2 },
		{ "a.QCOW2", FORMAT_QCOW2 },
		{ "a.img", FORMAT_RAW },
		{ "a.qcow2.img", FORMAT_RAW },
		{ "a.raw", FORMAT_RAW },
		{ "a.iso", FORMAT_RAW },
		{ "a.vmdk", FORMAT_VMDK },
		{ "a.vdi", FORMAT_VDI },
		{ "a.vhdx", FORMAT_VHDX },
		{ "web.d/a", FORMAT_RAW },
		{ ".hidden", FORMAT_RAW },
		{ "/dev/vg0/web1.root", FORMAT_RAW },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = xasprintf("disks = \"%s\";", cases[i].disk);
		struct vm vm = accepted(NULL, text);

		assert_int_equal(vm.disks[0].format, cases[i].format);
		vm_free(&vm);
		free(text);
	}
	says(NULL, "disks = \"web1.example\";",
	    "web1.conf:1: disks[0].format: must be given, because the name does not tell it: "
	    "/vms/web1.example\n");
}

static void
cpus_are_a_number_or_a_topology(void **state)
{
	struct vm vm = accepted(NULL, "cpus = { sockets = 2; cores = 3; threads = 2; };");

	assert_int_equal(vm_cpu_count(&vm), 12);
	assert_int_equal(vm.cpus.count, 0);
	vm_free(&vm);
	vm = accepted(NULL, "cpus = { count = 8; threads = 2; };");
	assert_int_equal(vm_cpu_count(&vm), 8);
	vm_free(&vm);
	says(NULL, "cpus = { count = 9; threads = 2; };",
	    "web1.conf:1: cpus.count: 9 CPUs cannot be a multiple of 2 sockets * cores * threads\n");
	says(NULL, "cpus = { sockets = 4096; cores = 4096; threads = 4096; };",
	    "web1.conf:1: cpus: what is given makes more than the 4096 CPUs that are allowed\n");
}

static void
the_file_is_stronger_than_the_hosts_defaults(void **state)
{
	const char *host = "defaults = { memory = \"2G\"; cpus = { sockets = 2; cores = 2; };\n"
			   "nics = ( { bridge = \"br0\"; }, { bridge = \"br1\"; } );\n"
			   "display = { vnc = \":7\"; password_file = \"pw\"; };\n"
			   "restart = { policy = \"always\"; limit = 3; }; tags = \"all\"; };";
	struct vm vm =
	    accepted(host, "cpus = 3; nics = { user = true; }; restart = { limit = 0; };");

	assert_true(vm.memory.size == UINT64_C(2) << 30);
	assert_int_equal(vm_cpu_count(&vm), 3);
	assert_int_equal(vm.cpus.sockets, 0);
	assert_int_equal(vm.nnics, 1);
	assert_true(vm.nics[0].user.enabled);
	assert_null(vm.nics[0].bridge);
	assert_true(vm.display.vnc.on);
	assert_string_equal(vm.display.password_file, "/vms/pw");
	assert_int_equal(vm.restart.policy, RESTART_ALWAYS);
	assert_int_equal(vm.restart.limit, 0);
	vm_free(&vm);
	vm = accepted(host, "display = \"none\"; cpus = { cores = 5; };");
	assert_false(vm.display.vnc.on);
	assert_int_equal(vm_cpu_count(&vm), 5);
	assert_int_equal(vm.nnics, 2);
	vm_free(&vm);
	vm = accepted("defaults = { display = \"none\"; };", "display = { vnc = \"[::1]:9\"; };");
	assert_true(vm.display.vnc.on);
	assert_string_equal(vm.display.vnc.listen.address, "[::1]");
	vm_free(&vm);
}

static void
a_rule_broken_by_the_defaults_is_told_there(void **state)
{
	says("defaults = {\n initrd = \"/i\"; };", "cpus = 1;",
	    "vmrun.conf:2: defaults.initrd: needs a kernel, and none is given\n");
	says("defaults = {\n initrd = \"/i\"; };", "kernel = \"/k\";", "");
}

static void
vnc_displays_have_an_address_and_a_number(void **state)
{
	static const struct {
		const char *text, *address;
		unsigned number;
	} good[] = {
		{ ":0", "", 0 },
		{ "127.0.0.1:5", "127.0.0.1", 5 },
		{ "[::1]:5", "[::1]", 5 },
		{ "0.0.0.0:59635", "0.0.0.0", 59635 },
		{ "localhost:1", "localhost", 1 },
	};
	static const char *const bad[] = { "", ":", "5", ":59636", ":-1", "::1:5", "[::1:5",
		"[x]:5", "[]:5", ":5,to=9", ":5,password=on", "a b:5", "unix:/tmp/x",
		":99999999999999999999", "a,b:5",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:5" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char *text = xasprintf("display = { vnc = \"%s\"; };", good[i].text);
		struct vm vm = accepted(NULL, text);

		assert_string_equal(vm.display.vnc.listen.address, good[i].address);
		assert_int_equal(vm.display.vnc.listen.number, good[i].number);
		vm_free(&vm);
		free(text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *text = xasprintf("display = { vnc = \"%s\"; };", bad[i]), *messages;
		struct vm vm;

		messages = load(NULL, text, &vm);
		if (strstr(messages, "is not a VNC display") == NULL)
			fail_msg("%s was accepted: %s", bad[i], messages);
		assert_false(vm.display.vnc.listen.set);
		vm_free(&vm);
		free(messages);
		free(text);
	}
}

static void
a_uuid_is_kept_byte_by_byte(void **state)
{
	static const uint8_t expected[16] = { 0x0b, 0x9d, 0x4f, 0x4c, 0x1f, 0x6e, 0x4a, 0x52, 0x9d,
		0x0e, 0x3a, 0x7c, 0x5b, 0x1e, 0x2f, 0x60 };
	struct vm vm = accepted(NULL, "uuid = \"0B9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60\";");

	assert_true(vm.uuid.set);
	assert_memory_equal(vm.uuid.b, expected, 16);
	vm_free(&vm);
	says(NULL, "uuid = \"0b9d4f4c-1f6e-4a52-9d0e_3a7c5b1e2f60\";",
	    "web1.conf:1: uuid: \"0b9d4f4c-1f6e-4a52-9d0e_3a7c5b1e2f60\" is not a UUID (as in "
	    "0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60)\n");
}

/* QEMU is to get such a path as it is; the composer escapes it. */
static void
strange_paths_pass_unharmed(void **state)
{
	struct vm vm =
	    accepted(NULL, "disks = \"/a,b'\\\"\\n\\x01 \xc3\xa9.img\"; args = \"\\x1b[\";");

	assert_string_equal(vm.disks[0].file, "/a,b'\"\n\001 \xc3\xa9.img");
	assert_string_equal(vm.args[0], "\033[");
	vm_free(&vm);
}

static void
an_image_may_be_shared_only_for_reading(void **state)
{
	struct vm vm = accepted(NULL, "disks = ( { file = \"a.img\"; readonly = true; }, { file = "
				      "\"a.img\"; readonly = true; } );"
				      "cdrom = \"a.img\";");

	vm_free(&vm);
	says(NULL,
	    "disks = (\n { file = \"a.img\"; readonly = true; },\n { file = \"/vms/./a.img\"; } );",
	    "web1.conf:3: disks[1].file: the same image as disks[0], and one of them writes to "
	    "it\n");
}

static void
one_error_is_told_once(void **state)
{
	says(NULL, "kernel = 5;\ncmdline = \"quiet\";", "web1.conf:1: kernel: 5 is not a path\n");
	says(NULL, "nics = ( { bridge = 5; } );",
	    "web1.conf:1: nics[0].bridge: 5 is not a string\n");
	says(NULL, "nics = ( { vmnet = 5; vlan = 2; } );",
	    "web1.conf:1: nics[0].vmnet: 5 is not one of \"shared\", \"host\"\n");
	says(NULL, "nics = 5;", "web1.conf:1: nics: 5 is not a string\n");
	says(NULL, "display = { vnc = 5; password_file = \"p\"; };",
	    "web1.conf:1: display.vnc: 5 is not a VNC display (ADDRESS:NUMBER or :NUMBER, as in "
	    "\":5\" "
	    "for TCP port 5905)\n");
	says(NULL, "boot = \"cdrom\"; cdrom = 5;", "web1.conf:1: cdrom: 5 is not a path\n");
}

static void
what_could_be_read_is_there_after_a_failure(void **state)
{
	struct vm vm;
	char *messages = load(NULL,
	    "memory = 1; nics = ( { bridge = \"br0\"; mac = \"52:54:00:9b:01:77\"; } );", &vm);

	assert_string_not_equal(messages, "");
	assert_string_equal(vm.name, "web1");
	assert_int_equal(vm.nnics, 1);
	assert_true(mac_number(vm.nics[0].mac) == UINT64_C(0x5254009b0177));
	assert_true(vm.memory.size == 512 << 20);
	free(messages);
	vm_free(&vm);
}

static void
names_are_plain_words(void **state)
{
	static const char *const good[] = { "a", "web1", "9", "Web-1_a.b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	static const char *const bad[] = { "", ".", "..", ".a", "-a", "_a", "a b", "a/b", "../a",
		"a\n", "a,b", "@a", "a*", "\xc3\xa9",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct diag d = { 0 };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(vm_name_check(&d, good[i]), 0);
	assert_null(d.text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (vm_name_check(&d, bad[i]) != -1)
			fail_msg("\"%s\" was accepted", bad[i]);
		assert_int_equal(d.count, i + 1);
	}
	assert_int_equal(d.status, DIAG_CONFIG);
	diag_free(&d);
}

/* --- the host config --- */

static void
host_says(const char *text, const char *expected)
{
	struct conf_doc *doc = opened("vmrun.conf", text);
	struct diag d = { 0 };
	struct host host;

	host_load(&d, doc, &host);
	assert_string_equal(d.text != NULL ? d.text : "", expected);
	host_free(&host);
	diag_free(&d);
	conf_close(doc);
}

static void
the_host_config_has_defaults(void **state)
{
	struct diag d = { 0 };
	struct host host;

	assert_int_equal(host_load(&d, NULL, &host), 0);
	assert_null(host.vm_dir);
	assert_string_equal(host.qemu_user, "auto");
	assert_true(mac_number(host.mac.first) == UINT64_C(0x525400000000));
	assert_true(mac_number(host.mac.last) == UINT64_C(0x525400ffffff));
	host_free(&host);
	host_free(&host);
}

static void
a_range_of_macs_has_both_ends(void **state)
{
	static const struct {
		const char *range;
		uint64_t first, last;
	} cases[] = { { "52:54:00:10:00:00/28", 0x525400100000, 0x5254001fffff },
		{ "52-54-00-00-00-00/24", 0x525400000000, 0x525400ffffff },
		{ "52:54:00:FF:FF:FE/47", 0x525400fffffe, 0x525400ffffff },
		{ "52:54:00:00:00:07/48", 0x525400000007, 0x525400000007 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = xasprintf("mac = { range = \"%s\"; };", cases[i].range);
		struct diag d = { 0 };
		struct conf_doc *doc;
		struct host host;

		assert_int_equal(
		    conf_open_text(&d, "vmrun.conf", NULL, text, strlen(text), &doc), 0);
		assert_int_equal(host_load(&d, doc, &host), 0);
		assert_true(mac_number(host.mac.first) == cases[i].first);
		assert_true(mac_number(host.mac.last) == cases[i].last);
		host_free(&host);
		conf_close(doc);
		free(text);
	}
}

static void
the_host_config_is_checked_whole(void **state)
{
	host_says("vm_dir = \"vms\"; image_dirs = [ \"/a\" ]; qemu_user = \"nobody\";", "");
	host_says("mac = { first = \"52:55:00:00:00:00\"; };",
	    "vmrun.conf:1: mac.first: 52:55:00:00:00:00 does not begin with 52:54:00\n");
	host_says("mac = { range = \"52:54:00:10:00:00/28\"; };", "");
	host_says("mac = {\nfirst = \"52:54:00:00:00:09\"; last = \"52:54:00:00:00:08\"; };",
	    "vmrun.conf:1: mac: the last address lies before the first\n");
	host_says("qemu_user = \"root\";",
	    "vmrun.conf:1: qemu_user: \"root\" is not possible: QEMU never runs as root\n");
	host_says("qemu_user = \"0\";",
	    "vmrun.conf:1: qemu_user: \"0\" is not possible: QEMU never runs as root\n");
	host_says("defaults = {\n memroy = 1;\n cpus = 0; };",
	    "vmrun.conf:2: defaults.memroy: unknown key, did you mean \"memory\"?\n"
	    "vmrun.conf:3: defaults.cpus: 0 is out of range (1 to 4096)\n");
	host_says("defaults = { uuid = \"0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60\";\n"
		  "nics = { bridge = \"br0\"; mac = \"52:54:00:9b:01:77\"; }; };",
	    "vmrun.conf:1: defaults.uuid: belongs into the file of one VM\n"
	    "vmrun.conf:2: defaults.nics[0].mac: belongs into the file of one VM\n");
	host_says("memory = \"1G\"; defaults = 5;",
	    "vmrun.conf:1: memory: unknown key\n"
	    "vmrun.conf:1: defaults: 5 is not a group such as { … }\n");
}

static void
what_a_bridge_does_not_say_follows_from_what_it_does(void **state)
{
	struct conf_doc *doc = opened("vmrun.conf",
	    "bridges = ( { name = \"br0\"; },\n"
	    " { name = \"nat0\"; create = \"auto\"; address = \"10.88.0.1/24\"; nat = true;\n"
	    "   dhcp = true; address6 = \"fd00:88::1/64\"; },\n"
	    " { name = \"lab0\"; create = true; address = \"10.89.0.254/24\"; dns = false;\n"
	    "   dhcp = { first = \"10.89.0.9\"; }; uplink = { vxlan = 42; peers = \"192.0.2.2\"; }; "
	    "} );");
	const struct host_bridge *b;
	struct diag d = { 0 };
	char text[IP_TEXT];
	struct host host;

	if (host_load(&d, doc, &host) == -1)
		fail_msg("%s", d.text);
	assert_null(host_bridge_find(&host, "br1"));
	b = host_bridge_find(&host, "br0");
	assert_int_equal(b->create, CREATE_NO);
	assert_false(bridge_is_bridged(b) || bridge_is_served(b) || b->nat);
	b = host_bridge_find(&host, "nat0");
	assert_int_equal(b->create, CREATE_AUTO);
	assert_true(b->ra == SWITCH_ON && b->dns == SWITCH_ON && bridge_is_served(b));
	assert_string_equal(ip_format(&b->dhcp.first, text), "10.88.0.2");
	assert_string_equal(ip_format(&b->dhcp.last, text), "10.88.0.254");
	assert_string_equal(b->domain, "vm");
	b = host_bridge_find(&host, "lab0");
	assert_int_equal(b->create, CREATE_YES);
	assert_true(b->uplink.vxlan == 42 && b->uplink.npeers == 1 && b->uplink.port == 4789);
	assert_true(b->dns == SWITCH_OFF && b->ra == SWITCH_OFF);
	assert_string_equal(ip_format(&b->dhcp.first, text), "10.89.0.9");
	assert_string_equal(ip_format(&b->dhcp.last, text), "10.89.0.253");
	host_free(&host);
	conf_close(doc);
}

/* --- the tables --- */

static void
check_rows(const struct conf_key *table)
{
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		bool several = key->sub != NULL;
		size_t n = key->help != NULL ? strlen(key->help) : 0;

		if (n == 0 || key->help[n - 1] == '.')
			fail_msg("%s: no help, or a full stop at its end", key->name);
		if (!several && key->def == NULL && key->example == NULL)
			fail_msg("%s: neither a default nor an example", key->name);
		/* As the manual says of all of them. */
		if (key->count_offset != 0 && !key->single)
			fail_msg("%s: a bare value is no list of one", key->name);
		if (several)
			check_rows(key->sub);
	}
}

static void
every_key_has_help_and_an_example(void **state)
{
	check_rows(vm_keys);
	check_rows(host_keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_is_a_vm),
		cmocka_unit_test(the_classic_command_line_takes_eight_lines),
		cmocka_unit_test(the_format_goes_by_the_name_alone),
		cmocka_unit_test(cpus_are_a_number_or_a_topology),
		cmocka_unit_test(the_file_is_stronger_than_the_hosts_defaults),
		cmocka_unit_test(a_rule_broken_by_the_defaults_is_told_there),
		cmocka_unit_test(vnc_displays_have_an_address_and_a_number),
		cmocka_unit_test(a_uuid_is_kept_byte_by_byte),
		cmocka_unit_test(strange_paths_pass_unharmed),
		cmocka_unit_test(an_image_may_be_shared_only_for_reading),
		cmocka_unit_test(one_error_is_told_once),
		cmocka_unit_test(what_could_be_read_is_there_after_a_failure),
		cmocka_unit_test(names_are_plain_words),
		cmocka_unit_test(the_host_config_has_defaults),
		cmocka_unit_test(a_range_of_macs_has_both_ends),
		cmocka_unit_test(the_host_config_is_checked_whole),
		cmocka_unit_test(what_a_bridge_does_not_say_follows_from_what_it_does),
		cmocka_unit_test(every_key_has_help_and_an_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
