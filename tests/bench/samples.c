/* Clock, samples, and the report: a table of text, and the same as JSON. */
#include <err.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "util/mem.h"

static json_t *lines;

double
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

void
series_add(struct series *s, double v)
{
	s->v = xreallocarray(s->v, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = v;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
series_at(struct series *s, double part)
{
	if (s->n == 0)
		return 0;
	qsort(s->v, s->n, sizeof(*s->v), compare);
	return s->v[(size_t)((double)(s->n - 1) * part + 0.5)];
}

double
series_median(struct series *s)
{
	return series_at(s, 0.5);
}

void
series_free(struct series *s)
{
	free(s->v);
	*s = (struct series){ 0 };
}

static void
keep(json_t *line)
{
	if (lines == NULL)
		lines = json_array();
	json_array_append_new(lines, line);
	fflush(stdout);
}

void
report(const char *section, const char *what, const char *unit, struct series *s)
{
	double median = series_median(s), p90 = series_at(s, 0.9), least = series_at(s, 0);

	printf("%-10s %-44s %9.3f %-5s p90 %9.3f  min %9.3f  n %zu\n", section, what, median, unit,
	    p90, least, s->n);
	keep(json_pack("{s:s,s:s,s:s,s:f,s:f,s:f,s:i}", "section", section, "what", what, "unit",
	    unit, "median", median, "p90", p90, "min", least, "n", (int)s->n));
}

void
report_wanted(const char *section, const char *what, const char *unit, double got, double wanted,
    bool at_least)
{
	bool met = at_least ? got >= wanted : got <= wanted;

	printf("%-10s %-44s %9.3f %-5s wanted %s %g: %s\n", section, what, got, unit,
	    at_least ? ">=" : "<=", wanted, met ? "yes" : "NO");
	keep(json_pack("{s:s,s:s,s:s,s:f,s:f,s:s,s:b}", "section", section, "what", what, "unit",
	    unit, "value", got, "wanted", wanted, "sense", at_least ? "at least" : "at most", "met",
	    met));
}

void
report_value(const char *section, const char *what, const char *unit, double value)
{
	printf("%-10s %-44s %9.3f %s\n", section, what, value, unit);
	keep(json_pack(
	    "{s:s,s:s,s:s,s:f}", "section", section, "what", what, "unit", unit, "value", value));
}

void
report_note(const char *section, const char *what, const char *value)
{
	printf("%-10s %-44s %s\n", section, what, value);
	keep(json_pack("{s:s,s:s,s:s}", "section", section, "what", what, "text", value));
}

void
report_json(const char *path)
{
	if (path != NULL && json_dump_file(lines, path, JSON_INDENT(2)) == -1)
		err(1, "%s", path);
	json_decref(lines);
	lines = NULL;
}
