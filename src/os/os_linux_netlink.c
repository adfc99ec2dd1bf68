/* Talks to rtnetlink through libmnl; see os_linux_netlink.h. */
#include "os/os_linux_netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define ANSWER_SIZE 32768 /* the largest part of a dump that the kernel makes */
#define DUMP_TRIES  100   /* a host that starts a fleet changes all the time */

static struct {
	int fd;
	pid_t owner; /* a child that shared the socket would read its parent's answers */
	dev_t dev;
	ino_t inode;
	unsigned seq;
} session = { .fd = -1 };

/* A child that closes every descriptor closes this one too, unknown to us, and its number may be
 * another's by now: neither used nor closed is what is no longer ours. */
static bool
session_is_open(void)
{
	struct stat st;

	return session.fd != -1 && fstat(session.fd, &st) == 0 && st.st_dev == session.dev &&
	       st.st_ino == session.inode;
}

static int
session_open(void)
{
	struct stat st;
	int on = 1;

	if (session_is_open()) {
		if (session.owner == getpid())
			return 0;
		fd_close(&session.fd);
	}
	session.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (session.fd == -1)
		return -1;
	if (fstat(session.fd, &st) == -1) {
		fd_close(&session.fd);
		return -1;
	}
	session.owner = getpid();
	session.dev = st.st_dev;
	session.inode = st.st_ino;
	/* Without these a kernel still answers, with less to say. */
	(void)setsockopt(session.fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(session.fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

void
netlink_close(void)
{
	if (session_is_open())
		fd_close(&session.fd);
	session.fd = -1;
}

/* The kernel's own sentence is an attribute after the error and, where that was not cut, after the
 * request that it quotes. */
static void
acknowledgement_words(const struct nlmsghdr *message, char words[NETLINK_WORDS])
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	size_t offset = sizeof(*ack);

	if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return;
	if ((message->nlmsg_flags & NLM_F_CAPPED) == 0)
		offset += mnl_nlmsg_get_payload_len(&ack->msg);
	mnl_attr_for_each(attr, message, offset)
	{
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) != -1)
			strlcpy(words, mnl_attr_get_str(attr), NETLINK_WORDS);
	}
}

/* 1: more is to come; 0: the end; -1: refused, with errno. */
static int
take(const struct nlmsghdr *message, void (*each)(const struct nlmsghdr *, void *), void *arg,
    char words[NETLINK_WORDS])
{
	int error = 0;

	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
			memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
		if (error == 0)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR &&
		    mnl_nlmsg_get_payload_len(message) >= sizeof(struct nlmsgerr))
			acknowledgement_words(message, words);
		errno = -error;
		return -1;
	}
	if (message->nlmsg_type >= NLMSG_MIN_TYPE && each != NULL)
		each(message, arg);
	return 1;
}

static int
answer_read(void *answer, unsigned seq, void (*each)(const struct nlmsghdr *, void *), void *arg,
    char words[NETLINK_WORDS])
{
	bool interrupted = false;

	for (;;) {
		ssize_t n = recv(session.fd, answer, ANSWER_SIZE, 0);
		int left = (int)n;

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			fd_close(
			    &session.fd); /* the rest of the answer must not meet the next question
					   */
			return -1;
		}
		for (struct nlmsghdr *m = answer; mnl_nlmsg_ok(m, left);
		     m = mnl_nlmsg_next(m, &left)) {
			int more;

			if (m->nlmsg_seq != seq)
				continue;
			if ((m->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
				interrupted = true;
			more = take(m, each, arg, words);
			if (more == 0 && interrupted) {
				errno = EINTR;
				return -1;
			}
			if (more != 1)
				return more;
		}
	}
}

int
netlink_ask(struct nlmsghdr *request, void (*each)(const struct nlmsghdr *message, void *arg),
    void *arg, char words[NETLINK_WORDS])
{
	void *answer;
	int result;

	words[0] = '\0';
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = ++session.seq;
	if (session_open() == -1 || send(session.fd, request, request->nlmsg_len, 0) == -1) {
		strlcpy(words, strerror(errno), NETLINK_WORDS);
		return -1;
	}
	answer = xreallocarray(NULL, 1, ANSWER_SIZE); /* as few of its pages as the kernel writes */
	result = answer_read(answer, request->nlmsg_seq, each, arg, words);
	if (result == -1 && words[0] == '\0')
		strlcpy(words, strerror(errno), NETLINK_WORDS);
	free(answer);
	return result;
}

int
netlink_fail(struct diag *d, const char *words, const char *fmt, ...)
{
	int err = errno;
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	fail_as(
	    d, err == EPERM || err == EACCES ? DIAG_DENIED : DIAG_FAILED, "%s: %s", what, words);
	errno = err;
	return -1;
}

void *
netlink_list_add(struct netlink_list *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : l->cap * 2;
		l->items = xreallocarray(l->items, l->cap, l->size);
	}
	return (char *)l->items + l->n++ * l->size;
}

/* A dump in which something changed may have left out an interface: it is made again. */
int
netlink_dump(struct diag *d, struct nlmsghdr *request,
    void (*each)(const struct nlmsghdr *, void *), struct netlink_list *list, const char *what)
{
	char words[NETLINK_WORDS];

	for (unsigned tries = 0; tries < DUMP_TRIES; tries++) {
		list->n = 0;
		if (netlink_ask(request, each, list, words) == 0)
			return 0;
		if (errno != EINTR)
			break;
	}
	free(list->items);
	return netlink_fail(d, words, "cannot list the host's %s", what);
}
