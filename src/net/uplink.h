/*
 * A NIC of the host becomes the uplink of a bridge, which takes over its addresses, routes and MAC;
 * and back. One transaction: looked at first, done at once, verified, and undone where the network
 * does not answer.
 *
 * What was before is in a file, run/.BRIDGE.uplink, from before the first change until it is
 * certain that all is well, and in the memory of a watchdog, a process in a session of its own. The
 * file is what decides: while it is there, whoever finds that nobody is at work any more restores
 * what it says. The watchdog does so when the command ends or does not come to an end; the next
 * vmrun command does so if both were killed. Who is at work holds a lock (flock on run/), which
 * ends with its holders.
 */
#ifndef VMRUN_NET_UPLINK_H
#define VMRUN_NET_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/os.h"

struct diag;
struct host_bridge;

struct uplink_place {
	const char *run_dir;
	const char
	    *host; /* a folder that stands for the root of the file system; "": that itself */
	/* The watchdog has restored what was (d is empty), or could not. Called in its process. */
	void (*told)(const char *bridge, struct diag *d);
};

struct uplink_done {
	bool already; /* there was nothing to do */
	bool kept;    /* after down: the bridge stays, for it is not vmrun's or has ports */
	struct os_gateways gateways; /* that answered */
	unsigned addresses;          /* that were looked at, IPv6 link-local ones not counted */
};

/* timeout in ms, -1: the bridge's own. force: also where a filter or a routing rule speaks of the
 * interface alone. -1: all is as it was, and d says why. */
int uplink_up(struct diag *d, const struct uplink_place *place, const struct host_bridge *bridge,
    int64_t timeout, bool force, struct uplink_done *ret);
/* force: likewise; and with guests on the bridge, which stays then. */
int uplink_down(struct diag *d, const struct uplink_place *place, const struct host_bridge *bridge,
    int64_t timeout, bool force, struct uplink_done *ret);
/* For a VM that wants the bridge, which is to be made when it is missing: the same as uplink_up(),
 * after another that is at work. Costs one question where the uplink is on the bridge. */
int uplink_ensure(
    struct diag *d, const struct uplink_place *place, const struct host_bridge *bridge);
/* Put right what killed commands left, of one bridge or (NULL) of all; restored() for each that is
 * as it was before (may be NULL). Costs one look at a folder where there is nothing. DIAG_BUSY:
 * somebody is at work on that bridge. */
int uplink_recover(struct diag *d, const struct uplink_place *place, const char *bridge,
    void (*restored)(const char *bridge, void *arg), void *arg);

#endif
