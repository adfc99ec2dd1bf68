/* The poll loop: descriptors, timers, and callbacks that change both. */
#include "unit.h"

#include <poll.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/loop.h"

struct turn {
	struct loop *l;
	int fds[2][2]; /* two pipes */
	unsigned calls[2];
	char order[16];
	size_t n;
};

static int
make(void **state)
{
	static struct turn turn;

	turn = (struct turn){ .l = loop_new() };
	*state = &turn;
	return fd_pipe(turn.fds[0]) == -1 || fd_pipe(turn.fds[1]) == -1 ? -1 : 0;
}

static int
unmake(void **state)
{
	struct turn *t = *state;

	loop_free(t->l);
	for (unsigned i = 0; i < 4; i++)
		fd_close(&t->fds[i / 2][i % 2]);
	return 0;
}

static unsigned
which(const struct turn *t, int fd)
{
	return fd == t->fds[1][0];
}

static void
say(struct turn *t, unsigned pipe)
{
	assert_int_equal(write(t->fds[pipe][1], "x", 1), 1);
}

static void
read_one(int fd, short revents, void *arg)
{
	struct turn *t = arg;
	char c;

	t->calls[which(t, fd)]++;
	if (read(fd, &c, 1) == 0)
		loop_remove(t->l, fd);
}

static void
nothing_to_wait_for_is_the_end(void **state)
{
	struct turn *t = *state;

	assert_int_equal(loop_run(t->l), 0);
	loop_add(t->l, t->fds[0][0], POLLIN, read_one, t);
	loop_remove(t->l, t->fds[0][0]);
	loop_remove(t->l, t->fds[0][0]);
	assert_int_equal(loop_run(t->l), 0);
	loop_free(NULL);
}

static void
a_descriptor_is_told_until_it_ends(void **state)
{
	struct turn *t = *state;

	loop_add(t->l, t->fds[0][0], POLLIN, read_one, t);
	say(t, 0);
	say(t, 0);
	fd_close(&t->fds[0][1]);
	assert_int_equal(loop_run(t->l), 0);
	assert_int_equal(t->calls[0], 3); /* two bytes and the end */
}

static void
remove_both(int fd, short revents, void *arg)
{
	struct turn *t = arg;

	t->calls[which(t, fd)]++;
	loop_remove(t->l, t->fds[0][0]);
	loop_remove(t->l, t->fds[1][0]);
}

static void
a_callback_silences_the_other_that_is_ready_too(void **state)
{
	struct turn *t = *state;

	loop_add(t->l, t->fds[0][0], POLLIN, remove_both, t);
	loop_add(t->l, t->fds[1][0], POLLIN, remove_both, t);
	say(t, 0);
	say(t, 1);
	assert_int_equal(loop_run(t->l), 0);
	assert_int_equal(t->calls[0] + t->calls[1], 1);
}

static void
exchange(int fd, short revents, void *arg)
{
	struct turn *t = arg;

	t->calls[which(t, fd)]++;
	loop_remove(t->l, t->fds[0][0]);
	loop_add(t->l, t->fds[1][0], POLLIN, remove_both, t);
}

static void
a_callback_may_add_what_is_ready(void **state)
{
	struct turn *t = *state;

	loop_add(t->l, t->fds[0][0], POLLIN, exchange, t);
	say(t, 0);
	say(t, 1);
	assert_int_equal(loop_run(t->l), 0);
	assert_int_equal(t->calls[0], 1);
	assert_int_equal(t->calls[1], 1);
}

static void
adding_again_replaces(void **state)
{
	struct turn *t = *state;

	loop_add(t->l, t->fds[0][0], POLLIN, read_one, t);
	loop_add(t->l, t->fds[0][0], POLLIN, remove_both, t);
	say(t, 0);
	assert_int_equal(loop_run(t->l), 0); /* with read_one, it would wait for ever */
	assert_int_equal(t->calls[0], 1);
}

static void
stop_and_count(int fd, short revents, void *arg)
{
	struct turn *t = arg;

	t->calls[which(t, fd)]++;
	loop_stop(t->l);
}

static void
a_stop_stops_at_once_and_the_loop_can_run_again(void **state)
{
	struct turn *t = *state;

	loop_add(t->l, t->fds[0][0], POLLIN, stop_and_count, t);
	loop_add(t->l, t->fds[1][0], POLLIN, stop_and_count, t);
	say(t, 0);
	say(t, 1);
	assert_int_equal(loop_run(t->l), 0);
	assert_int_equal(t->calls[0] + t->calls[1], 1);
	assert_int_equal(loop_run(t->l), 0);
	assert_int_equal(t->calls[0] + t->calls[1], 2);
}

static void
a(void *arg)
{
	struct turn *t = arg;

	t->order[t->n++] = 'a';
}

static void
b(void *arg)
{
	struct turn *t = arg;

	t->order[t->n++] = 'b';
}

static void
timers_run_once_and_none_too_early(void **state)
{
	struct turn *t = *state;
	int64_t start = now_ms();

	loop_timer(t->l, start + 20, b, t);
	loop_timer(t->l, start + 5, a, t);
	assert_int_equal(loop_run(t->l), 0);
	assert_string_equal(t->order, "ab");
	assert_true(now_ms() >= start + 20);
}

static void
a_timer_is_moved_or_cancelled(void **state)
{
	struct turn *t = *state;
	int64_t start = now_ms();

	loop_timer(t->l, start + 1000000, a, t);
	loop_timer(t->l, start, a, t);
	loop_timer(t->l, start, b, t);
	loop_timer_cancel(t->l, b, t);
	loop_timer_cancel(t->l, b, t);
	assert_int_equal(loop_run(t->l), 0);
	assert_string_equal(t->order, "a");
}

static void
again(void *arg)
{
	struct turn *t = arg;

	t->order[t->n++] = 'x';
	if (t->n < 5)
		loop_timer(t->l, now_ms() + 1, again, t);
	loop_timer_cancel(t->l, a, t);
}

static void
a_timer_may_set_itself_again_and_cancel_another(void **state)
{
	struct turn *t = *state;

	loop_timer(t->l, now_ms() + 1000000, a, t);
	loop_timer(t->l, now_ms(), again, t);
	assert_int_equal(loop_run(t->l), 0);
	assert_string_equal(t->order, "xxxxx");
}

#define on_pipes(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_pipes(nothing_to_wait_for_is_the_end),
		on_pipes(a_descriptor_is_told_until_it_ends),
		on_pipes(a_callback_silences_the_other_that_is_ready_too),
		on_pipes(a_callback_may_add_what_is_ready),
		on_pipes(adding_again_replaces),
		on_pipes(a_stop_stops_at_once_and_the_loop_can_run_again),
		on_pipes(timers_run_once_and_none_too_early),
		on_pipes(a_timer_is_moved_or_cancelled),
		on_pipes(a_timer_may_set_itself_again_and_cancel_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
