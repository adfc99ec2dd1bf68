/* What a change of each key takes while the VM runs, and what runs afterwards. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/trail.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/change.h"
#include "vm/trail.h"
#include "vm/vm.h"

/* A file as it is read, with its trail. */
struct side {
	struct conf_doc *doc;
	struct vm vm;
	struct conf_trail trail;
};

static struct side
side(const char *text)
{
	struct side s = { .doc = NULL };
	struct diag d = { 0 };

	if (conf_open_text(&d, "web1.conf", "/srv", text, strlen(text), &s.doc) == -1 ||
	    vm_load(&d, "web1", s.doc, NULL, &s.vm) == -1)
		fail_msg("%s", d.text);
	vm_trail("web1", s.doc, NULL, &s.trail);
	return s;
}

static void
side_free(struct side *s)
{
	conf_trail_free(&s->trail);
	vm_free(&s->vm);
	conf_close(s->doc);
}

static struct changes
between(const struct side *a, const struct side *b, bool ports)
{
	struct changes c;

	changes_find(&a->trail, &b->trail, &a->vm, &b->vm, os_facts("linux"), ports, &c);
	return c;
}

/* The unit of the one key that differs. */
static void
assert_unit(const char *runs, const char *file, const char *key, enum change_unit unit)
{
	struct side a = side(runs), b = side(file);
	struct changes c = between(&a, &b, true);
	unsigned keys = 0;

	for (size_t i = 0; i < c.n; i++) {
		if (c.v[i].mark)
			continue;
		assert_string_equal(c.v[i].key, key);
		assert_int_equal(c.v[i].unit, unit);
		keys++;
	}
	assert_int_equal(keys, 1);
	changes_free(&c);
	side_free(&a);
	side_free(&b);
}

/* Every key that a file can have: each has a row that says what a change of it takes. */
static void
each_key(const struct conf_key *table, const char *above,
    void (*fn)(const char *path, void *arg), void *arg)
{
	for (; table->name != NULL; table++) {
		char *path = xasprintf("%s%s%s", above, above[0] != '\0' ? "." : "", table->name);

		fn(path, arg);
		if (table->sub != NULL) {
			char *inside =
			    xasprintf("%s%s", path, table->kind == CONF_LIST ? "[]" : "");

			each_key(table->sub, inside, fn, arg);
			free(inside);
		}
		free(path);
	}
}

static void
has_row(const char *path, void *arg)
{
	if (change_row(path) == NULL)
		fail_msg("vm/change_keys.c does not say what a change of %s takes while a VM runs",
		    path);
}

static void
every_key_has_a_row(void **state)
{
	each_key(vm_keys, "", has_row, NULL);
}

struct wanted {
	const char *path;
	bool found;
};

static void
is_it(const char *path, void *arg)
{
	struct wanted *w = arg;

	w->found = w->found || strcmp(path, w->path) == 0;
}

static void
every_row_is_of_a_key(void **state)
{
	for (const struct change_row *row = change_rows; row->key != NULL; row++) {
		struct wanted w = { row->key, false };

		each_key(vm_keys, "", is_it, &w);
		if (!w.found)
			fail_msg("there is no key %s any more", row->key);
		assert_ptr_equal(change_row(row->key), row);
	}
}

static void
the_row_that_says_most_counts(void **state)
{
	assert_int_equal(change_row("nics[12].rate.in")->unit, CHANGE_RATE);
	assert_int_equal(change_row("nics[0].mac")->unit, CHANGE_RESTART);
	assert_int_equal(change_row("disks[3].limits.bps_burst")->unit, CHANGE_LIMITS);
	assert_int_equal(change_row("cdrom[0].file")->unit, CHANGE_CDROM);
	assert_int_equal(change_row("cdrom[0].bus")->unit, CHANGE_RESTART);
	assert_null(change_row("nic"));
	assert_null(change_row("memory_"));
}

static void
the_same_in_other_words_differs_in_nothing(void **state)
{
	struct side a = side("memory = \"1G\"; nics = ( { bridge = \"br0\"; } );");
	struct side b = side("memory = { size = \"1024M\"; }; nics = \"br0\"; stop_timeout = 60;");
	struct changes c = between(&a, &b, true);

	assert_int_equal(c.n, 0);
	changes_free(&c);
	side_free(&a);
	side_free(&b);
}

static void
what_can_be_done_at_once_depends_on_what_runs(void **state)
{
	assert_unit("nics = \"br0\";", "nics = \"br1\";", "nics[0].bridge", CHANGE_PORT);
	assert_unit("nics = ( { bridge = \"br0\"; tap = \"t0\"; } );",
	    "nics = ( { bridge = \"br1\"; tap = \"t0\"; } );", "nics[0].bridge", CHANGE_RESTART);
	assert_unit("disks = ( { file = \"/a.raw\"; limits = { iops = 10; }; } );",
	    "disks = ( { file = \"/a.raw\"; limits = { iops = 20; }; } );", "disks[0].limits.iops",
	    CHANGE_LIMITS);
	assert_unit("cdrom = \"/a.iso\";", "cdrom = \"/b.iso\";", "cdrom[0].file", CHANGE_CDROM);
	assert_unit("cdrom = \"/a.iso\";", "cdrom = ( { } );", "cdrom[0].file", CHANGE_CDROM);
	assert_unit("display = { vnc = \":1\"; password_file = \"/a\"; };",
	    "display = { vnc = \":1\"; password_file = \"/b\"; };", "display.password_file",
	    CHANGE_PASSWORD);
	assert_unit("display = { vnc = \":1\"; };",
	    "display = { vnc = \":1\"; password_file = \"/b\"; };", "display.password_file",
	    CHANGE_RESTART);
	assert_unit("memory = \"1G\";", "memory = \"1G\"; balloon = { target = \"512M\"; };",
	    "balloon.target", CHANGE_BALLOON);
	assert_unit("memory_max = \"1G\";", "memory_max = \"2G\";", "memory_max", CHANGE_QUOTA);
	assert_unit("pvpanic = true;", "pvpanic = true; on_panic = \"pause\";", "on_panic",
	    CHANGE_ACTIONS);
	assert_unit("", "on_panic = \"pause\";", "on_panic", CHANGE_RESTART);
	assert_unit("hooks = ( { run = \"/a\"; } );", "hooks = ( { run = \"/b\"; } );",
	    "hooks[0].run", CHANGE_POLICY);
	assert_unit("", "hooks = ( { run = \"/b\"; } );", "hooks[0].run", CHANGE_POLICY);
	assert_unit("hooks = ( { run = \"/a\"; } );", "hooks = ( );", "hooks[0].run", CHANGE_POLICY);
	assert_unit("", "restart = \"always\";", "restart.policy", CHANGE_POLICY);
}

static void
a_port_is_changed_only_by_who_may(void **state)
{
	struct side a = side("nics = \"br0\";"), b = side("nics = \"br1\";");
	struct changes c = between(&a, &b, false);

	assert_int_equal(c.v[0].unit, CHANGE_RESTART);
	changes_free(&c);
	side_free(&a);
	side_free(&b);
}

/* By its place alone nobody can tell whether the first NIC has gone, or the second. */
static void
where_a_list_has_another_length_nothing_of_it_is_done_at_once(void **state)
{
	struct side a = side("nics = ( { bridge = \"br0\"; }, { bridge = \"br1\"; } );");
	struct side b = side("nics = ( { bridge = \"br1\"; } );");
	struct changes c = between(&a, &b, true);

	assert_true(c.n > 1);
	for (size_t i = 0; i < c.n; i++)
		assert_int_equal(c.v[i].unit, CHANGE_RESTART);
	changes_free(&c);
	side_free(&a);
	side_free(&b);
}

/* What was done runs, what was not still differs; and the result can be read as a file. */
/* An element that lost its last key is still one. */
static void
a_drive_that_is_emptied_stays(void **state)
{
	static const struct conf_trail_style style = { .percent = true };
	struct side a = side("cdrom = ( { file = \"/a.iso\"; }, { file = \"/b.iso\"; } );");
	struct side b = side("cdrom = ( { }, { file = \"/b.iso\"; } );");
	struct changes c = between(&a, &b, true);
	bool done[8];
	struct conf_trail merged;
	struct buf text = { 0 };
	struct side again;

	assert_in_range(c.n, 1, 8);
	for (size_t i = 0; i < c.n; i++)
		done[i] = true;
	changes_merge(&a.trail, &c, done, &merged);
	conf_trail_print(&text, &merged, &style);
	again = side(text.s);
	assert_int_equal(again.vm.ncdroms, 2);
	assert_null(again.vm.cdroms[0].file);
	changes_free(&c);
	changes_find(&merged, &b.trail, &again.vm, &b.vm, os_facts("linux"), true, &c);
	assert_int_equal(c.n, 0);
	changes_free(&c);
	side_free(&again);
	buf_free(&text);
	conf_trail_free(&merged);
	side_free(&a);
	side_free(&b);
}

static void
what_was_done_is_what_runs(void **state)
{
	static const struct conf_trail_style style = { .percent = true };
	struct side a = side("memory = \"1G\"; balloon = { target = \"64M\"; }; "
			     "nics = ( { bridge = \"br0\"; rate = { in = \"1M\"; }; "
			     "}, { bridge = \"br1\"; vlan = 7; } );");
	struct side b = side("memory = \"2G\"; description = \"x\"; nics = ( { bridge = \"br0\"; rate "
			     "= { in = \"1M\"; out = \"2M\"; }; }, { bridge = \"br2\"; } );");
	struct changes c = between(&a, &b, true), left;
	bool *done = xcalloc(c.n, sizeof(*done));
	struct conf_trail merged;
	struct buf text = { 0 };
	struct side again;

	for (size_t i = 0; i < c.n; i++)
		done[i] = c.v[i].unit != CHANGE_RESTART;
	changes_merge(&a.trail, &c, done, &merged);
	conf_trail_print(&text, &merged, &style);
	again = side(text.s);
	assert_int_equal(again.vm.memory.size, 1024 * 1024 * 1024);
	assert_int_equal(again.vm.nics[0].rate.out, 2000000);
	assert_string_equal(again.vm.nics[1].bridge, "br2");
	assert_int_equal(again.vm.nics[1].vlan, 0);
	assert_string_equal(again.vm.description, "x");
	changes_find(&merged, &b.trail, &again.vm, &b.vm, os_facts("linux"), true, &left);
	for (size_t i = 1; i < merged.n; i++)
		assert_string_not_equal(merged.v[i].path, merged.v[i - 1].path);
	assert_int_equal(left.n, 1);
	assert_string_equal(left.v[0].key, "memory.size");
	changes_free(&left);
	side_free(&again);
	buf_free(&text);
	conf_trail_free(&merged);
	free(done);
	changes_free(&c);
	side_free(&a);
	side_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_a_row),
		cmocka_unit_test(every_row_is_of_a_key),
		cmocka_unit_test(the_row_that_says_most_counts),
		cmocka_unit_test(the_same_in_other_words_differs_in_nothing),
		cmocka_unit_test(what_can_be_done_at_once_depends_on_what_runs),
		cmocka_unit_test(a_port_is_changed_only_by_who_may),
		cmocka_unit_test(where_a_list_has_another_length_nothing_of_it_is_done_at_once),
		cmocka_unit_test(what_was_done_is_what_runs),
		cmocka_unit_test(a_drive_that_is_emptied_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
