/* CPUs, NUMA nodes and huge pages of Linux; fills os.h. */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/intset.h"
#include "util/num.h"

#define ANSWER_MAX 16384 /* bytes: a list of CPUs */
#define PAGES      "/sys/kernel/mm/hugepages"

int
os_thread_bind(int64_t thread, const struct intset *cpus)
{
	cpu_set_t set[INTSET_MAX / CPU_SETSIZE];

	_Static_assert(sizeof(set) == sizeof(struct intset), "a cpu_set_t is a bit for each CPU");
	CPU_ZERO_S(sizeof(set), set);
	for (unsigned i = 0; i < INTSET_MAX; i++) {
		if (intset_has(cpus, i))
			CPU_SET_S(i, sizeof(set), set);
	}
	return sched_setaffinity((pid_t)thread, sizeof(set), set);
}

/* A list in a file of the kernel's. */
static int
read_set(struct diag *d, const char *path, struct intset *ret)
{
	char *text;
	size_t n;
	int result = -1;

	if (file_read(d, path, ANSWER_MAX, &text, &n) == -1)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	if (intset_parse(text, ret) == -1)
		fail(d, "%s: not a list of numbers: %.60s", path, text);
	else
		result = 0;
	free(text);
	return result;
}

int
os_cpus(struct diag *d, struct intset *ret)
{
	return read_set(d, "/sys/devices/system/cpu/online", ret);
}

int
os_nodes(struct diag *d, struct intset *ret)
{
	struct diag missing = { 0 };
	int result = read_set(&missing, "/sys/devices/system/node/has_memory", ret);

	/* A kernel that knows no nodes has all memory in one. */
	if (result == -1 && errno == ENOENT) {
		*ret = (struct intset){ { 1 } };
		result = 0;
	}
	if (result == -1)
		diag_move(d, &missing);
	diag_free(&missing);
	return result;
}

static int
read_number(struct diag *d, uint64_t page, const char *name, int64_t *ret)
{
	char path[160], *text;
	size_t n;
	int result = 0;

	snprintf(path, sizeof(path), PAGES "/hugepages-%" PRIu64 "kB/%s", page / 1024, name);
	if (file_read(d, path, ANSWER_MAX, &text, &n) == -1)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	if (int_parse(text, 0, INT64_MAX, ret) == -1)
		result = fail(d, "%s: not a number: %.60s", path, text);
	free(text);
	return result;
}

int
os_hugepages(struct diag *d, uint64_t page, uint64_t *ret_total, uint64_t *ret_free)
{
	struct diag missing = { 0 };
	int64_t total, unused, promised;
	struct buf size = { 0 };
	int result = -1;

	/* What others were promised is still among the unused. */
	if (read_number(&missing, page, "nr_hugepages", &total) == 0 &&
	    read_number(&missing, page, "free_hugepages", &unused) == 0 &&
	    read_number(&missing, page, "resv_hugepages", &promised) == 0) {
		*ret_total = (uint64_t)total;
		*ret_free = unused > promised ? (uint64_t)(unused - promised) : 0;
		result = 0;
	} else if (errno == ENOENT) {
		buf_add_size(&size, page);
		fail(d, "the kernel has no huge pages of %s, see " PAGES, size.s);
	} else {
		diag_move(d, &missing);
	}
	diag_free(&missing);
	buf_free(&size);
	return result;
}
