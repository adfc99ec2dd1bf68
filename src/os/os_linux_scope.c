/*
 * Scopes of systemd: groups of processes that it makes and removes for whoever asks it over D-Bus.
 *
 * libsystemd speaks D-Bus. It is large, and only a VM with limits needs it: it is loaded in a
 * process of its own that ends with the answer, so that no supervisor carries it along.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/os_linux_group.h"
#include "os/os_linux_library.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/intset.h"
#include "util/loop.h"
#include "util/mem.h"

#define LIBRARY  "libsystemd.so.0"
#define WITHOUT  2     /* exit status: there is no library */
#define REFUSED  3     /* likewise: the text says why */
#define CALL_US  10000000
#define EXISTS_MS 5000 /* how long a scope of that name may take to go */
#define ENTER_MS 10000 /* systemd's time to have moved the processes */
#define SLICE    "vmrun.slice"
#define PRIVATE  "systemd/private"

struct sd_bus;
struct sd_bus_message;
struct sd_bus_error {
	const char *name, *message;
	int need_free;
};

/* Of systemd/sd-bus.h, which need not be there to build. */
struct library {
	int (*open_system)(struct sd_bus **);
	int (*open_user)(struct sd_bus **);
	int (*new)(struct sd_bus **);
	int (*set_address)(struct sd_bus *, const char *);
	int (*start)(struct sd_bus *);
	int (*new_call)(struct sd_bus *, struct sd_bus_message **, const char *, const char *,
	    const char *, const char *);
	int (*append)(struct sd_bus_message *, const char *, ...);
	int (*append_array)(struct sd_bus_message *, char, const void *, size_t);
	int (*open_container)(struct sd_bus_message *, char, const char *);
	int (*close_container)(struct sd_bus_message *);
	int (*call)(struct sd_bus *, struct sd_bus_message *, uint64_t, struct sd_bus_error *,
	    struct sd_bus_message **);
};

/* What systemd is asked for. */
struct wish {
	const char *unit;
	const struct os_limits *limits;
	const enum os_means *means;
	const pid_t *pids; /* n 0: the unit is there already */
	size_t n;
};

static int
load(struct library *l)
{
	const struct library_function functions[] = {
		{ "sd_bus_open_system", &l->open_system },
		{ "sd_bus_open_user", &l->open_user },
		{ "sd_bus_new", &l->new },
		{ "sd_bus_set_address", &l->set_address },
		{ "sd_bus_start", &l->start },
		{ "sd_bus_message_new_method_call", &l->new_call },
		{ "sd_bus_message_append", &l->append },
		{ "sd_bus_message_append_array", &l->append_array },
		{ "sd_bus_message_open_container", &l->open_container },
		{ "sd_bus_message_close_container", &l->close_container },
		{ "sd_bus_call", &l->call },
	};

	return library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]));
}

/* The bus, or where there is none the socket that systemctl uses. */
static int
connect_to(const struct library *l, struct sd_bus **ret)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *address;
	int error = geteuid() == 0 ? l->open_system(ret) : l->open_user(ret);

	if (error >= 0)
		return 0;
	if (geteuid() == 0)
		runtime = "/run";
	if (runtime == NULL || l->new(ret) < 0)
		return error;
	address = xasprintf("unix:path=%s/" PRIVATE, runtime);
	if (l->set_address(*ret, address) >= 0 && l->start(*ret) >= 0)
		error = 0;
	free(address);
	return error;
}

/* AllowedCPUs: a bit for each CPU, the lowest first. */
static void
append_cpus(const struct library *l, struct sd_bus_message *m, const struct intset *cpus)
{
	uint8_t bits[INTSET_MAX / 8] = { 0 };
	size_t n = 0;

	for (unsigned i = 0; cpus != NULL && i < INTSET_MAX; i++) {
		if (intset_has(cpus, i)) {
			bits[i / 8] |= (uint8_t)(1u << (i % 8));
			n = i / 8 + 1;
		}
	}
	l->open_container(m, 'r', "sv");
	l->append(m, "s", "AllowedCPUs");
	l->open_container(m, 'v', "ay");
	l->append_array(m, 'y', bits, n);
	l->close_container(m);
	l->close_container(m);
}

/* Those that are not given are said too when a unit changes: it may have had them. */
static void
append_limits(const struct library *l, struct sd_bus_message *m, const struct wish *w)
{
	const struct os_limits *limits = w->limits;
	const uint64_t none = UINT64_MAX; /* as systemd says it */
	bool change = w->n == 0;

	if (w->means[OS_LIMIT_MEMORY] == OS_MEANS_GROUP && (limits->memory_max != 0 || change))
		l->append(m, "(sv)", "MemoryMax", "t",
		    limits->memory_max != 0 ? limits->memory_max : none);
	if (w->means[OS_LIMIT_CPU] == OS_MEANS_GROUP && (limits->cpu_weight != 0 || change))
		l->append(m, "(sv)", "CPUWeight", "t",
		    limits->cpu_weight != 0 ? (uint64_t)limits->cpu_weight : none);
	if (w->means[OS_LIMIT_IO] == OS_MEANS_GROUP && (limits->io_weight != 0 || change))
		l->append(m, "(sv)", "IOWeight", "t",
		    limits->io_weight != 0 ? (uint64_t)limits->io_weight : none);
	if (w->means[OS_LIMIT_CPUS] == OS_MEANS_GROUP && (limits->cpus != NULL || change))
		append_cpus(l, m, limits->cpus);
}

/* "worker@1" of "vmrun-worker\x401.scope". */
static char *
vm_of(const char *unit)
{
	static const char at[] = "\\x40";
	struct buf b = { 0 };
	const char *end = unit + strlen(unit) - strlen(".scope");

	for (const char *s = unit + strlen("vmrun-"); s < end; s++) {
		if (strncmp(s, at, strlen(at)) == 0) {
			buf_addc(&b, '@');
			s += strlen(at) - 1;
		} else {
			buf_addc(&b, *s);
		}
	}
	return buf_steal(&b);
}

/* The service or session that this process belongs to; "" where it is in none. */
static void
own_unit(char *ret, size_t size)
{
	char folder[512], *unit = NULL;

	if (group_of(getpid(), folder, sizeof(folder)))
		unit = strrchr(folder, '/');
	if (unit != NULL && strstr(unit, ".service") == NULL && strstr(unit, ".scope") == NULL)
		unit = NULL;
	snprintf(ret, size, "%s", unit != NULL ? unit + 1 : "");
}

/* At shutdown the services that stop VMs go first, and so does the supervisor's session, which stops
 * its VM: systemd would only end QEMU. */
static void
append_scope(const struct library *l, struct sd_bus_message *m, const struct wish *w)
{
	char own[256];
	uint32_t pids[64];
	size_t n = w->n < 64 ? w->n : 64;
	char *name = vm_of(w->unit);
	char *service = xasprintf("vmrun@%s.service", name);
	char *description = xasprintf("QEMU of the VM %s", name);

	for (size_t i = 0; i < n; i++)
		pids[i] = (uint32_t)w->pids[i];
	l->append(m, "(sv)", "Description", "s", description);
	l->append(m, "(sv)", "Slice", "s", SLICE);
	l->append(m, "(sv)", "CollectMode", "s", "inactive-or-failed");
	own_unit(own, sizeof(own));
	if (geteuid() == 0)
		l->append(m, "(sv)", "Before", "as", 3, "vmrun-fleet.service", service,
		    own[0] != '\0' ? own : service);
	l->open_container(m, 'r', "sv");
	l->append(m, "s", "PIDs");
	l->open_container(m, 'v', "au");
	l->append_array(m, 'u', pids, n * sizeof(pids[0]));
	l->close_container(m);
	l->close_container(m);
	free(service);
	free(description);
	free(name);
}

/* 0, or a negative errno; what systemd said is in error. */
static int
ask(const struct library *l, struct sd_bus *bus, const struct wish *w, struct sd_bus_error *error)
{
	struct sd_bus_message *m = NULL;
	int result = l->new_call(bus, &m, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
	    "org.freedesktop.systemd1.Manager",
	    w->n > 0 ? "StartTransientUnit" : "SetUnitProperties");

	if (result < 0)
		return result;
	if (w->n > 0)
		l->append(m, "ss", w->unit, "fail");
	else
		l->append(m, "sb", w->unit, 1);
	l->open_container(m, 'a', "(sv)");
	if (w->n > 0)
		append_scope(l, m, w);
	append_limits(l, m, w);
	l->close_container(m);
	if (w->n > 0)
		l->append(m, "a(sa(sv))", 0);
	result = l->call(bus, m, CALL_US, error, NULL);
	return result < 0 ? result : 0;
}

/* One that has just ended stays known for a moment. */
static int
ask_until_free(const struct library *l, struct sd_bus *bus, const struct wish *w,
    struct sd_bus_error *error)
{
	int64_t deadline = now_ms() + EXISTS_MS;

	for (;;) {
		int result = ask(l, bus, w, error);

		if (result == 0 || error->name == NULL || now_ms() >= deadline ||
		    strcmp(error->name, "org.freedesktop.systemd1.UnitExists") != 0)
			return result;
		*error = (struct sd_bus_error){ 0 };
		sleep_ms(10);
	}
}

/* Not the caller's locks, nor anything else of its: they may outlive it for a moment. */
static void
in_child(const struct wish *w, int out)
{
	struct sd_bus_error error = { 0 };
	struct sd_bus *bus = NULL;
	struct library l;
	const char *text;
	int result;

	if (dup2(out, STDOUT_FILENO) == -1)
		_exit(WITHOUT);
	closefrom(STDERR_FILENO + 1);
	if (load(&l) == -1)
		_exit(WITHOUT);
	result = connect_to(&l, &bus);
	if (result == 0)
		result = ask_until_free(&l, bus, w, &error);
	if (result == 0)
		_exit(0);
	text = error.message != NULL ? error.message : strerror(-result);
	(void)fd_write_all(STDOUT_FILENO, text, strlen(text));
	_exit(REFUSED);
}

static void
read_answer(int fd, char *ret, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, ret + n, size - 1 - n)) > 0 || (got == -1 && errno == EINTR))
		n += got > 0 ? (size_t)got : 0;
	ret[n] = '\0';
}

static int
ask_systemd(struct diag *d, const struct wish *w)
{
	char answer[300];
	int fds[2], status = 0, result = -1;
	pid_t pid;

	if (fd_pipe(fds) == -1)
		return fail_sys(d, "pipe");
	pid = fork();
	if (pid == 0)
		in_child(w, fds[1]);
	fd_close(&fds[1]);
	if (pid == -1) {
		fail_sys(d, "fork");
		fd_close(&fds[0]);
		return -1;
	}
	read_answer(fds[0], answer, sizeof(answer));
	fd_close(&fds[0]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		result = 0;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == WITHOUT)
		fail(d, "systemd cannot be asked for limits: " LIBRARY
			" is not installed (the package is called libsystemd0 on Debian)");
	else
		fail(d, "systemd does not give %s: %s", w->unit,
		    answer[0] != '\0' ? answer : "the process that was to ask it died");
	return result;
}

bool
scope_possible(const char **ret_why)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[300];

	if (geteuid() == 0)
		return true;
	*ret_why = "no systemd runs for this user (there is no XDG_RUNTIME_DIR with one in it)";
	snprintf(path, sizeof(path), "%s/" PRIVATE, runtime != NULL ? runtime : "/nonexistent");
	return access(path, F_OK) == 0;
}

void
scope_manager(const char *mount, char *ret, size_t size)
{
	unsigned uid = (unsigned)geteuid();

	if (uid == 0)
		snprintf(ret, size, "%s", mount);
	else
		snprintf(ret, size, "%s/user.slice/user-%u.slice/user@%u.service", mount, uid, uid);
}

void
scope_slice(const char *mount, char *ret, size_t size)
{
	char manager[200];

	scope_manager(mount, manager, sizeof(manager));
	snprintf(ret, size, "%s/" SLICE, manager);
}

/* Its answer says that the job is queued, not that it is done. */
static int
wait_until_in(struct diag *d, pid_t pid, const char *folder)
{
	int64_t deadline = now_ms() + ENTER_MS;
	char now[512];

	do {
		if (group_of(pid, now, sizeof(now)) && strcmp(now, folder) == 0)
			return 0;
		sleep_ms(1);
	} while (now_ms() < deadline);
	return fail(d, "systemd has not moved process %d to %s in time", (int)pid, folder);
}

/* systemd leaves a limit out, with a line in its journal, where its tree has not the controller. */
static int
must_hold(struct diag *d, const char *folder, const char *controller, bool wanted)
{
	if (!wanted || group_has_word(folder, "cgroup.controllers", controller))
		return 0;
	return fail(d, "systemd made %s without the controller %s", folder, controller);
}

int
scope_make(struct diag *d, const struct os_limits_here *here, const char *name,
    const struct os_limits *limits, const pid_t *pids, size_t n, const char *folder)
{
	const struct wish w = { name, limits, here->means, pids, n };
	const enum os_means *m = here->means;

	if (ask_systemd(d, &w) == -1 || wait_until_in(d, pids[0], folder) == -1)
		return -1;
	if (must_hold(d, folder, "memory",
		m[OS_LIMIT_MEMORY] == OS_MEANS_GROUP && limits->memory_max != 0) == -1 ||
	    must_hold(d, folder, "cpu",
		m[OS_LIMIT_CPU] == OS_MEANS_GROUP && limits->cpu_weight != 0) == -1 ||
	    must_hold(d, folder, "io", m[OS_LIMIT_IO] == OS_MEANS_GROUP && limits->io_weight != 0) ==
		-1 ||
	    must_hold(d, folder, "cpuset",
		m[OS_LIMIT_CPUS] == OS_MEANS_GROUP && limits->cpus != NULL) == -1)
		return -1;
	return 0;
}

int
scope_change(struct diag *d, const struct os_limits_here *here, const char *unit,
    const struct os_limits *limits)
{
	const struct wish w = { unit, limits, here->means, NULL, 0 };

	return ask_systemd(d, &w);
}

/* systemd ends all that is left of a session or service with it; of ours it knows to leave QEMU. */
static bool
is_sheltered(pid_t pid)
{
	char folder[512];

	return !group_of(pid, folder, sizeof(folder)) || strstr(folder, "/" SLICE "/") != NULL;
}

void
os_group_shelter(const char *name, const pid_t *pids, size_t n)
{
	static const enum os_means none[OS_NLIMITS];
	static const struct os_limits unlimited;
	char *unit;
	pid_t pid;

	if (geteuid() != 0 || access("/run/systemd/system", F_OK) == -1 || n == 0 ||
	    is_sheltered(pids[0]))
		return;
	unit = group_unit(name);
	/* Twice, so that nobody has to wait for the one that asks. */
	pid = fork();
	if (pid == 0) {
		const struct wish w = { unit, &unlimited, none, pids, n };

		if (fork() == 0)
			in_child(&w, open("/dev/null", O_WRONLY | O_CLOEXEC));
		_exit(0);
	}
	while (pid != -1 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	free(unit);
}
