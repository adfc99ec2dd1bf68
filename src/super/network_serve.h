/* What the two files of a network's keeper share. */
#ifndef VMRUN_SUPER_NETWORK_SERVE_H
#define VMRUN_SUPER_NETWORK_SERVE_H

#include "os/os.h"
#include "super/network_keeper.h"

#define END_MS 5000 /* from SIGTERM to SIGKILL */

/* A file of the network's in its folder; to be freed. */
char *keeper_file(const struct keeper *k, const char *suffix);
/* Which processes those are, on disk; "keeper" or "dnsmasq", pid 0: there is none of that kind. */
int serve_write(struct diag *d, const struct keeper *k, const struct os_proc *keeper,
    const struct os_proc *dnsmasq);
struct os_proc serve_read(const struct keeper *k, const char *which);
/* Sees a process end, by force if need be. */
int serve_end(struct diag *d, const struct os_proc *proc, const char *what);

/* In the child of who starts it: becomes the keeper, which says on out that its dnsmasq serves, or
 * why not, and holds the lock for as long as it lives; does not return. */
void keeper_run(const struct keeper *k, int out, int lock);

#endif
