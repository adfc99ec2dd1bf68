/* What the programs that test the ledger share: a folder of their own, and expectations. */
#ifndef VMRUN_TESTS_UNIT_LEDGER_FIXTURE_H
#define VMRUN_TESTS_UNIT_LEDGER_FIXTURE_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/ledger.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mac.h"
#include "util/mem.h"

/* The range that most tests draw from: 52:54:00 and 24 bits. */
#define FIRST mac_from_number(0x525400000000)
#define LAST  mac_from_number(0x525400ffffff)

struct place {
	char folder[64]; /* made for the test */
	char *path;      /* of the ledger, in a folder below that does not exist yet */
	struct diag d;
};

static inline int
place_make(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	strcpy(p->folder, "/tmp/vmrun-test-ledger.XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	p->path = xasprintf("%s/state/ledger", p->folder);
	*state = p;
	return 0;
}

static inline int
place_remove(void **state)
{
	static const char *const left[] = { "state/ledger", "state/ledger.lock", "state",
		"aside/ledger.lock", "aside", "" };
	struct place *p = *state;
	int result = 0;

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		char *path = xasprintf("%s/%s", p->folder, left[i]);

		/* A temporary file that was left behind keeps the folder, and so fails the test. */
		result = remove(path);
		free(path);
	}
	diag_free(&p->d);
	free(p->path);
	free(p);
	return result;
}

#define assert_done(p, call)                                                                       \
	do {                                                                                       \
		if ((call) == -1)                                                                  \
			fail_msg("%s: %s", #call, (p)->d.text);                                    \
	} while (0)

/* The call failed, with this status and one message that holds the text. */
static inline void
assert_refused_as(struct place *p, int result, int status, const char *part)
{
	const char *text = p->d.text != NULL ? p->d.text : "";

	assert_int_equal(result, -1);
	assert_int_equal(p->d.count, 1);
	assert_int_equal(p->d.status, status);
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, text);
	diag_free(&p->d);
}

static inline void
assert_refused(struct place *p, int result, const char *part)
{
	assert_refused_as(p, result, DIAG_FAILED, part);
}

static inline struct ledger *
lock(struct place *p)
{
	struct ledger *l = NULL;

	assert_done(p, ledger_lock(&p->d, p->path, &l));
	return l;
}

static inline struct mac
get(struct place *p, struct ledger *l, const char *vm, unsigned nic)
{
	struct mac m = { 0 };

	assert_done(p, ledger_mac_get(&p->d, l, vm, nic, FIRST, LAST, NULL, NULL, &m));
	return m;
}

/* A locked ledger with this salt instead of a random one. */
static inline struct ledger *
lock_with_salt(struct place *p, const char *salt)
{
	char *text = xasprintf("vmrun-ledger 1\nsalt %s\nend 0\n", salt);

	ledger_close(lock(p)); /* makes the folder */
	assert_done(p, file_write(&p->d, p->path, 0644, text, strlen(text)));
	free(text);
	return lock(p);
}

#endif
