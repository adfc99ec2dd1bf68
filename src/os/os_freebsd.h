/* Between os_freebsd*.c. */
#ifndef VMRUN_OS_OS_FREEBSD_H
#define VMRUN_OS_OS_FREEBSD_H

#include <stdbool.h>
#include <sys/types.h>

#include "os/os_bsd.h"

/* The name that an interface's driver gave it ("tap10000"), whatever it is called now. false: the
 * kernel does not say. */
bool freebsd_driver_name(unsigned index, char ret[OS_IFNAME]);

/* Which process opened a tap that is still open; it may have ended since, and QEMU have it. 0: it
 * is closed. -1 with errno. */
pid_t freebsd_tap_holder(int control, const char *name);

/* What listings call it; "" or NULL: nothing. -1 with errno. */
int freebsd_describe(int control, const char *name, const char *alias);

/* Let what holds the descriptor of a tap do no more with it than QEMU does. */
int freebsd_tap_limit(int fd);

#endif
