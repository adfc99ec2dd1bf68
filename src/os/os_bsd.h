/*
 * What FreeBSD and macOS have in common, for os_freebsd*.c and os_darwin*.c: interfaces by
 * getifaddrs(3), if_bridge's driver commands, processes by kqueue(2). Bridge layouts: on FreeBSD
 * <net/if_bridgevar.h>, on macOS os_darwin_bridge.h, because XNU keeps that header to itself.
 */
#ifndef VMRUN_OS_OS_BSD_H
#define VMRUN_OS_OS_BSD_H

#include <stdbool.h>
#include <stddef.h>

#include "os/os.h"

/* A datagram socket for interface ioctls; close-on-exec. */
int bsd_control(struct diag *d);

/* Filled by each system: kind, alias and is_tap of a link whose other fields (master excepted) are
 * there. */
void bsd_link_describe(int control, struct os_link *link);

/* if_bridge(4), by name. -1 with errno: ENXIO no such bridge, ENOENT no such member, EEXIST and
 * EBUSY already a member of this bridge and of another, EINVAL among others another MTU. */
int bsd_bridge_add(int control, const char *bridge, const char *member);
int bsd_bridge_delete(int control, const char *bridge, const char *member);
/* deletem of a link as it was found; gone is no error. */
int bsd_leave(struct diag *d, const struct os_link *tap);
/* Names of the members; *ret to be freed by the caller. */
int bsd_bridge_members(int control, const char *bridge, char (**ret)[OS_IFNAME], size_t *ret_n);
/* Sets those bits of a member's flags (IFBIF_…) that mask names, and leaves the others. */
int bsd_bridge_flags(
    int control, const char *bridge, const char *member, uint32_t mask, uint32_t flags);

/* Any other command: BRDG… with the structure that it takes, by SIOCSDRVSPEC where set is true. */
int bsd_bridge_command(
    int control, bool set, const char *bridge, unsigned long command, void *p, size_t n);

/* SIOCIFCREATE2: name is a driver's ("bridge": a number is chosen) or a whole one. -1 with errno.
 */
int bsd_clone_create(int control, const char *name, char ret[OS_IFNAME]);
int bsd_clone_destroy(int control, const char *name);
int bsd_set_mtu(int control, const char *name, unsigned mtu);
int bsd_set_up(int control, const char *name, bool up);
int bsd_set_mac(int control, const char *name, struct mac mac);

/* An integer of sysctl(3); 0 where the kernel does not know it. */
int bsd_sysctl_int(const char *name);

#endif
