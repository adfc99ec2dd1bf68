/* Where processes have no groups with limits: FreeBSD, macOS and the kernel for tests; fills os.h. */
#include <errno.h>
#include <stdio.h>

#include "os/os.h"
#include "util/diag.h"

static int
none(struct diag *d)
{
	fail(d, "a limit of a VM's processes together is of Linux only");
	errno = EOPNOTSUPP;
	return -1;
}

void
os_limits_here(struct os_limits_here *ret)
{
	const struct os_facts *here = os_here();

	*ret = (struct os_limits_here){ .kind = OS_GROUPS_NONE };
	ret->means[OS_LIMIT_MEMORY] = here->memory_limit ? OS_MEANS_PROCESS : OS_MEANS_NONE;
	ret->means[OS_LIMIT_CPU] = OS_MEANS_PROCESS;
	ret->means[OS_LIMIT_IO] = here->io_weight ? OS_MEANS_PROCESS : OS_MEANS_NONE;
	ret->means[OS_LIMIT_CPUS] = here->pins ? OS_MEANS_PROCESS : OS_MEANS_NONE;
	snprintf(ret->why, sizeof(ret->why), "%s has no cgroups", here->title);
}

char *
os_group_folder(const struct os_limits_here *here, const char *name)
{
	return NULL;
}

int
os_group_make(struct diag *d, const struct os_limits_here *here, const char *name,
    const struct os_limits *limits, const pid_t *pids, size_t n, char **ret)
{
	return none(d);
}

int
os_group_change(struct diag *d, const struct os_limits_here *here, const char *group,
    const struct os_limits *limits)
{
	return none(d);
}

int
os_group_add(struct diag *d, const char *group, pid_t pid)
{
	return none(d);
}

int
os_group_remove(struct diag *d, const char *group)
{
	return 0;
}

void
os_group_shelter(const char *name, const pid_t *pids, size_t n)
{
}

int
os_group_watch(const char *group)
{
	errno = EOPNOTSUPP;
	return -1;
}

int
os_group_watched(int fd, uint64_t *ret)
{
	return -1;
}

void
os_session_nice(int nice)
{
}
