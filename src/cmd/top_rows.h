/* The table of top: rates out of samples, columns, their order. */
#ifndef VMRUN_CMD_TOP_ROWS_H
#define VMRUN_CMD_TOP_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "cmd/sample.h"

struct buf;

enum top_column {
	TOP_NAME,
	TOP_STATE,
	TOP_CPU, /* % of one CPU */
	TOP_VCPU,
	TOP_IO,
	TOP_RSS, /* bytes */
	TOP_PSS,
	TOP_READ, /* bytes a second */
	TOP_WRITE,
	TOP_IN,
	TOP_OUT,
	TOP_UP, /* s */
	TOP_COLUMNS,
};

struct top_row {
	const struct sample *sample;
	double value[TOP_COLUMNS]; /* of those that are numbers; NAN: not known */
};

struct top_table {
	struct top_row *rows;
	size_t n;
	double seconds; /* that the rates are of; 0: each VM's life */
	struct top_row total; /* of the numbers that can be added; sample NULL */
};

struct top_order {
	enum top_column column;
	bool backwards; /* names from z, numbers from the least */
};

extern const struct top_heading {
	const char *title; /* "CPU%" */
	const char *word;  /* of --sort, and of the key that chooses it: "cpu" */
	char key;
	int width; /* 0: as wide as its widest */
} top_headings[TOP_COLUMNS];

/* "cpu", or "-cpu" for the other way round. -1: no such column. */
int top_order_parse(const char *word, struct top_order *ret);
/* before NULL: averages over each VM's life. */
void top_table_make(const struct samples *now, const struct samples *before, struct top_table *ret);
void top_table_sort(struct top_table *t, struct top_order order);
void top_table_free(struct top_table *t);
int top_name_width(const struct top_table *t, int max);
/* The line of headings, and that of a row; names longer than width end in '~'. */
void top_add_heading(struct buf *b, int name_width);
void top_add_row(struct buf *b, const struct top_row *row, int name_width);
/* "200 VMs: 198 running, 2 paused; CPU 12.3%, …" */
void top_add_summary(struct buf *b, const struct top_table *t);
json_t *top_json(const struct top_table *t);

#endif
