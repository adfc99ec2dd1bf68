/* MAC addresses as bytes, numbers and text; see mac.h. */
#include "util/mac.h"

#include <string.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
mac_parse(const char *s, struct mac *ret)
{
	struct mac m;

	for (unsigned i = 0; i < 6; i++, s += 3) {
		int high = hex_digit(s[0]), low = high == -1 ? -1 : hex_digit(s[1]);

		if (low == -1)
			return -1;
		if (i < 5 ? s[2] != ':' && s[2] != '-' : s[2] != '\0')
			return -1;
		m.b[i] = (uint8_t)(high << 4 | low);
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
