/* conf/edit: a changed setting leaves the rest of the text as it is. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/edit.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

typedef int edit_fn(struct diag *d, struct buf *text, const char *path, const char *value);

static int
remove_it(struct diag *d, struct buf *text, const char *path, const char *value)
{
	return conf_edit_remove(d, text, path);
}

/* before becomes after, and both can be read. */
static void
becomes(edit_fn *edit, const char *before, const char *path, const char *value, const char *after)
{
	struct conf_doc *doc;
	struct diag d = { 0 };
	struct buf b = { 0 };

	buf_add(&b, before);
	if (conf_open_text(&d, "a.conf", "/", before, strlen(before), &doc) == -1)
		fail_msg("%s", d.text);
	conf_close(doc);
	if (edit(&d, &b, path, value) == -1)
		fail_msg("%s", d.text);
	assert_string_equal(b.s, after);
	if (conf_open_text(&d, "a.conf", "/", b.s, b.len, &doc) == -1)
		fail_msg("%s", d.text);
	conf_close(doc);
	buf_free(&b);
}

#define SET(before, path, value, after)    becomes(conf_edit_set, before, path, value, after)
#define APPEND(before, path, value, after) becomes(conf_edit_append, before, path, value, after)
#define REMOVE(before, path, after)        becomes(remove_it, before, path, NULL, after)

static void
a_value_is_replaced_where_it_stands(void **state)
{
	SET("a = 1; # one\nb = 2;\n", "a", "7", "a = 7; # one\nb = 2;\n");
	SET("# b = 1;\n/* b = 2; */ b : \"x\" /* y */ \"z\"; // b = 3;\n", "b", "\"n\"",
	    "# b = 1;\n/* b = 2; */ b : \"n\"; // b = 3;\n");
	SET("ab = 1; a = { b = [ 1, 2 ]; }", "a.b", "[ ]", "ab = 1; a = { b = [ ]; }");
	SET("l = ( { a = \"}\"; }, { a = 2; b = ( ( 1 ) ); } );", "l[1].b", "( )",
	    "l = ( { a = \"}\"; }, { a = 2; b = ( ); } );");
	SET("l = { a = 1; };", "l[0].a", "2", "l = { a = 2; };");
	SET("s = \"a\\\"; t = 1\"; t = 0x1F;", "t", "2", "s = \"a\\\"; t = 1\"; t = 2;");
}

static void
a_setting_that_is_not_there_is_the_last_of_its_group(void **state)
{
	SET("g = { a = 1; };", "g.b", "2", "g = { a = 1; b = 2; };");
	SET("g = { a = 1 };", "g.b", "2", "g = { a = 1; b = 2; };");
	SET("g = { };", "g.b", "2", "g = { b = 2;  };");
	SET("g =\n{\n\ta = 1; # one\n\t# end\n};\n", "g.b", "2",
	    "g =\n{\n\ta = 1; # one\n\tb = 2;\n\t# end\n};\n");
	SET("a = 1;\n", "b", "2", "a = 1;\nb = 2;\n");
	SET("a = 1", "b", "2", "a = 1;\nb = 2;");
	SET("", "b", "2", "b = 2;\n");
	SET("nics = ( { user = true; } );\n", "nics[0].forward", "[ \"tcp:22\" ]",
	    "nics = ( { user = true; forward = [ \"tcp:22\" ]; } );\n");
}

static void
an_element_is_added_behind_the_last(void **state)
{
	APPEND("l = [ \"a\" ];", "l", "\"b\"", "l = [ \"a\", \"b\" ];");
	APPEND("l = [ \"a\", ];", "l", "\"b\"", "l = [ \"a\", \"b\" ];");
	APPEND("l = [];", "l", "\"b\"", "l = [ \"b\" ];");
	APPEND("l = \"a\"; # one", "l", "\"b\"", "l = [ \"a\", \"b\" ]; # one");
	APPEND("g = { a = 1; };", "g.l", "\"b\"", "g = { a = 1; l = [ \"b\" ]; };");
	APPEND("l = [\n\t\"a\", # first, \"x\"\n\t\"b\" /* second */ # more\n\t# end\n];\n", "l",
	    "\"c\"",
	    "l = [\n\t\"a\", # first, \"x\"\n\t\"b\", /* second */ # more\n\t\"c\"\n\t# end\n];\n");
	APPEND("l = [ \"a\",\n      \"b\" ];", "l", "\"c\"", "l = [ \"a\",\n      \"b\", \"c\" ];");
}

static void
an_element_goes_with_its_comma_and_its_line(void **state)
{
	static const char lines[] =
	    "l = [\n\t\"a\", # first\n\t\"b\", # second\n\t\"c\" # third\n];\n";

	REMOVE("l = [ \"a\", \"b\", \"c\" ];", "l[0]", "l = [ \"b\", \"c\" ];");
	REMOVE("l = [ \"a\", \"b\", \"c\" ];", "l[1]", "l = [ \"a\", \"c\" ];");
	REMOVE("l = [ \"a\", \"b\", \"c\" ];", "l[2]", "l = [ \"a\", \"b\" ];");
	REMOVE("l = [ \"a\" ];", "l[0]", "l = [ ];");
	REMOVE("l = \"a\";", "l[0]", "l = [ ];");
	REMOVE(lines, "l[0]", "l = [\n\t\"b\", # second\n\t\"c\" # third\n];\n");
	REMOVE(lines, "l[1]", "l = [\n\t\"a\", # first\n\t\"c\" # third\n];\n");
	REMOVE(lines, "l[2]", "l = [\n\t\"a\", # first\n\t\"b\" # second\n];\n");
	REMOVE("l = [ \"a\",\n\t\"b\" ];", "l[1]", "l = [ \"a\" ];");
	REMOVE("a = 1; # one\nb = 2; # two\nc = 3;\n", "b", "a = 1; # one\nc = 3;\n");
	REMOVE("g = { a = 1; b = 2; };", "g.a", "g = { b = 2; };");
}

static void
what_is_not_written_there_is_said(void **state)
{
	static const char text[] = "a = 1;\n@include \"other\"\nl = ( 1 );\n";
	struct diag d = { 0 };
	struct buf b = { 0 };

	buf_add(&b, text);
	assert_int_equal(conf_edit_set(&d, &b, "n[0].forward", "1"), -1);
	assert_string_equal(d.text, "n[0].forward is not written in the file itself\n");
	assert_int_equal(conf_edit_set(&d, &b, "a.b", "1"), -1);
	assert_int_equal(conf_edit_set(&d, &b, "l[1]", "1"), -1);
	assert_int_equal(conf_edit_append(&d, &b, "n[0].forward", "1"), -1);
	assert_int_equal(conf_edit_remove(&d, &b, "l[1]"), -1);
	assert_int_equal(conf_edit_remove(&d, &b, "b"), -1);
	assert_string_equal(b.s, text);
	buf_free(&b);
	diag_free(&d);
}

static int
set_a(struct diag *d, struct buf *text, void *arg)
{
	return conf_edit_set(d, text, "a", arg);
}

static int
has_a(struct diag *d, struct conf_doc *doc, void *arg)
{
	return conf_has(doc, "a") ? 0 : fail(d, "no a");
}

static int
refuse(struct diag *d, struct conf_doc *doc, void *arg)
{
	return fail(d, "not that");
}

static void
a_file_is_replaced_in_one_step_or_not_at_all(void **state)
{
	char dir[] = "/tmp/vmrun-edit.XXXXXX", *path, *link, *content;
	struct conf_edit edit = { set_a, has_a, "2" };
	struct diag d = { 0 };
	struct stat st;
	size_t len;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/a.conf", dir);
	link = xasprintf("%s/link.conf", dir);
	assert_int_equal(symlink("a.conf", link), 0);
	assert_int_equal(file_write(&d, path, 0640, "a = 1; # one\n", 13), 0);
	assert_int_equal(conf_edit_file(&d, link, &edit), 0);
	assert_int_equal(file_read(&d, path, 100, &content, &len), 0);
	assert_string_equal(content, "a = 2; # one\n");
	free(content);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* What cannot be read, and what is not what was meant. */
	edit.arg = "[ 1, \"x\" ]";
	assert_int_equal(conf_edit_file(&d, path, &edit), -1);
	edit = (struct conf_edit){ set_a, refuse, "3" };
	assert_int_equal(conf_edit_file(&d, path, &edit), -1);
	assert_non_null(strstr(d.text, "not that"));
	assert_int_equal(file_read(&d, path, 100, &content, &len), 0);
	assert_string_equal(content, "a = 2; # one\n");
	free(content);
	unlink(path);
	unlink(link);
	assert_int_equal(rmdir(dir), 0); /* no temporary file either */
	free(path);
	free(link);
	diag_free(&d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_replaced_where_it_stands),
		cmocka_unit_test(a_setting_that_is_not_there_is_the_last_of_its_group),
		cmocka_unit_test(an_element_is_added_behind_the_last),
		cmocka_unit_test(an_element_goes_with_its_comma_and_its_line),
		cmocka_unit_test(what_is_not_written_there_is_said),
		cmocka_unit_test(a_file_is_replaced_in_one_step_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
