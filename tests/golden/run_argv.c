/*
 * Runs the command line that is composed from a VM file with a real QEMU that stays stopped (-S),
 * asks it over QMP how it is, and has it quit: run_argv FILE FOLDER ASK. Files, sockets and taps of
 * the case are made in the folder and in the network namespace that this runs in. In a case with
 * descriptors QEMU has a uid of its own, to which none of the files belongs. QEMU must not write a
 * single word.
 *
 * Whether QEMU has all that the command line says is asked by another program: ASK SOCKET FILE SAID
 * RUN, see ask/ask.py. What this machine lacks is replaced, and said on standard output: the
 * accelerator, options of a later version than the one that is here, and what replace.c names.
 *
 * Exit status 77: this host has no such QEMU.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "argv_case.h"
#include "beside.h"
#include "os/os.h"
#include "qemu/qmp.h"
#include "replace.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define HANDLES_MAX 64
#define QEMU_UID    1900000001
#define DEADLINE    60000 /* ms for QEMU to answer */
#define SKIP        77

struct real {
	struct handle_source source;
	struct diag *diag;
	const char *dir;
	const char *file, *ask; /* the case; the program that asks */
	bool run_as;            /* QEMU drops root by itself */
	struct os_tap tap;      /* the last one */
	int fds[HANDLES_MAX];
	char *names[HANDLES_MAX];
	size_t n;
	pid_t companions[HANDLES_MAX]; /* that QEMU talks to */
	size_t ncompanions;
};

static void
must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "run_argv: %s: %s\n", what, strerror(errno));
		exit(1);
	}
}

/* As the program's own caller, never through a shell. */
static int
run(const char *const *argv)
{
	pid_t child = fork();
	int status;

	must(child != -1, "fork");
	if (child == 0) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	must(waitpid(child, &status, 0) == child, "waitpid");
	return status;
}

static void
make_image(struct real *r, const char *path)
{
	static const char *const formats[] = { [FORMAT_RAW] = "raw",
		[FORMAT_QCOW2] = "qcow2",
		[FORMAT_VMDK] = "vmdk",
		[FORMAT_VDI] = "vdi",
		[FORMAT_VHDX] = "vhdx",
		[FORMAT_LUKS] = "luks" };
	const char *argv[24] = { "qemu-img", "create", "-q", "-f", formats[r->source.format] };
	const char *backing = r->source.backing;
	size_t n = 5;
	int status;

	if (backing != NULL) {
		const char *more[] = { "-b", strrchr(backing, '/') + 1, "-F",
			formats[r->source.backing_format] };

		memcpy(argv + n, more, sizeof(more));
		n += 4;
	}
	if (r->source.encrypted) {
		argv[n++] = "--object";
		argv[n++] = "secret,id=s,data=password";
		argv[n++] = "-o";
		argv[n++] = r->source.format == FORMAT_LUKS
				? "key-secret=s,iter-time=10"
				: "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10";
	}
	argv[n++] = path;
	if (backing == NULL)
		argv[n++] = r->source.size != NULL ? r->source.size : "16M";
	/* qemu-img may fail to measure how fast it encrypts. */
	for (int i = 0; (status = run(argv)) != 0 && r->source.encrypted && i < 20; i++)
		unlink(path);
	must(status == 0, path);
	must(chmod(path, 0600) == 0, path);
}

/* QEMU's own for the machine, whose option list wants each comma of the name doubled. */
static void
make_dtb(const char *path)
{
	struct buf b = { 0 };
	const char *argv[] = { "qemu-system-aarch64", "-display", "none", "-machine", NULL, NULL };

	buf_add(&b, "virt,dumpdtb=");
	buf_add_optarg(&b, path);
	argv[4] = b.s;
	must(run(argv) == 0, path);
	buf_free(&b);
}

/* An authority's, and a server's that is signed by it. */
static void
make_certificates(const char *dir)
{
	char *ca = xasprintf("%s/ca-cert.pem", dir), *ca_key = xasprintf("%s/ca-key.pem", dir);
	char *cert = xasprintf("%s/server-cert.pem", dir),
	     *key = xasprintf("%s/server-key.pem", dir);
	const char *authority[] = { "openssl", "req", "-x509", "-nodes", "-newkey", "ec",
		"-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=authority", "-keyout",
		ca_key, "-out", ca, NULL };
	const char *server[] = { "openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost", "-keyout", key, "-out",
		cert, "-CA", ca, "-CAkey", ca_key, "-addext", "basicConstraints=critical,CA:FALSE",
		NULL };

	must(mkdir(dir, 0755) == 0 && run(authority) == 0 && run(server) == 0, dir);
	must(chmod(key, 0644) == 0, key); /* QEMU's own uid is to read it here */
	free(ca);
	free(ca_key);
	free(cert);
	free(key);
}

/* As much of a Linux kernel as QEMU looks at: the boot sector's end and the setup header. */
static void
make_file(const char *path, enum handle_kind kind)
{
	char text[16384] = "password";
	size_t n = kind == HANDLE_PASSWORD ? strlen(text) : sizeof(text);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (kind == HANDLE_KERNEL) {
		memset(text, 0, 16);
		text[0x1f1] = 4;
		memcpy(text + 0x1fe, "\x55\xaa", 2);
		memcpy(text + 0x202, "HdrS\x0c\x02", 6);
		text[0x211] = 1;
		memcpy(text + 0x22c, "\xff\xff\xff\x7f", 4);
	}
	must(fd != -1 && fd_write_all(fd, text, n) == 0 && close(fd) == 0, path);
}

static void
add_companion(struct real *r, pid_t pid)
{
	must(pid != -1, "a process beside QEMU");
	r->companions[r->ncompanions++] = pid;
}

/* The guest's part of a share is all of it: an empty folder in place of the host's. */
static void
serve_folder(struct real *r, const char *path)
{
	char *dir = xasprintf("%s.d", path);
	struct vm_share share = *r->source.share;

	must(mkdir(dir, 0755) == 0, dir);
	share.path = dir;
	share.cache = SHARE_CACHE_AUTO; /* not every virtiofsd has every mode */
	add_companion(r, start_virtiofsd(path, &share));
	free(dir);
}

static void
end_companions(struct real *r)
{
	for (size_t i = 0; i < r->ncompanions; i++) {
		kill(r->companions[i], SIGKILL);
		waitpid(r->companions[i], NULL, 0);
	}
}

/* In the place of a serial port: what stays open here until this program ends. */
static char *
make_terminal(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	must(fd != -1 && grantpt(fd) == 0 && unlockpt(fd) == 0, "pty");
	return xstrdup(ptsname(fd));
}

static int
open_real(struct real *r, enum handle_kind kind, const char *path, const char *name)
{
	struct os_copy copy;
	int fd = -1, file;

	switch (kind) {
	case HANDLE_IMAGE:
		fd = open(path, (r->source.readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		break;
	case HANDLE_FIRMWARE:
	case HANDLE_FILE:
	case HANDLE_PASSWORD:
	case HANDLE_KERNEL:
	case HANDLE_DTB:
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (os_copy_file(r->diag, &(struct os_copy_place){ .name = name }, file, &copy) ==
		    0)
			fd = copy.fd;
		close(file);
		break;
	case HANDLE_TAP:
		r->tap.fd = -1;
		os_tap_open(r->diag, name, r->source.multi_queue, &r->tap);
		fd = r->tap.fd;
		break;
	case HANDLE_QUEUE:
		fd = os_tap_queue(r->diag, &r->tap);
		break;
	case HANDLE_VHOST:
		if (!os_vhost_net())
			return -1; /* see replace.c */
		fd = os_vhost_net_open(r->diag);
		break;
	case HANDLE_USB:
		fd = open(path, O_RDWR | O_CLOEXEC);
		break;
	case HANDLE_VSOCK:
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd == -1)
			return -1; /* see replace.c */
		break;
	case HANDLE_STREAM:
	case HANDLE_SWTPM:
	case HANDLE_VIRTIOFSD:
		fd = unix_connect(path, false);
		break;
	case HANDLE_SOCKET:
		fd = unix_listen(path);
		break;
	case HANDLE_RANDOM:
		fd = open(path, O_RDONLY | O_CLOEXEC);
		break;
	case HANDLE_OUTPUT:
		fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
		break;
	case HANDLE_FOLDER:
	case HANDLE_OWN_FOLDER:
	case HANDLE_TLS:
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		break;
	case HANDLE_TERMINAL:
		fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
		break;
	}
	must(fd != -1, path);
	return fd;
}

static struct qemu_handle
get(struct handle_source *s, enum handle_kind kind, const char *name)
{
	struct real *r = (struct real *)s;
	const char *slash = strrchr(name, '/'), *base = slash != NULL ? slash + 1 : name;
	bool is_tap = kind == HANDLE_TAP || kind == HANDLE_QUEUE || kind == HANDLE_VHOST ||
		      kind == HANDLE_USB || kind == HANDLE_VSOCK;
	char *path = is_tap                    ? xstrdup(name)
		     : kind == HANDLE_TERMINAL ? make_terminal()
					       : xasprintf("%s/%s", r->dir, base);

	must(r->n < HANDLES_MAX, "too many handles");
	if (kind == HANDLE_IMAGE || kind == HANDLE_FIRMWARE)
		make_image(r, path);
	else if (kind == HANDLE_STREAM)
		must(unix_listen(path) != -1, path); /* open until this program ends */
	else if (kind == HANDLE_OWN_FOLDER)
		must(mkdir(path, 0700) == 0 && chown(path, QEMU_UID, QEMU_UID) == 0, path);
	else if (kind == HANDLE_TLS)
		make_certificates(path);
	else if (kind == HANDLE_DTB)
		make_dtb(path);
	else if (kind == HANDLE_SWTPM)
		add_companion(r, start_swtpm(path, r->dir, s->tpm2));
	else if (kind == HANDLE_VIRTIOFSD)
		serve_folder(r, path);
	else if (kind == HANDLE_FOLDER)
		must(mkdir(path, 0755) == 0, path);
	else if (!is_tap && kind != HANDLE_SOCKET && kind != HANDLE_TERMINAL)
		make_file(path, kind);
	r->fds[r->n] = s->descriptors ? open_real(r, kind, path, base) : -1;
	r->names[r->n] = path;
	return (struct qemu_handle){ .fd = r->fds[r->n], .name = r->names[r->n++] };
}

static pid_t
start(const struct real *r, struct argv *argv, const char *log)
{
	struct os_identity who = { .uid = QEMU_UID, .gid = QEMU_UID };
	pid_t child = fork();

	must(child != -1, "fork");
	if (child == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, STDERR_FILENO);
		for (size_t i = 0; i < r->n; i++) {
			if (r->fds[i] != -1)
				fd_set_cloexec(r->fds[i], false);
		}
		if (!r->source.descriptors || r->run_as || os_privileges_drop(&who) == 0)
			execv(argv->v[0], argv->v);
		dprintf(STDERR_FILENO, "exec: %s\n", strerror(errno));
		_exit(127);
	}
	return child;
}

/* Until QEMU listens, or has ended (then false): a socket that it makes itself is there before it
 * can be connected to. */
static bool
wait_for(const char *path, pid_t child)
{
	siginfo_t info = { 0 };
	int fd;

	while ((fd = unix_connect(path, false)) == -1 && info.si_pid == 0) {
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
		waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT);
	}
	fd_close(&fd);
	return info.si_pid == 0;
}

/* Arguments as another program reads them. */
static char *
write_argv(const struct real *r, const char *name, const struct argv *argv)
{
	char *path = xasprintf("%s/%s", r->dir, name);
	FILE *f = fopen(path, "we");

	must(f != NULL, path);
	for (size_t i = 0; i < argv->n; i++)
		fwrite(argv->v[i], 1, strlen(argv->v[i]) + 1, f);
	must(fclose(f) == 0, path);
	return path;
}

static void
ask(struct diag *d, const struct real *r, const char *qmp, const struct argv *said,
    const struct argv *run_with)
{
	char *a = write_argv(r, "said", said), *b = write_argv(r, "run", run_with);

	if (run((const char *[]){ r->ask, qmp, r->file, a, b, NULL }) != 0)
		fail(d, "QEMU is not what the command line says");
	free(a);
	free(b);
}

static bool
has_flag(const struct argv *argv, const char *flag)
{
	for (size_t i = 0; i < argv->n; i++) {
		if (strcmp(argv->v[i], flag) == 0)
			return true;
	}
	return false;
}

static int
end(struct diag *d, const char *path, const char *expected)
{
	size_t before = d->count;
	json_t *answer = NULL;
	const char *status;

	if (qmp_call(d, path, "query-status", NULL, now_ms() + DEADLINE, &answer) == -1)
		return -1;
	status = json_string_value(json_object_get(json_object_get(answer, "return"), "status"));
	if (status == NULL || strcmp(status, expected) != 0)
		fail(d, "status is %s, not %s", status != NULL ? status : "missing", expected);
	json_decref(answer);
	if (qmp_call(d, path, "quit", NULL, now_ms() + DEADLINE, &answer) == -1)
		return -1;
	json_decref(answer);
	return d->count == before ? 0 : -1;
}

/* Of each line that QEMU said; but the board pseries asks TCG by itself for what only KVM can, and
 * QEMU says so each time. */
static void
complain(struct diag *d, char *text)
{
	static const char usual[] = "warning: TCG doesn't support requested feature, cap-";

	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (strstr(line, usual) != NULL)
			printf("without KVM, as usual: %s\n", line);
		else
			fail(d, "QEMU says: %s", line);
	}
}

static void
check(struct diag *d, const struct real *r, const struct argv *said, struct argv *argv)
{
	char *log = xasprintf("%s/log", r->dir), *qmp = xasprintf("%s/qmp", r->dir), *text = NULL;
	pid_t child = start(r, argv, log);
	int status = -1;
	size_t n = 0;

	if (wait_for(qmp, child))
		ask(d, r, qmp, said, argv);
	if (end(d, qmp, has_flag(argv, "-incoming") ? "inmigrate" : "prelaunch") == -1)
		kill(child, SIGKILL);
	waitpid(child, &status, 0);
	if (status != 0)
		fail(d, "QEMU ended with status %#x", (unsigned)status);
	if (file_read(d, log, 65536, &text, &n) == 0)
		complain(d, text);
	free(text);
	free(log);
	free(qmp);
}

static bool
older(struct qemu_version a, struct qemu_version b)
{
	return a.major < b.major || (a.major == b.major && a.minor < b.minor);
}

/* Options go by the version: a case for a later one is composed for the one that is here. */
static void
fit_version(struct qemu_facts *f)
{
	char *command = xasprintf("%s --version", f->binary), text[256] = "";
	struct qemu_version here = f->version;
	FILE *pipe = popen(command, "r");

	must(pipe != NULL, command);
	text[fread(text, 1, sizeof(text) - 1, pipe)] = '\0';
	must(pclose(pipe) == 0 && qemu_version_parse(text, &here) == 0, command);
	if (older(here, f->version)) {
		printf("version %d.%d replaced by %d.%d\n", f->version.major, f->version.minor,
		    here.major, here.minor);
		f->version = here;
	}
	free(command);
}

/* What the version here cannot have by any other name. */
static void
leave_out(struct qemu_facts *f)
{
	if (f->firmware.code != NULL && strcmp(f->arch, "riscv64") == 0 &&
	    !qemu_has(f->version, QEMU_RISCV_FLASH)) {
		printf("firmware left out: this version has no flash for it\n");
		f->firmware.code = NULL;
		f->firmware.vars = NULL;
	}
}

/* On this machine; said becomes the command line that the composer made, without replacements. */
static void
run_case(struct diag *d, struct real *r, struct argv_case *c, struct argv *said, struct argv *argv)
{
	if (qemu_argv(d, &c->vm, &c->facts, said) == -1)
		return;
	if (strcmp(c->facts.accel, "tcg") != 0)
		printf("accelerator %s replaced by tcg\n", c->facts.accel);
	c->facts.accel = "tcg";
	fit_version(&c->facts);
	leave_out(&c->facts);
	if (qemu_argv(d, &c->vm, &c->facts, argv) == -1)
		return;
	replace_missing(argv);
	argv_add(argv, "-S");
	fflush(stdout);
	check(d, r, said, argv);
}

int
main(int argc, char **argv)
{
	struct argv_case c = { 0 };
	struct argv said = { 0 }, list = { 0 };
	struct diag d = { 0 };
	struct real r = { .source.get = get, .diag = &d };
	int status = 0;

	if (argc != 4)
		return 2;
	r.file = argv[1];
	r.dir = argv[2];
	r.ask = argv[3];
	if (argv_case_load(&d, argv[1], &r.source, &c) == 0) {
		r.run_as = c.facts.run_as.on;
		if (access(c.facts.binary, X_OK) == -1) {
			printf("there is no %s here\n", c.facts.binary);
			status = SKIP;
		} else {
			run_case(&d, &r, &c, &said, &list);
		}
	}
	if (d.text != NULL)
		fputs(d.text, stderr);
	if (d.count > 0)
		status = 1;
	end_companions(&r);
	argv_free(&said);
	argv_free(&list);
	argv_case_free(&c);
	for (size_t i = 0; i < r.n; i++) {
		fd_close(&r.fds[i]);
		free(r.names[i]);
	}
	diag_free(&d);
	return status;
}
