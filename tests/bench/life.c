/* One VM: how long it takes to start and to be stopped by force, and what its supervisor costs. */
#include <err.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "util/mem.h"

#define DISK_SIZE     (64 << 20)
#define SETTLE_MS     60 /* a guest runs that long before it is stopped */
#define SUPERVISORS   5
#define SUPERVISOR_MS 1500
#define BETWEEN_MS    40 /* the kernel's own tidying after one VM is not the next one's time */

enum way { BARE_QUIT, BARE_KILL, SCRIPTS_QUIT, VMRUN_STOP, VMRUN_KILL, WAYS };

struct life {
	const struct world *w;
	const char *vm;
	struct bare ready, scripts;
	struct series start[WAYS], stop[WAYS], pss, anonymous;
};

static void
bare_life(struct life *l, struct bare *b, enum way way)
{
	double from;

	bare_prepare(b);
	from = clock_ms();
	bare_exec(b);
	bare_wait_running(b);
	series_add(&l->start[way], clock_ms() - from);
	sleep_ms(SETTLE_MS);
	from = clock_ms();
	if (way == BARE_KILL)
		bare_kill(b);
	else
		bare_quit(b);
	bare_wait_gone(b);
	series_add(&l->stop[way], clock_ms() - from);
}

static void
vmrun_life(struct life *l, enum way way)
{
	series_add(&l->start[way], run_vmrun(l->w, "start", l->vm, NULL));
	sleep_ms(SETTLE_MS);
	if (way == VMRUN_STOP)
		series_add(&l->stop[way], run_vmrun(l->w, "stop", "hard", l->vm, NULL));
	else
		series_add(&l->stop[way], run_vmrun(l->w, "kill", l->vm, NULL));
}

static void
one_life(struct life *l, enum way way)
{
	switch (way) {
	case BARE_QUIT:
	case BARE_KILL:
		bare_life(l, &l->ready, way);
		break;
	case SCRIPTS_QUIT:
		bare_life(l, &l->scripts, way);
		break;
	case VMRUN_STOP:
	case VMRUN_KILL:
		vmrun_life(l, way);
		break;
	case WAYS:
		break;
	}
	sleep_ms(BETWEEN_MS);
}

/* A supervisor that has been left alone for a while. */
static void
supervisor_life(struct life *l)
{
	pid_t supervisor;

	run_vmrun(l->w, "start", l->vm, NULL);
	supervisor = (pid_t)vm_number(l->w, l->vm, "supervisor");
	sleep_ms(SUPERVISOR_MS);
	series_add(&l->pss, process_kib(supervisor, "Pss"));
	series_add(&l->anonymous, process_kib(supervisor, "Pss_Anon"));
	run_vmrun(l->w, "kill", l->vm, NULL);
}

static double
ratio(struct series *a, struct series *b)
{
	return series_median(a) / series_median(b);
}

static void
report_life(struct life *l, const char *section)
{
	static const char *const start[WAYS] = { "start: bare QEMU, exec to QMP running",
		"start: bare QEMU, again", "start: QEMU with tap scripts", "start: vmrun start",
		"start: vmrun start, again" };
	static const char *const stop[WAYS] = { "stop: QMP quit to bare QEMU",
		"stop: SIGKILL to bare QEMU", "stop: QMP quit, tap scripts",
		"stop: vmrun stop hard", "stop: vmrun kill" };

	for (size_t i = 0; i < WAYS; i++)
		report(section, start[i], "ms", &l->start[i]);
	report_wanted(section, "start: vmrun / bare", "",
	    ratio(&l->start[VMRUN_STOP], &l->start[BARE_QUIT]), 1.12, false);
	report_wanted(section, "start: vmrun / scripts", "",
	    ratio(&l->start[VMRUN_STOP], &l->start[SCRIPTS_QUIT]), 0.85, false);
	report_value(section, "start: vmrun / bare, of the least", "",
	    series_at(&l->start[VMRUN_STOP], 0) / series_at(&l->start[BARE_QUIT], 0));
	for (size_t i = 0; i < WAYS; i++)
		report(section, stop[i], "ms", &l->stop[i]);
	report_wanted(section, "stop: vmrun stop hard / quit", "",
	    ratio(&l->stop[VMRUN_STOP], &l->stop[BARE_QUIT]), 1.25, false);
	report_wanted(section, "stop: vmrun kill / quit", "",
	    ratio(&l->stop[VMRUN_KILL], &l->stop[BARE_QUIT]), 1.25, false);
	report(section, "supervisor: of its PSS, anonymous", "KiB", &l->anonymous);
	report(section, "supervisor: PSS", "KiB", &l->pss);
	report_wanted(
	    section, "supervisor: PSS, one VM", "KiB", series_median(&l->pss), 256, false);
}

static void
measure(
    const struct world *w, const char *section, const char *vm, const char *disk, unsigned rounds)
{
	struct life l = { .w = w, .vm = vm };

	run_vmrun(w, "start", vm, NULL);
	bare_learn(w, vm, disk, BARE_READY, 0, &l.ready);
	bare_learn(w, vm, disk, BARE_SCRIPTS, 1, &l.scripts);
	run_vmrun(w, "kill", vm, NULL);
	/* Each way is now the first of its round, now the last. */
	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned i = 0; i < WAYS; i++)
			one_life(&l, (round + i) % WAYS);
	}
	for (unsigned i = 0; i < SUPERVISORS; i++)
		supervisor_life(&l);
	report_life(&l, section);
	for (size_t i = 0; i < WAYS; i++) {
		series_free(&l.start[i]);
		series_free(&l.stop[i]);
	}
	series_free(&l.pss);
	series_free(&l.anonymous);
	bare_free(&l.ready);
	bare_free(&l.scripts);
	world_forget(w);
}

void
bench_life(const struct world *w, unsigned rounds)
{
	world_guest(w, "web1", "");
	measure(w, "life", "web1", NULL, rounds);
}

void
bench_disk(const struct world *w, unsigned rounds)
{
	char *disk = world_path(w, "disk.raw"), *settings;
	int fd = open(disk, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1 || ftruncate(fd, DISK_SIZE) == -1)
		err(1, "%s", disk);
	close(fd);
	settings = xasprintf("disks = ( { file = \"%s\"; } );", disk);
	world_guest(w, "disk1", settings);
	measure(w, "disk", "disk1", disk, rounds);
	free(settings);
	free(disk);
}
