/* Networks of the host's own: who uses one, and its end; see network.h. */
#include <stdlib.h>
#include <string.h>

#include "launch/context.h"
#include "net/network.h"
#include "os/os.h"
#include "super/network.h"
#include "super/network_internal.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

/* The name of a port that is on it, to be freed; NULL: none. */
static char *
port_of(struct diag *d, const struct context *c, const char *name, bool *ret_known)
{
	struct os_link *links = NULL, bridge;
	struct network_state state;
	size_t n = 0;
	unsigned index = 0;
	char *port = NULL;

	(void)network_state_read(c, name, &state);
	if (network_bridge_find(name, &state, &bridge))
		index = bridge.index;
	*ret_known = os_links(d, &links, &n) == 0;
	for (size_t i = 0; i < n; i++) {
		if (links[i].is_bridge && strcmp(links[i].name, name) == 0)
			index = links[i].index;
	}
	for (size_t i = 0; i < n && index != 0 && port == NULL; i++) {
		if (links[i].master == index && strcmp(links[i].alias, NETWORK_ALIAS) != 0)
			port = xstrdup(links[i].name);
	}
	free(links);
	return port;
}

/* 0: nobody uses it, and nobody will who does not have the lock of all, until *ret is closed; 1:
 * somebody does; -1: that cannot be told. */
static int
seize(struct diag *d, const struct context *c, const char *name, int *ret)
{
	int fd = -1, result = network_use_seize(c, name, &fd) ? 0 : 1;
	bool known = true;
	char *port;

	if (result == 0) {
		port = port_of(d, c, name, &known);
		if (!known || port != NULL)
			result = known ? 1 : -1;
		free(port);
	}
	if (result != 0)
		fd_close(&fd);
	*ret = fd;
	return result;
}

/* Of a network that vmrun.conf may no longer speak of: its name is all that is needed. */
static int
take_down(struct diag *d, const struct context *c, const char *name)
{
	struct host_bridge b = { .name = (char *)name };
	struct network_work w = network_work(c, &b);
	int result;

	(void)network_state_read(c, name, &w.state);
	result = network_undo(d, &w);
	network_work_free(&w);
	return result;
}

/* Does it go with its last VM? If its record cannot tell, vmrun.conf does. */
static bool
is_auto(const struct context *c, const char *name, const struct network_state *state)
{
	const struct host_bridge *b = host_bridge_find(&c->host, name);

	if (state->broken)
		return b != NULL && b->create == CREATE_AUTO;
	return state->create == CREATE_AUTO;
}

int
networks_sweep(struct diag *d, const struct context *c)
{
	char **names = NULL;
	size_t n = 0;
	int result = 0, lock;

	if (!networks_any(c))
		return 0;
	lock = networks_lock(d, c);
	if (lock == -1)
		return -1;
	if (networks_names(d, c, &names, &n) == -1)
		result = -1;
	for (size_t i = 0; i < n; i++) {
		struct network_state state;
		int seized = -1;

		if (network_state_read(c, names[i], &state) && is_auto(c, names[i], &state) &&
		    seize(d, c, names[i], &seized) == 0 && take_down(d, c, names[i]) == -1)
			result = -1;
		fd_close(&seized);
	}
	strings_free(names, n);
	networks_unlock(c, lock);
	return result;
}

/* One network of `vmrun gc`, with the lock. NULL: nothing was wrong with it. */
static const char *
put_right(struct diag *d, const struct context *c, const char *name)
{
	const struct host_bridge *b = host_bridge_find(&c->host, name);
	struct network_hosts hosts = { 0 };
	struct network_state state = { 0 };
	const char *what = NULL;
	bool recorded = network_state_read(c, name, &state);
	int seized = -1, used = seize(d, c, name, &seized);
	struct network_work w;

	if (used == 0 && (!recorded || b == NULL || is_auto(c, name, &state))) {
		if (take_down(d, c, name) == 0)
			what = state.broken ? "its record cannot be read: the network is removed, "
					      "as nobody uses it"
					    : "the network is removed, as nobody uses it";
	} else if (used != -1 && b != NULL) {
		w = network_work(c, b);
		if (network_hosts_known(d, c, b, &hosts) == 0 && !network_is_whole(&w, &hosts) &&
		    network_ensure(d, &w, &hosts) == 0)
			what = state.broken ? "its record cannot be read: the network is made "
					      "whole, and the record anew"
					    : "the network is whole again";
		network_hosts_free(&hosts);
		network_work_free(&w);
	} else if (state.broken) {
		fail(d,
		    "bridge %s: its record cannot be read (%s/.networks/%s.net), and vmrun.conf "
		    "does not describe it: it stays until nobody uses it",
		    name, c->run_dir, name);
	}
	fd_close(&seized);
	return what;
}

int
networks_gc(struct diag *d, const struct context *c,
    void (*done)(const char *name, const char *what, void *arg), void *arg)
{
	char **names = NULL;
	unsigned from = d->count;
	size_t n = 0;
	int lock;

	if (!networks_any(c))
		return 0;
	lock = networks_lock(d, c);
	if (lock == -1)
		return -1;
	(void)networks_names(d, c, &names, &n);
	for (size_t i = 0; i < n; i++) {
		const char *what = put_right(d, c, names[i]);

		if (what != NULL)
			done(names[i], what, arg);
	}
	if (forwarding_settle(d, c) == -1 && d->count == from)
		fail(d, "forwarding cannot be put back");
	strings_free(names, n);
	networks_unlock(c, lock);
	return d->count == from ? 0 : -1;
}

bool
network_is_known(const struct context *c, const char *name)
{
	struct network_state state;

	return network_state_read(c, name, &state);
}

int
network_down(struct diag *d, const struct context *c, const char *name, bool *ret_already)
{
	struct network_state state = { 0 };
	struct diag own = { 0 };
	int lock, seized = -1, used, result = -1;

	*ret_already = !networks_any(c);
	if (*ret_already)
		return 0;
	lock = networks_lock(d, c);
	if (lock == -1)
		return -1;
	used = seize(&own, c, name, &seized);
	if (!network_state_read(c, name, &state)) {
		*ret_already = true;
		result = 0;
	} else if (used == -1) {
		diag_move(d, &own);
	} else if (used == 1) {
		fail_as(d, DIAG_BUSY, "bridge %s: it is used (vmrun net shows by whom)", name);
	} else {
		result = take_down(d, c, name);
	}
	fd_close(&seized);
	diag_free(&own);
	networks_unlock(c, lock);
	return result;
}
