/* The composer: what the golden command lines cannot say. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "qemu/argv.h"
#include "util/buf.h"
#include "util/diag.h"
#include "vm/target.h"

/* One disk, one NIC on a bridge, all by name; each test changes what it is about. */
struct fixture {
	struct vm vm;
	struct qemu_facts facts;
	struct vm_disk disk;
	struct vm_nic nic;
	int offloads[NOFFLOADS];
	struct qemu_image image[3];
	struct qemu_disk_chain chain;
	struct qemu_nic_facts nic_facts;
	struct vm_channel serial;
	struct qemu_channel channel;
	struct diag d;
	struct argv argv;
};

static struct qemu_handle
named(const char *name)
{
	return (struct qemu_handle){ .fd = -1, .name = name };
}

static void
fixture_init(struct fixture *f)
{
	*f = (struct fixture){
		.vm = { .name = (char *)"web1", .memory.size = 1 << 30, .ndisks = 1, .nnics = 1 },
		.nic = { .bridge = (char *)"br0", .queues = 1, .noffloads = NOFFLOADS },
		.image = { { .handle = named("/srv/web1.raw"), .format = FORMAT_RAW } },
		.nic_facts = { .tap = named("web1.0") },
		.facts = { .binary = "/usr/bin/qemu-system-x86_64",
		    .arch = "x86_64",
		    .version = { 7, 2 },
		    .accel = "tcg",
		    .os = os_facts("linux"),
		    .qmp = named("qmp"),
		    .qmp_user = named("user"),
		    .monitor = named("monitor") },
		.channel = { .end = named("serial") },
	};
	for (int i = 0; i < NOFFLOADS; i++)
		f->offloads[i] = i;
	f->nic.offloads = f->offloads;
	f->vm.cpus.count = 1;
	f->vm.rtc.base = (char *)"utc";
	f->vm.memory.merge = true;
	f->vm.disks = &f->disk;
	f->vm.nics = &f->nic;
	f->vm.serials = &f->serial;
	f->vm.nserials = 1;
	f->facts.channels = &f->channel;
	f->chain = (struct qemu_disk_chain){ f->image, 1 };
	f->facts.disks = &f->chain;
	f->facts.nics = &f->nic_facts;
}

static void
composed(struct fixture *f)
{
	if (qemu_argv(&f->d, &f->vm, &f->facts, &f->argv) == -1)
		fail_msg("refused: %s", f->d.text);
}

static size_t
position(const struct fixture *f, const char *argument)
{
	for (size_t i = 0; i < f->argv.n; i++) {
		if (strcmp(f->argv.v[i], argument) == 0)
			return i;
	}
	fail_msg("\"%s\" is not in the list", argument);
	return 0;
}

static void
follows(const struct fixture *f, const char *flag, const char *value)
{
	for (size_t i = 0; i + 1 < f->argv.n; i++) {
		if (strcmp(f->argv.v[i], flag) == 0 && strcmp(f->argv.v[i + 1], value) == 0)
			return;
	}
	fail_msg("%s %s is not in the list", flag, value);
}

static void
an_image_with_its_backing_files_goes_by_descriptor(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.chain.n = 3;
	f.image[0] = (struct qemu_image){ .handle = { .fd = 10 }, .format = FORMAT_QCOW2 };
	f.image[1] = (struct qemu_image){ .handle = { .fd = 11 }, .format = FORMAT_QCOW2 };
	f.image[2] =
	    (struct qemu_image){ .handle = { .fd = 12 }, .format = FORMAT_RAW, .device = true };
	composed(&f);
	follows(&f, "-add-fd", "fd=12,set=1,opaque=disk0-base2");
	follows(&f, "-blockdev",
	    "driver=host_device,node-name=disk0-base2-file,filename=/dev/fdset/1,read-only=on,"
	    "auto-read-only=off");
	follows(&f, "-blockdev",
	    "{\"driver\":\"qcow2\",\"node-name\":\"disk0-base1\",\"file\":\"disk0-base1-file\","
	    "\"backing\":\"disk0-base2\",\"read-only\":true}");
	follows(&f, "-add-fd", "fd=10,set=3,opaque=disk0");
	follows(&f, "-blockdev",
	    "{\"driver\":\"qcow2\",\"node-name\":\"disk0\",\"file\":\"disk0-file\","
	    "\"backing\":\"disk0-base1\",\"discard\":\"unmap\"}");
	argv_free(&f.argv);
}

static void
an_image_without_a_backing_file_is_kept_from_naming_one(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.image[0].format = FORMAT_VMDK;
	composed(&f);
	follows(&f, "-blockdev",
	    "{\"driver\":\"vmdk\",\"node-name\":\"disk0\",\"file\":\"disk0-file\",\"backing\":null,"
	    "\"discard\":\"unmap\"}");
	argv_free(&f.argv);
}

static void
descriptors_take_the_place_of_every_name(void **state)
{
	struct qemu_file file[] = { { "/boot/kernel", { .fd = 21 } },
		{ "/boot/initrd", { .fd = 22 } }, { "/etc/password", { .fd = 25 } } };
	struct fixture f;

	fixture_init(&f);
	f.nic_facts.tap = (struct qemu_handle){ .fd = 20 };
	f.nic_facts.queues = &f.nic_facts.tap.fd;
	f.vm.kernel = (char *)"/boot/kernel";
	f.vm.initrd = (char *)"/boot/initrd";
	f.vm.display.password_file = (char *)"/etc/password";
	f.facts.files = file;
	f.facts.nfiles = 3;
	f.facts.qmp.fd = 23;
	f.channel.end.fd = 24;
	f.vm.display.vnc.on = true;
	f.vm.display.vnc.listen.set = true;
	composed(&f);
	follows(&f, "-netdev", "tap,id=net0,fd=20");
	follows(&f, "-kernel", "/dev/fd/21");
	follows(&f, "-initrd", "/dev/fd/22");
	follows(&f, "-chardev", "socket,id=qmp0,fd=23,server=on,wait=off");
	follows(&f, "-chardev", "socket,id=serial0,fd=24,server=on,wait=off");
	follows(&f, "-object", "secret,id=vnc0,file=/dev/fd/25");
	argv_free(&f.argv);
}

static void
hostile_values_cannot_become_options(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.image[0].handle.name = "/srv/a,read-only=on,b\"c'\n.raw";
	f.disk.serial = (char *)"x,drive=y";
	f.vm.machine.type = (char *)"q35,firmware=/etc/shadow";
	f.vm.kernel = (char *)"/boot/a,b";
	f.vm.cmdline = (char *)"a,b \"c\"\n-monitor";
	f.facts.qmp.name = "/run/a,b";
	f.nic_facts.tap.name = "t,script=x";
	f.vm.display.password_file = (char *)"/etc/a,b";
	f.vm.display.vnc.on = true;
	f.vm.display.vnc.listen.set = true;
	strlcpy(f.vm.display.vnc.listen.address, "a,sasl=on", sizeof(f.vm.display.vnc.listen.address));
	composed(&f);
	follows(&f, "-blockdev",
	    "driver=file,node-name=disk0-file,filename=/srv/a,,read-only=on,,b\"c'\n.raw,"
	    "discard=unmap");
	follows(&f, "-device", "virtio-blk-pci,id=disk0,drive=disk0,serial=x,,drive=y");
	follows(&f, "-machine", "q35,,firmware=/etc/shadow");
	follows(&f, "-kernel", "/boot/a,b");
	follows(&f, "-append", "a,b \"c\"\n-monitor");
	follows(&f, "-chardev", "socket,id=qmp0,path=/run/a,,b,server=on,wait=off");
	follows(&f, "-netdev", "tap,id=net0,ifname=t,,script=x,script=no,downscript=no");
	follows(&f, "-object", "secret,id=vnc0,file=/etc/a,,b");
	follows(&f, "-vnc", "a,,sasl=on:0,password-secret=vnc0");
	argv_free(&f.argv);
}

static void
hostile_names_of_networks_cannot_become_options(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.facts.os = os_facts("darwin");
	f.nic.bridge = (char *)"en0,isolated=on";
	composed(&f);
	follows(&f, "-netdev", "vmnet-bridged,id=net0,ifname=en0,,isolated=on");
	argv_free(&f.argv);
	f.nic = (struct vm_nic){ .socket = (char *)"/s" };
	f.nic_facts.socket = named("/run/a,server=on");
	composed(&f);
	follows(
	    &f, "-netdev", "stream,id=net0,server=off,addr.type=unix,addr.path=/run/a,,server=on");
	argv_free(&f.argv);
}

static void
a_socket_is_connected_anew_by_each_version_in_its_way(void **state)
{
	static const struct {
		struct qemu_version version;
		const char *path, *rest;
	} cases[] = {
		{ { 7, 2 }, "/s", "addr.type=unix,addr.path=/s" },
		{ { 8, 0 }, "/s", "addr.type=unix,addr.path=/s,reconnect=1" },
		{ { 9, 1 }, "/s", "addr.type=unix,addr.path=/s,reconnect=1" },
		{ { 9, 2 }, "/s", "addr.type=unix,addr.path=/s,reconnect-ms=1000" },
		{ { 10, 1 }, "/s", "addr.type=unix,addr.path=/s,reconnect-ms=1000" },
		{ { 10, 1 }, NULL, "addr.type=fd,addr.str=20" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f;
		char netdev[128];

		fixture_init(&f);
		f.nic = (struct vm_nic){ .socket = (char *)"/s" };
		f.nic_facts.socket = named(cases[i].path);
		if (cases[i].path == NULL)
			f.nic_facts.socket.fd = 20;
		f.facts.version = cases[i].version;
		composed(&f);
		snprintf(netdev, sizeof(netdev), "stream,id=net0,server=off,%s", cases[i].rest);
		follows(&f, "-netdev", netdev);
		argv_free(&f.argv);
	}
}

static void
root_is_given_up_by_each_version_in_its_way(void **state)
{
	static const struct {
		struct qemu_version version;
		const char *flag, *value;
	} cases[] = {
		{ { 7, 2 }, "-runas", "4294967294:20" },
		{ { 9, 0 }, "-runas", "4294967294:20" },
		{ { 9, 1 }, "-run-with", "user=4294967294:20" },
		{ { 10, 0 }, "-run-with", "user=4294967294:20" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f;

		fixture_init(&f);
		f.facts.run_as.on = true;
		f.facts.run_as.uid = (uid_t)-2;
		f.facts.run_as.gid = 20;
		f.facts.version = cases[i].version;
		composed(&f);
		follows(&f, cases[i].flag, cases[i].value);
		argv_free(&f.argv);
	}
}

static void
a_process_gets_its_name_only_where_it_can_have_one(void **state)
{
	static const struct {
		const char *system, *name;
	} cases[] = {
		{ "linux", "guest=web1,process=vmrun-web1" },
		{ "freebsd", "guest=web1" },
		{ "darwin", "guest=web1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f;

		fixture_init(&f);
		f.facts.os = os_facts(cases[i].system);
		composed(&f);
		follows(&f, "-name", cases[i].name);
		argv_free(&f.argv);
	}
}

static void
the_order_is_machine_nics_disks_and_raw_arguments_last(void **state)
{
	static char *args[] = { (char *)"-device", (char *)"a,b", (char *)"" };
	struct fixture f;

	fixture_init(&f);
	f.vm.args = args;
	f.vm.nargs = 3;
	composed(&f);
	assert_string_equal(f.argv.v[0], f.facts.binary);
	assert_null(f.argv.v[f.argv.n]);
	assert_int_equal(position(&f, ""), f.argv.n - 1);
	assert_int_equal(position(&f, "a,b"), f.argv.n - 2);
	assert_true(position(&f, "-machine") < position(&f, "-netdev"));
	assert_true(position(&f, "-netdev") < position(&f, "-blockdev"));
	argv_free(&f.argv);
}

static void
an_accelerator_runs_the_hosts_own_cpu(void **state)
{
	static const char *const accels[] = { "kvm", "hvf" };

	for (size_t i = 0; i < sizeof(accels) / sizeof(*accels); i++) {
		struct fixture f;

		fixture_init(&f);
		f.facts.accel = accels[i];
		composed(&f);
		follows(&f, "-accel", accels[i]);
		follows(&f, "-cpu", "host");
		argv_free(&f.argv);
	}
}

static void
nested_guests_and_windows_are_served_as_the_processor_can(void **state)
{
	static const char hyperv[] =
	    "max,hv-relaxed=on,hv-vapic=on,hv-spinlocks=0x1fff,hv-vpindex=on,hv-runtime=on,"
	    "hv-time=on,hv-synic=on,hv-stimer=on,hv-reset=on,hv-frequencies=on,hv-tlbflush=on,"
	    "hv-ipi=on";
	static const struct {
		const char *model, *accel;
		int nested;
		bool hyperv;
		const char *expected;
	} cases[] = {
		{ "EPYC-v4", "kvm", SWITCH_ON, false, "EPYC-v4,svm=on" },
		{ "Opteron_G5", "tcg", SWITCH_ON, false, "Opteron_G5,svm=on" },
		{ "Skylake-Server", "kvm", SWITCH_ON, false, "Skylake-Server,vmx=on" },
		{ "Skylake-Server", "kvm", SWITCH_OFF, false, "Skylake-Server,vmx=off,svm=off" },
		{ NULL, "kvm", SWITCH_ON, false, "host" },
		{ NULL, "kvm", SWITCH_OFF, false, "host,vmx=off,svm=off" },
		{ "max", "kvm", SWITCH_UNSAID, true, hyperv },
		{ "max", "tcg", SWITCH_UNSAID, true, "max" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f;

		fixture_init(&f);
		f.vm.cpus.model = (char *)cases[i].model;
		f.vm.cpus.nested = cases[i].nested;
		f.vm.cpus.hyperv = cases[i].hyperv;
		f.facts.accel = cases[i].accel;
		composed(&f);
		follows(&f, "-cpu", cases[i].expected);
		argv_free(&f.argv);
	}
}

static void
memory_that_is_not_whole_megabytes_stays_exact(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.vm.memory.size = (UINT64_C(5) << 30) + 4096;
	composed(&f);
	follows(&f, "-m", "5368713216B");
	argv_free(&f.argv);
}

static void
the_guest_hears_of_an_mtu_only_where_it_matters(void **state)
{
	static const struct {
		int model;
		unsigned mtu;
		const char *device;
	} cases[] = {
		{ NIC_VIRTIO, 0,
		    "virtio-net-pci,id=net0,netdev=net0,mac=00:00:00:00:00:00,romfile=" },
		{ NIC_VIRTIO, 1500,
		    "virtio-net-pci,id=net0,netdev=net0,mac=00:00:00:00:00:00,romfile=" },
		{ NIC_VIRTIO, 9000,
		    "virtio-net-pci,id=net0,netdev=net0,mac=00:00:00:00:00:00,host_mtu=9000,"
		    "romfile=" },
		{ NIC_E1000E, 9000, "e1000e,id=net0,netdev=net0,mac=00:00:00:00:00:00,romfile=" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f;

		fixture_init(&f);
		f.nic.model = cases[i].model;
		f.nic_facts.mtu = cases[i].mtu;
		composed(&f);
		follows(&f, "-device", cases[i].device);
		argv_free(&f.argv);
	}
}

static void
a_board_has_only_so_many_places(void **state)
{
	static const struct {
		const char *machine, *arch, *fits, *too_many, *says;
	} cases[] = {
		{ "q35", "x86_64", "virtio-rng-pci,addr=5.1", "VGA",
		    "machine q35 has 30 slots on its PCI bus, and the VM needs 31: 1 "
		    "virtio-net-pci, 1 virtio-blk-pci, 28 nvme, 1 VGA" },
		{ "pc", "x86_64", "usb-kbd", "usb-ehci", "machine pc has 30 slots on its PCI bus" },
		{ "virt", "aarch64", "nvme", "nvme", "machine virt has 31 slots on its PCI bus" },
		{ "virt", "riscv64", "nvme", "e1000,bus=pcie.0", "machine virt has 31 slots" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *args[64];
		struct fixture f;
		size_t n = 0;

		fixture_init(&f);
		f.vm.machine.type = (char *)cases[i].machine;
		f.facts.arch = cases[i].arch;
		for (int k = 0; k < 28; k++) {
			args[n++] = (char *)"-device";
			args[n++] = (char *)"nvme,serial=x";
		}
		args[n++] = (char *)"-device";
		args[n++] = (char *)cases[i].fits;
		f.vm.args = args;
		f.vm.nargs = n;
		composed(&f);
		argv_free(&f.argv);
		args[n++] = (char *)"-device";
		args[n++] = (char *)cases[i].too_many;
		f.vm.nargs = n;
		assert_int_equal(qemu_argv(&f.d, &f.vm, &f.facts, &f.argv), -1);
		assert_non_null(strstr(f.d.text, cases[i].says));
		diag_free(&f.d);
	}
}

static void
a_microvm_has_more_places_with_acpi(void **state)
{
	static const struct {
		const char *accel;
		int acpi;
		size_t room;
	} cases[] = {
		{ "tcg", SWITCH_UNSAID, 8 },
		{ "tcg", SWITCH_ON, 24 },
		{ "kvm", SWITCH_UNSAID, 24 },
		{ "kvm", SWITCH_OFF, 8 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *args[64];
		struct fixture f;

		fixture_init(&f);
		f.vm.machine.type = (char *)"microvm";
		f.vm.machine.acpi = cases[i].acpi;
		f.facts.accel = cases[i].accel;
		for (size_t k = 0; k < 64; k++)
			args[k] = (char *)(k % 2 == 0 ? "-device" : "virtio-rng-device");
		f.vm.args = args;
		f.vm.nargs = 2 * (cases[i].room - 2);
		composed(&f);
		argv_free(&f.argv);
		f.vm.nargs += 2;
		assert_int_equal(qemu_argv(&f.d, &f.vm, &f.facts, &f.argv), -1);
		assert_non_null(strstr(f.d.text, " places for virtio devices, and the VM needs "));
		diag_free(&f.d);
	}
}

static void
a_qemu_that_is_too_old_is_refused(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.facts.version = (struct qemu_version){ 6, 2 };
	assert_int_equal(qemu_argv(&f.d, &f.vm, &f.facts, &f.argv), -1);
	assert_null(f.argv.v);
	assert_non_null(strstr(f.d.text, "QEMU 6.2"));
	diag_free(&f.d);
}

static void
the_printed_line_can_be_pasted_into_a_shell(void **state)
{
	struct argv a = { 0 };
	struct buf b = { 0 };

	argv_add(&a, "/usr/bin/qemu-system-x86_64");
	argv_add(&a, "-nodefaults");
	argv_addf(&a, "-%s", "m");
	argv_addf(&a, "%dM", 512);
	argv_add(&a, "-append");
	argv_add(&a, "a 'b' $c\n;");
	argv_print(&b, &a);
	assert_string_equal(b.s, "/usr/bin/qemu-system-x86_64 \\\n  -nodefaults \\\n  -m 512M \\\n "
				 " -append 'a '\\''b'\\'' "
				 "$c\n;'\n");
	buf_free(&b);
	argv_free(&a);
	argv_free(&a);
}

static void
the_architecture_is_in_the_binarys_name(void **state)
{
	assert_string_equal(qemu_arch_of("/usr/bin/qemu-system-x86_64"), "x86_64");
	assert_string_equal(qemu_arch_of("qemu-system-aarch64"), "aarch64");
	assert_null(qemu_arch_of("/usr/libexec/qemu-kvm"));
	assert_null(qemu_arch_of("/usr/bin/qemu-system-"));
	assert_null(qemu_arch_of("/qemu-system-x/kvm"));
	assert_null(qemu_arch_of(""));
}

static void
goes_to(const json_t *list, size_t i, const char *path, json_int_t index)
{
	const json_t *change = json_array_get(list, i);

	assert_string_equal(json_string_value(json_object_get(change, "path")), path);
	assert_string_equal(json_string_value(json_object_get(change, "property")), "bootindex");
	assert_int_equal(json_integer_value(json_object_get(change, "value")), index);
}

/* Each in turn gets a place that no other device has at that moment. */
static void
what_is_booted_from_once_has_another_place_later(void **state)
{
	int once[] = { BOOT_NETWORK, BOOT_DISK }, order[] = { BOOT_DISK };
	struct fixture f;
	json_t *list;

	fixture_init(&f);
	f.vm.boot = (struct vm_boot){ .once = once, .nonce = 2, .order = order, .norder = 1 };
	list = qemu_boot_later(&f.vm);
	assert_int_equal(json_array_size(list), 2);
	goes_to(list, 0, "/machine/peripheral/net0", -1);
	goes_to(list, 1, "/machine/peripheral/disk0", 3);
	json_decref(list);
	f.disk.boot_index = 4;
	list = qemu_boot_later(&f.vm);
	goes_to(list, 1, "/machine/peripheral/disk0", 6);
	json_decref(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_booted_from_once_has_another_place_later),
		cmocka_unit_test(an_image_with_its_backing_files_goes_by_descriptor),
		cmocka_unit_test(an_image_without_a_backing_file_is_kept_from_naming_one),
		cmocka_unit_test(descriptors_take_the_place_of_every_name),
		cmocka_unit_test(hostile_values_cannot_become_options),
		cmocka_unit_test(hostile_names_of_networks_cannot_become_options),
		cmocka_unit_test(a_socket_is_connected_anew_by_each_version_in_its_way),
		cmocka_unit_test(root_is_given_up_by_each_version_in_its_way),
		cmocka_unit_test(a_process_gets_its_name_only_where_it_can_have_one),
		cmocka_unit_test(the_order_is_machine_nics_disks_and_raw_arguments_last),
		cmocka_unit_test(an_accelerator_runs_the_hosts_own_cpu),
		cmocka_unit_test(nested_guests_and_windows_are_served_as_the_processor_can),
		cmocka_unit_test(memory_that_is_not_whole_megabytes_stays_exact),
		cmocka_unit_test(the_guest_hears_of_an_mtu_only_where_it_matters),
		cmocka_unit_test(a_board_has_only_so_many_places),
		cmocka_unit_test(a_microvm_has_more_places_with_acpi),
		cmocka_unit_test(a_qemu_that_is_too_old_is_refused),
		cmocka_unit_test(the_printed_line_can_be_pasted_into_a_shell),
		cmocka_unit_test(the_architecture_is_in_the_binarys_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
