/* A set of small numbers, as people write lists of CPUs and NUMA nodes: "0-3,7". Zeroed: empty. */
#ifndef VMRUN_UTIL_INTSET_H
#define VMRUN_UTIL_INTSET_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

#define INTSET_MAX 4096 /* numbers are below it */

struct intset {
	uint64_t bits[INTSET_MAX / 64];
};

/* "0-3,7"; -1: it is something else, or empty, or holds a number twice; *ret is untouched. */
int intset_parse(const char *s, struct intset *ret);
bool intset_has(const struct intset *s, unsigned n);
void intset_add(struct intset *s, unsigned n);
unsigned intset_count(const struct intset *s);
/* The first run of numbers from n on: false if there is none. */
bool intset_run(const struct intset *s, unsigned n, unsigned *ret_first, unsigned *ret_last);
/* Is each number of part in whole? If not, *ret_missing is the first that is not. */
bool intset_within(const struct intset *part, const struct intset *whole, unsigned *ret_missing);
void buf_add_intset(struct buf *b, const struct intset *s); /* the shortest form: "0-3,7" */

#endif
