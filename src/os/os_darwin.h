/* Between os_darwin*.c. */
#ifndef VMRUN_OS_OS_DARWIN_H
#define VMRUN_OS_OS_DARWIN_H

#include <stdbool.h>
#include <stddef.h>

#include "os/os.h"

/* The interfaces that vmnet can bridge, to be freed by the caller. Where vmnet.framework does not
 * say they are guessed from what they are. */
enum bridgeable {
	BRIDGEABLE_SAID,    /* by vmnet.framework */
	BRIDGEABLE_GUESSED, /* it named none, or did not answer */
	BRIDGEABLE_UNASKED, /* there is no vmnet.framework that can be asked: before macOS 10.15 */
};
int darwin_bridgeable(
    struct diag *d, char (**ret)[OS_IFNAME], size_t *ret_n, enum bridgeable *ret_how);

/* A string of sysctl(3). -1 with errno where the kernel does not know it. */
int darwin_sysctl_text(const char *name, char *ret, size_t size);

#endif
