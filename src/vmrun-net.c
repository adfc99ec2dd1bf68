/*
 * vmrun-net: makes a port on a bridge for an ordinary user, as the rules of root's host config
 * allow. vmrun runs it, with a socket as its standard input; it is setuid root, or has the file
 * capability cap_net_admin.
 *
 * Theory of operation, in stages that main() names in order. What the caller could have prepared is
 * put right first: descriptors, environment, signals, limits. Then every right goes but that to
 * make taps, and root's uid where it is there; with it root's files are read: the rules, the names
 * of users and groups, the ledger. Then root's uid goes as well. Only now the request is received,
 * checked byte by byte, and decided on, and the tap is made; its descriptors leave with the answer,
 * and with them the tap goes when the last of them is closed, whatever happens to whom.
 *
 * Nothing is taken from the arguments or from the environment: which files are believed was written
 * into the program when it was built. Who asks is who started it, and who made the socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "proto/serve.h"
#include "util/diag.h"

static const char policy_path[] = VMRUN_SYSCONFDIR "/vmrun.conf";

static int
give_up(const char *why)
{
	fprintf(stderr, "vmrun-net: %s\n", why);
	return DIAG_FAILED;
}

/* Stage 1. A standard descriptor that is closed would be taken by the first file that is opened. */
static int
put_right(void)
{
	static const struct rlimit no_core = { 0, 0 };
	sigset_t none;

	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) == -1)
			return -1;
	}
	closefrom(STDERR_FILENO + 1);
	clearenv();
	umask(077);
	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(PROTO_SECONDS);
	return setrlimit(RLIMIT_CORE, &no_core) == -1 ? -1 : chdir("/");
}

/* A socket that keeps messages whole, made by who started us. */
static bool
is_callers(int fd)
{
	socklen_t len = sizeof(int);
	uid_t peer;
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET &&
	       os_peer_uid(fd, &peer) == 0 && peer == getuid();
}

/* One byte more than a request has room, so that a longer one is noticed; descriptors that come
 * with it are closed by the kernel. */
static size_t
receive(int fd, struct port_request *ret)
{
	char bytes[sizeof(*ret) + 1];
	ssize_t n;

	do
		n = recv(fd, bytes, sizeof(bytes), 0);
	while (n == -1 && errno == EINTR);
	memcpy(ret, bytes, sizeof(*ret));
	return n > 0 ? (size_t)n : 0;
}

int
main(int argc, char **argv)
{
	struct serve_facts facts = { .policy_path = policy_path };
	struct port_request request = { .version = 0 };
	struct diag d = { 0 };
	struct served served;
	int result;
	size_t n;

	if (put_right() == -1)
		return DIAG_FAILED;
	if (argc != 1 || !is_callers(STDIN_FILENO)) {
		give_up("vmrun runs this program, for users who may not make taps themselves; it "
			"takes no arguments and obeys the rules allow and deny in " VMRUN_SYSCONFDIR
			"/vmrun.conf");
		return DIAG_USAGE;
	}
	/* Stages 2 to 4: the rights that are needed, root's files, the caller again. */
	if (os_privileges_to_taps() == -1)
		return give_up("cannot give up its privileges");
	(void)serve_load(&d, policy_path, VMRUN_STATEDIR, &facts);
	if (os_privileges_to_caller() == -1)
		return give_up("cannot give up its privileges");
	if (d.count == 0 && !os_makes_taps())
		fail(&d,
		    "vmrun-net may not make taps: it is neither setuid root nor does it have the "
		    "capability cap_net_admin, or its file system is mounted nosuid, or its caller "
		    "may gain no privileges");
	/* Stage 5: the request, the work, the answer. */
	n = receive(STDIN_FILENO, &request);
	serve(&facts, &d, &request, n, &served);
	result = os_send_fds(
	    STDIN_FILENO, &served.answer, sizeof(served.answer), served.fds, served.nfds);
	served_close(&served);
	serve_facts_free(&facts);
	diag_free(&d);
	return result == 0 ? 0 : DIAG_FAILED;
}
