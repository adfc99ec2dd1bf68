/* vm/fleet: rules across VM files, and the choice of VMs. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/fleet.h"

/* VMs a, b, c, … from the texts, which must be sound each by itself. */
static struct fleet
fleet_of(const char *const *texts)
{
	struct fleet f = { 0 };

	for (; texts[f.n] != NULL; f.n++) {
		char name[] = { (char)('a' + f.n), '\0' }, *file = xasprintf("%s.conf", name);
		struct fleet_member m = { 0 };
		struct diag d = { 0 };

		if (conf_open_text(&d, file, "/vms", texts[f.n], strlen(texts[f.n]), &m.doc) ==
			-1 ||
		    vm_load(&d, name, m.doc, NULL, &m.vm) == -1)
			fail_msg("%s", d.text);
		m.loaded = true;
		f.member = xreallocarray(f.member, f.n + 1, sizeof(*f.member));
		f.member[f.n] = m;
		free(file);
	}
	return f;
}

/* only: the name of a VM, or NULL. */
static void
says(const char *const *texts, const char *only, const char *expected)
{
	struct fleet f = fleet_of(texts);
	struct fleet_member *m = only != NULL ? fleet_find(&f, only) : NULL;
	struct diag d = { 0 };
	int result = fleet_check(&d, &f, m);

	assert_int_equal(result, *expected != '\0' ? -1 : 0);
	assert_string_equal(d.text != NULL ? d.text : "", expected);
	assert_int_equal(d.status, *expected != '\0' ? DIAG_CONFIG : 0);
	diag_free(&d);
	fleet_free(&f);
}

#define MAC_A "nics = { bridge = \"br0\"; mac = \"52:54:00:9b:01:77\"; };"

static void
a_mac_belongs_to_one_vm(void **state)
{
	const char *texts[] = { "cpus = 1;\n" MAC_A, "cpus = 2;",
		"nics = ( \"br0\",\n { bridge = \"br1\"; mac = \"52-54-00-9B-01-77\"; } );", NULL };

	says(texts, NULL,
	    "c.conf:2: nics[1].mac: 52:54:00:9b:01:77: already that of a (a.conf:2); leave mac "
	    "out, and each NIC has its own\n");
	says(texts, "a",
	    "a.conf:2: nics[0].mac: 52:54:00:9b:01:77: already that of c (c.conf:2); leave mac "
	    "out, and each NIC has its own\n");
	says(texts, "b", "");
}

static void
a_uuid_belongs_to_one_vm(void **state)
{
	const char *texts[] = { "uuid = \"0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60\";",
		"uuid = \"0B9D4F4C-1F6E-4A52-9D0E-3A7C5B1E2F60\";", NULL };

	says(texts, NULL,
	    "b.conf:1: uuid: 0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60: already that of a (a.conf:1)\n");
}

static void
a_given_tap_belongs_to_one_vm(void **state)
{
	const char *texts[] = { "nics = { bridge = \"br0\"; tap = \"tap0\"; };",
		"nics = ( \"br0\",\n{ bridge = \"br1\"; tap = \"tap0\"; } );",
		"nics = { bridge = \"br0\"; tap = \"tap1\"; };", NULL };

	says(texts, NULL, "b.conf:2: nics[1].tap: tap0: already that of a (a.conf:1)\n");
}

static void
a_vnc_display_belongs_to_one_vm(void **state)
{
	const char *same[] = { "display = { vnc = \":5\"; };",
		"display = { vnc = \"127.0.0.1:5\"; };", NULL };
	const char *wildcard[] = { "display = { vnc = \"10.0.0.1:5\"; };",
		"display = { vnc = \"0.0.0.0:5\"; };", NULL };
	const char *apart[] = { "display = { vnc = \"10.0.0.1:5\"; };",
		"display = { vnc = \":5\"; };", "display = { vnc = \":6\"; };",
		"display = \"none\";", NULL };

	says(same, NULL, "b.conf:1: display.vnc: TCP port 5905: already that of a (a.conf:1)\n");
	says(
	    wildcard, NULL, "b.conf:1: display.vnc: TCP port 5905: already that of a (a.conf:1)\n");
	says(apart, NULL, "");
}

static void
a_forwarded_port_belongs_to_one_vm(void **state)
{
	const char *same[] = { "nics = { user = true; forward = \"tcp:8080\"; };",
		"nics = ( \"br0\",\n{ user = true; forward = [ \"udp:53\",\n\"tcp:127.0.0.1:8080:80\" ]; } );",
		NULL };
	const char *apart[] = { "nics = { user = true; forward = \"tcp:127.0.0.1:8080\"; };",
		"nics = { user = true; forward = [ \"udp:8080\", \"tcp:127.0.0.2:8080\" ]; };",
		"nics = { user = true; forward = \"tcp:8081:8080\"; };", NULL };
	const char *vnc[] = { "display = { vnc = \"0.0.0.0:5\"; };",
		"nics = { user = true; forward = \"tcp:10.0.0.1:5905:80\"; };", NULL };

	says(same, NULL,
	    "b.conf:3: nics[1].forward[1]: TCP port 8080: already that of a (a.conf:1)\n");
	says(same, "a",
	    "a.conf:1: nics[0].forward[0]: TCP port 8080: already that of b (b.conf:3)\n");
	says(apart, NULL, "");
	says(vnc, NULL,
	    "b.conf:1: nics[0].forward[0]: TCP port 5905: already that of a (a.conf:1)\n");
}

static void
a_usb_device_of_the_host_belongs_to_one_vm(void **state)
{
	const char *same[] = { "usb = \"046d:c52b\";", "usb = ( \"1-2\", \"046D:C52B\" );", NULL };
	const char *apart[] = { "usb = \"046d:c52b\";", "usb = \"1-2\";", "usb = { ports = 4; };",
		NULL };

	says(same, NULL, "b.conf:1: usb.devices[1]: 046d:c52b: already that of a (a.conf:1)\n");
	says(apart, NULL, "");
}

static void
an_image_that_one_writes_is_its_own(void **state)
{
	const char *both[] = { "disks = \"/srv/a.img\";", "disks = \"/srv/./a.img\";", NULL };
	const char *reader[] = { "disks = \"/srv/a.img\";",
		"disks = { file = \"/srv/a.img\"; readonly = true; };", NULL };
	const char *readers[] = { "cdrom = \"/srv/a.img\";",
		"disks = { file = \"/srv/a.img\"; readonly = true; };", "cdrom = \"/srv/a.img\";",
		NULL };

	says(both, NULL, "b.conf:1: disks[0].file: /srv/a.img: also used by a (a.conf:1)\n");
	says(reader, NULL, "b.conf:1: disks[0].file: /srv/a.img: written by a (a.conf:1)\n");
	says(readers, NULL, "");
	says(readers, "c", "");
}

static void
what_vms_write_to_can_be_thrown_away_shared_or_far_away(void **state)
{
	const char *apart[] = { "disks = { file = \"/srv/a.img\"; temporary = true; };",
		"disks = { file = \"/srv/b.qcow2\"; base = \"/srv/a.img\"; };",
		"disks = { file = \"/srv/a.img\"; readonly = true; };", NULL };
	const char *based[] = { "disks = { file = \"/srv/b.qcow2\"; base = \"/srv/a.img\"; };",
		"disks = \"/srv/a.img\";", NULL };
	const char *shared[] = { "disks = { file = \"/srv/a.img\"; shareable = true; };",
		"disks = { file = \"/srv/a.img\"; shareable = true; };", NULL };
	const char *far[] = { "disks = { url = \"nbd://storage/a\"; };",
		"disks = { url = \"nbd://storage:10809/a\"; };",
		"disks = { url = \"nbd://storage/b\"; };", NULL };

	says(apart, NULL, "");
	says(based, NULL, "b.conf:1: disks[0].file: /srv/a.img: also used by a (a.conf:1)\n");
	says(shared, NULL, "");
	says(far, NULL,
	    "b.conf:1: disks[0].url: nbd://storage:10809/a: also used by a (a.conf:1)\n");
}

static void
one_writer_among_many_readers_is_seen_by_each(void **state)
{
	const char *texts[] = { "cdrom = \"/srv/a.img\";", "cdrom = \"/srv/a.img\";",
		"disks = \"/srv/a.img\";", "cdrom = \"/srv/a.img\";", NULL };

	says(texts, "a", "a.conf:1: cdrom[0].file: /srv/a.img: written by c (c.conf:1)\n");
	says(texts, "d", "d.conf:1: cdrom[0].file: /srv/a.img: written by c (c.conf:1)\n");
	says(texts, "c", "c.conf:1: disks[0].file: /srv/a.img: also used by a (a.conf:1)\n");
}

static void
every_clash_is_told_in_the_order_of_the_vms(void **state)
{
	const char *texts[] = { MAC_A "\ndisks = \"/srv/a.img\";",
		"disks = \"/srv/a.img\";\n" MAC_A, MAC_A, NULL };

	says(texts, NULL,
	    "b.conf:1: disks[0].file: /srv/a.img: also used by a (a.conf:2)\n"
	    "b.conf:2: nics[0].mac: 52:54:00:9b:01:77: already that of a (a.conf:1); leave mac "
	    "out, and each NIC has its own\n"
	    "c.conf:1: nics[0].mac: 52:54:00:9b:01:77: already that of a (a.conf:1); leave mac "
	    "out, and each NIC has its own\n");
}

static void
the_owner_of_a_written_mac_is_found(void **state)
{
	const char *texts[] = { "cpus = 1;", MAC_A, NULL };
	struct fleet f = fleet_of(texts);
	struct mac m = mac_from_number(UINT64_C(0x5254009b0177));

	assert_string_equal(fleet_mac_owner(&f, m, NULL), "b");
	assert_string_equal(fleet_mac_owner(&f, m, &f.member[0].vm), "b");
	assert_null(fleet_mac_owner(&f, m, &f.member[1].vm));
	assert_null(fleet_mac_owner(&f, mac_from_number(1), NULL));
	assert_null(fleet_find(&f, "c"));
	assert_ptr_equal(fleet_find(&f, "b"), &f.member[1]);
	fleet_free(&f);
}

static void
an_empty_fleet_is_legal(void **state)
{
	struct fleet f = { 0 };
	struct diag d = { 0 };

	assert_int_equal(fleet_check(&d, &f, NULL), 0);
	assert_null(fleet_find(&f, "a"));
	fleet_free(&f);
}

static void
vms_are_chosen_by_name_glob_and_tag(void **state)
{
	char prod[] = "prod", web[] = "web", *tags[] = { prod, web };

	assert_true(fleet_match("web1", "web1", NULL, 0));
	assert_false(fleet_match("web", "web1", NULL, 0));
	assert_true(fleet_match("web*", "web1", NULL, 0));
	assert_true(fleet_match("web[0-9]", "web1", NULL, 0));
	assert_true(fleet_match("*", "web1", NULL, 0));
	assert_false(fleet_match("db*", "web1", NULL, 0));
	assert_true(fleet_match("@prod", "web1", tags, 2));
	assert_false(fleet_match("@pro", "web1", tags, 2));
	assert_false(fleet_match("@", "web1", tags, 2));
	assert_false(fleet_match("prod", "web1", tags, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mac_belongs_to_one_vm),
		cmocka_unit_test(a_uuid_belongs_to_one_vm),
		cmocka_unit_test(a_given_tap_belongs_to_one_vm),
		cmocka_unit_test(a_forwarded_port_belongs_to_one_vm),
		cmocka_unit_test(a_usb_device_of_the_host_belongs_to_one_vm),
		cmocka_unit_test(a_vnc_display_belongs_to_one_vm),
		cmocka_unit_test(an_image_that_one_writes_is_its_own),
		cmocka_unit_test(what_vms_write_to_can_be_thrown_away_shared_or_far_away),
		cmocka_unit_test(one_writer_among_many_readers_is_seen_by_each),
		cmocka_unit_test(every_clash_is_told_in_the_order_of_the_vms),
		cmocka_unit_test(the_owner_of_a_written_mac_is_found),
		cmocka_unit_test(an_empty_fleet_is_legal),
		cmocka_unit_test(vms_are_chosen_by_name_glob_and_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
