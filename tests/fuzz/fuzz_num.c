/* Any text given to the parsers of numbers and MACs: what is taken is printed and taken again as
 * the same. */
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mac.h"
#include "util/mem.h"
#include "util/num.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_size(const char *s)
{
	uint64_t n, again;
	struct buf b = { 0 };

	if (size_parse(s, &n) == -1)
		return;
	buf_add_size(&b, n);
	if (size_parse(b.s, &again) == -1 || again != n)
		abort();
	buf_free(&b);
}

static void
fuzz_duration(const char *s)
{
	int64_t ms, again;
	struct buf b = { 0 };

	if (duration_parse(s, &ms) == -1)
		return;
	buf_add_duration(&b, ms);
	if (ms < 0 || duration_parse(b.s, &again) == -1 || again != ms)
		abort();
	buf_free(&b);
}

static void
fuzz_mac(const char *s)
{
	struct mac m, again;
	char text[MAC_TEXT];

	if (mac_parse(s, &m) == -1)
		return;
	if (mac_parse(mac_format(m, text), &again) == -1 || !mac_equal(m, again) ||
	    !mac_equal(m, mac_from_number(mac_number(m))))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = xstrndup((const char *)data, size);
	int64_t n;

	fuzz_size(s);
	fuzz_duration(s);
	fuzz_mac(s);
	if (int_parse(s, -1000, 1000, &n) == 0 && (n < -1000 || n > 1000))
		abort();
	free(s);
	return 0;
}
