/*
 * Networks of the host's own, as `bridges` of vmrun.conf describes them: made when a VM first needs
 * one, served while they are there, removed when nobody needs them any more.
 *
 * Theory of operation. All of it happens under one lock, and is written to a record before it is
 * done; whoever finds a record without its network, or a network that nobody uses, goes on where
 * the one before was killed. Who uses a network holds a shared lock on it for as long as the VM
 * runs; that, and the ports of the bridge itself, are what is asked before one is removed: so a
 * supervisor that was killed keeps its VM's network by its QEMU's tap, and one that starts keeps it
 * by its lock.
 *
 * dnsmasq has a keeper (network_keeper.c), a process beside it as a supervisor is beside QEMU,
 * which starts it again when it dies. One that was killed leaves its dnsmasq and a record of it;
 * the next command that looks at the network ends that and makes a new keeper.
 *
 * In run_dir/.networks, all of them gone with the last network: "lock"; of each network NAME.net
 * (the record), NAME.use (the lock of its users), NAME.conf (dnsmasq's configuration), NAME.keeper
 * (the keeper's lock) and NAME.serve (which processes those are); and "forwarding", what the kernel
 * was set to before. The log is log_dir/networks/NAME.log. state_dir has what stays: net/network.h.
 */
#ifndef VMRUN_SUPER_NETWORK_H
#define VMRUN_SUPER_NETWORK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct context;
struct diag;
struct host_bridge;
struct plan;

/* Networks that this process uses; zeroed: none. */
struct network_uses {
	int *v;
	size_t n;
};

/* Before the ports of a VM are made: each network of its NICs that vmrun.conf says to create is
 * there then, and its server knows the NICs. warning, to be freed: what makes one useless that it
 * is not for vmrun to change, or NULL. */
int networks_join(struct diag *d, const struct context *c, const struct plan *p,
    struct network_uses *ret, char **ret_warning);
/* Those of a VM that an earlier supervisor started, from its record. */
void networks_adopt(const struct context *c, const json_t *record, struct network_uses *ret);
void networks_release(struct network_uses *uses);
/* The filter of a network that VMs use, if another program has removed it, as one that loads a
 * firewall anew does. 1: it was; 0: it is there, or there is to be none. */
int networks_filter_again(struct diag *d, const struct context *c, const char *bridge);

/* Removes each network of create = "auto" that nobody uses. Costs nothing where there is none. */
int networks_sweep(struct diag *d, const struct context *c);

/* What `vmrun gc` does: the same, and what is left of others that a crash has damaged is made whole
 * or, where vmrun.conf no longer speaks of it and nobody uses it, removed. done(name, what, arg) is
 * told of each. */
int networks_gc(struct diag *d, const struct context *c,
    void (*done)(const char *name, const char *what, void *arg), void *arg);

/* `vmrun net up` and `down` of a bridge that vmrun makes. *ret_already: there was nothing to do.
 * down fails while a VM uses it. */
int network_up(struct diag *d, const struct context *c, const struct host_bridge *b,
    bool *ret_already, char **ret_warning);
/* Is there anything of it? */
bool network_is_known(const struct context *c, const char *name);
int network_down(struct diag *d, const struct context *c, const char *name, bool *ret_already);

#endif
