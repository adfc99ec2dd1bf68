/* Sizes, durations and integers from and to text; see num.h. */
#include "util/num.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "util/buf.h"

/* Leading decimal digits of *s into *ret; -1 if there are none or they do not fit. */
static int
digits(const char **s, uint64_t *ret)
{
	uint64_t n = 0;
	const char *p = *s;

	for (; *p >= '0' && *p <= '9'; p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	if (p == *s)
		return -1;
	*s = p;
	*ret = n;
	return 0;
}

int
size_parse(const char *s, uint64_t *ret)
{
	static const char letters[] = "KMGT";
	uint64_t n, unit = 1;
	const char *letter;

	if (digits(&s, &n) == -1)
		return -1;
	if (*s != '\0') {
		letter = strchr(letters, *s >= 'a' ? *s - 'a' + 'A' : *s);
		if (letter == NULL)
			return -1;
		unit = UINT64_C(1) << (10 * (letter - letters + 1));
		s++;
		if (strcmp(s, "") != 0 && strcmp(s, "B") != 0 && strcmp(s, "iB") != 0)
			return -1;
	}
	if (n > UINT64_MAX / unit)
		return -1;
	*ret = n * unit;
	return 0;
}

void
buf_add_size(struct buf *b, uint64_t bytes)
{
	static const char letters[] = "TGMK";

	for (unsigned i = 0; i < 4; i++) {
		uint64_t unit = UINT64_C(1) << (10 * (4 - i));

		if (bytes >= unit && bytes % unit == 0) {
			buf_addf(b, "%" PRIu64 "%c", bytes / unit, letters[i]);
			return;
		}
	}
	buf_addf(b, "%" PRIu64, bytes);
}

static const char rate_letters[] = "kMGT";

int
rate_parse(const char *s, uint64_t *ret)
{
	uint64_t n, unit = 1;
	const char *letter;

	if (digits(&s, &n) == -1)
		return -1;
	if (*s != '\0') {
		letter = strchr(rate_letters, *s == 'K' ? 'k' : *s);
		if (letter == NULL || s[1] != '\0')
			return -1;
		for (const char *p = rate_letters; p <= letter; p++)
			unit *= 1000;
	}
	if (n > UINT64_MAX / unit)
		return -1;
	*ret = n * unit;
	return 0;
}

void
buf_add_rate(struct buf *b, uint64_t bits)
{
	size_t i = 0;

	while (i < strlen(rate_letters) && bits != 0 && bits % 1000 == 0) {
		bits /= 1000;
		i++;
	}
	buf_addf(b, "%" PRIu64, bits);
	if (i > 0)
		buf_addc(b, rate_letters[i - 1]);
}

static const struct {
	const char *name;
	int64_t ms;
} duration_unit[] = {
	{ "d", 86400000 },
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
};
#define NUNITS (sizeof(duration_unit) / sizeof(duration_unit[0]))

int
duration_parse(const char *s, int64_t *ret)
{
	uint64_t n;
	int64_t unit = 0;

	if (digits(&s, &n) == -1)
		return -1;
	if (*s == '\0')
		unit = 1000;
	for (size_t i = 0; i < NUNITS; i++) {
		if (strcmp(s, duration_unit[i].name) == 0)
			unit = duration_unit[i].ms;
	}
	if (unit == 0 || n > (uint64_t)(INT64_MAX / unit))
		return -1;
	*ret = (int64_t)n * unit;
	return 0;
}

void
buf_add_duration(struct buf *b, int64_t ms)
{
	if (ms == 0) {
		buf_add(b, "0s");
		return;
	}
	for (size_t i = 0; i < NUNITS; i++) {
		if (ms % duration_unit[i].ms == 0) {
			buf_addf(
			    b, "%" PRId64 "%s", ms / duration_unit[i].ms, duration_unit[i].name);
			return;
		}
	}
}

int
int_parse(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t n;
	int64_t value;

	if (negative)
		s++;
	if (digits(&s, &n) == -1 || *s != '\0' || n > INT64_MAX)
		return -1;
	value = negative ? -(int64_t)n : (int64_t)n;
	if (value < min || value > max)
		return -1;
	*ret = value;
	return 0;
}
