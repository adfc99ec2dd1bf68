/* conf/trail.h and vm/trail.h: what keys come to over all files, and where that was said. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/diag.h"
#include "vm/trail.h"
#include "vm/vm.h"

#define HOST                                                                                       \
	"defaults = {\n"                                                                           \
	"cpus = { sockets = 2; cores = 4; model = \"host\"; };\n"                                  \
	"memory = { size = \"2G\"; shared = true; };\n"                                            \
	"nics = ( { bridge = \"br9\"; }, { user = true; } );\n"                                    \
	"display = \"gtk\";\n"                                                                     \
	"};\n"
#define OWN                                                                                        \
	"memory = \"1024M\";\n"                                                                    \
	"cpus = 2;\n"                                                                              \
	"disks = \"web1.qcow2\";\n"                                                                \
	"nics = ( { bridge = \"br0\"; mac = \"52:54:00:AB:00:01\"; } );\n"                         \
	"display = { vnc = \":5\"; };\n"                                                           \
	"stop_timeout = 120;\n"                                                                    \
	"args = [ \"a\", \"b\\\"c\" ];\n"                                                          \
	"usb = { };\n"                                                                             \
	"cdrom = { };\n"                                                                           \
	"input = ( );\n"                                                                           \
	"serial = \"none\";\n"

struct files {
	struct diag d;
	struct conf_doc *host, *own;
};

static struct conf_doc *
document(struct diag *d, const char *path, const char *text)
{
	struct conf_doc *doc;

	if (conf_open_text(d, path, "/etc/vmrun/vms", text, strlen(text), &doc) == -1)
		fail_msg("%s", d->text);
	return doc;
}

static struct conf_trail
trail_of(const char *host, const char *own)
{
	struct files f = { 0 };
	struct conf_trail t;
	struct vm vm;

	if (host != NULL)
		f.host = document(&f.d, "vmrun.conf", host);
	f.own = document(&f.d, "web1.conf", own);
	if (vm_load(&f.d, "web1", f.own, f.host, &vm) == -1)
		fail_msg("%s", f.d.text);
	vm_trail("web1", f.own, f.host, &t);
	vm_free(&vm);
	conf_close(f.own);
	conf_close(f.host);
	return t;
}

/* where NULL: the default. text NULL: there is no such entry. */
static void
assert_entry(const struct conf_trail *t, const char *path, const char *text, const char *where)
{
	const struct conf_entry *e = conf_trail_find(t, path);

	if (text == NULL) {
		if (e != NULL)
			fail_msg("%s is %s", path, e->text);
		return;
	}
	if (e == NULL)
		fail_msg("%s is missing", path);
	assert_string_equal(e->text, text);
	if (where == NULL)
		assert_null(e->where);
	else
		assert_string_equal(e->where, where);
}

static void
the_strongest_file_decides_key_by_key(void **state)
{
	struct conf_trail t = trail_of(HOST, OWN);

	assert_entry(&t, "memory.size", "\"1G\"", "web1.conf:1");
	assert_entry(&t, "memory.shared", "true", "vmrun.conf:3");
	assert_entry(&t, "memory.lock", "false", NULL);
	assert_entry(&t, "cpus.model", "\"host\"", "vmrun.conf:2");
	assert_entry(&t, "stop_timeout", "\"2m\"", "web1.conf:6");
	assert_entry(&t, "accel", "\"auto\"", NULL);
	assert_entry(&t, "description", NULL, NULL);
	conf_trail_free(&t);
}

static void
a_list_given_again_is_of_one_file(void **state)
{
	struct conf_trail t = trail_of(HOST, OWN);

	assert_entry(&t, "nics[0].bridge", "\"br0\"", "web1.conf:4");
	assert_entry(&t, "nics[0].link", "true", NULL);
	assert_entry(&t, "nics[1].user.enabled", NULL, NULL);
	assert_entry(&t, "disks[0].file", "\"/etc/vmrun/vms/web1.qcow2\"", "web1.conf:3");
	assert_entry(&t, "args", "[ \"a\", \"b\\\"c\" ]", "web1.conf:7");
	conf_trail_free(&t);
	t = trail_of(HOST, "disks = \"/x.qcow2\";\n");
	assert_entry(&t, "nics[1].user.enabled", "true", "vmrun.conf:4");
	assert_entry(&t, "serial[0].to", "\"socket\"", NULL);
	conf_trail_free(&t);
}

static void
what_replaces_another_form_puts_it_away(void **state)
{
	struct conf_trail t = trail_of(HOST, OWN);

	assert_entry(&t, "cpus.count", "2", "web1.conf:2");
	assert_entry(&t, "cpus.sockets", NULL, NULL);
	assert_entry(&t, "display.kind", NULL, NULL);
	assert_entry(&t, "display.vnc.listen", "\":5\"", "web1.conf:5");
	conf_trail_free(&t);
	t = trail_of(HOST, "disks = \"/x.qcow2\";\n");
	assert_entry(&t, "cpus.sockets", "2", "vmrun.conf:2");
	assert_entry(&t, "cpus.count", NULL, NULL);
	assert_entry(&t, "display.kind", "\"gtk\"", "vmrun.conf:5");
	conf_trail_free(&t);
}

static void
what_is_given_empty_is_an_entry(void **state)
{
	struct conf_trail t = trail_of(NULL, OWN);

	assert_entry(&t, "usb", "{ }", "web1.conf:8");
	assert_entry(&t, "cdrom[0]", "{ }", "web1.conf:9");
	assert_entry(&t, "input", "( )", "web1.conf:10");
	assert_entry(&t, "tpm", NULL, NULL);
	conf_trail_free(&t);
}

struct seen {
	char text[512];
};

static int
note(void *arg, const struct conf_entry *a, const struct conf_entry *b)
{
	struct seen *seen = arg;

	strlcat(seen->text, a != NULL ? a->path : b->path, sizeof(seen->text));
	strlcat(seen->text, a == NULL ? "+ " : b == NULL ? "- " : " ", sizeof(seen->text));
	return 0;
}

static void
assert_differs(const char *a, const char *b, const char *paths)
{
	struct conf_trail x = trail_of(HOST, a), y = trail_of(HOST, b);
	struct seen seen = { 0 };

	assert_int_equal(conf_trail_compare(&x, &y, note, &seen), 0);
	assert_string_equal(seen.text, paths);
	conf_trail_free(&x);
	conf_trail_free(&y);
}

static void
only_what_means_something_else_differs(void **state)
{
	assert_differs(OWN, OWN, "");
	assert_differs("memory = \"1G\";", "memory = { size = \"1024M\"; };", "");
	assert_differs("stop_timeout = 60;", "stop_timeout = \"1m\";", "");
	assert_differs(
	    "disks = \"../a.raw\";", "disks = ( { file = \"/etc/vmrun/vms/../a.raw\"; } );", "");
	assert_differs("tags = \"a\";", "tags = ( \"a\" );", "");
	assert_differs("nics = ( { bridge = \"b\"; mac = \"52:54:00:aB:00:01\"; } );",
	    "nics = ( { bridge = \"b\"; mac = \"52:54:00:Ab:00:01\"; } );", "");
	assert_differs("nics = ( { bridge = \"b\"; mac = \"52:54:00:ab:00:01\"; } );",
	    "nics = ( { bridge = \"b\"; mac = \"52:54:00:ab:00:02\"; } );", "nics[0].mac ");
	assert_differs("memory = \"1G\";", "memory = \"2G\"; description = \"x\";",
	    "description+ memory.size ");
	assert_differs(
	    "tags = \"a\";", "cpus = 3;", "cpus.cores- cpus.count+ cpus.sockets- tags- ");
	assert_differs("accel = \"auto\";", "memory = \"2G\";", "");
}

static void
lines_of_text_hold_all_of_it(void **state)
{
	struct conf_trail t = trail_of(HOST, OWN), back;
	struct buf b = { 0 };

	t.v[0].idle = true;
	conf_trail_write(&b, &t);
	buf_add(&b, "no.such.key\t1\tx:1\nnics[0].nothing\t1\t\nhalf a line");
	conf_trail_read(b.s, b.len, vm_keys, &back);
	assert_int_equal(back.n, t.n);
	for (size_t i = 0; i < t.n; i++) {
		assert_entry(&back, t.v[i].path, t.v[i].text, t.v[i].where);
		assert_ptr_equal(back.v[i].row, t.v[i].row);
		assert_int_equal(back.v[i].idle, i == 0);
	}
	conf_trail_free(&back);
	conf_trail_free(&t);
	buf_free(&b);
}

/* A VM with two templates, the second one stronger. */
static void
assert_inherits(const char *name, const char *weak, const char *strong, const char *own,
    const char *path, const char *text, const char *where)
{
	struct diag d = { 0 };
	struct conf_doc *doc = document(&d, "vm.conf", own);
	struct conf_trail t;
	struct vm vm;

	conf_inherit(doc, document(&d, "weak.conf", weak));
	conf_inherit(doc, document(&d, "strong.conf", strong));
	if (vm_load(&d, name, doc, NULL, &vm) == -1)
		fail_msg("%s", d.text);
	vm_trail(name, doc, NULL, &t);
	assert_entry(&t, path, text, where);
	conf_trail_free(&t);
	vm_free(&vm);
	conf_close(doc);
}

static void
templates_lie_over_one_another(void **state)
{
	assert_inherits("web1", "memory = \"1G\";", "memory = \"2G\";", "", "memory.size", "\"2G\"",
	    "strong.conf:1");
	assert_inherits("web1", "memory = { size = \"1G\"; shared = true; };", "memory = \"2G\";",
	    "", "memory.shared", "true", "weak.conf:1");
	assert_inherits("web1", "cpus = { sockets = 2; model = \"max\"; };", "cpus = 4;", "",
	    "cpus.sockets", NULL, NULL);
	assert_inherits("web1", "nics = ( { bridge = \"a\"; mtu = 9000; } );", "nics = \"b\";", "",
	    "nics[0].mtu", NULL, NULL);
	assert_inherits(
	    "web1", "nics = ( \"a\", \"b\" );", "", "nics = \"c\";", "nics[1].bridge", NULL, NULL);
	assert_inherits("web1", "display = { vnc = \":1\"; };", "", "display = \"none\";",
	    "display.kind", "\"none\"", "vm.conf:1");
}

static void
percent_signs_are_the_vm_in_templates_and_in_files_of_instances(void **state)
{
	assert_inherits("web1", "description = \"%n 100%%\";", "", "", "description",
	    "\"web1 100%\"", "weak.conf:1");
	assert_inherits("w@7", "cmdline = \"%n %i\"; kernel = \"/k\";", "", "", "cmdline",
	    "\"w@7 7\"", "weak.conf:1");
	assert_inherits("w@7", "", "", "disks = \"/srv/%n-%i.raw\";", "disks[0].file",
	    "\"/srv/w@7-7.raw\"", "vm.conf:1");
	assert_inherits("web1", "", "", "description = \"%n %i %%\";", "description",
	    "\"%n %i %%\"", "vm.conf:1");
	assert_inherits("w@7", "", "", "nics = ( { bridge = \"b\"; ifname = \"%n.%i\"; } );",
	    "nics[0].ifname", "\"%n.%i\"", "vm.conf:1");
}

/* The first message about a VM with one template. */
static void
assert_wrong(const char *name, const char *template, const char *own, const char *words)
{
	struct diag d = { 0 };
	struct conf_doc *doc = document(&d, "vm.conf", own);
	struct vm vm;

	conf_inherit(doc, document(&d, "base.conf", template));
	assert_int_equal(vm_load(&d, name, doc, NULL, &vm), -1);
	if (strncmp(d.text, words, strlen(words)) != 0)
		fail_msg("%s", d.text);
	diag_free(&d);
	vm_free(&vm);
	conf_close(doc);
}

static void
what_is_wrong_is_said_where_it_is_written(void **state)
{
	assert_wrong("web1", "\nmemory = \"1X\";", "", "base.conf:2: memory: ");
	assert_wrong("web1", "memori = \"1G\";", "", "base.conf:1: memori: unknown key");
	assert_wrong("web1", "\ncpus = { model = \"host\"; };", "accel = \"tcg\";",
	    "base.conf:2: cpus.model: host is the processor");
	assert_wrong("web1", "uuid = \"0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60\";", "",
	    "base.conf:1: uuid: would be that of every VM with this template");
	assert_wrong("web1", "nics = ( { bridge = \"b\"; mac = \"52:54:00:00:00:01\"; } );", "",
	    "base.conf:1: nics[0].mac: would be that of every VM");
	assert_wrong("web1", "instances = \"1..3\";", "", "base.conf:1: instances: belongs into");
	assert_wrong("web1", "description = \"%i\";", "",
	    "base.conf:1: description: %i is the instance, and web1 is none");
}

static void
a_file_made_of_it_says_the_same(void **state)
{
	static const struct conf_trail_style style = { .places = true, .defaults = true };
	struct conf_trail t = trail_of(HOST, OWN), back;
	struct buf b = { 0 };
	struct seen seen = { 0 };

	conf_trail_print(&b, &t, &style);
	assert_non_null(strstr(b.s, "# web1.conf:1\n"));
	assert_non_null(strstr(b.s, "# accel = \"auto\"; "));
	back = trail_of(NULL, b.s);
	conf_trail_compare(&t, &back, note, &seen);
	assert_string_equal(seen.text, "");
	conf_trail_free(&back);
	conf_trail_free(&t);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_strongest_file_decides_key_by_key),
		cmocka_unit_test(a_list_given_again_is_of_one_file),
		cmocka_unit_test(what_replaces_another_form_puts_it_away),
		cmocka_unit_test(what_is_given_empty_is_an_entry),
		cmocka_unit_test(only_what_means_something_else_differs),
		cmocka_unit_test(lines_of_text_hold_all_of_it),
		cmocka_unit_test(templates_lie_over_one_another),
		cmocka_unit_test(percent_signs_are_the_vm_in_templates_and_in_files_of_instances),
		cmocka_unit_test(what_is_wrong_is_said_where_it_is_written),
		cmocka_unit_test(a_file_made_of_it_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
