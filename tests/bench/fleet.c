/* Many VMs: fifty started and stopped at once, and the list of a thousand. The guests wait at their
 * first instruction (-S): fifty that compute would measure the processors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "util/mem.h"

#define RUNNING   50
#define FILES     1000
#define MANY      200
#define SETTLE_MS 1500

static const char waiting[] = "memory = \"16M\";\nargs = [ \"-S\" ];\n"
			      "nics = ( { bridge = \"br0\"; } );\n";

/* As long as a real one, with something to parse. */
static const char stopped[] = "memory = \"1G\";\ncpus = 2;\n"
			      "disks = ( { file = \"/srv/vm/disk.qcow2\"; } );\n"
			      "nics = ( { bridge = \"br0\"; } );\n"
			      "display = { vnc = \"off\"; };\ntags = [ \"idle\" ];\n";

static void
add_vms(const struct world *w, const char *prefix, unsigned n, const char *text)
{
	for (unsigned i = 0; i < n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%s%03u", prefix, i);
		world_vm(w, name, text);
	}
}

static void
pss_of_all(const struct world *w, struct series *pss)
{
	for (unsigned i = 0; i < RUNNING; i++) {
		char name[32];

		snprintf(name, sizeof(name), "run%03u", i);
		series_add(pss, process_kib((pid_t)vm_number(w, name, "supervisor"), "Pss"));
	}
}

/* --- fifty at once --- */

struct fifty {
	struct bare bare[RUNNING];
	struct series bare_start, bare_quit, start, kill, stop, pss;
};

static void
bare_fifty(struct fifty *f)
{
	double from;

	for (unsigned i = 0; i < RUNNING; i++)
		bare_prepare(&f->bare[i]);
	from = clock_ms();
	for (unsigned i = 0; i < RUNNING; i++)
		bare_exec(&f->bare[i]);
	for (unsigned i = 0; i < RUNNING; i++)
		bare_wait_running(&f->bare[i]);
	series_add(&f->bare_start, clock_ms() - from);
	sleep_ms(SETTLE_MS);
	from = clock_ms();
	for (unsigned i = 0; i < RUNNING; i++)
		bare_quit(&f->bare[i]);
	for (unsigned i = 0; i < RUNNING; i++)
		bare_wait_gone(&f->bare[i]);
	series_add(&f->bare_quit, clock_ms() - from);
}

static void
vmrun_fifty(const struct world *w, struct fifty *f, bool hard)
{
	series_add(&f->start, run_vmrun(w, "start", "--all", "-j", "50", NULL));
	sleep_ms(SETTLE_MS);
	if (hard) {
		series_add(&f->stop, run_vmrun(w, "stop", "hard", "--all", NULL));
		return;
	}
	series_add(&f->kill, run_vmrun(w, "kill", "--all", NULL));
}

static void
report_fifty(struct fifty *f)
{
	report("fleet", "50 at once: bare QEMU, exec to running", "ms", &f->bare_start);
	report("fleet", "50 at once: vmrun start --all -j 50", "ms", &f->start);
	report_value("fleet", "50 at once: start, vmrun / bare", "",
	    series_median(&f->start) / series_median(&f->bare_start));
	report("fleet", "50 at once: QMP quit to bare QEMU", "ms", &f->bare_quit);
	report("fleet", "50 at once: vmrun stop hard --all", "ms", &f->stop);
	report("fleet", "50 at once: vmrun kill --all", "ms", &f->kill);
	report_wanted("fleet", "50 at once: vmrun stop hard --all", "ms", series_median(&f->stop),
	    250, false);
	report_wanted(
	    "fleet", "50 at once: vmrun kill --all", "ms", series_median(&f->kill), 250, false);
	report("fleet", "supervisor: PSS, 50 VMs", "KiB", &f->pss);
	report_wanted(
	    "fleet", "supervisor: PSS, 50 VMs", "KiB", series_median(&f->pss), 256, false);
}

void
bench_fleet(const struct world *w, unsigned rounds)
{
	struct fifty *f = xcalloc(1, sizeof(*f));
	struct series *all[] = { &f->bare_start, &f->bare_quit, &f->start, &f->kill, &f->stop,
		&f->pss };

	add_vms(w, "run", RUNNING, waiting);
	run_vmrun(w, "start", "--all", "-j", "50", NULL);
	for (unsigned i = 0; i < RUNNING; i++)
		bare_learn(w, "run000", NULL, BARE_READY, i, &f->bare[i]);
	for (unsigned i = 0; i < RUNNING; i++)
		f->bare[i].mac.b[5] = (unsigned char)i; /* the taps' own must differ */
	sleep_ms(SETTLE_MS);
	pss_of_all(w, &f->pss);
	run_vmrun(w, "kill", "--all", NULL);
	/* A round is long: fewer of them, and an odd number of each. */
	for (unsigned round = 0; round < (rounds + 2) / 3; round++) {
		bare_fifty(f);
		vmrun_fifty(w, f, true);
		bare_fifty(f);
		vmrun_fifty(w, f, false);
	}
	report_fifty(f);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		series_free(all[i]);
	for (unsigned i = 0; i < RUNNING; i++)
		bare_free(&f->bare[i]);
	free(f);
	world_forget(w);
}

/* --- a thousand files --- */

void
bench_list(const struct world *w, unsigned rounds)
{
	struct series list = { 0 }, json = { 0 }, start = { 0 }, stop = { 0 }, pss = { 0 };

	add_vms(w, "idle", FILES - RUNNING - 1, stopped);
	add_vms(w, "run", RUNNING, waiting);
	world_vm(w, "one", waiting);
	run_vmrun(w, "start", "run*", "-j", "50", NULL);
	sleep_ms(SETTLE_MS);
	pss_of_all(w, &pss);
	for (unsigned round = 0; round < rounds; round++) {
		series_add(&list, run_vmrun(w, "list", NULL));
		series_add(&json, run_vmrun(w, "--json", "list", NULL));
		series_add(&start, run_vmrun(w, "start", "one", NULL));
		series_add(&stop, run_vmrun(w, "kill", "one", NULL));
	}
	report("list", "1000 VMs, 50 running: vmrun list", "ms", &list);
	report("list", "1000 VMs, 50 running: vmrun --json list", "ms", &json);
	report_wanted(
	    "list", "1000 VMs, 50 running: vmrun list", "ms", series_median(&list), 10, false);
	report("list", "1000 VMs, 50 running: vmrun start of one", "ms", &start);
	report("list", "1000 VMs, 50 running: vmrun kill of one", "ms", &stop);
	report_wanted(
	    "list", "supervisor: PSS, 50 of 1000 VMs", "KiB", series_median(&pss), 256, false);
	series_free(&list);
	series_free(&json);
	series_free(&start);
	series_free(&stop);
	series_free(&pss);
	run_vmrun(w, "kill", "--all", NULL);
	world_forget(w);
}

/* --- two hundred that run --- */

void
bench_fleet200(const struct world *w, unsigned rounds)
{
	static const char *const looks[][3] = { { "list" }, { "status", "--all" }, { "top", "--once" },
		{ "metrics" } };
	struct series start = { 0 }, stop = { 0 }, pss = { 0 }, look[4] = { { 0 } };

	add_vms(w, "run", MANY, waiting);
	series_add(&start, run_vmrun(w, "start", "--all", "-j", "50", NULL));
	sleep_ms(SETTLE_MS);
	pss_of_all(w, &pss);
	for (unsigned round = 0; round < rounds; round++) {
		for (size_t i = 0; i < 4; i++) {
			series_add(&look[i], run_vmrun(w, looks[i][0], looks[i][1], NULL));
			sleep_ms(300); /* what was asked after the answer is answered */
		}
	}
	series_add(&stop, run_vmrun(w, "stop", "hard", "--all", NULL));
	report("fleet200", "200 VMs: vmrun start --all -j 50", "ms", &start);
	for (size_t i = 0; i < 4; i++) {
		char what[64];

		snprintf(what, sizeof(what), "200 VMs: vmrun %s %s", looks[i][0],
		    looks[i][1] != NULL ? looks[i][1] : "");
		report("fleet200", what, "ms", &look[i]);
		if (i < 3)
			report_wanted("fleet200", what, "ms", series_median(&look[i]), 50, false);
		series_free(&look[i]);
	}
	report("fleet200", "200 VMs: vmrun stop hard --all", "ms", &stop);
	report("fleet200", "supervisor: PSS, 50 of 200 VMs", "KiB", &pss);
	series_free(&start);
	series_free(&stop);
	series_free(&pss);
	world_forget(w);
}
