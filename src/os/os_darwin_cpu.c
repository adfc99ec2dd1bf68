/* What macOS lets nobody choose: CPUs, nodes and pages; fills os.h. */
#include <errno.h>
#include <sys/resource.h>

#include "os/os_darwin.h"
#include "util/diag.h"

int
os_thread_bind(int64_t thread, const struct intset *cpus)
{
	errno = ENOTSUP;
	return -1;
}

int
os_process_limit(pid_t pid, const struct os_process_limits *limits)
{
	errno = ENOTSUP;
	if (limits->data_max != 0 || limits->io_priority >= 0 || limits->cpus != NULL)
		return -1;
	return limits->renice ? setpriority(PRIO_PROCESS, (id_t)pid, limits->nice) : 0;
}

int
os_cpus(struct diag *d, struct intset *ret)
{
	return fail(d, "on macOS a thread cannot be bound to CPUs");
}

int
os_nodes(struct diag *d, struct intset *ret)
{
	return fail(d, "on macOS memory cannot be bound to nodes of the host");
}

int
os_hugepages(struct diag *d, uint64_t page, uint64_t *ret_total, uint64_t *ret_free)
{
	return fail(d, "on macOS QEMU cannot have huge pages");
}
