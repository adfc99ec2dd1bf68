/*
 * What the processes of a VM, QEMU and its companions, may take of the host together: memory_max,
 * cpu_weight, io_weight, cpus_allowed.
 *
 * Where the kernel has groups for that (cgroup v2) the VM gets one, by itself or as a scope of
 * systemd's; elsewhere each process gets what comes nearest: a limit of its private memory, a nice
 * value, an I/O priority, an affinity. What holds which limit is in the record ("limits"), from
 * which whoever comes later goes on; the name of a group follows from the VM's, so that one that a
 * crash left is found again.
 */
#ifndef VMRUN_LAUNCH_QUOTA_H
#define VMRUN_LAUNCH_QUOTA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "os/os.h"

struct buf;
struct context;
struct diag;
struct intset;
struct vm;

/* Say in the record what the VM's limits are and what will hold them here; tcg: QEMU emulates. A VM
 * without limits has nothing said of it, and nothing here costs it anything. */
void quota_record(json_t *record, const struct context *c, const struct vm *vm, bool tcg);
/* What no group holds for QEMU, or for a companion: its process takes that upon itself before its
 * uid goes. *cpus is what the result may point to. */
void quota_process(
    const json_t *record, bool qemu, struct os_process_limits *ret, struct intset *cpus);
/* Put QEMU and the companions that the record names into the VM's group. */
int quota_enter(struct diag *d, const json_t *record);
/* Likewise one companion that comes later. */
int quota_join(struct diag *d, const json_t *record, pid_t pid);
/* A VM without limits: where its processes would end with the session of whoever started it, they are
 * moved out of it. Does not wait. */
void quota_shelter(const json_t *record, const struct context *c, const char *name);
/* Once all of them have ended. */
int quota_leave(struct diag *d, const json_t *record);
/* Other limits for a VM that runs: as its file says now. Then the record says so (it is not
 * written). -1: some hold already, the record says what it said. */
int quota_change(struct diag *d, json_t *record, const struct context *c, const struct vm *vm,
    bool tcg);

/* A descriptor that has a POLLPRI event when the kernel kills a process of the VM's for want of
 * memory, and os_group_watched()'s; -1: there is no group. */
int quota_watch(const json_t *record);

/* "memory_max", …: the key of a limit. */
extern const char *const quota_keys[OS_NLIMITS];
/* What would hold it here, for people: "memory.max of a cgroup", "nice". */
const char *quota_means(enum os_limit limit, enum os_means means);
/* Can they be held for this VM by this caller? -1: not that of *ret_key. */
int quota_check(struct diag *d, const struct vm *vm, const char **ret_key);
/* As status shows them: "memory_max 512M (cgroup), cpu_weight 200 (nice -3)". */
void quota_text(const json_t *record, struct buf *ret);

#endif
