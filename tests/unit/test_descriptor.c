/* qemu/descriptor.c: what a firmware descriptor says, and which of several a VM gets. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "qemu/firmware.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/vm.h"

#define LIST_MAX 8

struct set {
	struct firmware_descriptor list[LIST_MAX];
	size_t n;
};

#define FLASH(code, store)                                                                         \
	"{\"device\":\"flash\",\"executable\":{\"filename\":\"" code                               \
	"\",\"format\":\"raw\"},\"nvram-template\":{\"filename\":\"" store                         \
	"\",\"format\":\"raw\"}}"

/* The text of a descriptor, and what firmware_parse() makes of it. */
static void
add(struct set *s, const char *interface, const char *mapping, const char *arch,
    const char *machine, const char *features)
{
	char *text = xasprintf("{\"interface-types\":[\"%s\"],\"mapping\":%s,\"targets\":[{"
			       "\"architecture\":\"%s\",\"machines\":[\"%s\"]}],\"features\":[%s]}",
	    interface, mapping, arch, machine, features);
	char *file = xasprintf("/firmware/%zu.json", s->n);
	struct diag d = { 0 };

	assert_true(s->n < LIST_MAX);
	if (firmware_parse(&d, file, text, strlen(text), &s->list[s->n]) == -1)
		fail_msg("%s", d.text);
	s->list[s->n++].is_there = true;
	free(file);
	free(text);
}

static void
set_free(struct set *s)
{
	for (size_t i = 0; i < s->n; i++)
		firmware_descriptor_free(&s->list[i]);
	s->n = 0;
}

/* The code of the one that is chosen, or "". */
static const char *
chosen(const struct set *s, int kind, const char *arch, const char *machine)
{
	const struct firmware_wish wish = { kind, arch, machine, { 7, 2 } };
	const struct firmware_descriptor *f = firmware_choose(s->list, s->n, &wish);

	return f != NULL ? f->code.path : "";
}

static void
assert_chosen(
    const struct set *s, int kind, const char *arch, const char *machine, const char *code)
{
	assert_string_equal(chosen(s, kind, arch, machine), code);
}

static void
a_descriptor_says_where_the_images_are(void **state)
{
	struct set s = { 0 };

	add(&s, "uefi",
	    "{\"device\":\"flash\",\"mode\":\"split\",\"executable\":{\"filename\":\"/c.qcow2\","
	    "\"format\":\"qcow2\"},\"nvram-template\":{\"filename\":\"/v.fd\",\"format\":\"raw\"}}",
	    "x86_64", "pc-q35-*", "\"requires-smm\",\"secure-boot\",\"enrolled-keys\",\"more\"");
	assert_string_equal(s.list[0].file, "/firmware/0.json");
	assert_string_equal(s.list[0].code.path, "/c.qcow2");
	assert_int_equal(s.list[0].code.format, FORMAT_QCOW2);
	assert_string_equal(s.list[0].store.path, "/v.fd");
	assert_int_equal(s.list[0].store.format, FORMAT_RAW);
	assert_true(s.list[0].flash && s.list[0].uefi && s.list[0].smm);
	assert_true(s.list[0].secure_boot && s.list[0].keys);
	assert_false(s.list[0].host_store);
	add(&s, "bios", "{\"device\":\"memory\",\"filename\":\"/b.bin\"}", "x86_64", "*", "");
	assert_string_equal(s.list[1].code.path, "/b.bin");
	assert_null(s.list[1].store.path);
	assert_false(s.list[1].flash || s.list[1].uefi || s.list[1].smm);
	set_free(&s);
}

static void
what_is_no_descriptor_is_told_or_suits_nobody(void **state)
{
	static const char *const harmless[] = { "{}", "[]", "{\"mapping\":[],\"targets\":{}}",
		"{\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"c.fd\","
		"\"format\":\"raw\"}}}",
		"{\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"/c.fd\"}}}",
		"{\"mapping\":{\"device\":\"flash\",\"mode\":\"combined\",\"executable\":{"
		"\"filename\":\"/c.fd\",\"format\":\"raw\"}}}",
		"{\"mapping\":{\"device\":\"kernel\",\"filename\":\"/c.fd\"}}" };
	struct firmware_descriptor f;
	struct diag d = { 0 };

	assert_int_equal(firmware_parse(&d, "/x.json", "{\n\"a\": }", 9, &f), -1);
	assert_true(strncmp(d.text, "/x.json:2: ", 11) == 0);
	diag_free(&d);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		assert_int_equal(
		    firmware_parse(&d, "/x.json", harmless[i], strlen(harmless[i]), &f), 0);
		assert_null(f.code.path);
		firmware_descriptor_free(&f);
	}
	assert_null(d.text);
}

static void
the_first_that_suits_is_taken(void **state)
{
	struct set s = { 0 };

	add(&s, "uefi", FLASH("/sb-keys", "/v1"), "x86_64", "pc-q35-*",
	    "\"enrolled-keys\",\"requires-smm\",\"secure-boot\"");
	add(&s, "uefi", FLASH("/sb", "/v2"), "x86_64", "pc-q35-*",
	    "\"requires-smm\",\"secure-boot\"");
	add(&s, "uefi", "{\"device\":\"memory\",\"filename\":\"/memory\"}", "x86_64", "pc-q35-*",
	    "");
	add(&s, "uefi", FLASH("/plain", "/v2"), "x86_64", "pc-*", "");
	add(&s, "uefi", FLASH("/later", "/v2"), "x86_64", "pc-*", "");
	assert_chosen(&s, FIRMWARE_UEFI, "x86_64", "q35", "/plain");
	assert_chosen(&s, FIRMWARE_UEFI, "x86_64", "pc", "/plain");
	assert_chosen(&s, FIRMWARE_UEFI, "x86_64", "pc-q35-6.0", "/plain");
	assert_chosen(&s, FIRMWARE_UEFI_SECURE, "x86_64", "q35", "/sb-keys");
	/* What is for one machine or architecture only, or is not there. */
	assert_chosen(&s, FIRMWARE_UEFI_SECURE, "x86_64", "pc", "");
	assert_chosen(&s, FIRMWARE_UEFI, "x86_64", "microvm", "");
	assert_chosen(&s, FIRMWARE_UEFI, "aarch64", "virt", "");
	s.list[3].is_there = false;
	assert_chosen(&s, FIRMWARE_UEFI, "x86_64", "q35", "/later");
	/* Without variables only if there is nothing else. */
	s.list[4].is_there = false;
	assert_chosen(&s, FIRMWARE_UEFI, "x86_64", "q35", "/memory");
	s.list[0].is_there = false;
	assert_chosen(&s, FIRMWARE_UEFI_SECURE, "x86_64", "q35", "");
	set_free(&s);
}

static void
a_machine_is_known_by_its_name_and_by_that_with_a_version(void **state)
{
	struct set s = { 0 };

	add(&s, "uefi", FLASH("/other", "/v"), "aarch64", "virt-8.*", "");
	add(&s, "uefi", FLASH("/versioned", "/v"), "aarch64", "virt-*", "");
	add(&s, "uefi", FLASH("/named", "/v"), "riscv64", "virt", "");
	add(&s, "uefi", FLASH("/kept-by-qemu", "/v"), "arm", "virt", "\"host-uefi-vars\"");
	add(&s, "bios", FLASH("/bios", "/v"), "arm", "virt", "");
	assert_chosen(&s, FIRMWARE_UEFI, "aarch64", "virt", "/versioned");
	assert_chosen(&s, FIRMWARE_UEFI, "aarch64", "virt-8.1", "/other");
	assert_chosen(&s, FIRMWARE_UEFI, "riscv64", "virt", "/named");
	assert_chosen(&s, FIRMWARE_UEFI, "arm", "virt", "");
	set_free(&s);
}

static void
each_kind_has_a_store_of_its_own(void **state)
{
	struct vm vm = { .name = (char *)"web1", .firmware = { .kind = FIRMWARE_UEFI_SECURE } };
	struct set s = { 0 };
	struct firmware f;

	add(&s, "uefi", FLASH("/sb-keys", "/v1"), "x86_64", "pc-q35-*", "\"requires-smm\"");
	firmware_decide(&vm, "x86_64", &s.list[0], "/nvram/web1", &f);
	assert_string_equal(f.code.path, "/sb-keys");
	assert_string_equal(f.template.path, "/v1");
	assert_string_equal(f.store.path, "/nvram/web1/uefi-secure.fd");
	assert_true(f.flash && f.smm);
	firmware_free(&f);
	vm.firmware = (struct vm_firmware){ FIRMWARE_UEFI, NULL, (char *)"/t.qcow2", NULL };
	firmware_decide(&vm, "x86_64", &s.list[0], "/nvram/web1", &f);
	assert_string_equal(f.template.path, "/t.qcow2");
	assert_string_equal(f.store.path, "/nvram/web1/uefi.qcow2");
	assert_int_equal(f.store.format, FORMAT_QCOW2);
	firmware_free(&f);
	vm.firmware =
	    (struct vm_firmware){ FIRMWARE_UEFI_SECURE, (char *)"/c", NULL, (char *)"/v.vars" };
	firmware_decide(&vm, "aarch64", NULL, "/nvram/web1", &f);
	assert_null(f.template.path);
	assert_string_equal(f.store.path, "/v.vars");
	assert_int_equal(f.store.format, FORMAT_RAW);
	assert_true(f.flash);
	assert_false(f.smm); /* which only a PC has */
	firmware_free(&f);
	set_free(&s);
}

static void
an_arm_board_needs_firmware_unless_it_has_a_kernel(void **state)
{
	struct vm vm = { 0 };

	assert_int_equal(firmware_kind(&vm, "x86_64"), FIRMWARE_BIOS);
	assert_int_equal(firmware_kind(&vm, "riscv64"), FIRMWARE_BIOS);
	assert_int_equal(firmware_kind(&vm, "aarch64"), FIRMWARE_UEFI);
	assert_int_equal(firmware_kind(&vm, "arm"), FIRMWARE_UEFI);
	assert_true(firmware_is_sought(&vm, "aarch64"));
	vm.machine.type = (char *)"raspi3b";
	assert_int_equal(firmware_kind(&vm, "aarch64"), FIRMWARE_BIOS);
	vm.machine.type = (char *)"virt-7.2";
	vm.kernel = (char *)"/vmlinuz";
	assert_int_equal(firmware_kind(&vm, "aarch64"), FIRMWARE_BIOS);
	assert_false(firmware_is_sought(&vm, "aarch64"));
	vm.firmware.kind = FIRMWARE_UEFI;
	assert_int_equal(firmware_kind(&vm, "x86_64"), FIRMWARE_UEFI);
	vm.firmware.code = (char *)"/c";
	assert_false(firmware_is_sought(&vm, "x86_64"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_says_where_the_images_are),
		cmocka_unit_test(what_is_no_descriptor_is_told_or_suits_nobody),
		cmocka_unit_test(the_first_that_suits_is_taken),
		cmocka_unit_test(a_machine_is_known_by_its_name_and_by_that_with_a_version),
		cmocka_unit_test(each_kind_has_a_store_of_its_own),
		cmocka_unit_test(an_arm_board_needs_firmware_unless_it_has_a_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
