/* Numbers as people write them. Parsers take the whole string or fail: -1, *ret untouched. */
#ifndef VMRUN_UTIL_NUM_H
#define VMRUN_UTIL_NUM_H

#include <stdint.h>

struct buf;

/* "512M", "1G", "1.5G" is not taken; K, M, G, T are binary, also written KiB or KB; plain digits are bytes. */
int size_parse(const char *s, uint64_t *ret);
void buf_add_size(struct buf *b, uint64_t bytes); /* the shortest exact form: "512M" */
/* "100M", "1G", "64k"; k, M, G, T are decimal, as rates of networks are; plain digits are bits a second. */
int rate_parse(const char *s, uint64_t *ret);
void buf_add_rate(struct buf *b, uint64_t bits); /* the shortest exact form: "100M" */
/* "90s", "2m", "1h", "1d", "250ms"; plain digits are seconds. In milliseconds. */
int duration_parse(const char *s, int64_t *ret);
void buf_add_duration(struct buf *b, int64_t ms); /* the shortest exact form: "90s" */
/* Decimal digits with at most a leading minus, within [min, max]. */
int int_parse(const char *s, int64_t min, int64_t max, int64_t *ret);

#endif
