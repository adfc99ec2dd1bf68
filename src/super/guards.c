/*
 * The guards of the VM's ports, and the filters of its networks, watched: a host's firewall that is
 * loaded anew begins with flushing all of nftables, and takes them with it.
 *
 * One that was removed is set again at once; where that of a port fails, the port leaves its
 * bridge, so that no guest is there unguarded.
 */
#include <poll.h>
#include <stdlib.h>

#include "launch/nics.h"
#include "net/network.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

static void
guard_again(struct super *s, size_t i)
{
	struct diag d = { 0 };
	int done = nics_guard_again(&d, &s->launch, i);

	if (done == 1)
		log_say(&s->log,
		    "nic %zu: its guard was removed by another program, and is set "
		    "again",
		    i);
	if (done == -1)
		log_say(&s->log,
		    "nic %zu: its guard was removed by another program, and cannot "
		    "be set again, so it is off its bridge until vmrun gc",
		    i);
	log_diag(&s->log, &d);
	diag_free(&d);
}

static size_t
guarded(const struct super *s, struct os_tap *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < s->launch.nports; i++) {
		if (!s->launch.ports[i].guarded)
			continue;
		if (ret != NULL)
			ret[n] = s->launch.ports[i].tap;
		n++;
	}
	return n;
}

static void
filter_again(struct super *s, const char *bridge)
{
	struct diag d = { 0 };
	int done = networks_filter_again(&d, s->c, bridge);

	if (done == 1)
		log_say(&s->log,
		    "bridge %s: its filter was removed by another program, and is set again",
		    bridge);
	if (done == -1)
		log_say(&s->log,
		    "bridge %s: its filter was removed by another program, and cannot be set again "
		    "(vmrun gc)",
		    bridge);
	log_diag(&s->log, &d);
	diag_free(&d);
}

static void
filters_again(struct super *s)
{
	for (size_t i = 0; i < s->launch.nports; i++) {
		if (s->launch.ports[i].bridge[0] != '\0')
			filter_again(s, s->launch.ports[i].bridge);
	}
}

static void
take_change(int fd, short revents, void *arg)
{
	struct super *s = arg;
	size_t n = guarded(s, NULL);
	struct os_tap *taps = xcalloc(n, sizeof(*taps));
	bool filters;

	guarded(s, taps);
	if (os_guard_removed(fd, taps, n, NETWORK_TABLE, &filters)) {
		for (size_t i = 0; i < s->launch.nports; i++)
			guard_again(s, i);
	}
	if (filters)
		filters_again(s);
	free(taps);
}

/* While nobody watched one may have gone. */
void
super_guards_watch(struct super *s)
{
	struct diag d = { 0 };

	if (guarded(s, NULL) == 0 && s->networks.n == 0)
		return;
	s->guards = os_guard_watch(&d);
	if (s->guards != -1)
		loop_add(s->loop, s->guards, POLLIN, take_change, s);
	log_diag(&s->log, &d);
	diag_free(&d);
	for (size_t i = 0; !s->launch.ours && i < s->launch.nports; i++)
		guard_again(s, i);
	if (!s->launch.ours)
		filters_again(s);
}

void
super_guards_forget(struct super *s)
{
	if (s->guards != -1)
		loop_remove(s->loop, s->guards);
	fd_close(&s->guards);
}
