/* What VMs take of the host; see sample.h. */
#include "cmd/sample.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/loop.h"
#include "util/mem.h"

#define PATIENCE_MS  1000 /* a supervisor's own patience with QEMU is less */
#define HURRIED_MS   300  /* where they are not to ask QEMU first */
#define SHARE_MS_GIB 10.0 /* to count the pages of a GiB */

static json_int_t
number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* The file of marks says which of those that do not run have failed. */
static const char *
state_of(struct cmd *cmd, const struct ask *ask)
{
	static const char *const words[] = { "stopped", "failed" };
	char *mark;
	bool failed;

	if (ask->told == TOLD_ANSWER)
		return json_text(ask->answer, "state");
	if (ask->told != TOLD_STOPPED)
		return "unknown";
	mark = xasprintf("%s/failed/%s", cmd->c.state_dir, ask->name);
	failed = access(mark, F_OK) == 0;
	free(mark);
	return words[failed];
}

static void
take_cpu(struct sample *s)
{
	const json_t *threads = json_object_get(s->answer, "cpu_threads"), *thread;
	size_t i;

	s->used = s->pid > 0 && os_proc_use(s->pid, &s->use) == 0;
	s->split = s->used && json_array_size(threads) > 0;
	json_array_foreach(threads, i, thread)
	{
		uint64_t ns = 0;

		if (s->split && os_thread_cpu(s->pid, json_integer_value(thread), &ns) == -1)
			s->split = false;
		s->vcpu += ns;
	}
	/* They were read one after the other, and a clock's tick can lie in between. */
	if (s->split && s->vcpu > s->use.cpu)
		s->vcpu = s->use.cpu;
}

static void
take_disks(struct sample *s)
{
	const json_t *disks = json_object_get(s->answer, "disks"), *disk;
	size_t i;

	s->has_disks = json_is_array(disks);
	s->disks_age = number(s->answer, "disks_age");
	json_array_foreach(disks, i, disk)
	{
		s->disk_read += (uint64_t)number(disk, "read_bytes");
		s->disk_written += (uint64_t)number(disk, "written_bytes");
	}
}

static int
by_index(const void *a, const void *b)
{
	const struct os_traffic *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static void
take_net(struct sample *s, const struct os_traffic *all, size_t n)
{
	const json_t *nics = json_object_get(s->answer, "nics"), *nic;
	size_t i;

	s->nnics = json_array_size(nics);
	s->nics = xcalloc(s->nnics + 1, sizeof(*s->nics));
	json_array_foreach(nics, i, nic)
	{
		const struct os_traffic key = { .index = (unsigned)number(nic, "index") };
		const struct os_traffic *t = key.index != 0
						 ? bsearch(&key, all, n, sizeof(*all), by_index)
						 : NULL;

		s->nics[i] = (struct sample_nic){ .nic = nic,
			.known = t != NULL,
			.given = json_is_true(json_object_get(nic, "given")) };
		if (t == NULL)
			continue;
		s->nics[i].traffic = *t;
		s->has_net = true;
		s->net_given |= s->nics[i].given;
		s->net_in += t->tx_bytes;
		s->net_out += t->rx_bytes;
	}
}

static void
fill(struct cmd *cmd, struct samples *all, bool loud)
{
	struct os_traffic *traffic = NULL;
	struct diag d = { 0 };
	size_t n = 0;

	if (os_traffic(&d, &traffic, &n) == 0 && n > 0)
		qsort(traffic, n, sizeof(*traffic), by_index);
	if (loud)
		complain(cmd, NULL, &d);
	diag_free(&d);
	all->v = xcalloc(all->n + 1, sizeof(*all->v));
	for (size_t i = 0; i < all->n; i++) {
		struct ask *ask = &all->asks[i];
		struct sample *s = &all->v[i];

		*s = (struct sample){ .name = ask->name,
			.state = state_of(cmd, ask),
			.answer = ask->told == TOLD_ANSWER ? ask->answer : NULL };
		all->silent += strcmp(s->state, "unknown") == 0;
		s->pid = (pid_t)number(s->answer, "pid");
		s->started = number(s->answer, "started");
		take_cpu(s);
		take_disks(s);
		take_net(s, traffic, n);
		if (ask->told == TOLD_FAILED && loud)
			complain(cmd, ask->name, &ask->d);
	}
	free(traffic);
}

int
samples_take(struct cmd *cmd, enum sample_whom whom, bool brief, bool loud, struct samples *ret)
{
	struct samples all = { 0 };
	char **running = NULL;
	size_t nrunning = 0;
	struct diag d = { 0 };
	int result;

	if (cmd->argc == 0 && !cmd->o.all && whom == SAMPLE_RUNNING)
		result = choose_running(cmd, &all.targets);
	else
		result = choose(cmd, cmd->argc, cmd->argv, VMS_ALL, true, &all.targets);
	if (result == -1)
		return -1;
	if (context_run_names(&d, &cmd->c, &running, &nrunning) == -1)
		complain(cmd, NULL, &d);
	all.n = all.targets.n;
	all.request = json_pack("{s:s,s:b}", "do", "stats", "brief", (int)brief);
	all.asks = asks_for(&all.targets, all.request, brief ? HURRIED_MS : PATIENCE_MS);
	ask_running(cmd, all.asks, all.n, running, nrunning);
	strings_free(running, nrunning);
	all.at = now_ms();
	all.wall = time(NULL);
	fill(cmd, &all, loud);
	*ret = all;
	return 0;
}

void
samples_free(struct samples *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].nics);
	free(s->v);
	asks_free(s->asks, s->n);
	targets_free(&s->targets);
	json_decref(s->request);
	*s = (struct samples){ 0 };
}

void
sample_share(struct sample *s)
{
	uint64_t rss, pss;

	if (s->used && os_proc_memory(s->pid, &rss, &pss) == 0 && pss > 0) {
		s->pss = pss;
		s->use.resident = rss;
	}
	s->pss_at = now_ms();
}

double
sample_share_cost(const struct sample *s)
{
	return (double)s->use.resident / (double)(1 << 30) * SHARE_MS_GIB;
}

static int
by_pss_at(const void *a, const void *b)
{
	const struct sample *x = *(const struct sample *const *)a,
			    *y = *(const struct sample *const *)b;

	return x->pss_at < y->pss_at ? -1 : x->pss_at > y->pss_at;
}

void
samples_shares(struct samples *s, double budget_ms)
{
	struct sample **order = xcalloc(s->n + 1, sizeof(*order));
	double left = budget_ms;

	for (size_t i = 0; i < s->n; i++)
		order[i] = &s->v[i];
	if (budget_ms > 0)
		qsort(order, s->n, sizeof(*order), by_pss_at);
	for (size_t i = 0; i < s->n; i++) {
		double cost = sample_share_cost(order[i]);

		if (!order[i]->used || (budget_ms > 0 && cost > left))
			continue;
		sample_share(order[i]);
		left -= cost;
	}
	free(order);
}

const struct sample *
samples_find(const struct samples *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->v[i].name, name) == 0)
			return &s->v[i];
	}
	return NULL;
}

void
samples_inherit(struct samples *s, const struct samples *before)
{
	for (size_t i = 0; i < s->n; i++) {
		/* Mostly in the same place. */
		const struct sample *old =
		    i < before->n && strcmp(before->v[i].name, s->v[i].name) == 0
			? &before->v[i]
			: samples_find(before, s->v[i].name);

		if (old == NULL || old->pid != s->v[i].pid)
			continue;
		s->v[i].pss = old->pss;
		s->v[i].pss_at = old->pss_at;
	}
}
