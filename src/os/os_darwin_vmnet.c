/*
 * Which interfaces vmnet can bridge; fills os.h.
 *
 * vmnet.framework is asked by a child that ends: it starts threads and Mach connections, and a
 * process that forks later, as vmrun does, must not have any. Nor would their memory be given back
 * by a supervisor. The framework is loaded by name, because vmrun needs nothing of it to run, and a
 * program that links it does not start where it is missing.
 */
#include "os/os_darwin.h"

#include <dlfcn.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xpc/xpc.h>

#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define FRAMEWORK  "/System/Library/Frameworks/vmnet.framework/vmnet"
#define ANSWER_MAX 64   /* interfaces: a Mac has about ten */
#define ANSWER_MS  3000 /* the answer comes from a daemon, which may hang */
#define TYPE_ETHER 0x6  /* IFT_ETHER of <net/if_types.h> */

enum { ANSWERED = 0, NO_ANSWER = 1, NO_FRAMEWORK = 2 }; /* exit statuses of the child */

typedef xpc_object_t (*list_function)(void);

/* In the child: each name in OS_IFNAME bytes to the pipe. */
static int
ask_framework(int to)
{
	void *framework = dlopen(FRAMEWORK, RTLD_LAZY | RTLD_LOCAL), *symbol;
	list_function copy_list;
	xpc_object_t list;

	if (framework == NULL)
		return NO_FRAMEWORK;
	symbol = dlsym(framework, "vmnet_copy_shared_interface_list"); /* macOS 10.15 */
	if (symbol == NULL)
		return NO_FRAMEWORK;
	memcpy(&copy_list, &symbol, sizeof(copy_list));
	list = copy_list();
	if (list == NULL || xpc_get_type(list) != XPC_TYPE_ARRAY)
		return NO_ANSWER;
	for (size_t i = 0; i < xpc_array_get_count(list) && i < ANSWER_MAX; i++) {
		const char *name = xpc_array_get_string(list, i);
		char record[OS_IFNAME] = "";

		if (name == NULL || strlcpy(record, name, sizeof(record)) >= sizeof(record))
			continue;
		if (fd_write_all(to, record, sizeof(record)) == -1)
			return NO_ANSWER;
	}
	return ANSWERED;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the child says until it has said all; the bytes, or -1 if it takes too long. */
static ssize_t
answer_read(int from, char *ret, size_t size)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	int64_t end = now_ms() + ANSWER_MS, left;
	size_t len = 0;
	ssize_t n;

	while (len < size && (left = end - now_ms()) > 0) {
		if (poll(&p, 1, (int)left) < 1)
			continue;
		n = read(from, ret + len, size - len);
		if (n == 0)
			return (ssize_t)len;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
	return len == size ? (ssize_t)len : -1;
}

/* How many names, or -1: vmnet.framework does not say; *ret_status of the child tells why. */
static int
names_said(char ret[][OS_IFNAME], int *ret_status)
{
	int ends[2], status = 0;
	ssize_t len;
	pid_t pid;

	*ret_status = NO_ANSWER;
	if (fd_pipe(ends) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		_exit(ask_framework(ends[1]));
	}
	fd_close(&ends[1]);
	len = pid == -1 ? -1 : answer_read(ends[0], ret[0], ANSWER_MAX * OS_IFNAME);
	fd_close(&ends[0]);
	if (pid == -1)
		return -1;
	if (len == -1)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			return -1;
	}
	if (WIFEXITED(status))
		*ret_status = WEXITSTATUS(status);
	if (!WIFEXITED(status) || *ret_status != ANSWERED || len < OS_IFNAME)
		return -1;
	for (size_t i = 0; i < (size_t)len / OS_IFNAME; i++)
		ret[i][OS_IFNAME - 1] = '\0';
	return (int)(len / OS_IFNAME);
}

/* Ethernet with broadcasts, and none of what macOS makes for itself. */
static bool
looks_bridgeable(const struct ifaddrs *a)
{
	static const char *const own[] = { "bridge", "vmenet", "feth", "utun", "awdl", "llw", "ap",
		"anpi", "tap" };
	const struct if_data *data = a->ifa_data;
	size_t len = strcspn(a->ifa_name, "0123456789");

	if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_LINK || data == NULL ||
	    data->ifi_type != TYPE_ETHER || (a->ifa_flags & IFF_BROADCAST) == 0)
		return false;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strlen(own[i]) == len && strncmp(a->ifa_name, own[i], len) == 0)
			return false;
	}
	return true;
}

static int
names_guessed(struct diag *d, char ret[][OS_IFNAME])
{
	struct ifaddrs *all;
	int n = 0;

	if (getifaddrs(&all) == -1)
		return fail_sys(d, "cannot list the host's interfaces");
	for (const struct ifaddrs *a = all; a != NULL && n < ANSWER_MAX; a = a->ifa_next) {
		if (looks_bridgeable(a))
			strlcpy(ret[n++], a->ifa_name, OS_IFNAME);
	}
	freeifaddrs(all);
	return n;
}

int
darwin_bridgeable(struct diag *d, char (**ret)[OS_IFNAME], size_t *ret_n, enum bridgeable *ret_how)
{
	char(*names)[OS_IFNAME] = xcalloc(ANSWER_MAX, OS_IFNAME);
	enum bridgeable how = BRIDGEABLE_SAID;
	int status, n = names_said(names, &status);

	if (n == -1) {
		how = status == NO_FRAMEWORK ? BRIDGEABLE_UNASKED : BRIDGEABLE_GUESSED;
		n = names_guessed(d, names);
	}
	if (n == -1) {
		free(names);
		return -1;
	}
	*ret = names;
	*ret_n = (size_t)n;
	*ret_how = how;
	return 0;
}

int
os_vmnet_check(struct diag *d, const char *name)
{
	char(*names)[OS_IFNAME];
	struct buf list = { 0 };
	enum bridgeable how;
	bool found = false;
	size_t n;

	if (darwin_bridgeable(d, &names, &n, &how) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		buf_addf(&list, "%s%s", i == 0 ? "" : ", ", names[i]);
		found = found || strcmp(names[i], name) == 0;
	}
	if (!found && n == 0)
		fail(d, "%s: vmnet cannot bridge it, nor any other interface of this host", name);
	else if (!found)
		fail(d, "%s: vmnet cannot bridge it; it can bridge %s", name, list.s);
	buf_free(&list);
	free(names);
	if (!found)
		errno = ENODEV;
	return found ? 0 : -1;
}
