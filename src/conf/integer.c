/* Integers as files write them: decimal or 0x, signed, perhaps with libconfig's L. */
#include <ctype.h>
#include <string.h>

#include "conf/reader.h"

int
integer_read(const char *s, size_t n, int64_t *ret)
{
	bool negative = s[0] == '-', fits = true;
	size_t i = s[0] == '-' || s[0] == '+', first;
	unsigned base = n - i > 2 && s[i] == '0' && (s[i + 1] | 0x20) == 'x' ? 16 : 10;
	uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;

	if (base == 16)
		i += 2;
	for (first = i; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		unsigned digit = isdigit(c) ? c - (unsigned)'0' : (c | 0x20u) - 'a' + 10;

		if (base == 16 ? !isxdigit(c) : !isdigit(c))
			break;
		if (value > (limit - digit) / base)
			fits = false;
		else
			value = value * base + digit;
	}
	if (i == first)
		return 0;
	for (unsigned suffix = 0; suffix < 2 && i < n && s[i] == 'L'; suffix++)
		i++;
	if (i < n)
		return 0;
	if (!fits)
		return -1;
	*ret = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 1;
}

bool
integer_has_unit(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && isdigit((unsigned char)s[i]))
		i++;
	if (i == 0 || i == n || n - i > 3)
		return false;
	for (; i < n; i++) {
		if (strchr("KMGTkmgtiBbsmhd", s[i]) == NULL)
			return false;
	}
	return true;
}
