/* How long a new MAC takes (lock, get, commit) with few and with many entries in the ledger;
 * medians. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/ledger.h"
#include "util/diag.h"
#include "util/mac.h"
#include "util/mem.h"

#define RUNS 21

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

/* The VM's first count NICs; ends the program on failure. */
static void
reserve(const char *path, const char *vm, unsigned count)
{
	const struct mac first = mac_from_number(0x525400000000),
			 last = mac_from_number(0x525400ffffff);
	struct diag d = { 0 };
	struct ledger *l;
	struct mac m;

	if (ledger_lock(&d, path, &l) == -1)
		goto failed;
	for (unsigned nic = 0; nic < count; nic++) {
		if (ledger_mac_get(&d, l, vm, nic, first, last, NULL, NULL, &m) == -1)
			goto failed;
	}
	if (ledger_commit(&d, l) == -1)
		goto failed;
	ledger_close(l);
	return;
failed:
	fputs(d.text, stderr);
	exit(1);
}

static void
measure(const char *path, unsigned entries)
{
	double whole[RUNS], read[RUNS];
	struct diag d = { 0 };
	struct ledger *l;

	for (unsigned i = 0; i * 1000 < entries; i++) {
		char *vm = xasprintf("vm%u", i);

		reserve(path, vm, entries - i * 1000 < 1000 ? entries - i * 1000 : 1000);
		free(vm);
	}
	for (unsigned i = 0; i < RUNS; i++) {
		char *vm = xasprintf("new%u", i);
		double start = now();

		if (ledger_read(&d, path, &l) == -1) {
			fputs(d.text, stderr);
			exit(1);
		}
		read[i] = now() - start;
		ledger_close(l);
		start = now();
		reserve(path, vm, 1);
		whole[i] = now() - start;
		free(vm);
	}
	printf("%6u entries: a new MAC %8.3f ms, of it reading the ledger %7.3f ms\n", entries,
	    median(whole, RUNS), median(read, RUNS));
}

int
main(int argc, char **argv)
{
	static const unsigned entries[] = { 10, 10000, 100000 };
	char folder[] = "vmrun-bench-ledger.XXXXXX";

	if (mkdtemp(folder) == NULL) {
		perror(folder);
		return 1;
	}
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		char *path = xasprintf("%s/ledger", folder), *lock = xasprintf("%s.lock", path);

		measure(path, entries[i]);
		unlink(path);
		unlink(lock);
		free(path);
		free(lock);
	}
	return rmdir(folder) == 0 ? 0 : 1;
}
