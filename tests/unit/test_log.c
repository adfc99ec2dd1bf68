/* The log of a VM: stamps, long lines, control characters, rotation. */
#include "vm_fixture.h"

#include <ctype.h>

#include "super/log.h"

static struct voice qemu = { .name = "qemu", .title = "QEMU" };

static void
open_log(struct place *p, struct log *l)
{
	char *path = in_root(p, "web1.log");

	assert_done(p, log_open(&p->d, l, path));
	free(path);
}

/* The words of each line, after "2026-01-01T00:00:00.000Z "; the stamp is checked. */
static char *
words(const struct place *p)
{
	char *text = get(p, "web1.log"), *out = xstrdup("");

	assert_non_null(text);
	for (char *line = text, *end; *line != '\0'; line = end + 1) {
		static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";
		char *more;

		end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		for (size_t i = 0; i < sizeof(form) - 1; i++) {
			if (form[i] == 'd')
				assert_true(isdigit((unsigned char)line[i]));
			else
				assert_int_equal(line[i], form[i]);
		}
		more = xasprintf("%s%s\n", out, line + sizeof(form) - 1);
		free(out);
		out = more;
	}
	free(text);
	return out;
}

static void
assert_words(const struct place *p, const char *expected)
{
	char *text = words(p);

	assert_string_equal(text, expected);
	free(text);
}

static void
each_line_has_a_stamp_and_says_who_spoke(void **state)
{
	struct place *p = *state;
	struct log l;

	open_log(p, &l);
	log_say(&l, "started %s, pid %d", "qemu", 7);
	log_take(&l, &qemu, "first\nsec", 9);
	log_take(&l, &qemu, "ond\n\nthird", 10);
	assert_words(p, "vmrun: started qemu, pid 7\nqemu: first\nqemu: second\n");
	log_take(&l, &qemu, "\n", 1);
	assert_words(p, "vmrun: started qemu, pid 7\nqemu: first\nqemu: second\nqemu: third\n");
	log_close(&l);
	open_log(p, &l); /* it is added to, never begun anew */
	log_say(&l, "again");
	log_close(&l);
	assert_words(p,
	    "vmrun: started qemu, pid 7\nqemu: first\nqemu: second\nqemu: third\nvmrun: again\n");
}

static void
control_characters_are_made_visible(void **state)
{
	struct place *p = *state;
	struct log l;

	open_log(p, &l);
	log_take(&l, &qemu, "a\033[31mred\r\n", 11);
	log_take(&l, &qemu, "nul \0 end\n", 10);
	log_say(&l, "%s", "two\nlines");
	log_close(&l);
	assert_words(p, "qemu: a\\033[31mred\\015\nqemu: nul \\000 end\nvmrun: two\\nlines\n");
}

static void
a_line_that_is_too_long_is_broken(void **state)
{
	struct place *p = *state;
	char text[LOG_LINE_MAX * 2 + 10], *lines, *second;
	struct log l;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	open_log(p, &l);
	log_take(&l, &qemu, text, sizeof(text));
	log_close(&l);
	lines = words(p);
	assert_int_equal(strcspn(lines, "\n"), strlen("qemu: ") + LOG_LINE_MAX);
	second = strchr(lines, '\n') + 1;
	assert_int_equal(strcspn(second, "\n"), strlen("qemu: ") + LOG_LINE_MAX);
	assert_string_equal(strchr(second, '\n') + 1, "qemu: xxxxxxxxx\n");
	free(lines);
}

static off_t
size_of(const struct place *p, const char *path)
{
	char *whole = in_root(p, path);
	struct stat st = { 0 };

	if (stat(whole, &st) == -1)
		st.st_size = -1;
	free(whole);
	return st.st_size;
}

static void
at_its_limit_a_log_is_put_aside_and_only_a_few_are_kept(void **state)
{
	struct place *p = *state;
	char line[1000], name[32], *text;
	unsigned first;
	struct log l;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	open_log(p, &l);
	for (unsigned i = 0; i < (LOG_KEEP + 3) * (LOG_SIZE_MAX / 1000); i++) {
		snprintf(line, 9, "%08u", i);
		line[8] = ' ';
		log_take(&l, &qemu, line, sizeof(line));
	}
	log_close(&l);
	assert_true(size_of(p, "web1.log") > 0);
	assert_true(size_of(p, "web1.log") <= LOG_SIZE_MAX);
	for (int i = 1; i <= LOG_KEEP; i++) {
		snprintf(name, sizeof(name), "web1.log.%d", i);
		assert_true(size_of(p, name) > LOG_SIZE_MAX - 2000);
		assert_true(size_of(p, name) <= LOG_SIZE_MAX);
	}
	snprintf(name, sizeof(name), "web1.log.%d", LOG_KEEP + 1);
	assert_false(is_there(p, name));
	/* The last line is in the newest, and none is lost between it and the one before. */
	text = get(p, "web1.log");
	snprintf(name, sizeof(name), "qemu: %08u", (LOG_KEEP + 3) * (LOG_SIZE_MAX / 1000) - 1);
	assert_non_null(strstr(text, name));
	assert_int_equal(sscanf(strstr(text, "qemu: "), "qemu: %u", &first), 1);
	free(text);
	text = get(p, "web1.log.1");
	snprintf(name, sizeof(name), "qemu: %08u", first - 1);
	assert_non_null(strstr(text, name));
	free(text);
}

static void
a_log_that_is_full_already_is_put_aside_at_the_first_line(void **state)
{
	struct place *p = *state;
	char *text = xcalloc(LOG_SIZE_MAX + 1, 1);
	struct log l;

	memset(text, 'x', LOG_SIZE_MAX);
	put(p, "web1.log", 0640, text);
	open_log(p, &l);
	log_say(&l, "new");
	log_close(&l);
	assert_words(p, "vmrun: new\n");
	assert_int_equal(size_of(p, "web1.log.1"), LOG_SIZE_MAX);
	free(text);
}

static void
what_qemu_says_while_it_starts_is_kept_from_its_first_word(void **state)
{
	struct place *p = *state;
	char line[101];
	struct log l;

	open_log(p, &l);
	log_take(&l, &qemu, "before\n", 7);
	assert_null(l.tail);
	log_tail_begin(&l);
	log_take(&l, &qemu, "could not open\n", 15);
	assert_string_equal(l.tail, "QEMU: could not open\n");
	memset(line, 'x', sizeof(line));
	line[100] = '\n';
	for (int i = 0; i < 1000; i++)
		log_take(&l, &qemu, line, sizeof(line));
	assert_int_equal(l.tail_len, strlen(l.tail));
	assert_true(l.tail_len < 65536);
	assert_memory_equal(l.tail, "QEMU: could not open\nQEMU: xxx", 30);
	log_tail_begin(&l); /* of the next start */
	assert_string_equal(l.tail, "");
	log_tail_end(&l);
	log_take(&l, &qemu, "after\n", 6);
	assert_null(l.tail);
	log_close(&l);
}

static void
a_last_word_without_an_end_is_not_lost(void **state)
{
	struct place *p = *state;
	struct voice swtpm = { .name = "swtpm", .title = "swtpm" };
	struct log l;

	open_log(p, &l);
	log_tail_begin(&l);
	log_take(&l, &swtpm, "no ", 3);
	log_take(&l, &qemu, "no TPM\n", 7); /* each has its own lines */
	log_take(&l, &swtpm, "state", 5);
	assert_words(p, "qemu: no TPM\n");
	log_fall_silent(&l, &swtpm);
	log_fall_silent(&l, &swtpm);
	assert_words(p, "qemu: no TPM\nswtpm: no state\n");
	assert_string_equal(l.tail, "QEMU: no TPM\nswtpm: no state\n");
	log_close(&l);
}

static void
a_fifo_is_drained_without_waiting(void **state)
{
	struct place *p = *state;
	struct log l;
	int fds[2];

	open_log(p, &l);
	assert_int_equal(fd_pipe(fds), 0);
	assert_int_equal(fd_set_nonblock(fds[0], true), 0);
	log_drain(&l, &qemu, fds[0]);
	assert_int_equal(fd_write_all(fds[1], "one\ntwo\n", 8), 0);
	log_drain(&l, &qemu, fds[0]);
	assert_words(p, "qemu: one\nqemu: two\n");
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	log_close(&l);
}

static void
a_log_is_a_regular_file_and_no_link(void **state)
{
	struct place *p = *state;
	struct log l = { .fd = -1 };
	char *path = in_root(p, "web1.log"), *target = in_root(p, "passwd");

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(p, log_open(&p->d, &l, path), "web1.log");
	assert_int_equal(unlink(path), 0);
	put(p, "passwd", 0600, "root");
	assert_int_equal(symlink(target, path), 0);
	assert_refused(p, log_open(&p->d, &l, path), "web1.log");
	assert_int_equal(l.fd, -1);
	free(path);
	free(target);
}

#define test(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(each_line_has_a_stamp_and_says_who_spoke),
		test(control_characters_are_made_visible),
		test(a_line_that_is_too_long_is_broken),
		test(at_its_limit_a_log_is_put_aside_and_only_a_few_are_kept),
		test(a_log_that_is_full_already_is_put_aside_at_the_first_line),
		test(what_qemu_says_while_it_starts_is_kept_from_its_first_word),
		test(a_last_word_without_an_end_is_not_lost),
		test(a_fifo_is_drained_without_waiting),
		test(a_log_is_a_regular_file_and_no_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
