/* What macOS lets nobody choose: CPUs, nodes and pages; fills os.h. */
#include <errno.h>

#include "os/os_darwin.h"
#include "util/diag.h"

int
os_thread_bind(int64_t thread, const struct intset *cpus)
{
	errno = ENOTSUP;
	return -1;
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
