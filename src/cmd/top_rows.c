/* The table of top; see top_rows.h. */
#include "cmd/top_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

#define NAME_MIN 4

const struct top_heading top_headings[TOP_COLUMNS] = {
	[TOP_NAME] = { "NAME", "name", 'n', 0 },
	[TOP_STATE] = { "STATE", "state", 's', 8 },
	[TOP_CPU] = { "CPU%", "cpu", 'c', 6 },
	[TOP_VCPU] = { "VCPU%", "vcpu", 'v', 6 },
	[TOP_IO] = { "IO%", "io", 'i', 6 },
	[TOP_RSS] = { "RSS", "rss", 'm', 6 },
	[TOP_PSS] = { "PSS", "pss", 'p', 6 },
	[TOP_READ] = { "READ/s", "read", 'r', 6 },
	[TOP_WRITE] = { "WRITE/s", "write", 'w', 7 },
	[TOP_IN] = { "IN/s", "in", 'd', 6 },
	[TOP_OUT] = { "OUT/s", "out", 'o', 6 },
	[TOP_UP] = { "UP", "up", 'u', 6 },
};

int
top_order_parse(const char *word, struct top_order *ret)
{
	bool backwards = word[0] == '-';

	for (int i = 0; i < TOP_COLUMNS; i++) {
		if (strcmp(top_headings[i].word, word + backwards) != 0)
			continue;
		*ret = (struct top_order){ (enum top_column)i, backwards };
		return 0;
	}
	return -1;
}

/* --- from samples to rates --- */

static double
rate(bool known, uint64_t now, uint64_t then, double seconds)
{
	if (!known || seconds <= 0)
		return NAN;
	return now > then ? (double)(now - then) / seconds : 0;
}

/* s: of what is between the two, or of its whole life. */
static void
set_cpu(struct top_row *row, const struct sample *s, const struct sample *then, double seconds)
{
	bool known = s->used && (then == NULL || then->used);
	bool split = known && s->split && (then == NULL || then->split);

	row->value[TOP_CPU] =
	    rate(known, s->use.cpu, then != NULL ? then->use.cpu : 0, seconds) / 1e7;
	row->value[TOP_VCPU] = rate(split, s->vcpu, then != NULL ? then->vcpu : 0, seconds) / 1e7;
	row->value[TOP_IO] = rate(split, s->use.cpu - s->vcpu,
				 then != NULL ? then->use.cpu - then->vcpu : 0, seconds) / 1e7;
}

static void
set_disks(struct top_row *row, const struct sample *s, const struct sample *then, double seconds)
{
	bool known = s->has_disks && (then == NULL || then->has_disks);

	/* What QEMU said, at the times when it said so. */
	seconds -= (double)(s->disks_age - (then != NULL ? then->disks_age : 0)) / 1000;
	row->value[TOP_READ] =
	    rate(known, s->disk_read, then != NULL ? then->disk_read : 0, seconds);
	row->value[TOP_WRITE] =
	    rate(known, s->disk_written, then != NULL ? then->disk_written : 0, seconds);
}

static void
set_net(struct top_row *row, const struct sample *s, const struct sample *then, double seconds)
{
	bool known = s->has_net && (then != NULL ? then->has_net : !s->net_given);

	row->value[TOP_IN] = rate(known, s->net_in, then != NULL ? then->net_in : 0, seconds);
	row->value[TOP_OUT] = rate(known, s->net_out, then != NULL ? then->net_out : 0, seconds);
}

static void
set_row(struct top_row *row, const struct sample *s, const struct sample *then, time_t wall,
    double seconds)
{
	double up = s->started > 0 ? (double)(wall - s->started) : NAN;

	*row = (struct top_row){ .sample = s };
	if (seconds == 0)
		seconds = up > 1 ? up : 1;
	else if (then == NULL || then->pid != s->pid || then->use.start != s->use.start)
		seconds = 0; /* nothing to compare it with */
	set_cpu(row, s, then, seconds);
	set_disks(row, s, then, seconds);
	set_net(row, s, then, seconds);
	row->value[TOP_RSS] = s->used ? (double)s->use.resident : NAN;
	row->value[TOP_PSS] = s->used && s->pss > 0 ? (double)s->pss : NAN;
	row->value[TOP_UP] = up >= 0 ? up : NAN;
}

static void
add_total(struct top_row *total, const struct top_row *row)
{
	for (int i = TOP_CPU; i < TOP_UP; i++) {
		if (!isnan(row->value[i]))
			total->value[i] += row->value[i];
	}
}

void
top_table_make(const struct samples *now, const struct samples *before, struct top_table *ret)
{
	struct top_table t = { .n = now->n };

	t.rows = xcalloc(t.n + 1, sizeof(*t.rows));
	if (before != NULL)
		t.seconds = (double)(now->at - before->at) / 1000;
	for (size_t i = 0; i < t.n; i++) {
		const struct sample *s = &now->v[i], *then = NULL;

		if (before != NULL && i < before->n && strcmp(before->v[i].name, s->name) == 0)
			then = &before->v[i];
		else if (before != NULL)
			then = samples_find(before, s->name);
		set_row(&t.rows[i], s, then, now->wall, t.seconds);
		add_total(&t.total, &t.rows[i]);
	}
	*ret = t;
}

void
top_table_free(struct top_table *t)
{
	free(t->rows);
	*t = (struct top_table){ 0 };
}

/* --- order --- */

static struct top_order sorting; /* of the comparison that is under way */

static int
compare_names(const struct top_row *x, const struct top_row *y)
{
	return strcmp(x->sample->name, y->sample->name);
}

static int
compare(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	double p = x->value[sorting.column], q = y->value[sorting.column];
	int order;

	if (sorting.column == TOP_NAME)
		order = compare_names(x, y);
	else if (sorting.column == TOP_STATE)
		order = strcmp(x->sample->state, y->sample->state);
	else if (isnan(p) || isnan(q)) /* what is not known comes last either way */
		return isnan(p) != isnan(q) ? (isnan(p) ? 1 : -1) : compare_names(x, y);
	else
		order = p > q ? -1 : p < q;
	if (order == 0)
		return compare_names(x, y);
	return sorting.backwards ? -order : order;
}

void
top_table_sort(struct top_table *t, struct top_order order)
{
	sorting = order;
	qsort(t->rows, t->n, sizeof(*t->rows), compare);
}

/* --- text --- */

/* Three digits and a unit: "999", "1.5K", "12M". */
static void
amount(double n, char *ret, size_t size)
{
	static const char units[] = " KMGTPE";
	size_t unit = 0;

	while (n >= 999.5 && unit + 2 < sizeof(units)) {
		n /= 1024;
		unit++;
	}
	if (unit == 0)
		snprintf(ret, size, "%.0f", n);
	else
		snprintf(ret, size, n < 9.95 ? "%.1f%c" : "%.0f%c", n, units[unit]);
}

static void
duration(double seconds, char *ret, size_t size)
{
	long s = (long)seconds;

	if (s < 60)
		snprintf(ret, size, "%lds", s);
	else if (s < 3600)
		snprintf(ret, size, "%ldm%02lds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(ret, size, "%ldh%02ldm", s / 3600, s / 60 % 60);
	else
		snprintf(ret, size, "%ldd%02ldh", s / 86400, s / 3600 % 24);
}

static void
cell(enum top_column column, double value, char *ret, size_t size)
{
	if (isnan(value))
		snprintf(ret, size, "-");
	else if (column <= TOP_IO)
		snprintf(ret, size, "%.1f", value);
	else if (column == TOP_UP)
		duration(value, ret, size);
	else
		amount(value, ret, size);
}

/* A VM that does not say how it is has no figure that is known to be so now. */
static bool
is_silent(const struct sample *s)
{
	return strcmp(s->state, "unknown") == 0;
}

int
top_name_width(const struct top_table *t, int max)
{
	int width = NAME_MIN;

	for (size_t i = 0; i < t->n; i++) {
		int len = (int)strlen(t->rows[i].sample->name);

		if (len > width)
			width = len;
	}
	return max >= NAME_MIN && width > max ? max : width;
}

void
top_add_heading(struct buf *b, int name_width)
{
	buf_addf(b, "%-*s  %-*s", name_width, top_headings[TOP_NAME].title,
	    top_headings[TOP_STATE].width, top_headings[TOP_STATE].title);
	for (int i = TOP_CPU; i < TOP_COLUMNS; i++)
		buf_addf(b, " %*s", top_headings[i].width, top_headings[i].title);
}

void
top_add_row(struct buf *b, const struct top_row *row, int name_width)
{
	const struct sample *s = row->sample;
	int len = (int)strlen(s->name);

	if (len > name_width)
		buf_addf(b, "%.*s~", name_width - 1, s->name);
	else
		buf_addf(b, "%-*s", name_width, s->name);
	buf_addf(b, "  %-*s", top_headings[TOP_STATE].width, is_silent(s) ? "?" : s->state);
	for (int i = TOP_CPU; i < TOP_COLUMNS; i++) {
		char text[32];

		cell((enum top_column)i, row->value[i], text, sizeof(text));
		buf_addf(b, " %*s", top_headings[i].width,
		    is_silent(s) && isnan(row->value[i]) ? "?" : text);
	}
}

void
top_add_summary(struct buf *b, const struct top_table *t)
{
	static const char *const states[] = { "running", "paused", "starting", "restarting", "stopping", "stopped",
		"failed", "unknown" };
	const char *before = ": ";
	char read[32], write[32], in[32], out[32], rss[32];

	buf_addf(b, "%zu VM%s", t->n, t->n == 1 ? "" : "s");
	for (size_t k = 0; k < sizeof(states) / sizeof(states[0]); k++) {
		size_t n = 0;

		for (size_t i = 0; i < t->n; i++)
			n += strcmp(t->rows[i].sample->state, states[k]) == 0;
		if (n == 0)
			continue;
		buf_addf(b, "%s%zu %s", before, n, states[k]);
		before = ", ";
	}
	amount(t->total.value[TOP_RSS], rss, sizeof(rss));
	amount(t->total.value[TOP_READ], read, sizeof(read));
	amount(t->total.value[TOP_WRITE], write, sizeof(write));
	amount(t->total.value[TOP_IN], in, sizeof(in));
	amount(t->total.value[TOP_OUT], out, sizeof(out));
	buf_addf(b, "; CPU %.1f%%, RSS %s, disks %s/s read, %s/s written, network %s/s in, %s/s out",
	    t->total.value[TOP_CPU], rss, read, write, in, out);
}

/* --- JSON --- */

static json_t *
number(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *
whole(bool known, uint64_t value)
{
	return known ? json_integer((json_int_t)value) : json_null();
}

static json_t *
row_json(const struct top_row *row)
{
	const struct sample *s = row->sample;
	json_t *o = json_pack("{s:s,s:s}", "name", s->name, "state", s->state);

	json_object_set_new(o, "pid", whole(s->pid > 0, (uint64_t)s->pid));
	json_object_set_new(o, "up",
	    whole(!isnan(row->value[TOP_UP]),
		isnan(row->value[TOP_UP]) ? 0 : (uint64_t)row->value[TOP_UP]));
	json_object_set_new(o, "cpu_percent", number(row->value[TOP_CPU]));
	json_object_set_new(o, "vcpu_percent", number(row->value[TOP_VCPU]));
	json_object_set_new(o, "io_percent", number(row->value[TOP_IO]));
	json_object_set_new(
	    o, "cpu_seconds", s->used ? json_real((double)s->use.cpu / 1e9) : json_null());
	json_object_set_new(
	    o, "vcpu_seconds", s->split ? json_real((double)s->vcpu / 1e9) : json_null());
	json_object_set_new(o, "resident_memory", whole(s->used, s->use.resident));
	json_object_set_new(o, "proportional_memory", whole(s->used && s->pss > 0, s->pss));
	json_object_set_new(o, "disk_read_rate", number(row->value[TOP_READ]));
	json_object_set_new(o, "disk_write_rate", number(row->value[TOP_WRITE]));
	json_object_set_new(o, "network_in_rate", number(row->value[TOP_IN]));
	json_object_set_new(o, "network_out_rate", number(row->value[TOP_OUT]));
	json_object_set_new(o, "disk_read", whole(s->has_disks, s->disk_read));
	json_object_set_new(o, "disk_written", whole(s->has_disks, s->disk_written));
	json_object_set_new(o, "network_in", whole(s->has_net, s->net_in));
	json_object_set_new(o, "network_out", whole(s->has_net, s->net_out));
	return o;
}

json_t *
top_json(const struct top_table *t)
{
	json_t *vms = json_array();

	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(vms, row_json(&t->rows[i]));
	return json_pack("{s:s,s:o,s:o}", "averages", t->seconds > 0 ? "interval" : "life",
	    "interval", t->seconds > 0 ? json_real(t->seconds) : json_null(), "vms", vms);
}
