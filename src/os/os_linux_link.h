/* Questions about one interface, for os_linux*.c. */
#ifndef VMRUN_OS_LINUX_LINK_H
#define VMRUN_OS_LINUX_LINK_H

#include <linux/rtnetlink.h>
#include <stdint.h>

#include "os/os_linux_netlink.h"

struct diag;
struct nlattr;
struct os_link;

/* A message about an interface, begun in buf of NETLINK_REQUEST bytes. */
struct ifinfomsg *link_request(void *buf, struct nlmsghdr **ret, unsigned type, unsigned flags);
/* By name, or by index where name is NULL; each() gets the answer. -1 with errno; words says why.
 */
int link_ask(const char *name, unsigned index, void (*each)(const struct nlmsghdr *, void *),
    void *arg, char words[NETLINK_WORDS]);
int link_get(const char *name, unsigned index, struct os_link *ret, char words[NETLINK_WORDS]);
/* What an answer says of the interface's kind: an IFLA_INFO_ attribute; NULL: nothing. */
const struct nlattr *link_info(const struct nlmsghdr *message, unsigned type);
/* In a request of RTM_SETLINK: the kernel is to give the link no IPv6 address. */
void link_put_no_address(struct nlmsghdr *request);
/* Only one of that kind that says so in its alias, or, down and without any, has just been made; gone
 * is no error. */
int link_destroy(struct diag *d, const char *name, const char *kind, const char *alias);

#endif
