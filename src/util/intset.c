/* Sets of small numbers; see intset.h. */
#include "util/intset.h"

#include <string.h>

#include "util/buf.h"

bool
intset_has(const struct intset *s, unsigned n)
{
	return n < INTSET_MAX && (s->bits[n / 64] >> (n % 64) & 1) != 0;
}

void
intset_add(struct intset *s, unsigned n)
{
	s->bits[n / 64] |= UINT64_C(1) << (n % 64);
}

/* Digits alone, as strtoul() would also take a sign and spaces. -1: none, or too large. */
static int
number(const char **s)
{
	const char *begin = *s;
	int n = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++) {
		n = n * 10 + (**s - '0');
		if (n >= INTSET_MAX)
			return -1;
	}
	return *s != begin ? n : -1;
}

int
intset_parse(const char *s, struct intset *ret)
{
	struct intset set = { 0 };

	do {
		int first = number(&s), last = first;

		if (first != -1 && *s == '-') {
			s++;
			last = number(&s);
		}
		if (first == -1 || last < first)
			return -1;
		for (int n = first; n <= last; n++) {
			if (intset_has(&set, (unsigned)n))
				return -1;
			intset_add(&set, (unsigned)n);
		}
	} while (*s++ == ',');
	if (s[-1] != '\0')
		return -1;
	*ret = set;
	return 0;
}

unsigned
intset_count(const struct intset *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < INTSET_MAX / 64; i++)
		n += (unsigned)__builtin_popcountll(s->bits[i]);
	return n;
}

bool
intset_run(const struct intset *s, unsigned n, unsigned *ret_first, unsigned *ret_last)
{
	while (n < INTSET_MAX && !intset_has(s, n))
		n++;
	if (n == INTSET_MAX)
		return false;
	*ret_first = n;
	while (intset_has(s, n + 1))
		n++;
	*ret_last = n;
	return true;
}

bool
intset_within(const struct intset *part, const struct intset *whole, unsigned *ret_missing)
{
	for (unsigned i = 0; i < INTSET_MAX; i++) {
		if (intset_has(part, i) && !intset_has(whole, i)) {
			*ret_missing = i;
			return false;
		}
	}
	return true;
}

void
buf_add_intset(struct buf *b, const struct intset *s)
{
	const char *between = "";

	for (unsigned first, last, n = 0; intset_run(s, n, &first, &last); n = last + 1) {
		buf_addf(b, first == last ? "%s%u" : "%s%u-%u", between, first, last);
		between = ",";
	}
}
