/* conf/: a document's text, its places, and what a key table makes of it. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

struct part {
	int64_t weight;
	char *file;
};

struct palette {
	int *colors;
	size_t ncolors;
	bool bright;
};

struct thing {
	char *name;
	bool on;
	int64_t number;
	uint64_t size;
	int64_t delay;
	int color;
	char *path;
	struct part part;
	struct part *parts;
	size_t nparts;
	char **words;
	size_t nwords;
	char **paths;
	size_t npaths;
	int *colors;
	size_t ncolors;
	char code[4];
	int fast;
	int64_t *sides;
	size_t nsides;
	struct palette palette;
};

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses a string that a syntax error comes after. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static int
parse_code(const char *s, void *field, const char **ret_expected)
{
	if (strlen(s) != 3) {
		*ret_expected = "a code of three letters";
		return -1;
	}
	memcpy(field, s, 4);
	return 0;
}

static const char *const colors[] = { "red", "green", "blue", NULL };
#define AT(member)    .offset = offsetof(struct thing, member)
#define COUNT(member) .count_offset = offsetof(struct thing, member)
static const struct conf_key part_keys[] = {
	{ "weight", CONF_INT, .offset = offsetof(struct part, weight), .min = 1, .max = 9,
	    .def = "3", .help = "Weight" },
	{ "file", CONF_PATH, .offset = offsetof(struct part, file), .required = true,
	    .example = "/a", .help = "File" },
	{ 0 },
};
static const struct conf_key palette_keys[] = {
	{ "colors", CONF_CHOICES, .offset = offsetof(struct palette, colors),
	    .count_offset = offsetof(struct palette, ncolors), .choices = colors, .single = true,
	    .def = "green", .help = "Colors" },
	{ "bright", CONF_BOOL, .offset = offsetof(struct palette, bright), .help = "Bright" },
	{ 0 },
};
static const struct conf_key keys[] = {
	{ "name", CONF_STRING, AT(name), .min = 1, .max = 8, .def = "anon", .help = "Name" },
	{ "on", CONF_BOOL, AT(on), .def = "true", .help = "On" },
	{ "number", CONF_INT, AT(number), .def = "-7", .help = "Number" },
	{ "size", CONF_SIZE, AT(size), .min = 1024, .max = INT64_C(1) << 50, .def = "4K",
	    .help = "Size" },
	{ "delay", CONF_DURATION, AT(delay), .max = 60000, .def = "90ms", .help = "Delay" },
	{ "color", CONF_CHOICE, AT(color), .choices = colors, .def = "green", .help = "Color" },
	{ "path", CONF_PATH, AT(path), .help = "Path", .example = "/x" },
	{ "part", CONF_GROUP, AT(part), .sub = part_keys, .scalar = "weight", .help = "Part" },
	{ "parts", CONF_LIST, AT(parts), COUNT(nparts), .elem_size = sizeof(struct part),
	    .sub = part_keys, .scalar = "file", .single = true, .max = 3, .help = "Parts" },
	{ "words", CONF_STRINGS, AT(words), COUNT(nwords), .single = true, .help = "Words" },
	{ "paths", CONF_PATHS, AT(paths), COUNT(npaths), .help = "Paths" },
	{ "colors", CONF_CHOICES, AT(colors), COUNT(ncolors), .choices = colors, .single = true,
	    .def = "blue, red", .help = "Colors" },
	{ "code", CONF_CUSTOM, AT(code), .parse = parse_code, .unit = "code", .help = "Code" },
	{ "fast", CONF_SWITCH, AT(fast), .help = "Fast" },
	{ "sides", CONF_INTS, AT(sides), COUNT(nsides), .min = 1, .max = 100, .help = "Sides" },
	{ "palette", CONF_GROUP, AT(palette), .sub = palette_keys, .scalar = "colors",
	    .help = "Palette" },
	{ "inner", CONF_NESTED, .help = "Inner" },
	{ 0 },
};

/* What is wrong with a text, "" if nothing is; *thing is what it says. */
static char *
load(const char *text, struct thing *thing)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;
	int result = -1;
	char *messages;

	*thing = (struct thing){ 0 };
	conf_defaults(keys, thing);
	if (conf_open_text(&d, "t.conf", "/dir", text, strlen(text), &doc) == 0)
		result = conf_apply(&d, doc, NULL, keys, thing);
	assert_int_equal(result, d.count > 0 ? -1 : 0);
	assert_int_equal(d.status, d.count > 0 ? DIAG_CONFIG : 0);
	messages = xstrdup(d.text != NULL ? d.text : "");
	conf_close(doc);
	diag_free(&d);
	return messages;
}

static void
says(const char *text, const char *expected)
{
	struct thing thing;
	char *messages = load(text, &thing);

	assert_string_equal(messages, expected);
	free(messages);
	conf_clear(keys, &thing);
}

static struct thing
accepted(const char *text)
{
	struct thing thing;
	char *messages = load(text, &thing);

	assert_string_equal(messages, "");
	free(messages);
	return thing;
}

static void
defaults_are_those_of_the_rows(void **state)
{
	struct thing t = accepted("");

	assert_string_equal(t.name, "anon");
	assert_true(t.on);
	assert_int_equal(t.number, -7);
	assert_int_equal(t.size, 4096);
	assert_int_equal(t.delay, 90);
	assert_int_equal(t.color, 1);
	assert_null(t.path);
	assert_int_equal(t.part.weight, 3);
	assert_int_equal(t.nparts, 0);
	assert_int_equal(t.ncolors, 2);
	assert_int_equal(t.colors[0], 2);
	assert_int_equal(t.colors[1], 0);
	conf_clear(keys, &t);
	assert_null(t.name);
	assert_null(t.colors);
	assert_int_equal(t.ncolors, 0);
	conf_clear(keys, &t);
}

static void
every_kind_is_stored(void **state)
{
	struct thing t =
	    accepted("name = \"web\"; on = false; number = -2147483649; size = \"1T\";\n"
		     "delay = 2; color = \"blue\"; path = \"a//./b/../c\"; code = \"abc\";\n"
		     "part = { weight = 9; file = \"/abs/x\"; };\n"
		     "parts = ( { file = \"p0\"; }, \"p1\" );\n"
		     "words = ( \"\", \"a,b\\n\" ); paths = [ \"q\" ]; colors = [ \"red\" ];\n"
		     "inner = { anything = 1; };\n");

	assert_string_equal(t.name, "web");
	assert_false(t.on);
	assert_true(t.number == INT64_C(-2147483649));
	assert_true(t.size == UINT64_C(1) << 40);
	assert_int_equal(t.delay, 2000);
	assert_int_equal(t.color, 2);
	assert_string_equal(t.path, "/dir/a/b/../c");
	assert_string_equal(t.code, "abc");
	assert_int_equal(t.part.weight, 9);
	assert_string_equal(t.part.file, "/abs/x");
	assert_int_equal(t.nparts, 2);
	assert_string_equal(t.parts[0].file, "/dir/p0");
	assert_int_equal(t.parts[1].weight, 3);
	assert_string_equal(t.parts[1].file, "/dir/p1");
	assert_int_equal(t.nwords, 2);
	assert_string_equal(t.words[0], "");
	assert_string_equal(t.words[1], "a,b\n");
	assert_string_equal(t.paths[0], "/dir/q");
	assert_int_equal(t.ncolors, 1);
	assert_int_equal(t.fast, SWITCH_UNSAID);
	assert_int_equal(t.nsides, 0);
	conf_clear(keys, &t);
}

static void
a_switch_can_be_left_unsaid_and_numbers_be_many(void **state)
{
	struct thing t = accepted("fast = true; sides = [ 100, 1, 7 ];");

	assert_int_equal(t.fast, SWITCH_ON);
	assert_int_equal(t.nsides, 3);
	assert_true(t.sides[0] == 100 && t.sides[1] == 1 && t.sides[2] == 7);
	conf_clear(keys, &t);
	assert_null(t.sides);
	t = accepted("fast = false; sides = ();");
	assert_int_equal(t.fast, SWITCH_OFF);
	assert_int_equal(t.nsides, 0);
	conf_clear(keys, &t);
	says("fast = 1;\nsides = 5;\n",
	    "t.conf:1: fast: 1 is not true or false (without quotes)\n"
	    "t.conf:2: sides: 5 is not a list of numbers, as in [ 10, 20 ]\n");
	says("sides = [ 1, 101 ];\n", "t.conf:1: sides[1]: 101 is out of range (1 to 100)\n");
	says("sides = ( \"a\" );\n", "t.conf:1: sides[0]: \"a\" is not a whole number\n");
}

static void
short_forms_stand_for_the_long_ones(void **state)
{
	struct thing t = accepted("part = 5; parts = \"one\"; words = \"w\"; colors = \"red\";");

	assert_int_equal(t.part.weight, 5);
	assert_int_equal(t.nparts, 1);
	assert_string_equal(t.parts[0].file, "/dir/one");
	assert_int_equal(t.nwords, 1);
	assert_int_equal(t.ncolors, 1);
	conf_clear(keys, &t);
	t = accepted("parts = { file = \"one\"; weight = 1; };");
	assert_int_equal(t.nparts, 1);
	assert_int_equal(t.parts[0].weight, 1);
	conf_clear(keys, &t);
}

static void
a_bare_list_stands_for_the_list_of_a_group(void **state)
{
	struct thing t = accepted("palette = [ \"red\", \"blue\" ];");

	assert_int_equal(t.palette.ncolors, 2);
	assert_int_equal(t.palette.colors[0], 0);
	assert_int_equal(t.palette.colors[1], 2);
	conf_clear(keys, &t);
	t = accepted("palette = \"red\";");
	assert_int_equal(t.palette.ncolors, 1);
	conf_clear(keys, &t);
	t = accepted("palette = { bright = true; };");
	assert_int_equal(t.palette.ncolors, 1);
	assert_int_equal(t.palette.colors[0], 1);
	assert_true(t.palette.bright);
	conf_clear(keys, &t);
	says("palette = [ \"red\", \"pink\" ];",
	    "t.conf:1: palette[1]: \"pink\" is not one of \"red\", \"green\", \"blue\"\n");
	says("part = [ 1, 2 ];",
	    "t.conf:1: part: an array is not a value or a group such as { … }\n");
}

/* libconfig 1.5 would cut these to 32 bits without a word; newer ones read 010 as eight. */
static void
integers_have_64_bits_and_no_octal(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {
		{ "number = 2147483648;", INT64_C(2147483648) },
		{ "number = -2147483648;", INT64_C(-2147483648) },
		{ "number = 4294967296;", INT64_C(4294967296) },
		{ "number = 9223372036854775807;", INT64_MAX },
		{ "number = -9223372036854775808;", INT64_MIN },
		{ "number = 9223372036854775807L;", INT64_MAX },
		{ "number = 0xFFFFFFFF;", INT64_C(0xffffffff) },
		{ "number = 0x7fffffffffffffffL;", INT64_MAX },
		{ "number = 010;", 10 },
		{ "number = +5;", 5 },
		{ "number=5LL", 5 },
		{ "number:12/**/;", 12 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct thing t = accepted(cases[i].text);

		if (t.number != cases[i].value)
			fail_msg("%s gave %lld", cases[i].text, (long long)t.number);
		conf_clear(keys, &t);
	}
	says("number = 9223372036854775808;",
	    "t.conf:1: number: 9223372036854775808 does not fit into 64 bits\n");
}

static void
digits_in_strings_and_comments_are_left_alone(void **state)
{
	struct thing t =
	    accepted("# 99999999999999999999 \" { (\n"
		     "// 512M /* @include \"x\"\n"
		     "/* 99999999999999999999 \" ( */ words = [ \"99999999999999999999\",\n"
		     "\"# // /* @include { \\\" \\\\\" ];");

	assert_string_equal(t.words[0], "99999999999999999999");
	assert_string_equal(t.words[1], "# // /* @include { \" \\");
	conf_clear(keys, &t);
}

static void
a_comma_may_end_a_list(void **state)
{
	struct thing t = accepted("words = ( \"a\", \"b\", /* end */ ); paths = [ \"a\",\n];");

	assert_int_equal(t.nwords, 2);
	assert_int_equal(t.npaths, 1);
	conf_clear(keys, &t);
	says("words = ( , );", "t.conf:1: syntax error, here or just before\n");
	says("words = ( \"a\",, );", "t.conf:1: syntax error, here or just before\n");
}

static void
adjacent_strings_are_one(void **state)
{
	struct thing t = accepted("path = \"/long/\"\n   \"path\";");

	assert_string_equal(t.path, "/long/path");
	conf_clear(keys, &t);
}

static void
all_errors_are_told_in_the_order_of_the_lines(void **state)
{
	says("colour = 1;\nparts = ( { weight = 10; }, 5 );\nnumber = \"1\"; on = 1;\n",
	    "t.conf:1: colour: unknown key, did you mean \"color\"?\n"
	    "t.conf:2: parts[0].weight: 10 is out of range (1 to 9)\n"
	    "t.conf:2: parts[0]: \"file\" is missing\n"
	    "t.conf:2: parts[1]: 5 is not a path\n"
	    "t.conf:3: number: \"1\" is not a whole number\n"
	    "t.conf:3: on: 1 is not true or false (without quotes)\n");
}

static void
ranges_are_told_in_the_unit_of_the_key(void **state)
{
	says("size = 1023;", "t.conf:1: size: 1023 is out of range (1K to 1024T)\n");
	says("size = \"2048T\";", "t.conf:1: size: \"2048T\" is out of range (1K to 1024T)\n");
	says("delay = \"2m\";", "t.conf:1: delay: \"2m\" is out of range (0s to 1m)\n");
	says("code = \"ab\";", "t.conf:1: code: \"ab\" is not a code of three letters\n");
	says("code = 5;", "t.conf:1: code: 5 is not a code of three letters\n");
	says("name = \"\";", "t.conf:1: name: \"\" is empty\n");
	says("parts = [ \"a\", \"b\", \"c\", \"d\" ];",
	    "t.conf:1: parts: 4 elements, at most 3 are allowed\n");
}

static void
a_suggestion_is_made_only_when_it_is_near(void **state)
{
	says("nmae = 1;", "t.conf:1: nmae: unknown key, did you mean \"name\"?\n");
	says("nubmre = 1;", "t.conf:1: nubmre: unknown key, did you mean \"number\"?\n");
	says("xyz = 1;", "t.conf:1: xyz: unknown key\n");
	says("at = 1;", "t.conf:1: at: unknown key\n");
}

static void
a_hundred_errors_are_enough(void **state)
{
	struct buf text = { 0 };
	struct thing thing;
	char *messages, *last;

	for (int i = 0; i < 4000; i++)
		buf_addf(&text, "x%d = 1;\n", i);
	messages = load(text.s, &thing);
	last = strstr(messages, "t.conf: and 3900 more\n");
	assert_non_null(last);
	assert_string_equal(last, "t.conf: and 3900 more\n");
	assert_non_null(strstr(messages, "\nt.conf:100: x99: unknown key\n"));
	assert_null(strstr(messages, "t.conf:101:"));
	free(messages);
	conf_clear(keys, &thing);
	buf_free(&text);
}

static void
a_nested_group_is_applied_by_itself(void **state)
{
	const char *text =
	    "inner = {\n number = 5;\n parts = ( { weight = 0; file = \"x\"; } );\n};";
	struct diag d = { 0 };
	struct conf_doc *doc;
	struct thing t = { 0 };

	assert_int_equal(conf_open_text(&d, "t.conf", "/", text, strlen(text), &doc), 0);
	assert_int_equal(conf_apply(&d, doc, "absent", keys, &t), 0);
	assert_int_equal(conf_apply(&d, doc, "inner", keys, &t), -1);
	assert_string_equal(
	    d.text, "t.conf:3: inner.parts[0].weight: 0 is out of range (1 to 9)\n");
	assert_int_equal(t.number, 5);
	assert_string_equal(t.parts[0].file, "/x");
	conf_clear(keys, &t);
	conf_close(doc);
	diag_free(&d);
}

static void
a_list_given_again_replaces_the_first(void **state)
{
	const char *text = "inner = { words = [ \"a\", \"b\" ]; parts = ( \"x\", \"y\" ); };\n"
			   "words = [ \"c\" ]; parts = ( );";
	struct diag d = { 0 };
	struct conf_doc *doc;
	struct thing t = { 0 };

	assert_int_equal(conf_open_text(&d, "t.conf", "/", text, strlen(text), &doc), 0);
	assert_int_equal(conf_apply(&d, doc, "inner", keys, &t), 0);
	assert_int_equal(t.nwords, 2);
	assert_int_equal(t.nparts, 2);
	assert_int_equal(conf_apply(&d, doc, NULL, keys, &t), 0);
	assert_int_equal(t.nwords, 1);
	assert_string_equal(t.words[0], "c");
	assert_int_equal(t.nparts, 0);
	conf_clear(keys, &t);
	conf_close(doc);
}

static void
places_are_found_by_path(void **state)
{
	const char *text = "on = true;\nparts = (\n  { file = \"a\"; },\n  { file = \"b\";\n"
			   "    weight = 2; } );\npart = { weight = 1; };\n";
	struct diag d = { 0 };
	struct conf_doc *doc;

	assert_int_equal(conf_open_text(&d, "t.conf", "/dir", text, strlen(text), &doc), 0);
	assert_true(conf_has(doc, "parts[1].weight"));
	assert_false(conf_has(doc, "parts[0].weight"));
	assert_false(conf_has(doc, "parts[2]"));
	assert_true(conf_has(doc, "part[0].weight"));
	assert_false(conf_has(doc, "part[1].weight"));
	assert_true(conf_is_group(doc, "part"));
	assert_false(conf_is_group(doc, "parts"));
	assert_string_equal(conf_where(doc, "parts[1].weight"), "t.conf:5");
	assert_string_equal(conf_where(doc, "parts[0].weight"), "t.conf:3");
	assert_string_equal(conf_where(doc, "absent"), "t.conf");
	assert_string_equal(conf_file(doc), "/dir/t.conf");
	conf_close(doc);
}

static void
without_a_folder_there_is_no_relative_path(void **state)
{
	const char *text = "path = \"a\";";
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;
	struct thing t = { 0 };

	assert_int_equal(conf_open_text(&d, "t.conf", NULL, text, strlen(text), &doc), 0);
	assert_int_equal(conf_apply(&d, doc, NULL, keys, &t), -1);
	assert_string_equal(d.text, "t.conf:1: path: \"a\" is not an absolute path\n");
	assert_null(conf_file(doc));
	conf_close(doc);
	diag_free(&d);
	text = "@include \"/etc/passwd\"";
	assert_int_equal(conf_open_text(&d, "t.conf", NULL, text, strlen(text), &doc), -1);
	assert_string_equal(d.text, "t.conf:1: @include: not possible here\n");
	diag_free(&d);
}

/* --- files --- */

static char folder[] = "/tmp/vmrun-test-conf.XXXXXX";

static int
make_folder(void **state)
{
	return mkdtemp(folder) == NULL || chdir(folder) == -1 ? -1 : 0;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "main.conf", "sub/inc.conf", "sub/more.conf",
		"loop.conf" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	rmdir("sub");
	return rmdir(folder);
}

static void
put(const char *name, const char *text)
{
	struct diag d = { 0 };

	assert_int_equal(file_write(&d, name, 0644, text, strlen(text)), 0);
}

static void
included_lines_have_their_own_place_and_folder(void **state)
{
	struct diag d = { 0 };
	struct conf_doc *doc;
	struct thing t = { 0 };
	char *wanted;

	mkdir("sub", 0755);
	put("main.conf", "path = \"here\";\n@include \"sub/inc.conf\" # shared\nbad1 = 1;\n");
	put("sub/inc.conf", "\n@include \"more.conf\"\nparts = \"there\";\nbad2 = 1;");
	put("sub/more.conf", "bad3 = 1; /* two\nlines */ bad4 = 1;\n");
	assert_int_equal(conf_open(&d, "main.conf", &doc), 0);
	assert_int_equal(conf_apply(&d, doc, NULL, keys, &t), -1);
	assert_string_equal(d.text, "sub/more.conf:1: bad3: unknown key\n"
				    "sub/more.conf:2: bad4: unknown key\n"
				    "sub/inc.conf:4: bad2: unknown key\n"
				    "main.conf:3: bad1: unknown key\n");
	wanted = xasprintf("%s/here", folder);
	assert_string_equal(t.path, wanted);
	free(wanted);
	wanted = xasprintf("%s/sub/there", folder);
	assert_string_equal(t.parts[0].file, wanted);
	free(wanted);
	conf_clear(keys, &t);
	conf_close(doc);
	diag_free(&d);
}

static void
a_syntax_error_is_told_with_the_included_file(void **state)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;

	mkdir("sub", 0755);
	put("main.conf", "on = true;\n@include \"sub/inc.conf\"\n");
	put("sub/inc.conf", "number = 5;\nname = = 6;\n");
	assert_int_equal(conf_open(&d, "main.conf", &doc), -1);
	assert_string_equal(d.text, "sub/inc.conf:2: syntax error, here or just before\n");
	assert_null(doc);
	diag_free(&d);
}

static void
includes_end_somewhere(void **state)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;
	struct buf b = { 0 };

	put("loop.conf", "@include \"./loop.conf\"\n");
	assert_int_equal(conf_open(&d, "loop.conf", &doc), -1);
	assert_string_equal(d.text, "loop.conf:1: @include: a loop: loop.conf > ./loop.conf\n");
	diag_free(&d);
	mkdir("sub", 0755);
	put("sub/inc.conf", "");
	for (int i = 0; i < 200; i++)
		buf_add(&b, "@include \"sub/inc.conf\"\n");
	put("main.conf", b.s);
	assert_int_equal(conf_open(&d, "main.conf", &doc), -1);
	assert_string_equal(d.text, "main.conf:100: @include: more than 100 files\n");
	diag_free(&d);
	buf_free(&b);
}

static void
a_missing_file_is_told_by_errno(void **state)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;

	assert_int_equal(conf_open(&d, "no-such.conf", &doc), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(d.text, "no-such.conf: No such file or directory\n");
	diag_free(&d);
}

static void
root_refuses_what_others_can_write(void **state)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;

	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	mkdir("sub", 0755);
	put("main.conf", "@include \"sub/inc.conf\"\n");
	put("sub/inc.conf", "on = true;\n");
	assert_int_equal(chmod("sub/inc.conf", 0666), 0);
	assert_int_equal(conf_open(&d, "main.conf", &doc), -1);
	assert_non_null(strstr(d.text, "main.conf:1: @include: "));
	assert_non_null(strstr(d.text, "others can write"));
	diag_free(&d);
	assert_int_equal(chmod("sub/inc.conf", 0644), 0);
	assert_int_equal(chmod("sub", 0777), 0);
	assert_int_equal(conf_open(&d, "main.conf", &doc), -1);
	diag_free(&d);
	assert_int_equal(chmod("sub", 0755), 0);
	assert_int_equal(conf_open(&d, "main.conf", &doc), 0);
	conf_close(doc);
}

static void
a_table_prints_itself(void **state)
{
	static const struct conf_key small[] = {
		{ "size", CONF_SIZE, .min = 1024, .max = 2048, .def = "1K", .help = "How large" },
		{ "part", CONF_GROUP, .sub = part_keys, .scalar = "weight", .help = "A part" },
		{ 0 },
	};
	struct buf b = { 0 };

	conf_print_mdoc(&b, small);
	assert_string_equal(b.s,
	    ".Bl -tag -width Ds\n.It Ic size\nHow large\n(size, 1K to 2K; default 1K).\n"
	    ".It Ic part\nA part\n(group; a bare value is its weight; default 3).\n"
	    ".Bl -tag -width Ds\n.It Ic weight\nWeight\n(number, 1 to 9; default 3).\n"
	    ".It Ic file\nFile\n(path; required).\n.El\n.El\n");
	buf_free(&b);
	conf_print_sample(&b, small);
	assert_string_equal(b.s,
	    "# How large\n# (size, 1K to 2K; default 1K)\n#size = \"1K\";\n\n"
	    "# A part\n# (group; a bare value is its weight; default 3)\n#part = {\n"
	    "#\t# Weight\n#\t# (number, 1 to 9; default 3)\n#\tweight = 3;\n"
	    "#\t# File\n#\t# (path; required)\n#\tfile = \"/a\";\n#};\n");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_rows),
		cmocka_unit_test(every_kind_is_stored),
		cmocka_unit_test(a_switch_can_be_left_unsaid_and_numbers_be_many),
		cmocka_unit_test(short_forms_stand_for_the_long_ones),
		cmocka_unit_test(a_bare_list_stands_for_the_list_of_a_group),
		cmocka_unit_test(integers_have_64_bits_and_no_octal),
		cmocka_unit_test(digits_in_strings_and_comments_are_left_alone),
		cmocka_unit_test(a_comma_may_end_a_list),
		cmocka_unit_test(adjacent_strings_are_one),
		cmocka_unit_test(all_errors_are_told_in_the_order_of_the_lines),
		cmocka_unit_test(ranges_are_told_in_the_unit_of_the_key),
		cmocka_unit_test(a_suggestion_is_made_only_when_it_is_near),
		cmocka_unit_test(a_hundred_errors_are_enough),
		cmocka_unit_test(a_nested_group_is_applied_by_itself),
		cmocka_unit_test(a_list_given_again_replaces_the_first),
		cmocka_unit_test(places_are_found_by_path),
		cmocka_unit_test(without_a_folder_there_is_no_relative_path),
		cmocka_unit_test(included_lines_have_their_own_place_and_folder),
		cmocka_unit_test(a_syntax_error_is_told_with_the_included_file),
		cmocka_unit_test(includes_end_somewhere),
		cmocka_unit_test(a_missing_file_is_told_by_errno),
		cmocka_unit_test(root_refuses_what_others_can_write),
		cmocka_unit_test(a_table_prints_itself),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
