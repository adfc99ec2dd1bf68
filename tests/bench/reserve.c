/* What a ledger of a hundred thousand MACs costs a start: of a VM that is in it, and of a new one,
 * which is given its MAC, uid and uuid. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "net/ledger.h"
#include "util/diag.h"
#include "util/mem.h"

#define MACS_SMALL 10
#define MACS_LARGE 100000
#define MACS_OF_VM 1000 /* at most */

static const char waiting[] = "memory = \"16M\";\nargs = [ \"-S\" ];\n"
			      "nics = ( { bridge = \"br0\"; } );\n";

static void
give_macs(struct ledger *l, unsigned count)
{
	const struct mac first = mac_from_number(0x525400000000),
			 last = mac_from_number(0x525400ffffff);
	struct diag d = { 0 };
	struct mac m;

	for (unsigned i = 0; i < count; i++) {
		char vm[32];

		snprintf(vm, sizeof(vm), "vm%u", i / MACS_OF_VM);
		if (ledger_mac_get(&d, l, vm, i % MACS_OF_VM, first, last, NULL, NULL, &m) == -1)
			errx(1, "%s", d.text);
	}
	if (ledger_commit(&d, l) == -1)
		errx(1, "%s", d.text);
}

struct sized {
	char *path; /* where the ledger waits until it is this one's turn */
	struct series known, new;
};

static void
take_turns(const struct world *w, struct sized *s, const char *ledger, const char *new)
{
	if (rename(s->path, ledger) == -1)
		err(1, "%s", s->path);
	series_add(&s->known, run_vmrun(w, "start", "known", NULL));
	run_vmrun(w, "kill", "known", NULL);
	series_add(&s->new, run_vmrun(w, "start", new, NULL));
	run_vmrun(w, "kill", new, NULL);
	if (rename(ledger, s->path) == -1)
		err(1, "%s", s->path);
}

static void
make_ledger(
    const struct world *w, struct sized *s, const char *name, const char *ledger, unsigned count)
{
	struct diag d = { 0 };
	struct ledger *l;

	s->path = world_path(w, name);
	if (ledger_lock(&d, ledger, &l) == -1)
		errx(1, "%s", d.text);
	give_macs(l, count);
	ledger_close(l);
	run_vmrun(w, "start", "known", NULL);
	run_vmrun(w, "kill", "known", NULL);
	if (rename(ledger, s->path) == -1)
		err(1, "%s", s->path);
}

void
bench_reserve(const struct world *w, unsigned rounds)
{
	char *ledger = world_path(w, "lib/ledger");
	struct sized small = { 0 }, large = { 0 };

	world_vm(w, "known", waiting);
	make_ledger(w, &small, "ledger.small", ledger, MACS_SMALL);
	make_ledger(w, &large, "ledger.large", ledger, MACS_LARGE);
	for (unsigned round = 0; round < rounds; round++) {
		char name[32];

		snprintf(name, sizeof(name), "new%u", round);
		world_vm(w, name, waiting);
		take_turns(w, &small, ledger, name);
		take_turns(w, &large, ledger, name);
	}
	report("reserve", "10 MACs: start of a known VM", "ms", &small.known);
	report("reserve", "100,000 MACs: start of a known VM", "ms", &large.known);
	report("reserve", "10 MACs: start of a new VM", "ms", &small.new);
	report("reserve", "100,000 MACs: start of a new VM", "ms", &large.new);
	series_free(&small.known);
	series_free(&small.new);
	series_free(&large.known);
	series_free(&large.new);
	free(small.path);
	free(large.path);
	free(ledger);
	world_forget(w);
}
