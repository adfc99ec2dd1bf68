/* Moves an uplink's place in the network to its bridge and back, as one transaction; see uplink.h.
 */
#include "net/uplink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/uplink_internal.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"
#include "vm/vm.h"

#define LOOK_MS 20   /* between looks at whether the network answers */
#define SOON_MS 4000 /* how long what stands in the way for a moment may do so */

/* All that is to be sent is built here, and nothing is changed. */
static int
prepare(struct diag *d, struct move *m)
{
	const struct os_bridge_wish wish = { .mac = m->bridge->mac,
		.mtu = (unsigned)m->bridge->mtu,
		.stp = m->bridge->stp,
		.vlan_filtering = m->bridge->vlan_filtering };
	int64_t soon = now_ms() + SOON_MS;

	for (;;) {
		struct diag own = { 0 };

		if (os_uplink_read(&own, m->bridge->name, m->uplink, &m->before) == 0 &&
		    os_uplink_moved(&own, m->before, m->up ? &wish : NULL, &m->after) == 0)
			return 0;
		if (own.status != DIAG_BUSY || now_ms() >= soon) {
			diag_move(d, &own);
			return -1;
		}
		diag_free(&own);
		os_uplink_free(m->before);
		m->before = NULL;
		sleep_ms(LOOK_MS);
	}
}

static void
given_gateways(const struct host_bridge *b, struct os_gateways *ret)
{
	*ret = (struct os_gateways){ 0 };
	for (size_t i = 0; i < b->uplink.ngateway && ret->n < OS_GATEWAYS; i++) {
		struct os_gateway *g = &ret->v[ret->n++];

		g->family = b->uplink.gateway[i].len == IP4 ? AF_INET : AF_INET6;
		memcpy(g->address, b->uplink.gateway[i].b, b->uplink.gateway[i].len);
		(void)ip_format(&b->uplink.gateway[i], g->text);
	}
}

/* 1: the network answers; 0: not yet, and d says what is missing; -1: it cannot be asked. */
static int
answers(struct diag *d, const struct move *m, struct os_gateways *gateways)
{
	int all = 1;

	if (os_uplink_check(d, m->after) == -1)
		return 0;
	for (size_t i = 0; i < gateways->n; i++) {
		struct os_gateway *g = &gateways->v[i];
		int answer = os_gateway_ask(d, m->after, g);

		if (answer == -1)
			return -1;
		if (answer == 0) {
			fail(d, "gateway %s does not answer on %s", g->text,
			    m->up ? m->bridge->name : m->uplink);
			all = 0;
		}
	}
	return all;
}

static int
verify(struct diag *d, struct move *m)
{
	int64_t deadline = now_ms() + m->timeout;

	if (m->bridge->uplink.ngateway > 0)
		given_gateways(m->bridge, &m->done.gateways);
	else
		os_uplink_gateways(m->after, &m->done.gateways);
	for (;;) {
		struct diag own = { 0 };
		int answer = answers(&own, m, &m->done.gateways);

		if (answer == 1)
			return 0;
		if (answer == -1 || now_ms() >= deadline) {
			diag_move(d, &own);
			return -1;
		}
		diag_free(&own);
		sleep_ms(LOOK_MS);
	}
}

/* From here on nothing is undone any more. */
static int
commit(struct diag *d, struct move *m)
{
	struct diag later = { 0 };
	bool stays = false;

	if (!m->up) {
		if (uplink_state_write(d, m->path, m->bridge->name, m->before, true) == -1)
			return -1;
		stays = uplink_bridge_end(&later, m->bridge->name, &m->done.kept) == -1;
		m->done.kept |= stays;
		diag_free(&later);
	}
	/* An empty bridge that could not be removed is the next command's, by what the file says.
	 */
	return stays || unlink(m->path) == 0 ? 0 : fail_sys(d, "%s", m->path);
}

static int
undo(struct diag *d, struct move *m)
{
	unsigned reasons = d->count;

	if (uplink_restore(d, m->path, m->bridge->name) != -1) {
		uplink_watch_end(&m->watch);
		return fail(d, "so everything is as it was before");
	}
	diag_wrap(d, reasons, "it cannot be undone yet");
	uplink_watch_leave(&m->watch);
	return fail(d, "a process stays behind and tries on; vmrun net says what there is");
}

static int
run(struct diag *d, struct move *m)
{
	if (prepare(d, m) == -1 ||
	    uplink_state_write(d, m->path, m->bridge->name, m->before, false) == -1)
		return -1;
	if (uplink_watch_start(d, m->place, m->path, m->bridge->name, m->timeout, &m->watch) ==
	    -1) {
		(void)unlink(m->path);
		return -1;
	}
	if (os_uplink_apply(d, m->after) == -1 || verify(d, m) == -1 || commit(d, m) == -1)
		return undo(d, m);
	uplink_watch_end(&m->watch);
	return 0;
}

static int
begin(struct diag *d, struct move *m)
{
	if (geteuid() != 0 && !os_privileged())
		return fail_as(d, DIAG_DENIED,
		    "moving %s needs root: it changes how this host is reached", m->uplink);
	m->path = uplink_state_path(m->place, m->bridge->name);
	if (m->timeout == -1)
		m->timeout = m->bridge->uplink.timeout;
	m->lock = uplink_lock(d, m->place);
	if (m->lock == -1 || uplink_restore(d, m->path, m->bridge->name) == -1)
		return -1;
	return uplink_look(d, m);
}

static void
end(struct move *m)
{
	fd_close(&m->lock);
	os_uplink_free(m->before);
	os_uplink_free(m->after);
	free(m->links);
	free(m->path);
}

static struct move
move_of(const struct uplink_place *place, const struct host_bridge *bridge, int64_t timeout, bool force)
{
	return (struct move){ .place = place,
		.bridge = bridge,
		.uplink = bridge->uplink.interface,
		.timeout = timeout,
		.force = force,
		.lock = -1,
		.watch = { .fd = -1 } };
}

int
uplink_up(struct diag *d, const struct uplink_place *place, const struct host_bridge *bridge,
    int64_t timeout, bool force, struct uplink_done *ret)
{
	struct move m = move_of(place, bridge, timeout, force);
	int result = -1;

	m.up = true;
	if (begin(d, &m) == 0 && uplink_check_up(d, &m) == 0)
		result = m.done.already ? 0 : run(d, &m);
	if (result == 0 && !m.done.already) {
		(void)uplink_look(d, &m);
		(void)uplink_addresses(d, m.br, &m.done.addresses, NULL);
	}
	if (result == 0)
		*ret = m.done;
	end(&m);
	return result;
}

int
uplink_down(struct diag *d, const struct uplink_place *place, const struct host_bridge *bridge,
    int64_t timeout, bool force, struct uplink_done *ret)
{
	struct move m = move_of(place, bridge, timeout, force);
	int result = -1;

	if (begin(d, &m) == 0 && uplink_check_down(d, &m) == 0)
		result =
		    m.done.already ? uplink_bridge_end(d, bridge->name, &m.done.kept) : run(d, &m);
	if (result == 0)
		*ret = m.done;
	end(&m);
	return result;
}

int
uplink_ensure(struct diag *d, const struct uplink_place *place, const struct host_bridge *bridge)
{
	char *path = uplink_state_path(place, bridge->name);
	int64_t give_up = now_ms() + 2 * bridge->uplink.timeout + SOON_MS;
	struct uplink_done done;
	struct os_link link;
	int result = 0;

	for (;;) {
		struct diag own = { 0 };

		/* With the file there, somebody may still take it away again. */
		if (os_link_find(&own, bridge->name, &link) == 0 && access(path, F_OK) == -1)
			break;
		diag_free(&own);
		if (uplink_up(&own, place, bridge, -1, false, &done) == 0)
			break;
		if (own.status != DIAG_BUSY || now_ms() >= give_up) {
			diag_wrap(&own, 0, "bridge %s", bridge->name);
			diag_move(d, &own);
			result = -1;
			break;
		}
		diag_free(&own);
		sleep_ms(LOOK_MS);
	}
	free(path);
	return result;
}
