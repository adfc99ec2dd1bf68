/*
 * The request "stats": what top and metrics need to know of a VM, beside what the kernel tells of its
 * processes. Which threads are the guest's CPUs, and what its disks have moved, only QEMU knows.
 *
 *	{"do": "stats"}                 QEMU is asked first, once for all who ask meanwhile
 *	{"do": "stats", "brief": true}  what it told last, at once; it is asked afterwards
 *
 * A QEMU that does not answer in time is told of as "unknown", with what it told last; from then on
 * nobody waits for it until it speaks again.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "super/machine.h"
#include "util/loop.h"
#include "util/mem.h"

#define DISKS_MAX 256
#define CPUS_MAX  4096
#define FIRST_MS  1000 /* after the connection: not in the way of a start */

/* As in QEMU's BlockDeviceStats, and in our answer. */
static const struct {
	const char *qemu, *ours;
} counters[] = { { "rd_bytes", "read_bytes" }, { "wr_bytes", "written_bytes" },
	{ "rd_operations", "reads" }, { "wr_operations", "writes" },
	{ "flush_operations", "flushes" } };
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

struct stats_disk {
	char name[40];
	uint64_t n[COUNTERS];
};

struct stats {
	int64_t *cpus; /* threads */
	size_t ncpus;
	struct stats_disk *disks;
	size_t ndisks;
	int64_t at; /* now_ms() when the disks were told; 0: never */
	bool asked; /* an answer is due */
};

static struct stats *
stats_of(struct super *s)
{
	if (s->stats == NULL)
		s->stats = xcalloc(1, sizeof(*s->stats));
	return s->stats;
}

/* The id that a drive was given: a device of its own is behind another of its kind for some buses, and
 * its path names the outer one. NULL: not one of the VM file's. */
static const char *
drive_name(const json_t *drive, char *ret, size_t size)
{
	static const char prefix[] = "/machine/peripheral/";
	const char *device = json_string_value(json_object_get(drive, "qdev"));

	if (device == NULL || device[0] == '\0')
		return NULL;
	if (device[0] == '/' && strncmp(device, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	if (device[0] == '/')
		device += sizeof(prefix) - 1;
	strlcpy(ret, device, size);
	ret[strcspn(ret, "/")] = '\0';
	return ret;
}

static void
take_disks(struct stats *st, const json_t *drives)
{
	const json_t *drive;
	size_t i;

	st->disks = xreallocarray(st->disks, json_array_size(drives) + 1, sizeof(*st->disks));
	st->ndisks = 0;
	st->at = now_ms();
	json_array_foreach(drives, i, drive)
	{
		struct stats_disk *disk = &st->disks[st->ndisks];
		const json_t *from = json_object_get(drive, "stats");

		if (st->ndisks == DISKS_MAX ||
		    drive_name(drive, disk->name, sizeof(disk->name)) == NULL)
			continue;
		for (size_t k = 0; k < COUNTERS; k++)
			disk->n[k] = (uint64_t)json_integer_value(
			    json_object_get(from, counters[k].qemu));
		st->ndisks++;
	}
}

static void
take_cpus(struct stats *st, const json_t *cpus)
{
	const json_t *cpu;
	size_t i;

	free(st->cpus);
	st->cpus = xcalloc(json_array_size(cpus) + 1, sizeof(*st->cpus));
	st->ncpus = 0;
	json_array_foreach(cpus, i, cpu)
	{
		json_int_t thread = json_integer_value(json_object_get(cpu, "thread-id"));
		bool seen = thread <= 0;

		/* One thread can be all of them. */
		for (size_t k = 0; k < st->ncpus; k++)
			seen |= st->cpus[k] == thread;
		if (!seen && st->ncpus < CPUS_MAX)
			st->cpus[st->ncpus++] = thread;
	}
}

static json_t *
disks_json(const struct stats *st)
{
	json_t *all = json_array();

	for (size_t i = 0; i < st->ndisks; i++) {
		json_t *disk = json_pack("{s:o}", "name", json_string(st->disks[i].name));

		for (size_t k = 0; k < COUNTERS; k++)
			json_object_set_new(disk, counters[k].ours,
			    json_integer((json_int_t)st->disks[i].n[k]));
		json_array_append_new(all, disk);
	}
	return all;
}

static json_t *
answer(struct client *k)
{
	struct super *s = client_super(k);
	static const char *const facts[] = { "pid", "started", "memory", "cpus", "nics" };
	const char *state = s->silent ? "unknown" : state_name(s->state);
	json_t *a = json_pack("{s:b,s:s,s:s,s:i,s:i}", "ok", 1, "name", s->name, "state", state,
	    "supervisor", (int)getpid(), "restarts", s->history.total);
	static const struct stats nothing;
	const struct stats *st = s->stats != NULL ? s->stats : &nothing;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		json_t *fact = json_object_get(s->launch.record, facts[i]);

		if (fact != NULL)
			json_object_set(a, facts[i], fact);
	}
	if (st->ncpus > 0) {
		json_t *threads = json_array();

		for (size_t i = 0; i < st->ncpus; i++)
			json_array_append_new(threads, json_integer(st->cpus[i]));
		json_object_set_new(a, "cpu_threads", threads);
	}
	if (st->at != 0) {
		json_object_set_new(a, "disks", disks_json(st));
		json_object_set_new(a, "disks_age", json_integer(now_ms() - st->at));
	}
	return a;
}

static void
late(void *arg)
{
	struct super *s = arg;

	s->silent = true;
	control_answer_all(s, control_stats_request, answer);
}

static void
ask(void *arg)
{
	struct super *s = arg;
	struct stats *st = stats_of(s);

	if (st->asked || s->qmp == NULL)
		return;
	st->asked = true;
	if (st->ncpus == 0)
		super_qmp_send(s, "query-cpus-fast", NULL, ID_STATS_CPUS);
	super_qmp_send(s, "query-blockstats", NULL, ID_STATS);
	loop_timer(s->loop, now_ms() + ANSWER_MS, late, s);
	super_bustle(s);
}

void
stats_soon(struct super *s)
{
	loop_timer(s->loop, now_ms() + FIRST_MS, ask, s);
}

void
stats_told(struct super *s, int id, const json_t *m)
{
	struct stats *st = stats_of(s);
	const json_t *told = json_object_get(m, "return");

	if (id == ID_STATS_CPUS) {
		take_cpus(st, told);
		return;
	}
	if (json_is_array(told))
		take_disks(st, told);
	st->asked = false;
	loop_timer_cancel(s->loop, late, s);
	control_answer_all(s, control_stats_request, answer);
}

void
stats_forget(struct super *s)
{
	loop_timer_cancel(s->loop, late, s);
	loop_timer_cancel(s->loop, ask, s);
	if (s->stats == NULL)
		return;
	free(s->stats->cpus);
	free(s->stats->disks);
	free(s->stats);
	s->stats = NULL;
	control_answer_all(s, control_stats_request, answer);
}

/* Is there a QEMU that can be asked just now? */
static bool
can_ask(struct super *s)
{
	if (!s->up || s->qmp == NULL || s->silent)
		return false;
	s->silent = os_proc_stopped(&s->launch.proc);
	return !s->silent;
}

void
control_stats_request(struct client *k, const json_t *request)
{
	struct super *s = client_super(k);
	bool brief = json_is_true(json_object_get(request, "brief")), can = can_ask(s);

	if (can && !brief) {
		client_wait_for(k, control_stats_request);
		ask(s);
		return;
	}
	client_answer(k, answer(k));
	/* Also one that is silent: its answer says that it is so no more. */
	if (s->up && s->qmp != NULL)
		loop_timer(s->loop, now_ms() + PROBE_MS, ask, s);
}
