/* QEMU with the argv, the uid and the descriptors that vmrun gives it, but without vmrun. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "net/port.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mac.h"
#include "util/mem.h"

#define FD_WAITING 200 /* descriptors wait from here on until they are put at their numbers */

/* --- learning --- */

static void
read_argv(pid_t pid, struct bare *b)
{
	char path[64], text[16384];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || (n = read(fd, text, sizeof(text))) <= 0 || (size_t)n == sizeof(text))
		err(1, "%s", path);
	close(fd);
	for (const char *arg = text; arg < text + n; arg += strlen(arg) + 1) {
		b->argv = xreallocarray(b->argv, b->argc + 2, sizeof(*b->argv));
		b->argv[b->argc++] = xstrdup(arg);
		b->argv[b->argc] = NULL;
	}
}

/* The number that follows after in arg; -1 if there is none. */
static int
number_after(const char *arg, const char *after)
{
	const char *p = strstr(arg, after);

	return p != NULL && isdigit((unsigned char)p[strlen(after)]) ? atoi(p + strlen(after)) : -1;
}

static void
add_fd(struct bare *b, enum bare_thing thing, int number, char *path)
{
	if (number == -1 || b->nfds == sizeof(b->fds) / sizeof(b->fds[0]))
		errx(1, "an argv that the benchmark does not know");
	b->fds[b->nfds++] =
	    (struct bare_fd){ .thing = thing, .number = number, .fd = -1, .path = path };
}

/* The kernel and the initrd as QEMU holds them: a file, or a copy in memory. */
static char *
file_behind(pid_t pid, int number)
{
	char link[64], target[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, number);
	n = readlink(link, target, sizeof(target) - 1);
	if (n == -1 || target[0] != '/' || strncmp(target, "/memfd:", 7) == 0)
		errx(1, "%s: not a file that the benchmark can open", link);
	target[n] = '\0';
	return xstrdup(target);
}

static void
learn_option(struct bare *b, const struct world *w, pid_t pid, const char *option, char **arg,
    const char *disk)
{
	int number = number_after(*arg, "fd=");
	char *path;

	if (strcmp(option, "-kernel") == 0 || strcmp(option, "-initrd") == 0) {
		number = number_after(*arg, "/dev/fd/");
		add_fd(b, THING_FILE, number, file_behind(pid, number));
	} else if (strcmp(option, "-add-fd") == 0) {
		add_fd(b, THING_DISK, number, xstrdup(disk));
	} else if (strcmp(option, "-chardev") == 0) {
		path = xasprintf("%s/bare%u.%d", w->root, b->id, number);
		add_fd(b, THING_SOCKET, number, path);
		if (strstr(*arg, "id=qmp0,") != NULL)
			b->qmp = xstrdup(path);
	} else if (strcmp(option, "-netdev") == 0) {
		snprintf(b->tap, sizeof(b->tap), "bare%u", b->id);
		if (b->kind == BARE_READY) {
			add_fd(b, THING_TAP, number, NULL);
			return;
		}
		free(*arg);
		*arg = xasprintf("tap,id=net0,ifname=%s,script=%s/tap-up,downscript=%s/tap-down",
		    b->tap, w->root, w->root);
	} else if (strcmp(option, "-sandbox") == 0 && b->kind == BARE_SCRIPTS) {
		/* Scripts are run by fork and exec. */
		free(*arg);
		*arg = xstrdup("on,obsolete=deny,elevateprivileges=deny,resourcecontrol=deny");
	} else if (strcmp(option, "-device") == 0 && strstr(*arg, "mac=") != NULL) {
		char mac[MAC_TEXT];

		strlcpy(mac, strstr(*arg, "mac=") + 4, sizeof(mac));
		if (mac_parse(mac, &b->mac) == -1)
			errx(1, "%s", *arg);
	}
}

void
bare_learn(const struct world *w, const char *vm, const char *disk, enum bare_kind kind,
    unsigned id, struct bare *ret)
{
	pid_t pid = (pid_t)vm_number(w, vm, "pid");
	struct bare b = { .kind = kind, .id = id, .pid = -1, .control = -1 };

	b.uid = (uid_t)vm_number(w, vm, "uid");
	read_argv(pid, &b);
	for (size_t i = 0; i + 1 < b.argc; i++)
		learn_option(&b, w, pid, b.argv[i], &b.argv[i + 1], disk);
	*ret = b;
}

void
bare_free(struct bare *b)
{
	for (size_t i = 0; i < b->nfds; i++)
		free(b->fds[i].path);
	for (size_t i = 0; i < b->argc; i++)
		free(b->argv[i]);
	free(b->argv);
	free(b->qmp);
}

/* --- before exec --- */

static int
open_tap(struct bare *b)
{
	const struct port_wish wish = { .vm = b->tap, .bridge = "br0", .mac = b->mac };
	struct port port = PORT_NONE;
	struct diag d = { 0 };

	/* A VM of that name has the tap of that name. */
	if (port_open(&d, &wish, NULL, &port) == -1)
		errx(1, "%s", d.text);
	strlcpy(b->tap, port.tap.name, sizeof(b->tap));
	return port.tap.fd;
}

static int
open_thing(struct bare *b, const struct bare_fd *f)
{
	switch (f->thing) {
	case THING_FILE:
		return open(f->path, O_RDONLY | O_CLOEXEC);
	case THING_DISK:
		return open(f->path, O_RDWR | O_CLOEXEC);
	case THING_SOCKET:
		return unix_listen(f->path);
	case THING_TAP:
		return open_tap(b);
	}
	return -1;
}

void
bare_prepare(struct bare *b)
{
	for (size_t i = 0; i < b->nfds; i++) {
		struct bare_fd *f = &b->fds[i];
		int fd = open_thing(b, f);

		if (fd == -1 || (f->fd = fcntl(fd, F_DUPFD_CLOEXEC, FD_WAITING)) == -1)
			err(1, "%s", f->path != NULL ? f->path : b->tap);
		close(fd);
	}
}

/* As vmrun's own child does. In a child of vfork: no memory, no return. */
static void
become_qemu(const struct bare *b)
{
	static char *const environment[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
		"HOME=/", NULL };
	static const struct rlimit no_core = { 0, 0 };
	const struct os_identity who = { .uid = b->uid, .gid = b->uid };
	int null;

	setsid();
	null = open("/dev/null", O_RDWR);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1)
		_exit(127);
	os_cloexec_from(STDERR_FILENO + 1);
	for (size_t i = 0; i < b->nfds; i++) {
		if (dup2(b->fds[i].fd, b->fds[i].number) == -1)
			_exit(127);
	}
	umask(077);
	if (chdir("/") == -1 || setrlimit(RLIMIT_CORE, &no_core) == -1 ||
	    (b->kind == BARE_READY && os_privileges_drop(&who) == -1))
		_exit(127);
	execve(b->argv[0], b->argv, environment);
	_exit(127);
}

void
bare_exec(struct bare *b)
{
	b->pid = vfork();
	if (b->pid == 0)
		become_qemu(b);
	if (b->pid == -1)
		err(1, "vfork");
}

/* --- QMP --- */

static void
say(struct bare *b, const char *text)
{
	if (fd_write_all(b->control, text, strlen(text)) == -1)
		err(1, "%s", b->qmp);
}

void
bare_wait_running(struct bare *b)
{
	char text[65536];
	size_t len = 0;
	ssize_t n;

	b->control = unix_connect(b->qmp, false);
	if (b->control == -1)
		err(1, "%s", b->qmp);
	/* Only QEMU holds the listening sockets, so that its end is the end of the connection. */
	for (size_t i = 0; i < b->nfds; i++)
		fd_close(&b->fds[i].fd);
	say(b, "{\"execute\":\"qmp_capabilities\"}{\"execute\":\"query-status\"}");
	do {
		n = read(b->control, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			errx(1, "QEMU without vmrun does not start");
		len += (size_t)n;
		text[len] = '\0';
	} while (strstr(text, "\"status\": \"running\"") == NULL &&
		 strstr(text, "\"status\": \"prelaunch\"") == NULL);
}

void
bare_quit(struct bare *b)
{
	say(b, "{\"execute\":\"quit\"}");
}

void
bare_kill(struct bare *b)
{
	kill(b->pid, SIGKILL);
}

void
bare_wait_gone(struct bare *b)
{
	while (waitpid(b->pid, NULL, 0) == -1) {
		if (errno != EINTR)
			err(1, "waitpid");
	}
	if (b->tap[0] != '\0' && if_nametoindex(b->tap) != 0)
		errx(1, "%s outlived its QEMU", b->tap);
	b->pid = -1;
	fd_close(&b->control);
}
