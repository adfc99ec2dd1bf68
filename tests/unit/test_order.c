/* vm/order: who waits for whom, cycles, and whose turn it is in a start and in a stop. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/fleet.h"
#include "vm/order.h"

#define MANY    10000

struct world {
	struct fleet_member *member;
	const struct fleet_member **sorted;
	size_t n;
	struct order *o;
};

struct file {
	const char *name, *text;
};

/* Of files that are sorted by name, each sound by itself; ended by one without a name. */
static struct world
world_of(const struct file *files)
{
	struct world w = { 0 };

	while (files[w.n].name != NULL)
		w.n++;
	w.member = xcalloc(w.n, sizeof(*w.member));
	w.sorted = xcalloc(w.n, sizeof(*w.sorted));
	for (size_t i = 0; i < w.n; i++) {
		char *file = xasprintf("%s.conf", files[i].name);
		struct diag d = { 0 };

		if (conf_open_text(&d, file, "/vms", files[i].text, strlen(files[i].text),
			&w.member[i].doc) == -1 ||
		    vm_load(&d, files[i].name, w.member[i].doc, NULL, &w.member[i].vm) == -1)
			fail_msg("%s", d.text);
		w.sorted[i] = &w.member[i];
		free(file);
	}
	w.o = order_new(w.sorted, w.n);
	return w;
}

static void
world_free(struct world *w)
{
	order_free(w->o);
	for (size_t i = 0; i < w->n; i++) {
		vm_free(&w->member[i].vm);
		if (w->member[i].doc != NULL)
			conf_close(w->member[i].doc);
	}
	free(w->member);
	free(w->sorted);
}

static size_t
place(const struct world *w, const char *name)
{
	size_t i = 0;

	if (!order_find(w->o, name, &i))
		fail_msg("no VM %s", name);
	return i;
}

static bool
has_word(const char *words, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = words; (s = strstr(s, name)) != NULL; s += n) {
		if ((s == words || s[-1] == ' ') && (s[n] == '\0' || s[n] == ' '))
			return true;
	}
	return false;
}

static void
choose_words(const struct world *w, struct order_run *r, const char *words)
{
	char *copy = xstrdup(words), *rest = copy, *word;

	while ((word = strsep(&rest, " ")) != NULL)
		order_choose(r, place(w, word));
	free(copy);
}

static void
add_blocked(const struct world *w, struct order_run *r, struct buf *b)
{
	size_t i, by;

	while (order_blocked(r, &i, &by))
		buf_addf(b, " !%s(%s)", w->sorted[i]->vm.name, w->sorted[by]->vm.name);
}

/* Rounds of what can go side by side: "db | app1 app2 | web". A VM of failing fails; one that
 * cannot go because of x is "!vm(x)". To be freed. */
static char *
rounds(const struct world *w, const char *chosen, bool stop, const char *failing)
{
	struct order_run *r = order_begin(w->o, stop);
	struct buf b = { 0 };
	size_t *round = xcalloc(w->n, sizeof(*round)), n;

	choose_words(w, r, chosen);
	order_go(r);
	add_blocked(w, r, &b);
	for (;;) {
		for (n = 0; order_next(r, &round[n]); n++)
			buf_addf(
			    &b, "%s%s", b.len > 0 ? " " : "", w->sorted[round[n]]->vm.name);
		if (n == 0)
			break;
		for (size_t i = 0; i < n; i++)
			order_settle(
			    r, round[i], !has_word(failing, w->sorted[round[i]]->vm.name));
		add_blocked(w, r, &b);
		buf_add(&b, " |");
	}
	free(round);
	order_end(r);
	return b.s != NULL ? b.s : xstrdup("");
}

#define assert_rounds(w, chosen, stop, failing, expected)                                          \
	do {                                                                                       \
		char *got = rounds(w, chosen, stop, failing);                                      \
                                                                                                   \
		assert_string_equal(got, expected);                                                \
		free(got);                                                                         \
	} while (0)

static const struct file layers[] = {
	{ "app1", "requires = \"db\"; tags = \"app\";" },
	{ "app2", "requires = \"db\"; tags = \"app\";" },
	{ "db", "" },
	{ "other", "" },
	{ "web1", "requires = \"@app\";" },
	{ "web2", "requires = [ \"app*\" ];" },
	{ NULL, NULL },
};

static void
what_is_required_is_started_first(void **state)
{
	struct world w = world_of(layers);

	assert_rounds(&w, "web1", false, "", "db | app1 app2 | web1 |");
	assert_rounds(&w, "web1 web2 other", false, "", "db other | app1 app2 | web1 web2 |");
	assert_rounds(&w, "app2", false, "", "db | app2 |");
	assert_true(order_matters(w.o));
	world_free(&w);
}

static void
a_failure_blocks_all_that_require_it(void **state)
{
	struct world w = world_of(layers);

	assert_rounds(
	    &w, "web1 web2 other", false, "app1", "db other | app1 app2 !web2(app1) !web1(app1) |");
	assert_rounds(
	    &w, "web1 app2 other", false, "db", "db other !app1(db) !app2(db) !web1(app2) |");
	world_free(&w);
}

static void
a_stop_is_the_reverse_and_takes_along_who_requires_it(void **state)
{
	struct world w = world_of(layers);

	assert_rounds(&w, "db", true, "", "web1 web2 | app1 app2 | db |");
	assert_rounds(&w, "app1 other", true, "", "other web1 web2 | app1 |");
	assert_rounds(&w, "web1", true, "", "web1 |");
	/* Whoever could not be stopped does not keep the others alive. */
	assert_rounds(&w, "app1", true, "web1", "web1 web2 | app1 |");
	world_free(&w);
}

static void
after_orders_only_those_that_start_together(void **state)
{
	const struct file files[] = { { "a", "after = \"b\";" }, { "b", "" },
		{ "c", "after = [ \"a\", \"*\", \"nobody\" ];" }, { NULL, NULL } };
	struct world w = world_of(files);

	assert_rounds(&w, "a", false, "", "a |");
	assert_rounds(&w, "a b", false, "", "b | a |");
	assert_rounds(&w, "a c", false, "", "a | c |");
	assert_rounds(&w, "c", false, "", "c |");
	/* A failure does not stop those that are only after it. */
	assert_rounds(&w, "a b c", false, "b a", "b | a | c |");
	assert_rounds(&w, "a b c", true, "", "c | a | b |");
	assert_rounds(&w, "b", true, "", "b |");
	assert_string_equal(order_idle_word(w.o, place(&w, "c")), "nobody");
	assert_null(order_idle_word(w.o, place(&w, "a")));
	world_free(&w);
}

static void
priority_and_then_the_name_decide_between_free_ones(void **state)
{
	const struct file files[] = { { "a", "" }, { "b", "priority = 5;" },
		{ "c", "priority = -1;" }, { "d", "priority = 5;" }, { "e", "" },
		{ "f", "priority = 9; after = \"c\";" }, { NULL, NULL } };
	struct world w = world_of(files);

	assert_rounds(&w, "a b c d e f", false, "", "b d a e c | f |");
	assert_rounds(&w, "e c", false, "", "e c |");
	world_free(&w);
}

static void
a_pattern_does_not_mean_the_vm_itself(void **state)
{
	const struct file files[] = { { "db1", "" }, { "db2", "after = \"db*\"; tags = \"x\";" },
		{ "db3", "requires = \"@x\"; tags = \"x\";" }, { NULL, NULL } };
	struct world w = world_of(files);
	struct diag d = { 0 };

	/* db3 is one of db*, and requires @x, which is db2. */
	assert_int_equal(order_check(&d, w.o, place(&w, "db2")), -1);
	assert_string_equal(d.text,
	    "db2.conf:1: after: a cycle: db2 -> db3 -> db2 (db2.conf:1: after \"db*\"; "
	    "db3.conf:1: requires \"@x\")\n");
	assert_int_equal(order_check(&d, w.o, place(&w, "db1")), 0);
	diag_free(&d);
	world_free(&w);
}

static const struct file circle[] = {
	{ "app1", "memory = \"64M\";\nrequires = [ \"db\",\n \"cache\" ];" },
	{ "behind", "requires = \"app1\";" },
	{ "cache", "" },
	{ "db", "\n\nafter = \"web*\";" },
	{ "later", "after = \"app1\";" },
	{ "web1", "after = \"app1\";" },
	{ NULL, NULL },
};

static void
a_cycle_is_shown_with_the_place_of_each_edge(void **state)
{
	struct world w = world_of(circle);
	struct diag d = { 0 };

	assert_int_equal(order_check(&d, w.o, place(&w, "web1")), -1);
	assert_int_equal(order_check(&d, w.o, place(&w, "app1")), -1);
	assert_int_equal(order_check(&d, w.o, place(&w, "behind")), 0);
	assert_int_equal(order_check(&d, w.o, place(&w, "cache")), 0);
	assert_int_equal(d.status, DIAG_CONFIG);
	assert_string_equal(d.text,
	    "web1.conf:1: after: a cycle: web1 -> app1 -> db -> web1 (web1.conf:1: after \"app1\"; "
	    "app1.conf:2: requires \"db\"; db.conf:3: after \"web*\")\n"
	    "app1.conf:2: requires: a cycle: app1 -> db -> web1 -> app1 (app1.conf:2: requires "
	    "\"db\"; "
	    "db.conf:3: after \"web*\"; web1.conf:1: after \"app1\")\n");
	diag_free(&d);
	world_free(&w);
}

static void
a_cycle_keeps_its_own_from_starting_and_nobody_from_stopping(void **state)
{
	struct world w = world_of(circle);

	assert_rounds(&w, "web1 behind later", false, "",
	    " !app1(app1) !db(db) !web1(web1) !behind(app1) cache later |");
	assert_rounds(&w, "app1 behind cache db later web1", true, "",
	    "behind db later web1 | app1 | cache |");
	world_free(&w);
}

/* Two ways through one knot: the one that is shown is the same for all of them. */
static void
whoever_hangs_between_them_is_told_so(void **state)
{
	const struct file files[] = { { "a", "after = [ \"b\", \"c\" ];" },
		{ "b", "after = \"a\";" }, { "c", "requires = \"b\";" }, { NULL, NULL } };
	struct world w = world_of(files);
	struct diag d = { 0 };

	assert_int_equal(order_check(&d, w.o, place(&w, "c")), -1);
	assert_string_equal(d.text,
	    "c.conf:1: requires: it hangs between VMs of a cycle: a -> b -> a (a.conf:1: after "
	    "\"b\"; b.conf:1: after \"a\")\n");
	diag_free(&d);
	world_free(&w);
}

static void
what_is_required_must_be_there(void **state)
{
	const struct file files[] = { { "a", "requires = \"b\";" },
		{ "c", "memory = 67108864;\nrequires = [ \"a\", \"@none\" ];" },
		{ "d", "requires = \"d*\";" }, { NULL, NULL } };
	struct world w = world_of(files);
	struct diag d = { 0 };

	for (size_t i = 0; i < w.n; i++)
		assert_int_equal(order_check(&d, w.o, i), -1);
	assert_string_equal(d.text, "a.conf:1: requires: there is no VM called b\n"
				    "c.conf:2: requires: no other VM matches \"@none\"\n"
				    "d.conf:1: requires: no other VM matches \"d*\"\n");
	assert_rounds(&w, "a c d", false, "", " !a(a) !c(c) !d(d)");
	assert_rounds(&w, "a", true, "", "c | a |");
	diag_free(&d);
	world_free(&w);
}

static void
one_that_is_up_already_waits_for_nobody(void **state)
{
	struct world w = world_of(circle);
	struct order_run *r = order_begin(w.o, false);
	size_t i, by, *others;

	order_choose(r, place(&w, "later"));
	assert_int_equal(order_outsiders(r, &others), 1);
	assert_int_equal(others[0], place(&w, "app1"));
	free(others);
	order_await(r, place(&w, "app1"));
	order_go(r);
	assert_true(order_next(r, &i));
	assert_int_equal(i, place(&w, "app1"));
	assert_false(order_next(r, &i));
	assert_true(order_is_awaited(r, place(&w, "app1")));
	order_settle(r, place(&w, "app1"), true);
	assert_true(order_next(r, &i));
	assert_int_equal(i, place(&w, "later"));
	assert_false(order_is_awaited(r, i));
	assert_false(order_blocked(r, &i, &by));
	order_end(r);
	world_free(&w);
}

static void
outsiders_are_found_through_patterns(void **state)
{
	const struct file files[] = { { "a", "after = \"x*\";" }, { "b", "requires = \"a\";" },
		{ "x1", "" }, { "x2", "after = \"y\";" }, { "y", "" }, { NULL, NULL } };
	struct world w = world_of(files);
	struct order_run *r = order_begin(w.o, false);
	size_t *others;

	order_choose(r, place(&w, "b"));
	assert_int_equal(order_outsiders(r, &others), 2);
	assert_int_equal(others[0] + others[1], place(&w, "x1") + place(&w, "x2"));
	order_await(r, place(&w, "x1"));
	assert_true(order_is_chosen(r, place(&w, "a")));
	assert_false(order_is_chosen(r, place(&w, "x2")));
	order_go(r);
	assert_true(order_is_awaited(r, place(&w, "x1")));
	free(others);
	order_end(r);
	world_free(&w);
}

/* VMs without files: many of them, with one word of after and one tag each. */
static struct world
crowd(void (*fill)(size_t i, char after[32], char tag[32]))
{
	struct world w = { .n = MANY };

	w.member = xcalloc(w.n, sizeof(*w.member));
	w.sorted = xcalloc(w.n, sizeof(*w.sorted));
	for (size_t i = 0; i < w.n; i++) {
		struct vm *vm = &w.member[i].vm;
		char after[32], tag[32];

		fill(i, after, tag);
		vm->name = xasprintf("vm%05zu", i);
		vm->after = xcalloc(1, sizeof(char *));
		vm->after[0] = xstrdup(after);
		vm->nafter = 1;
		vm->tags = xcalloc(1, sizeof(char *));
		vm->tags[0] = xstrdup(tag);
		vm->ntags = 1;
		w.sorted[i] = &w.member[i];
	}
	w.o = order_new(w.sorted, w.n);
	return w;
}

/* Every VM is given out once, and no round has more than so many. */
static void
assert_runs(const struct world *w, bool stop, size_t widest)
{
	struct order_run *r = order_begin(w->o, stop);
	size_t *round = xcalloc(w->n, sizeof(*round)), n, total = 0;

	for (size_t i = 0; i < w->n; i++)
		order_choose(r, i);
	order_go(r);
	do {
		for (n = 0; order_next(r, &round[n]); n++)
			;
		assert_true(n <= widest);
		for (size_t i = 0; i < n; i++)
			order_settle(r, round[i], true);
		total += n;
	} while (n > 0);
	assert_int_equal(total, w->n);
	free(round);
	order_end(r);
}

static void
in_layers(size_t i, char after[32], char tag[32])
{
	snprintf(tag, 32, "layer%zu", i / 2500);
	snprintf(after, 32, "@layer%zu", i / 2500 + 1);
}

static void
in_a_chain(size_t i, char after[32], char tag[32])
{
	snprintf(tag, 32, "x");
	snprintf(after, 32, "vm%05zu", i + 1);
}

static void
in_a_circle(size_t i, char after[32], char tag[32])
{
	snprintf(tag, 32, "x");
	snprintf(after, 32, "vm%05zu", (i + 1) % MANY);
}

static void
in_pairs(size_t i, char after[32], char tag[32])
{
	snprintf(tag, 32, "x");
	snprintf(after, 32, "vm%05zu*", i ^ 1);
}

static void
all_of_all(size_t i, char after[32], char tag[32])
{
	snprintf(tag, 32, "x");
	snprintf(after, 32, "%s", i % 2 == 0 ? "@x" : "vm*");
}

static void
ten_thousand_are_put_in_order_and_told_of_their_cycles(void **state)
{
	static void (*const shapes[])(size_t, char[32], char[32]) = { in_layers, in_a_chain,
		in_a_circle, in_pairs, all_of_all };
	static const size_t wrong[] = { 0, 0, MANY, MANY, MANY };

	for (size_t k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++) {
		struct world w = crowd(shapes[k]);
		size_t found = 0;

		for (size_t i = 0; i < w.n; i++) {
			struct diag d = { 0 };

			found += order_check(&d, w.o, i) == -1;
			diag_free(&d);
		}
		assert_int_equal(found, wrong[k]);
		/* A start holds back what is in a cycle, a stop nobody. */
		if (wrong[k] == 0)
			assert_runs(&w, false, k == 0 ? 2500 : 1);
		assert_runs(&w, true, k == 0 ? 2500 : k == 1 ? 1 : MANY);
		for (size_t i = 0; i < w.n; i++) {
			free(w.member[i].vm.after[0]);
			free(w.member[i].vm.after);
			free(w.member[i].vm.tags[0]);
			free(w.member[i].vm.tags);
			free(w.member[i].vm.name);
			w.member[i].vm = (struct vm){ 0 };
		}
		world_free(&w);
	}
}

static void
a_fleet_without_words_has_no_order(void **state)
{
	const struct file files[] = { { "a", "" }, { "b", "priority = 1;" }, { NULL, NULL } };
	struct world w = world_of(files), none = world_of(files + 2);

	assert_false(order_matters(w.o));
	assert_false(order_matters(none.o));
	assert_rounds(&w, "a b", true, "", "b a |");
	world_free(&w);
	world_free(&none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_required_is_started_first),
		cmocka_unit_test(a_failure_blocks_all_that_require_it),
		cmocka_unit_test(a_stop_is_the_reverse_and_takes_along_who_requires_it),
		cmocka_unit_test(after_orders_only_those_that_start_together),
		cmocka_unit_test(priority_and_then_the_name_decide_between_free_ones),
		cmocka_unit_test(a_pattern_does_not_mean_the_vm_itself),
		cmocka_unit_test(a_cycle_is_shown_with_the_place_of_each_edge),
		cmocka_unit_test(a_cycle_keeps_its_own_from_starting_and_nobody_from_stopping),
		cmocka_unit_test(whoever_hangs_between_them_is_told_so),
		cmocka_unit_test(what_is_required_must_be_there),
		cmocka_unit_test(one_that_is_up_already_waits_for_nobody),
		cmocka_unit_test(outsiders_are_found_through_patterns),
		cmocka_unit_test(ten_thousand_are_put_in_order_and_told_of_their_cycles),
		cmocka_unit_test(a_fleet_without_words_has_no_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
