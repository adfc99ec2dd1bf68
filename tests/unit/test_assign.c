/* conf/assign: settings of a command line, written into a text by the rows of a table. */
#include "unit.h"

#include <stddef.h>
#include <string.h>

#include "conf/edit.h"
#include "util/buf.h"
#include "util/diag.h"
#include "vm/vm.h"

/* before with path set to value is after, and a VM file. */
static void
becomes(const char *before, const char *path, const char *value, const char *after)
{
	struct conf_doc *doc;
	struct diag d = { 0 };
	struct buf b = { 0 };

	buf_add(&b, before);
	if (conf_assign(&d, &b, vm_keys, path, value) == -1)
		fail_msg("%s", d.text);
	assert_string_equal(b.s, after);
	if (conf_open_text(&d, "a.conf", "/", b.s, b.len, &doc) == -1)
		fail_msg("%s", d.text);
	conf_close(doc);
	buf_free(&b);
}

static void
refused(const char *before, const char *path, const char *value, const char *why)
{
	struct diag d = { 0 };
	struct buf b = { 0 };

	buf_add(&b, before);
	assert_int_equal(conf_assign(&d, &b, vm_keys, path, value), -1);
	if (strstr(d.text, why) == NULL)
		fail_msg("%s", d.text);
	assert_string_equal(b.s, before);
	diag_free(&d);
	buf_free(&b);
}

static void
quotes_come_by_the_kind_of_the_key(void **state)
{
	becomes("", "memory", "2G", "memory = \"2G\";\n");
	becomes("", "memory", "1073741824", "memory = 1073741824;\n");
	becomes("", "cpus", "4", "cpus = 4;\n");
	becomes("", "agent", "true", "agent = true;\n");
	becomes("", "description", "42", "description = \"42\";\n");
	becomes("", "description", "true", "description = \"true\";\n");
	becomes("", "description", "a \"b\" \\", "description = \"a \\\"b\\\" \\\\\";\n");
	becomes("", "description", "\"a\"", "description = \"a\";\n");
	becomes("", "tags", "prod", "tags = \"prod\";\n");
	becomes("", "tags", "[ \"a\", \"b\" ]", "tags = [ \"a\", \"b\" ];\n");
	becomes("", "stop_timeout", "90s", "stop_timeout = \"90s\";\n");
	becomes("", "stop_timeout", "90", "stop_timeout = 90;\n");
	becomes("", "disks", "/srv/a.img", "disks = \"/srv/a.img\";\n");
	becomes("", "unheard_of", "x", "unheard_of = \"x\";\n");
}

static void
what_is_around_it_is_made(void **state)
{
	becomes("# mine\ncpus = 2; # two\n", "display.vnc", ":5",
	    "# mine\ncpus = 2; # two\ndisplay = { vnc = \":5\"; };\n");
	becomes("", "nics[0].bridge", "br1", "nics = ( { bridge = \"br1\"; } );\n");
	becomes("display = { vnc = \":5\"; };\n", "display.vnc", ":6",
	    "display = { vnc = \":6\"; };\n");
}

static void
a_bare_value_becomes_the_group_that_it_stands_for(void **state)
{
	becomes("memory = \"1G\"; # one\n", "memory.hugepages", "2M",
	    "memory = { size = \"1G\"; hugepages = \"2M\"; }; # one\n");
	becomes("memory = \"1G\";\n", "memory.size", "2G", "memory = \"2G\";\n");
	becomes("nics = \"br0\";\n", "nics[0].model", "e1000",
	    "nics = { bridge = \"br0\"; model = \"e1000\"; };\n");
	becomes("nics = ( \"br0\", \"br1\" );\n", "nics[1].link", "false",
	    "nics = ( \"br0\", { bridge = \"br1\"; link = false; } );\n");
}

static void
a_bare_value_for_a_group_leaves_the_rest_of_it(void **state)
{
	becomes("memory = { size = \"1G\"; hugepages = \"2M\"; };\n", "memory", "2G",
	    "memory = { size = \"2G\"; hugepages = \"2M\"; };\n");
	becomes("memory = { hugepages = \"2M\"; };\n", "memory", "2G",
	    "memory = { hugepages = \"2M\"; size = \"2G\"; };\n");
	becomes("memory = { hugepages = \"2M\"; };\n", "memory", "{ size = \"2G\"; }",
	    "memory = { size = \"2G\"; };\n");
	becomes("nics = ( { bridge = \"br0\"; } );\n", "nics[0]", "br1",
	    "nics = ( { bridge = \"br1\"; } );\n");
}

static void
the_next_element_of_a_list_is_added(void **state)
{
	becomes("nics = ( { bridge = \"br0\"; } );\n", "nics[1]", "br1",
	    "nics = ( { bridge = \"br0\"; }, \"br1\" );\n");
	becomes("nics = { bridge = \"br0\"; };\n", "nics[1].bridge", "br1",
	    "nics = ( { bridge = \"br0\"; }, { bridge = \"br1\"; } );\n");
	becomes("tags = \"a\";\n", "tags[1]", "b", "tags = [ \"a\", \"b\" ];\n");
	becomes("tags = [ \"a\" ];\n", "tags[1]", "b", "tags = [ \"a\", \"b\" ];\n");
	becomes("", "tags[0]", "b", "tags = [ \"b\" ];\n");
	refused("nics = ( \"br0\" );\n", "nics[2]", "br1", "nics has 1 element in the file: the next would be nics[1]");
	refused("", "nics[1].bridge", "br1", "nics has 0 elements");
}

static void
what_is_no_path_is_refused(void **state)
{
	refused("", "", "1", "not the path of a key");
	refused("", "a b", "1", "not the path of a key");
	refused("", "[0]", "1", "not the path of a key");
	refused("", "a[", "1", "not the path of a key");
	refused("", "a[x]", "1", "not the path of a key");
	refused("", "a..b", "1", "not the path of a key");
	refused("", "a.", "1", "not the path of a key");
	refused("cpus = 1;\n", "a\"; cpus", "1", "not the path of a key");
	refused("description = \"a\";\n", "description.b", "1", "not a group of keys");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_come_by_the_kind_of_the_key),
		cmocka_unit_test(what_is_around_it_is_made),
		cmocka_unit_test(a_bare_value_becomes_the_group_that_it_stands_for),
		cmocka_unit_test(a_bare_value_for_a_group_leaves_the_rest_of_it),
		cmocka_unit_test(the_next_element_of_a_list_is_added),
		cmocka_unit_test(what_is_no_path_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
