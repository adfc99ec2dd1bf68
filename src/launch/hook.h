/* The up and down programs of a NIC, called as tap-up and tap-down scripts were: with the tap's
 * name. */
#ifndef VMRUN_LAUNCH_HOOK_H
#define VMRUN_LAUNCH_HOOK_H

struct diag;

#define HOOK_MS 30000 /* a hook that takes longer is killed, and has failed */

/* Runs program TAP, with VMRUN_VM, VMRUN_BRIDGE and VMRUN_MAC in its environment, its output in
 * log_fd, and waits for it. -1 if it could not be run, failed or took too long. */
int hook_run(struct diag *d, const char *program, const char *tap, const char *vm,
    const char *bridge, const char *mac, int log_fd);

#endif
