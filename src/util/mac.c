/* MAC addresses as bytes, numbers and text; see mac.h. */
#include "util/mac.h"

#include <string.h>

/* Value + 1 of each hex digit, so that all other characters are 0. A table, because the ledger
 * reads a hundred thousand of these and branches on random digits are mispredicted. */
static const uint8_t hex[256] = { ['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16 };

int
mac_parse(const char *s, struct mac *ret)
{
	struct mac m;

	for (unsigned i = 0; i < 6; i++, s += 3) {
		unsigned high = hex[(uint8_t)s[0]];
		unsigned low = high == 0 ? 0 : hex[(uint8_t)s[1]];

		if (low == 0)
			return -1;
		if (i < 5 ? s[2] != ':' && s[2] != '-' : s[2] != '\0')
			return -1;
		m.b[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	*ret = m;
	return 0;
}

const char *
mac_format(struct mac m, char text[MAC_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *p = text;

	for (unsigned i = 0; i < 6; i++) {
		*p++ = digits[m.b[i] >> 4];
		*p++ = digits[m.b[i] & 0xf];
		*p++ = i < 5 ? ':' : '\0';
	}
	return text;
}

bool
mac_equal(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

bool
mac_is_zero(struct mac m)
{
	return mac_number(m) == 0;
}

bool
mac_is_multicast(struct mac m)
{
	return m.b[0] & 1;
}

uint64_t
mac_number(struct mac m)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 6; i++)
		n = n << 8 | m.b[i];
	return n;
}

struct mac
mac_from_number(uint64_t n)
{
	struct mac m;

	for (unsigned i = 6; i-- > 0; n >>= 8)
		m.b[i] = (uint8_t)n;
	return m;
}

struct mac
mac_of_tap(struct mac nic)
{
	nic.b[0] = 0xfe;
	return nic;
}
