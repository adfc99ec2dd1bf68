/* The other parts of the verb check. */
#ifndef VMRUN_CMD_CHECK_H
#define VMRUN_CMD_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct cmd;
struct context;
struct diag;
struct fleet;
struct fleet_member;

/* check --host. The exit status. */
int check_host(struct cmd *cmd);
/* check NAME: all that the VM's file asks of this host and that is not there. m is what word was loaded as;
 * what it has made of the host while it runs is no reason against it. */
void check_against_host(struct diag *d, const struct context *c, const struct fleet *fleet,
    const char *word, const struct fleet_member *m);
/* Of that, where the VM's channels, hooks and smaller devices lead on this host. */
void check_devices(const struct fleet_member *m);
/* Can the program that the key of that path names be run as a hook? */
void check_hook(const struct fleet_member *m, const char *key, const char *path);
/* Where its i-th NIC leads. runs: what it has made is there already. */
void check_nic(const struct context *c, const struct fleet_member *m, size_t i, bool runs);

#endif
