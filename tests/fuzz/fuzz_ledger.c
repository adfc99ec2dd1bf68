/* Any bytes given to the ledger's reader: what is taken is printed, taken again and printed the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "net/ledger_internal.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the text is when it is printed again; NULL if it is damaged. */
static char *
reprint(const char *text, size_t len)
{
	struct ledger *l = ledger_new("ledger");
	char *copy = xcalloc(len + 1, 1);
	struct diag d = { 0 };
	struct buf b = { 0 };

	if (len > 0)
		memcpy(copy, text, len);
	if (ledger_parse(&d, l, copy, len) == 0)
		ledger_print(&b, l);
	else if (d.count != 1 || strstr(d.text, ": damaged: ") == NULL)
		abort();
	ledger_close(l);
	diag_free(&d);
	return b.s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *once = reprint((const char *)data, size), *twice;

	if (once == NULL)
		return 0;
	twice = reprint(once, strlen(once));
	if (twice == NULL || strcmp(once, twice) != 0)
		abort();
	free(once);
	free(twice);
	return 0;
}
