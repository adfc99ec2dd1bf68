/* Programs of the administrator's: the up and down programs of a NIC, called as tap-up and tap-down scripts
 * were, with the tap's name; and the beginning of any other. */
#ifndef VMRUN_LAUNCH_HOOK_H
#define VMRUN_LAUNCH_HOOK_H

#include <sys/types.h>

struct diag;

#define HOOK_MS 30000 /* a hook that takes longer is killed, and has failed */

/* Runs program TAP, with VMRUN_VM, VMRUN_BRIDGE and VMRUN_MAC in its environment, its output in
 * log_fd (-1: nowhere), and waits for it. -1 if it could not be run, failed or took too long. */
int hook_run(struct diag *d, const char *program, const char *tap, const char *vm,
    const char *bridge, const char *mac, int log_fd);

#define HOOK_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Begin one, as a child in a session of its own, its output in log_fd. For root, only a program that nobody
 * else can change. -1 also if the system cannot run it. hook_kill() ends it and what it has begun; to be waited for by the caller. */
int hook_begin(
    struct diag *d, char *const argv[], char *const environment[], int log_fd, pid_t *ret);
void hook_kill(pid_t pid);

#endif
