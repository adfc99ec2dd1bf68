/* The limits of a VM's processes, from start to end; see quota.h. */
#include "launch/quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/context.h"
#include "launch/quota_process.h"
#include "launch/runtime.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/intset.h"
#include "util/mem.h"
#include "util/num.h"
#include "vm/vm.h"

#define PIDS_MAX 64
#define QEMU_MIN (UINT64_C(32) << 20) /* bytes that QEMU has at the least for itself */

const char *const quota_keys[OS_NLIMITS] = { [OS_LIMIT_MEMORY] = "memory_max",
	[OS_LIMIT_CPU] = "cpu_weight",
	[OS_LIMIT_IO] = "io_weight",
	[OS_LIMIT_CPUS] = "cpus_allowed" };
static const char *const means_words[] = {
	[OS_MEANS_NONE] = "nothing", [OS_MEANS_PROCESS] = "process", [OS_MEANS_GROUP] = "cgroup"
};

static json_t *
limits_of(const json_t *record)
{
	return json_object_get(record, "limits");
}

static uint64_t
number(const json_t *limits, enum os_limit limit)
{
	return (uint64_t)json_integer_value(json_object_get(limits, quota_keys[limit]));
}

static const char *
group_of(const json_t *record)
{
	return json_string_value(json_object_get(limits_of(record), "cgroup"));
}

/* By what a limit is held that the record names; OS_MEANS_NONE: it names none. */
static enum os_means
means_of(const json_t *limits, enum os_limit limit)
{
	const char *word =
	    json_string_value(json_object_get(json_object_get(limits, "by"), quota_keys[limit]));

	for (int i = 0; word != NULL && i <= OS_MEANS_GROUP; i++) {
		if (strcmp(word, means_words[i]) == 0)
			return (enum os_means)i;
	}
	return OS_MEANS_NONE;
}

/* A trial below --root may have a VM of the same name. */
static char *
group_name(const struct context *c, const char *name)
{
	uint32_t hash = 2166136261u;

	if (c->root == NULL)
		return xstrdup(name);
	for (const char *s = c->run_dir; *s != '\0'; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return xasprintf("%s.%08x", name, (unsigned)hash);
}

static void
record_limit(json_t *limits, const struct os_limits_here *here, enum os_limit limit, json_t *value)
{
	json_object_set_new(limits, quota_keys[limit], value);
	json_object_set_new(json_object_get(limits, "by"), quota_keys[limit],
	    json_string(means_words[here->means[limit]]));
}

/* Is any of the limits that are given one that a group holds? */
static bool
wants_group(const json_t *limits)
{
	for (int i = 0; i < OS_NLIMITS; i++) {
		if (means_of(limits, (enum os_limit)i) == OS_MEANS_GROUP)
			return true;
	}
	return false;
}

void
quota_record(json_t *record, const struct context *c, const struct vm *vm, bool tcg)
{
	const struct vm_quota *q = &vm->quota;
	struct os_limits_here here;
	char *name, *folder;
	json_t *limits;

	json_object_del(record, "limits");
	if (!vm_has_quota(vm))
		return;
	os_limits_here(&here);
	limits = json_pack("{s:{}}", "by");
	json_object_set_new(record, "limits", limits);
	if (q->memory_max != 0) {
		record_limit(limits, &here, OS_LIMIT_MEMORY, json_integer((json_int_t)q->memory_max));
		if (here.means[OS_LIMIT_MEMORY] == OS_MEANS_PROCESS)
			json_object_set_new(limits, "qemu_data_max",
			    json_integer((json_int_t)process_data_max(vm, tcg)));
	}
	if (q->cpu_weight != 0)
		record_limit(limits, &here, OS_LIMIT_CPU, json_integer(q->cpu_weight));
	if (q->io_weight != 0)
		record_limit(limits, &here, OS_LIMIT_IO, json_integer(q->io_weight));
	if (intset_count(&q->cpus_allowed) > 0) {
		struct buf cpus = { 0 };

		buf_add_intset(&cpus, &q->cpus_allowed);
		record_limit(limits, &here, OS_LIMIT_CPUS, json_string(cpus.s));
		buf_free(&cpus);
	}
	/* What is said by itself of QEMU's process wins over what is made of a share. */
	if (vm->nice != 0)
		json_object_set_new(limits, "nice", json_integer(vm->nice));
	if (intset_count(&vm->cpus.emulator_pin) > 0)
		json_object_set_new(limits, "pinned", json_true());
	name = group_name(c, vm->name);
	folder = wants_group(limits) ? os_group_folder(&here, name) : NULL;
	if (folder != NULL) {
		record_string(limits, "cgroup", folder);
		record_string(limits, "name", name);
	}
	free(folder);
	free(name);
}

/* *cpus is what the result may point to. */
static struct os_limits
limits_from(const json_t *limits, struct intset *cpus)
{
	const char *list = json_string_value(json_object_get(limits, quota_keys[OS_LIMIT_CPUS]));
	struct os_limits l = { .memory_max = number(limits, OS_LIMIT_MEMORY),
		.cpu_weight = (unsigned)number(limits, OS_LIMIT_CPU),
		.io_weight = (unsigned)number(limits, OS_LIMIT_IO) };

	if (list != NULL && intset_parse(list, cpus) == 0)
		l.cpus = cpus;
	return l;
}

/* What no group holds. */
static struct os_process_limits
process_limits(const json_t *limits, bool qemu, struct intset *cpus)
{
	struct os_process_limits l = { .io_priority = -1 };
	struct os_limits all = limits_from(limits, cpus);

	if (means_of(limits, OS_LIMIT_MEMORY) == OS_MEANS_PROCESS)
		l.data_max = qemu ? (uint64_t)json_integer_value(
					json_object_get(limits, "qemu_data_max"))
				  : all.memory_max;
	if (means_of(limits, OS_LIMIT_CPU) == OS_MEANS_PROCESS &&
	    json_object_get(limits, "nice") == NULL) {
		l.renice = true;
		l.nice = process_nice(all.cpu_weight);
	}
	if (means_of(limits, OS_LIMIT_IO) == OS_MEANS_PROCESS)
		l.io_priority = process_io_priority(all.io_weight);
	if (means_of(limits, OS_LIMIT_CPUS) == OS_MEANS_PROCESS &&
	    (!qemu || json_object_get(limits, "pinned") == NULL))
		l.cpus = all.cpus;
	return l;
}

void
quota_process(const json_t *record, bool qemu, struct os_process_limits *ret, struct intset *cpus)
{
	*ret = process_limits(limits_of(record), qemu, cpus);
}

/* QEMU first; those that have ended have no pid. */
static size_t
processes(const json_t *record, pid_t pids[PIDS_MAX])
{
	const json_t *entry;
	size_t n = 0, i;

	pids[n++] = (pid_t)json_integer_value(json_object_get(record, "pid"));
	json_array_foreach(json_object_get(record, "companions"), i, entry)
	{
		pid_t pid = (pid_t)json_integer_value(json_object_get(entry, "pid"));

		if (pid != 0 && n < PIDS_MAX)
			pids[n++] = pid;
	}
	return n;
}

static int
make_group(struct diag *d, const json_t *record)
{
	const json_t *limits = limits_of(record);
	const char *name = json_string_value(json_object_get(limits, "name"));
	struct os_limits_here here;
	pid_t pids[PIDS_MAX];
	size_t n = processes(record, pids);
	struct intset cpus;
	struct os_limits l = limits_from(limits, &cpus);
	char *folder = NULL;
	int result;

	os_limits_here(&here);
	result = os_group_make(d, &here, name, &l, pids, n, &folder);
	free(folder);
	return result;
}

int
quota_enter(struct diag *d, const json_t *record)
{
	unsigned before = d->count;

	if (group_of(record) == NULL || make_group(d, record) == 0)
		return 0;
	diag_wrap(d, before, "limits");
	return -1;
}

int
quota_join(struct diag *d, const json_t *record, pid_t pid)
{
	return group_of(record) != NULL ? os_group_add(d, group_of(record), pid) : 0;
}

void
quota_shelter(const json_t *record, const struct context *c, const char *name)
{
	pid_t pids[PIDS_MAX];
	size_t n = processes(record, pids);
	char *group;

	if (group_of(record) != NULL || pids[0] == 0)
		return;
	group = group_name(c, name);
	os_group_shelter(group, pids, n);
	free(group);
}

int
quota_leave(struct diag *d, const json_t *record)
{
	return group_of(record) != NULL ? os_group_remove(d, group_of(record)) : 0;
}

int
quota_watch(const json_t *record)
{
	errno = ENOENT;
	return group_of(record) != NULL ? os_group_watch(group_of(record)) : -1;
}

/* From what a process has to what it is to have: what stays is left out, for root may lack the
 * right to say it again; what is no more is as if it had never been. *all: CPUs to set it free to.
 */
static struct os_process_limits
difference(struct os_process_limits was, struct os_process_limits now, const struct intset *all)
{
	struct os_process_limits l = { .io_priority = -1 };

	if (now.data_max != was.data_max)
		l.data_max = now.data_max != 0 ? now.data_max : UINT64_MAX;
	l.renice = now.renice != was.renice || now.nice != was.nice;
	l.nice = now.nice;
	if (now.io_priority != was.io_priority)
		l.io_priority = now.io_priority != -1 ? now.io_priority : process_io_priority(100);
	if (now.cpus == NULL)
		l.cpus = was.cpus != NULL ? all : NULL;
	else if (was.cpus == NULL || memcmp(now.cpus, was.cpus, sizeof(*now.cpus)) != 0)
		l.cpus = now.cpus;
	return l;
}

static int
change_processes(struct diag *d, const json_t *record, const json_t *old)
{
	struct intset then_cpus, now_cpus, all;
	pid_t pids[PIDS_MAX];
	size_t n = processes(record, pids);
	struct diag none = { 0 };
	bool known = os_cpus(&none, &all) == 0;

	diag_free(&none);
	for (size_t i = 0; i < n; i++) {
		struct os_process_limits l = difference(process_limits(old, i == 0, &then_cpus),
		    process_limits(limits_of(record), i == 0, &now_cpus), known ? &all : NULL);

		if (os_process_limit(pids[i], &l) == -1)
			return fail_sys(d, "process %d cannot be limited", (int)pids[i]);
	}
	return 0;
}

/* The group of a VM that runs, as its record says now. */
static int
change_group(struct diag *d, const json_t *record)
{
	const json_t *limits = limits_of(record);
	struct os_limits_here here;
	struct intset cpus;
	struct os_limits l = limits_from(limits, &cpus);

	os_limits_here(&here);
	return os_group_change(d, &here, group_of(record), &l);
}

int
quota_change(
    struct diag *d, json_t *record, const struct context *c, const struct vm *vm, bool tcg)
{
	json_t *old = json_deep_copy(limits_of(record));
	const char *group = json_string_value(json_object_get(old, "cgroup"));
	unsigned before = d->count;
	int result = 0;

	quota_record(record, c, vm, tcg);
	/* A group that it has stays its own, though there may be nothing left to limit in it. */
	if (group != NULL && limits_of(record) == NULL)
		json_object_set_new(record, "limits", json_pack("{s:{}}", "by"));
	if (group != NULL) {
		record_string(limits_of(record), "cgroup", group);
		json_object_set(limits_of(record), "name", json_object_get(old, "name"));
	}
	if (limits_of(record) != NULL)
		result = group != NULL		   ? change_group(d, record)
			 : group_of(record) != NULL ? make_group(d, record)
						   : 0;
	if (result == 0)
		result = change_processes(d, record, old);
	if (result == -1) {
		diag_wrap(d, before, "limits");
		json_object_del(record, "limits");
		if (old != NULL)
			json_object_set(record, "limits", old);
	}
	json_decref(old);
	return result;
}

const char *
quota_means(enum os_limit limit, enum os_means means)
{
	static const char *const process[OS_NLIMITS] = { [OS_LIMIT_MEMORY] =
							     "the data limit of each process",
		[OS_LIMIT_CPU] = "nice", [OS_LIMIT_IO] = "I/O priority",
		[OS_LIMIT_CPUS] = "CPU affinity" };

	return means == OS_MEANS_PROCESS ? process[limit] : means_words[means];
}

/* QEMU reserves the guest's memory before it says a word, and would just die of it. */
static int
check_memory(struct diag *d, const struct vm *vm, const struct os_limits_here *here)
{
	struct buf size = { 0 };

	if (vm->quota.memory_max == 0 || here->means[OS_LIMIT_MEMORY] != OS_MEANS_PROCESS ||
	    vm_memory_shared(vm) || vm->quota.memory_max >= vm->memory.size + QEMU_MIN)
		return 0;
	buf_add_size(&size, vm->memory.size);
	fail(d,
	    "less than the guest's memory, %s, and what QEMU needs takes a cgroup (%s): without "
	    "one QEMU cannot reserve more than it may use",
	    size.s, here->why);
	buf_free(&size);
	return -1;
}

int
quota_check(struct diag *d, const struct vm *vm, const char **ret_key)
{
	struct os_limits_here here;
	int nice;

	if (!vm_has_quota(vm))
		return 0;
	os_limits_here(&here);
	*ret_key = quota_keys[OS_LIMIT_MEMORY];
	if (check_memory(d, vm, &here) == -1)
		return -1;
	nice = vm->quota.cpu_weight != 0 ? process_nice((unsigned)vm->quota.cpu_weight) : 0;
	if (here.means[OS_LIMIT_CPU] != OS_MEANS_PROCESS || nice >= 0 || vm->nice != 0 ||
	    geteuid() == 0)
		return 0;
	*ret_key = quota_keys[OS_LIMIT_CPU];
	return fail(d,
	    "more than 100 takes a cgroup (%s), or nice %d, which only root may give", here.why,
	    nice);
}

void
quota_text(const json_t *record, struct buf *ret)
{
	const json_t *limits = limits_of(record);

	for (int i = 0; i < OS_NLIMITS; i++) {
		const json_t *value = json_object_get(limits, quota_keys[i]);

		if (value == NULL)
			continue;
		if (ret->len > 0)
			buf_add(ret, ", ");
		buf_addf(ret, "%s ", quota_keys[i]);
		if (i == OS_LIMIT_MEMORY)
			buf_add_size(ret, (uint64_t)json_integer_value(value));
		else if (json_is_string(value))
			buf_add(ret, json_string_value(value));
		else
			buf_addf(ret, "%lld", (long long)json_integer_value(value));
		buf_addf(ret, " (%s)",
		    quota_means((enum os_limit)i, means_of(limits, (enum os_limit)i)));
	}
}
