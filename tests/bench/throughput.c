/* Bytes between the host and a guest, through vmrun's tap and through one that QEMU made itself. */
#include <stdlib.h>

#include "bench.h"

#define BYTES     (64 << 20)
#define WARM_UP   (4 << 20)
#define ROUNDS    7

enum way { VMRUN, READY, SCRIPTS, WAYS };

struct throughput {
	struct bare ready, scripts;
	struct series to[WAYS], from[WAYS];
};

static void
begin(const struct world *w, struct throughput *t, enum way way)
{
	struct bare *b = way == READY ? &t->ready : &t->scripts;

	if (way == VMRUN) {
		run_vmrun(w, "start", "web1", NULL);
		return;
	}
	bare_prepare(b);
	bare_exec(b);
	bare_wait_running(b);
}

static void
end(const struct world *w, struct throughput *t, enum way way)
{
	struct bare *b = way == READY ? &t->ready : &t->scripts;

	if (way == VMRUN) {
		run_vmrun(w, "kill", "web1", NULL);
		return;
	}
	bare_kill(b);
	bare_wait_gone(b);
}

static void
measure(const struct world *w, struct throughput *t, enum way way)
{
	begin(w, t, way);
	send_bytes(&peer_guest, WARM_UP);
	receive_bytes(&peer_guest, WARM_UP);
	series_add(&t->to[way], send_bytes(&peer_guest, BYTES));
	series_add(&t->from[way], receive_bytes(&peer_guest, BYTES));
	end(w, t, way);
}

void
bench_throughput(const struct world *w, unsigned rounds)
{
	static const char *const to[WAYS] = { "to the guest: vmrun",
		"to the guest: same argv, ready tap", "to the guest: QEMU's own tap" };
	static const char *const from[WAYS] = { "from the guest: vmrun",
		"from the guest: same argv, ready tap", "from the guest: QEMU's own tap" };
	struct throughput t = { 0 };

	world_guest(w, "web1", "");
	run_vmrun(w, "start", "web1", NULL);
	bare_learn(w, "web1", NULL, BARE_READY, 0, &t.ready);
	bare_learn(w, "web1", NULL, BARE_SCRIPTS, 1, &t.scripts);
	run_vmrun(w, "kill", "web1", NULL);
	for (unsigned round = 0; round < (rounds < ROUNDS ? rounds : ROUNDS); round++) {
		for (unsigned i = 0; i < WAYS; i++)
			measure(w, &t, (round + i) % WAYS);
	}
	for (unsigned i = 0; i < WAYS; i++)
		report("throughput", to[i], "MB/s", &t.to[i]);
	for (unsigned i = 0; i < WAYS; i++)
		report("throughput", from[i], "MB/s", &t.from[i]);
	report_wanted("throughput", "to the guest: vmrun / QEMU's own tap", "",
	    series_median(&t.to[VMRUN]) / series_median(&t.to[SCRIPTS]), 0.95, true);
	report_wanted("throughput", "from the guest: vmrun / QEMU's own tap", "",
	    series_median(&t.from[VMRUN]) / series_median(&t.from[SCRIPTS]), 0.95, true);
	for (unsigned i = 0; i < WAYS; i++) {
		series_free(&t.to[i]);
		series_free(&t.from[i]);
	}
	bare_free(&t.ready);
	bare_free(&t.scripts);
	world_forget(w);
}
