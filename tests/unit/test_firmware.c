/* launch/firmware.c: descriptors beside QEMU are found, and the VM's variable store is made and
 * kept. */
#include "launch_fixture.h"

#define SUITS(code, store)                                                                         \
	"{\"interface-types\":[\"uefi\"],\"mapping\":{\"device\":\"flash\",\"executable\":{"       \
	"\"filename\":\"%s/" code                                                                  \
	"\",\"format\":\"raw\"},\"nvram-template\":{\"filename\":\"%s/" store                      \
	"\",\"format\":\"raw\"}},\"targets\":[{\"architecture\":\"%s\",\"machines\":["             \
	"\"*\"]}],\"features\":[]}"

/* A prefix with the fake QEMU in it, and images of firmware. */
static int
prefix(void **state)
{
	struct place *p;
	char *binary;

	if (bridged_host(state) == -1)
		return -1;
	p = *state;
	folder(p, "bin");
	folder(p, "share");
	folder(p, "share/qemu");
	folder(p, "share/qemu/firmware");
	put(p, "code.fd", 0644, "code");
	put(p, "vars.fd", 0644, "variables");
	binary = in_root(p, "bin/qemu-system-x86_64");
	assert_int_equal(symlink(FAKE_QEMU, binary), 0);
	free(binary);
	return 0;
}

/* "ARCH" may be one that no descriptor of this host names: then there are only ours. */
static void
descriptor(const struct place *p, const char *name, const char *format, const char *arch)
{
	char *path = xasprintf("share/qemu/firmware/%s.json", name);
	char *text = xasprintf(format, p->root, p->root, arch);

	put(p, path, 0644, text);
	free(text);
	free(path);
}

static void
uefi_vm(const struct place *p, const char *more)
{
	char *text = xasprintf(
	    "qemu = \"%s/bin/qemu-system-x86_64\";\nmachine = \"ours\";\n%s\n", p->root, more);

	put(p, "etc/vms/web1.conf", 0600, text);
	free(text);
}

static struct firmware
found(struct place *p)
{
	struct firmware f;
	struct plan plan;

	assert_done(p, plan_make(&p->d, &p->c, "web1", NULL, &plan));
	f = plan.firmware;
	plan.firmware = (struct firmware){ 0 };
	plan_free(&plan);
	return f;
}

static void
not_found(struct place *p, const char *part)
{
	struct plan plan;

	assert_refused(p, plan_make(&p->d, &p->c, "web1", NULL, &plan), part);
}

static void
assert_ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	if (n < m || strcmp(text + n - m, end) != 0)
		fail_msg("%s does not end in %s", text, end);
}

static void
the_descriptors_of_qemus_own_prefix_are_tried_by_name(void **state)
{
	struct place *p = *state;
	struct firmware f;

	descriptor(p, "02-second", SUITS("code.fd", "vars.fd"), "x86_64");
	descriptor(p, "01-first", SUITS("gone.fd", "vars.fd"), "x86_64");
	descriptor(p, "00-arm", SUITS("vars.fd", "vars.fd"), "aarch64");
	descriptor(p, "00-empty", "%.0s%.0s%.0s", "");
	descriptor(p, "00-broken", "{%.0s%.0s%.0s", "");
	uefi_vm(p, "firmware = \"uefi\";");
	f = found(p);
	assert_ends(f.code.path, "/code.fd");
	assert_ends(f.template.path, "/vars.fd");
	assert_ends(f.store.path, "/lib/nvram/web1/uefi.fd");
	assert_false(is_there(p, "lib/nvram"));
	firmware_free(&f);
}

static void
what_is_missing_is_told_with_its_package(void **state)
{
	struct place *p = *state;

	uefi_vm(p, "firmware = \"uefi\";");
	not_found(p,
	    "firmware: no UEFI for x86_64 on machine ours is installed (the package is ovmf on "
	    "Debian and Ubuntu, edk2-ovmf on Fedora)");
	descriptor(p, "01-first", SUITS("gone.fd", "vars.fd"), "x86_64");
	uefi_vm(p, "firmware = \"uefi\";");
	not_found(p, "01-first.json names ");
	descriptor(p, "01-first", "{%.0s%.0s%.0s", "");
	not_found(p, "01-first.json:1: ");
}

static void
the_store_is_made_once_and_kept(void **state)
{
	struct place *p = *state;
	struct start t;
	struct stat st;
	char *path = in_root(p, "lib/nvram/web1/uefi.fd"), *text;

	descriptor(p, "01-first", SUITS("code.fd", "vars.fd"), "x86_64");
	uefi_vm(p, "firmware = \"uefi\";");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	end(&t);
	text = get(p, "lib/nvram/web1/uefi.fd");
	assert_string_equal(text, "variables");
	free(text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	put(p, "lib/nvram/web1/uefi.fd", 0600, "ours, now");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	end(&t);
	text = get(p, "lib/nvram/web1/uefi.fd");
	assert_string_equal(text, "ours, now");
	free(text);
	free(path);
}

static void
the_store_of_another_firmware_is_refused(void **state)
{
	struct place *p = *state;
	struct firmware f;

	descriptor(p, "01-first", SUITS("code.fd", "vars.fd"), "x86_64");
	uefi_vm(p, "firmware = { kind = \"uefi\"; vars = \"../../mine.fd\"; };");
	put(p, "mine.fd", 0600, "of another size");
	not_found(p, "the variable store of another firmware");
	put(p, "mine.fd", 0600, "123456789");
	f = found(p);
	assert_ends(f.store.path, "/mine.fd");
	firmware_free(&f);
	uefi_vm(
	    p, "firmware = { kind = \"uefi\"; code = \"../../code.fd\"; vars = \"/none.fd\"; };");
	not_found(p, "/none.fd: no such file, and no template to make it from");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_descriptors_of_qemus_own_prefix_are_tried_by_name, prefix, place_remove),
		cmocka_unit_test_setup_teardown(
		    what_is_missing_is_told_with_its_package, prefix, place_remove),
		cmocka_unit_test_setup_teardown(
		    the_store_is_made_once_and_kept, prefix, place_remove),
		cmocka_unit_test_setup_teardown(
		    the_store_of_another_firmware_is_refused, prefix, place_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
