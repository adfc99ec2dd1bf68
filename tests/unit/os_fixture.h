/* What tests of every system's os floor share. */
#ifndef VMRUN_TESTS_UNIT_OS_FIXTURE_H
#define VMRUN_TESTS_UNIT_OS_FIXTURE_H

#include "unit.h"

#include <string.h>

#include "os/os.h"
#include "util/diag.h"

/* One message, which is then forgotten. */
static inline void
assert_said(struct diag *d, const char *words)
{
	assert_int_equal(d->count, 1);
	if (strstr(d->text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, d->text);
	diag_free(d);
}

static inline struct os_link
link_of(const char *name)
{
	struct diag d = { 0 };
	struct os_link link;

	if (os_link_find(&d, name, &link) == -1)
		fail_msg("%s", d.text);
	return link;
}

#endif
