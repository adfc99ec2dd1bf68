/* Between the files of Linux's limits: groups in the kernel's file system, and those that systemd
 * makes. */
#ifndef VMRUN_OS_OS_LINUX_GROUP_H
#define VMRUN_OS_OS_LINUX_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "os/os.h"

/* Where cgroup v2 is mounted; NULL: nowhere. */
const char *group_mount(void);
/* The cgroup of a process, as a folder; false: it cannot be told. */
bool group_of(pid_t pid, char *ret, size_t size);
/* Does the file of a folder hold that word? */
bool group_has_word(const char *folder, const char *file, const char *word);
/* Write the limits that are held by groups here. */
int group_write(struct diag *d, const struct os_limits_here *here, const char *folder,
    const struct os_limits *limits, bool reset);
/* "memory", "cpu", … of each limit. */
extern const char *const group_controllers[OS_NLIMITS];

/* The unit that a VM's scope is; to be freed. */
char *group_unit(const char *name);

/* Can systemd be asked for a scope by this process? *ret_why: why not. */
bool scope_possible(const char **ret_why);
/* The folder of our slice. */
void scope_slice(const char *mount, char *ret, size_t size);
/* The folder whose controllers a slice of ours gets. */
void scope_manager(const char *mount, char *ret, size_t size);
/* A scope in our slice with those processes in it, which are there when it returns. */
int scope_make(struct diag *d, const struct os_limits_here *here, const char *name,
    const struct os_limits *limits, const pid_t *pids, size_t n, const char *folder);
/* name is that of the unit. */
int scope_change(struct diag *d, const struct os_limits_here *here, const char *unit,
    const struct os_limits *limits);

#endif
