/* What the files of networks share: the lock, the records, forwarding; see network.h. */
#ifndef VMRUN_SUPER_NETWORK_INTERNAL_H
#define VMRUN_SUPER_NETWORK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "super/network_keeper.h"

struct context;
struct diag;
struct host_bridge;
struct network_hosts;
struct network_uses;
struct os_link;

/* A network's record. */
struct network_state {
	bool broken;             /* it cannot be read: anything may be there */
	bool whole;              /* all of it was made */
	unsigned index;          /* of the bridge, then */
	int create;              /* enum bridge_create, as it was said when it was made */
	bool filtered;           /* there is a table of nftables */
	bool forward4, forward6; /* it needs the host to forward */
	int64_t tunnel;          /* network_tunnel_mark() */
	int64_t addresses;       /* network_addresses_mark(); 0: not known */
};

/* run_dir/.networks; to be freed. */
char *state_dir_of(const struct context *c);
/* Is there anything at all? */
bool networks_any(const struct context *c);
/* The one lock of all networks; it waits. -1 with a message. */
int networks_lock(struct diag *d, const struct context *c);
/* Gives it up, and removes the folder if no network is left. */
void networks_unlock(const struct context *c, int lock);
/* Names of all networks that there is anything of; to be freed with strings_free(). */
int networks_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n);

/* false: there is none, or one of an earlier boot, and *ret is as zeroed. One that cannot be read
 * is there, and its network is to be undone with all that it may have. */
bool network_state_read(const struct context *c, const char *name, struct network_state *ret);
int network_state_write(
    struct diag *d, const struct context *c, const char *name, const struct network_state *state);
void network_state_remove(const struct context *c, const char *name);

/* Takes part in it: a lock that lasts as long as its descriptor, which is added to uses. Only in
 * one that is there, or, create and with the lock of all, in any. */
bool network_use(const struct context *c, const char *name, bool create, struct network_uses *uses);
/* Nobody takes part, nor can before *ret (-1: nobody ever did) is closed. */
bool network_use_seize(const struct context *c, const char *name, int *ret);
void network_use_remove(const struct context *c, const char *name);

/* One network that is worked on. */
struct network_work {
	const struct context *c;
	const struct host_bridge *b;
	struct network_state state; /* as recorded */
	struct keeper keeper;
	char *dir, *log;
	char *warning; /* NULL: none */
};
struct network_work network_work(const struct context *c, const struct host_bridge *b);
void network_work_free(struct network_work *w);
/* Its bridge, by the name that it was made with, or by its index once somebody has given it another
 * one; false: there is none of vmrun's. */
bool network_bridge_find(const char *name, const struct network_state *state, struct os_link *ret);
/* With the lock: makes what is missing, or leaves nothing that was not there before. hosts are
 * those that the server is to know. */
int network_ensure(struct diag *d, struct network_work *w, const struct network_hosts *hosts);
/* With the lock: whatever there is of it goes, as its record (state) says. */
int network_undo(struct diag *d, struct network_work *w);
/* Anew, as vmrun.conf says. */
int network_make_filter(struct diag *d, struct network_work *w);
/* Is all of it there, by a look that takes no lock? */
bool network_is_whole(const struct network_work *w, const struct network_hosts *hosts);

/* Has somebody removed its filter? */
bool network_filter_gone(const struct network_work *w, const struct network_state *state);
/* Are its bridge, addresses, tunnel and filter there? */
bool network_look_whole(const struct network_work *w, const struct network_state *state);
/* Fails if a network of the host's has the same addresses. */
int network_look_addresses(struct diag *d, const struct host_bridge *b);
/* Fails if its bridge, which is there, has an address that is no longer to be its. */
int network_look_changed(struct diag *d, const struct host_bridge *b);
/* What of the host's own filters makes the network useless, to be freed; NULL: nothing. */
char *network_look_filters(const struct host_bridge *b);

/* The hosts that are on disk. */
int network_hosts_known(struct diag *d, const struct context *c, const struct host_bridge *b,
    struct network_hosts *ret);

/* With the lock: the kernel forwards if a network needs it, and as before if none does. */
int forwarding_settle(struct diag *d, const struct context *c);

#endif
