/*
 * One question to rtnetlink and its answer, on one socket that the process keeps.
 *
 * The socket belongs to the network namespace of the first question. A child after fork() gets a
 * socket of its own with its first question.
 */
#ifndef VMRUN_OS_LINUX_NETLINK_H
#define VMRUN_OS_LINUX_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>

struct diag;

#define NETLINK_REQUEST 1024 /* bytes of buffer that every request here fits into */
#define NETLINK_WORDS   160  /* bytes of the kernel's explanation with its NUL */

/* Sends the request and waits for its end; each() gets every message of the answer. A dump that was
 * interrupted by a change fails with EINTR: ask again. -1 with errno and, in words, why. */
int netlink_ask(struct nlmsghdr *request, void (*each)(const struct nlmsghdr *message, void *arg),
    void *arg, char words[NETLINK_WORDS]);
/* What the messages of a dump become: items of size bytes each. */
struct netlink_list {
	void *items;
	size_t n, cap, size;
};
void *netlink_list_add(struct netlink_list *l);
/* The same for a dump, whose each() adds to the list, made again until nothing changed meanwhile.
 * -1 with "cannot list the host's WHAT", and the list is freed. */
int netlink_dump(struct diag *d, struct nlmsghdr *request,
    void (*each)(const struct nlmsghdr *, void *), struct netlink_list *list, const char *what);
/* Ends the socket: the next question opens one in the namespace that this process is in by then. */
void netlink_close(void);
/* A message that ends in the words; errno is kept. */
int netlink_fail(struct diag *d, const char *words, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
