/* vmrun top: what VMs take of the host, live on a terminal, or once. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/sample.h"
#include "cmd/top.h"
#include "cmd/top_rows.h"
#include "util/buf.h"
#include "util/loop.h"
#include "util/mem.h"

#define INTERVAL_MS     2000
#define INTERVAL_MIN_MS 100
#define ONCE_MS         36 /* that a look without an interval is to take, with what is measured of shares */
#define ASKED_MAX       48 /* VMs whose QEMUs can be asked first in that time */

static void
sleep_until(int64_t at)
{
	for (int64_t left; (left = at - now_ms()) > 0;)
		sleep_ms(left);
}

static void
print_table(const struct top_table *t)
{
	int width = top_name_width(t, 0);
	struct buf b = { 0 };

	top_add_summary(&b, t);
	if (t->seconds > 0)
		buf_addf(&b, "\nrates of the last %.1f s\n", t->seconds);
	else
		buf_add(&b, "\nrates are averages since each VM's start\n");
	top_add_heading(&b, width);
	buf_addc(&b, '\n');
	for (size_t i = 0; i < t->n; i++) {
		top_add_row(&b, &t->rows[i], width);
		buf_addc(&b, '\n');
	}
	fputs(b.s, stdout);
	buf_free(&b);
}

/* Counting a large guest's pages takes long: as many as there is time for, from the top of the table; but
 * all of them if that is what is asked for. */
static void
measure_shares(struct samples *now, struct top_table *t, struct top_order order, int64_t until)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct sample *s = t->rows[i].sample;

		if (order.column != TOP_PSS &&
		    (double)now_ms() + sample_share_cost(s) > (double)until)
			continue;
		sample_share(&now->v[s - now->v]);
		t->rows[i].value[TOP_RSS] = s->used ? (double)s->use.resident : NAN;
		t->rows[i].value[TOP_PSS] = s->used && s->pss > 0 ? (double)s->pss : NAN;
	}
	if (order.column == TOP_PSS)
		top_table_sort(t, order);
}

static void
print_once(struct cmd *cmd, struct samples *now, const struct samples *before,
    struct top_order order, int64_t until)
{
	struct top_table t;

	top_table_make(now, before, &t);
	top_table_sort(&t, order);
	measure_shares(now, &t, order, until);
	if (cmd->o.json)
		print_json(top_json(&t));
	else
		print_table(&t);
	top_table_free(&t);
}

/* Of many VMs QEMU's last word on its disks has to do, and it is asked anew afterwards. */
static bool
are_many(struct cmd *cmd)
{
	struct diag ignored = { 0 };
	char **names = NULL;
	size_t n = 0;

	if (context_run_names(&ignored, &cmd->c, &names, &n) == -1)
		n = 0;
	strings_free(names, n);
	diag_free(&ignored);
	return n > ASKED_MAX;
}

static int
run_once(struct cmd *cmd, struct top_order order)
{
	int64_t until = now_ms() + ONCE_MS;
	struct samples now;

	if (samples_take(cmd, SAMPLE_RUNNING, are_many(cmd), true, &now) == -1)
		return cmd->status;
	print_once(cmd, &now, NULL, order, until);
	samples_free(&now);
	return cmd->status;
}

/* tables of what happened in each interval */
static int
run_tables(struct cmd *cmd, struct top_order order, int64_t interval, int64_t tables)
{
	struct samples now, before;

	if (samples_take(cmd, SAMPLE_RUNNING, false, true, &before) == -1)
		return cmd->status;
	for (int64_t i = 0; i < tables; i++) {
		sleep_until(before.at + interval);
		if (samples_take(cmd, SAMPLE_RUNNING, false, false, &now) == -1)
			break;
		if (i > 0)
			putchar('\n');
		print_once(cmd, &now, &before, order, INT64_MAX);
		samples_free(&before);
		before = now;
		if (fflush(stdout) == EOF)
			break; /* the reader left */
	}
	samples_free(&before);
	return cmd->status;
}

static int
run(struct cmd *cmd)
{
	struct top_order order = { TOP_CPU, false };
	int64_t interval = cmd->o.interval;

	if (cmd->o.sort != NULL && top_order_parse(cmd->o.sort, &order) == -1) {
		struct buf words = { 0 };
		int status;

		for (int i = 0; i < TOP_COLUMNS; i++)
			buf_addf(&words, "%s%s", i > 0 ? ", " : "", top_headings[i].word);
		status = usage(cmd, "--sort takes one of %s, with a \"-\" before it for the other "
				    "way round, not \"%s\"", words.s, cmd->o.sort);
		buf_free(&words);
		return status;
	}
	if (interval >= 0 && interval < INTERVAL_MIN_MS)
		return usage(cmd, "--interval is at least %d ms", INTERVAL_MIN_MS);
	if (cmd->o.lines == 0)
		return usage(cmd, "-n takes at least 1");
	if (cmd->o.lines > 0 && (cmd->o.once || cmd->o.json))
		return usage(cmd, "-n goes with neither --once nor --json, which are one table");
	if (cmd->o.once || cmd->o.json || (cmd->o.lines < 0 && !isatty(STDOUT_FILENO)))
		return interval > 0 ? run_tables(cmd, order, interval, 1) : run_once(cmd, order);
	if (interval < 0)
		interval = INTERVAL_MS;
	if (isatty(STDOUT_FILENO) && top_live(cmd, order, interval, cmd->o.lines))
		return cmd->status;
	return run_tables(cmd, order, interval, cmd->o.lines > 0 ? cmd->o.lines : INT64_MAX);
}

const struct verb verb_top = {
	.name = "top",
	.options = "all interval lines once sort",
	.args = "[NAME...]",
	.help = "what VMs take of the host: CPUs, memory, disks, network; live, or with --once",
	.run = run,
	.suits = VERB_RUNNING,
};
