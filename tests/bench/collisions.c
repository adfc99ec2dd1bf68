/* collisions [SEED [RUNS]]: how many NICs share a MAC when hosts with fifty VMs each are put on one
 * network: vmrun's ledger, with and without a range for each host, beside the ways of others. The
 * same seed gives the same table. Fails if one host's ledger, or hosts with a range each, share
 * any. See README.md. */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/ledger.h"
#include "net/ledger_internal.h"
#include "util/diag.h"
#include "util/mac.h"
#include "util/mem.h"

#define VMS_PER_HOST 50
#define HOSTS_MAX    1000
#define PIDS         32768 /* pid_max of a small machine */

static uint64_t state;

/* splitmix64, Sebastiano Vigna, public domain. */
static uint64_t
random64(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t
random_bits(unsigned bits)
{
	return random64() >> (64 - bits);
}

/* Any good hash does: what counts is how many inputs there are. */
static uint64_t
hash_of(uint64_t n)
{
	uint64_t saved = state, hash;

	state = n;
	hash = random64();
	state = saved;
	return hash >> 40;
}

static void
qemu_default(unsigned host, unsigned hosts, uint64_t *macs)
{
	for (unsigned i = 0; i < VMS_PER_HOST; i++)
		macs[i] = 0x525400123456;
}

static void
of_bits(unsigned bits, uint64_t *macs)
{
	for (unsigned i = 0; i < VMS_PER_HOST; i++)
		macs[i] = 0x525400000000 + random_bits(bits);
}

static void
bits_16(unsigned host, unsigned hosts, uint64_t *macs)
{
	of_bits(16, macs);
}

static void
bits_20(unsigned host, unsigned hosts, uint64_t *macs)
{
	of_bits(20, macs);
}

static void
bits_24(unsigned host, unsigned hosts, uint64_t *macs)
{
	of_bits(24, macs);
}

static void
bits_46(unsigned host, unsigned hosts, uint64_t *macs)
{
	of_bits(46, macs);
}

static void
hash_of_pid(unsigned host, unsigned hosts, uint64_t *macs)
{
	for (unsigned i = 0; i < VMS_PER_HOST; i++)
		macs[i] = 0x525400000000 + hash_of(1 + random64() % PIDS);
}

/* On each host VMs are called web1, web2, … */
static void
hash_of_name(unsigned host, unsigned hosts, uint64_t *macs)
{
	for (unsigned i = 0; i < VMS_PER_HOST; i++)
		macs[i] = 0x525400000000 + hash_of(i);
}

/* The ledger itself, of a host whose salt is as good as arc4random's. */
static void
ledger_macs(uint64_t first, uint64_t last, uint64_t *macs)
{
	struct ledger *l = ledger_new("");
	struct diag d = { 0 };

	for (unsigned i = 0; i < LEDGER_SALT; i++)
		l->salt[i] = (uint8_t)random_bits(8);
	l->has_salt = true;
	for (unsigned i = 0; i < VMS_PER_HOST; i++) {
		struct mac m;
		char vm[32];

		snprintf(vm, sizeof(vm), "web%u", i);
		if (ledger_mac_get(&d, l, vm, 0, mac_from_number(first), mac_from_number(last),
			NULL, NULL, &m) == -1)
			errx(1, "%s", d.text);
		macs[i] = mac_number(m);
	}
	ledger_close(l);
}

static void
vmrun_alone(unsigned host, unsigned hosts, uint64_t *macs)
{
	ledger_macs(0x525400000000, 0x525400ffffff, macs);
}

/* The longest range of a power of two that there is for each: a thousand hosts have /34. */
static void
vmrun_range(unsigned host, unsigned hosts, uint64_t *macs)
{
	unsigned bits = 0;
	uint64_t first;

	while (1U << bits < hosts)
		bits++;
	first = 0x525400000000 + ((uint64_t)host << (24 - bits));
	ledger_macs(first, first + (UINT64_C(1) << (24 - bits)) - 1, macs);
}

static const struct {
	const char *name;
	void (*fill)(unsigned host, unsigned hosts, uint64_t *macs);
} schemes[] = {
	{ "QEMU's default", qemu_default },
	{ "hash of the VM's name", hash_of_name },
	{ "hash of a pid", hash_of_pid },
	{ "16 random bits", bits_16 },
	{ "20 random bits", bits_20 },
	{ "24 random bits", bits_24 },
	{ "46 random bits", bits_46 },
	{ "vmrun, no range", vmrun_alone },
	{ "vmrun, a range each", vmrun_range },
};

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* NICs that do not have their MAC to themselves. */
static unsigned
sharing(uint64_t *macs, size_t n)
{
	unsigned count = 0;

	qsort(macs, n, sizeof(*macs), compare);
	for (size_t i = 0; i < n; i++)
		count += (i > 0 && macs[i] == macs[i - 1]) || (i + 1 < n && macs[i] == macs[i + 1]);
	return count;
}

/* Returns how many in all runs. */
static unsigned long long
simulate(size_t scheme, unsigned hosts, unsigned runs, uint64_t *macs)
{
	unsigned long long all = 0;
	unsigned hit = 0;

	for (unsigned run = 0; run < runs; run++) {
		unsigned count;

		for (unsigned i = 0; i < hosts; i++)
			schemes[scheme].fill(i, hosts, macs + (size_t)i * VMS_PER_HOST);
		count = sharing(macs, (size_t)hosts * VMS_PER_HOST);
		all += count;
		hit += count > 0;
	}
	printf("  %9.2f (%3u%%)", (double)all / runs, (100 * hit + runs / 2) / runs);
	fflush(stdout);
	return all;
}

int
main(int argc, char **argv)
{
	static const unsigned hosts[] = { 1, 10, 100, 300, HOSTS_MAX };
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned runs = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 100;
	uint64_t *macs = xcalloc((size_t)HOSTS_MAX * VMS_PER_HOST, sizeof(*macs));
	unsigned long long broken = 0;

	if (runs == 0)
		errx(64, "usage: collisions [SEED [RUNS]]");
	printf("NICs that share a MAC, mean of %u runs (runs with any), %u VMs a host, seed "
	       "%llu\n%-22s",
	    runs, VMS_PER_HOST, (unsigned long long)seed, "hosts:");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		printf("  %9u       ", hosts[i]);
	for (size_t k = 0; k < sizeof(schemes) / sizeof(schemes[0]); k++) {
		printf("\n%-22s", schemes[k].name);
		for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
			unsigned long long all;

			state = seed;
			all = simulate(k, hosts[i], runs, macs);
			if (schemes[k].fill == vmrun_range ||
			    (schemes[k].fill == vmrun_alone && hosts[i] == 1))
				broken += all;
		}
	}
	puts("");
	free(macs);
	return broken > 0;
}
