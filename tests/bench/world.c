/* Where the benchmark works: a folder and a network of its own, and programs that are run there. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <jansson.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "util/mem.h"

#define PROGRAM_MS 60000
#define ARGS_MAX   24

extern char **environ;

char *
world_path(const struct world *w, const char *name)
{
	return xasprintf("%s/%s", w->root, name);
}

void
world_write(const struct world *w, const char *name, const char *text)
{
	char *path = world_path(w, name);
	FILE *f = fopen(path, "we");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		err(1, "%s", path);
	free(path);
}

void
world_vm(const struct world *w, const char *name, const char *text)
{
	char *file = xasprintf("etc/vms/%s.conf", name);

	world_write(w, file, text);
	free(file);
}

void
world_guest_on(const struct world *w, const char *name, const char *nic, const char *words,
    const char *settings)
{
	char *vms = world_path(w, "etc/vms");
	char *text = xasprintf("memory = \"256M\";\ncpus = 1;\n"
			       "kernel = \"vmlinuz\";\ninitrd = \"initrd.img\";\n"
			       "cmdline = \"console=ttyS0 quiet no_timer_check vmrun.host=%s %s\";\n"
			       "nics = ( { %s } );\n%s\n",
	    name, words, nic, settings);

	run_program(w, (char *[]){ (char *)w->make_guest, "-q", vms, NULL });
	world_vm(w, name, text);
	free(text);
	free(vms);
}

void
world_guest(const struct world *w, const char *name, const char *settings)
{
	world_guest_on(w, name, "bridge = \"br0\";", "vmrun.ip=10.99.0.2/24", settings);
}

void
world_forget(const struct world *w)
{
	char *pattern = world_path(w, "etc/vms/*.conf");
	glob_t found = { 0 };

	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
	}
	globfree(&found);
	free(pattern);
}

static void
show_output(const struct world *w)
{
	char *path = world_path(w, "output"), part[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while (fd != -1 && (n = read(fd, part, sizeof(part))) > 0)
		fwrite(part, 1, (size_t)n, stderr);
	if (fd != -1)
		close(fd);
	free(path);
}

static bool
ended_in_time(pid_t pid)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool ended;

	if (p.fd == -1)
		err(1, "pidfd_open");
	ended = poll(&p, 1, PROGRAM_MS) == 1;
	close(p.fd);
	return ended;
}

double
run_program(const struct world *w, char *const argv[])
{
	char *output = world_path(w, "output");
	posix_spawn_file_actions_t actions;
	double start, end;
	bool in_time;
	int error, status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	start = clock_ms();
	error = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	if (error != 0)
		errx(1, "%s: %s", argv[0], strerror(error));
	in_time = ended_in_time(pid);
	if (!in_time)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	end = clock_ms();
	posix_spawn_file_actions_destroy(&actions);
	free(output);
	if (!in_time || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		show_output(w);
		errx(1, "%s %s: %s", argv[0], argv[1] != NULL ? argv[1] : "",
		    in_time ? "failed" : "took too long");
	}
	return end - start;
}

double
run_vmrun(const struct world *w, ...)
{
	char *argv[ARGS_MAX] = { (char *)w->vmrun };
	size_t n = 1;
	va_list ap;

	va_start(ap, w);
	while (n < ARGS_MAX - 1 && (argv[n] = va_arg(ap, char *)) != NULL)
		n++;
	va_end(ap);
	argv[n] = NULL;
	return run_program(w, argv);
}

long
vm_number(const struct world *w, const char *name, const char *key)
{
	char *path = world_path(w, "output");
	json_t *all;
	long number;

	run_vmrun(w, "--json", "status", name, NULL);
	all = json_load_file(path, 0, NULL);
	number = (long)json_integer_value(json_object_get(json_array_get(all, 0), key));
	if (number <= 0)
		errx(1, "vmrun status %s tells no %s", name, key);
	json_decref(all);
	free(path);
	return number;
}

double
process_kib(pid_t pid, const char *what)
{
	char *path = xasprintf("/proc/%d/smaps_rollup", (int)pid), line[256];
	FILE *f = fopen(path, "re");
	size_t len = strlen(what);
	double kib = -1;

	if (f == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, what, len) == 0 && line[len] == ':')
			kib = strtod(line + len + 1, NULL);
	}
	fclose(f);
	free(path);
	return kib;
}

/* One command of words without blanks. */
static void
run_words(const struct world *w, const char *words)
{
	char *copy = xstrdup(words), *argv[ARGS_MAX], *rest = copy;
	size_t n = 0;

	while (n < ARGS_MAX - 1 && (argv[n] = strsep(&rest, " ")) != NULL)
		n++;
	argv[n] = NULL;
	run_program(w, argv);
	free(copy);
}

char *
world_program(const char *name)
{
	static const char *const folders[] = { "/sbin", "/usr/sbin", "/bin", "/usr/bin",
		"/usr/local/bin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = xasprintf("%s/%s", folders[i], name);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static char *
find_ip(void)
{
	char *path = world_program("ip");

	if (path == NULL)
		errx(1, "there is no ip program (package iproute2)");
	return path;
}

void
run_ip(const struct world *w, const char *words)
{
	char *ip = find_ip(), *command = xasprintf("%s %s", ip, words);

	run_words(w, command);
	free(command);
	free(ip);
}

/* Two commands, as the classic tap-up has: join the bridge, raise the tap. */
static void
make_script(
    const struct world *w, const char *name, const char *ip, const char *first, const char *second)
{
	char *text = xasprintf(
	    "#!/bin/sh\n%s link set \"$1\" %s\n%s link set \"$1\" %s\n", ip, first, ip, second);
	char *path = world_path(w, name);

	world_write(w, name, text);
	if (chmod(path, 0755) == -1)
		err(1, "%s", path);
	free(path);
	free(text);
}

static void
make_network(const struct world *w)
{
	static const char *const commands[] = { "link set lo up", "link add br0 type bridge",
		"addr add 10.99.0.1/24 dev br0", "link set br0 up" };
	char *ip = find_ip();

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		run_ip(w, commands[i]);
	make_script(w, "tap-up", ip, "master br0", "up");
	make_script(w, "tap-down", ip, "nomaster", "down");
	free(ip);
}

static void
make_folders(struct world *w)
{
	static const char *const folders[] = { "etc", "etc/vms" };
	const char *tmp = getenv("TMPDIR");

	w->root = xasprintf("%s/vmrun-bench.XXXXXX", tmp != NULL ? tmp : "/tmp");
	/* QEMU of another uid passes through it. */
	if (mkdtemp(w->root) == NULL || chmod(w->root, 0755) == -1)
		err(1, "%s", w->root);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = world_path(w, folders[i]);

		if (mkdir(path, 0755) == -1)
			err(1, "%s", path);
		free(path);
	}
	world_write(w, "etc/vmrun.conf", "defaults = { accel = \"tcg\"; };\n");
	if (setenv("VMRUN_ROOT", w->root, 1) == -1)
		err(1, "setenv");
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (remove(path) == -1)
		warn("%s", path);
	return 0;
}

static int
exit_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			err(1, "waitpid");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The first process of a new process namespace: the worker, whose parent it is, and every orphan
 * ends with it. */
static int
first_process(const struct world *w, void (*work)(const struct world *w))
{
	pid_t worker, pid;
	int status;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || unshare(CLONE_NEWNS | CLONE_NEWNET) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == -1)
		err(1, "no namespaces of its own");
	worker = fork();
	if (worker == -1)
		err(1, "fork");
	if (worker == 0) {
		make_network(w);
		work(w);
		exit(0);
	}
	while ((pid = wait(&status)) != worker) {
		if (pid == -1 && errno != EINTR)
			err(1, "wait");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static pid_t first;

static void
end_all(int sig)
{
	kill(first, SIGKILL);
}

int
world_run(struct world *w, void (*work)(const struct world *w))
{
	int status;

	make_folders(w);
	if (unshare(CLONE_NEWPID) == -1 || (first = fork()) == -1)
		err(1, "no process namespace of its own");
	if (first == 0)
		_exit(first_process(w, work));
	/* What was started ends with the first process; the folder is for us to remove. */
	signal(SIGINT, end_all);
	signal(SIGTERM, end_all);
	signal(SIGHUP, end_all);
	status = exit_status(first);
	nftw(w->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(w->root);
	return status;
}
