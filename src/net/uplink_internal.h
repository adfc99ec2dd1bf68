/* Between the files of uplink*.c. */
#ifndef VMRUN_NET_UPLINK_INTERNAL_H
#define VMRUN_NET_UPLINK_INTERNAL_H

#include <sys/types.h>

#include "net/uplink.h"

/* --- uplink_watch.c: the watchdog --- */

struct uplink_watch {
	pid_t pid;
	int fd; /* -1: there is none */
};
/* Returns once it is on guard. timeout: ms until it holds the command for stuck. lock: shared. */
int uplink_watch_start(struct diag *d, const struct uplink_place *place, const char *path,
    const char *bridge, int64_t timeout, struct uplink_watch *ret);
/* The file is gone, or has nothing to undo in it any more: it need not look. */
void uplink_watch_end(struct uplink_watch *w);
/* It is to go on with what the file says, once this process has ended. */
void uplink_watch_leave(struct uplink_watch *w);

/* --- one move --- */

struct move {
	const struct uplink_place *place;
	const struct host_bridge *bridge;
	const char *uplink;
	int64_t timeout; /* ms */
	bool up, force;
	char *path; /* of the state file */
	int lock;
	struct os_link *links;
	size_t nlinks;
	const struct os_link *port, *br; /* NULL: there is none */
	struct os_uplink *before, *after;
	struct uplink_watch watch;
	struct uplink_done done;
};

/* --- uplink_check.c: looking at what is there, and whether it can be moved --- */

int uplink_look(struct diag *d, struct move *m);
/* How many addresses has it, those not counted that each interface makes for itself? The first one
 * into example, which may be NULL. */
int uplink_addresses(struct diag *d, const struct os_link *link, unsigned *ret, char example[64]);
/* 0: it can be done, or is done already (m->done.already). */
int uplink_check_up(struct diag *d, struct move *m);
int uplink_check_down(struct diag *d, struct move *m);

/* --- uplink_state.c: the lock, and the file that says what was --- */

/* A descriptor that holds the lock; DIAG_BUSY where another does. */
int uplink_lock(struct diag *d, const struct uplink_place *place);
/* A bridge's file; to be freed by the caller. */
char *uplink_state_path(const struct uplink_place *place, const char *bridge);
/* finish: it is done, and what is left to do is to remove an empty bridge. */
int uplink_state_write(
    struct diag *d, const char *path, const char *bridge, const struct os_uplink *u, bool finish);
int uplink_state_read(struct diag *d, const char *path, struct os_uplink **ret, bool *ret_finish);
/* With the lock held: restore what the file says (0), or bring to its end what it says is done (1;
 * also where there is nothing to do), and remove it. */
int uplink_restore(struct diag *d, const char *path, const char *bridge);
/* Remove the bridge if it is vmrun's and has no port; ret_kept says that it was not. */
int uplink_bridge_end(struct diag *d, const char *bridge, bool *ret_kept);

#endif
