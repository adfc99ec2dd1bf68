/* CPUs of FreeBSD; fills os.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/cpuset.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/sysctl.h>

#include "os/os_freebsd.h"
#include "util/diag.h"
#include "util/intset.h"

static int
bind_to(cpuwhich_t which, id_t id, const struct intset *cpus)
{
	cpuset_t set;

	CPU_ZERO(&set);
	for (unsigned i = 0; i < INTSET_MAX; i++) {
		if (!intset_has(cpus, i))
			continue;
		if (i >= CPU_SETSIZE) {
			errno = EINVAL;
			return -1;
		}
		CPU_SET(i, &set);
	}
	return cpuset_setaffinity(CPU_LEVEL_WHICH, which, id, sizeof(set), &set);
}

int
os_thread_bind(int64_t thread, const struct intset *cpus)
{
	return bind_to(CPU_WHICH_TID, thread != 0 ? (id_t)thread : (id_t)-1, cpus);
}

int
os_process_limit(pid_t pid, const struct os_process_limits *limits)
{
	errno = ENOTSUP;
	if (limits->data_max != 0 || limits->io_priority >= 0)
		return -1;
	if (limits->renice && setpriority(PRIO_PROCESS, (int)pid, limits->nice) == -1)
		return -1;
	return limits->cpus != NULL
		   ? bind_to(CPU_WHICH_PID, pid != 0 ? (id_t)pid : (id_t)-1, limits->cpus)
		   : 0;
}

int
os_cpus(struct diag *d, struct intset *ret)
{
	struct intset all = { 0 };
	size_t len = sizeof(int);
	int n;

	if (sysctlbyname("hw.ncpu", &n, &len, NULL, 0) == -1)
		return fail_sys(d, "hw.ncpu");
	for (int i = 0; i < n && i < INTSET_MAX; i++)
		intset_add(&all, (unsigned)i);
	*ret = all;
	return 0;
}

int
os_nodes(struct diag *d, struct intset *ret)
{
	return fail(d, "on FreeBSD QEMU cannot bind memory to nodes of the host");
}

int
os_hugepages(struct diag *d, uint64_t page, uint64_t *ret_total, uint64_t *ret_free)
{
	return fail(d, "on FreeBSD QEMU cannot have huge pages");
}
