/* The host's side of a VM's screen; see screen.h. */
#include "launch/screen.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/plan.h"
#include "launch/runtime.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define TLS_MAX (1u << 20) /* bytes of a certificate with its chain */

/* What leads a program to the user's desktop. */
static const char *const session[] = { "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
	"XDG_RUNTIME_DIR", "PULSE_SERVER" };

/* GTK's and SDL's libraries would start a message bus if they found none, and the sandbox kills who
 * forks. */
static const char *const no_bus[] = { "NO_AT_BRIDGE=1", "DBUS_SESSION_BUS_ADDRESS=disabled:" };

/* As QEMU's -object tls-creds-x509 and SPICE call them. */
static const struct {
	const char *name;
	bool needed;
} tls_files[] = {
	{ "ca-cert.pem", true },
	{ "server-cert.pem", true },
	{ "server-key.pem", true },
	{ "ca-crl.pem", false },
	{ "dh-params.pem", false },
};

static bool
has_socket(const struct vm_display *d)
{
	return (d->vnc.on && !d->vnc.listen.set) || (d->spice.on && !d->spice.listen.set);
}

static bool
needs_render_node(const struct vm *vm)
{
	return vm->video.model == VIDEO_VIRTIO_GL && vm_has_screen(vm) && !vm_has_window(vm);
}

/* Sound that only a program of the user who is logged in can make. */
static bool
sounds_on_desktop(const struct vm *vm)
{
	switch ((enum vm_audio_backend)vm_audio_backend(vm, os_here())) {
	case AUDIO_PA:
	case AUDIO_PIPEWIRE:
	case AUDIO_ALSA:
	case AUDIO_COREAUDIO:
		return true;
	default:
		return false;
	}
}

int
screen_check(struct diag *d, const struct plan *p)
{
	const struct vm *vm = &p->member.vm;
	const struct vm_display *display = &vm->display;
	bool cocoa = display->kind == DISPLAY_COCOA;

	if (vm_has_window(vm) && p->given.own_uid)
		return fail_as(d, DIAG_DENIED,
		    "display: a window on the desktop belongs to the user who is logged in; run "
		    "vmrun as that user, not as root");
	if (sounds_on_desktop(vm) && p->given.own_uid)
		return fail_as(d, DIAG_DENIED,
		    "audio: the sound of a desktop belongs to the user who is logged in; run vmrun "
		    "as that user, not as root, or write audio = \"spice\" or \"none\"");
	if (vm_has_window(vm) && !cocoa && getenv("DISPLAY") == NULL &&
	    getenv("WAYLAND_DISPLAY") == NULL)
		return fail(d,
		    "display: there is no desktop here to have a window on (neither DISPLAY nor "
		    "WAYLAND_DISPLAY is set)");
	/* Where a folder cannot be passed on, QEMU must find the way to it by itself. */
	if (p->given.own_uid && !os_here()->fd_reopens && (has_socket(display) || display->tls))
		return fail_as(d, DIAG_DENIED,
		    "display: on %s QEMU, which does not run as root, cannot reach %s; %s",
		    os_here()->title, has_socket(display) ? "the socket's folder" : "tls",
		    has_socket(display) ? "give an address, as in vnc = \":5\""
					: "tls needs a vmrun that is not run as root");
	return 0;
}

void
screen_name(const struct context *c, const struct vm *vm, struct plan_facts *pf)
{
	struct qemu_facts *f = &pf->f;

	f->display_dir = (struct qemu_handle){ -1,
		plan_keep_name(pf, runtime_path(c, vm->name, SCREEN_SOCKETS)) };
	f->tls_dir = (struct qemu_handle){ -1, vm->display.tls };
	f->render_node = (struct qemu_handle){ -1, vm->video.render_node };
}

/* One that is left from a start that died is as good. */
static int
make_folder(
    struct diag *d, const struct runtime *r, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
	char *path = xasprintf("%s/%s", r->dir, name);
	int fd = -1;

	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fchown(fd, uid, gid) == -1 || fchmod(fd, mode) == -1) {
		fail_sys(d, "%s", path);
		fd_close(&fd);
	}
	free(path);
	return fd;
}

static int
copy_file(struct diag *d, int dir, const char *name, const char *from, gid_t gid)
{
	char *text;
	size_t len;
	int fd, result = 0;

	if (file_read(d, from, TLS_MAX, &text, &len) == -1)
		return -1;
	(void)unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || fd_write_all(fd, text, len) == -1 || fchown(fd, (uid_t)-1, gid) == -1 ||
	    fchmod(fd, 0440) == -1)
		result = fail_sys(d, "%s: cannot be copied for QEMU", from);
	fd_close(&fd);
	explicit_bzero(text, len);
	free(text);
	return result;
}

static int
copy_tls(struct diag *d, const struct runtime *r, const char *from, gid_t gid)
{
	int dir = make_folder(d, r, SCREEN_TLS, 0750, geteuid(), gid);
	bool good = dir != -1;

	for (size_t i = 0; i < sizeof(tls_files) / sizeof(tls_files[0]) && good; i++) {
		char *path = xasprintf("%s/%s", from, tls_files[i].name);

		if (tls_files[i].needed || access(path, F_OK) == 0)
			good = copy_file(d, dir, tls_files[i].name, path, gid) == 0;
		free(path);
	}
	if (!good)
		fd_close(&dir);
	return dir;
}

static int
open_tls(struct diag *d, const struct plan *p, const struct runtime *r, struct plan_facts *pf)
{
	const char *tls = p->member.vm.display.tls;
	int dir;

	if (tls == NULL || !p->given.own_uid)
		return 0;
	dir = copy_tls(d, r, tls, p->given.who.gid);
	if (dir == -1) {
		diag_wrap(d, d->count - 1, "display.tls");
		return -1;
	}
	pf->f.tls_dir.fd = plan_keep_fd(pf, dir);
	return 0;
}

static int
open_sockets(struct diag *d, const struct plan *p, const struct runtime *r, struct plan_facts *pf)
{
	const struct os_identity *who = &p->given.who;
	int dir;

	if (!has_socket(&p->member.vm.display))
		return 0;
	dir = make_folder(d, r, SCREEN_SOCKETS, 0700, p->given.own_uid ? who->uid : (uid_t)-1,
	    p->given.own_uid ? who->gid : (gid_t)-1);
	if (dir == -1)
		return -1;
	if (os_here()->fd_reopens)
		pf->f.display_dir.fd = plan_keep_fd(pf, dir);
	else
		fd_close(&dir);
	return 0;
}

int
screen_open(struct diag *d, const struct plan *p, const struct runtime *r, struct plan_facts *pf)
{
	const struct vm *vm = &p->member.vm;

	if (open_sockets(d, p, r, pf) == -1 || open_tls(d, p, r, pf) == -1)
		return -1;
	if (!needs_render_node(vm))
		return 0;
	pf->f.render_node.fd = plan_keep_fd(pf, open(vm->video.render_node, O_RDWR | O_CLOEXEC));
	if (pf->f.render_node.fd == -1)
		return fail_sys(d, "video.render_node: %s", vm->video.render_node);
	return 0;
}

/* Whatever QEMU put there. */
bool
screen_remove(int runtime, const char *folder)
{
	int fd = openat(runtime, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (unlinkat(fd, entry->d_name, 0) == -1)
			(void)unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	if (dir != NULL)
		closedir(dir);
	else
		fd_close(&fd);
	return unlinkat(runtime, folder, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

/* Ours of that name, "NAME=VALUE"; NULL: none. */
static char *
variable(const char *name)
{
	extern char **environ;
	size_t n = strlen(name);

	for (char **e = environ; *e != NULL; e++) {
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return *e;
	}
	return NULL;
}

/* Told where its server is, libpulse does not start one itself. NULL: nothing is to be said. */
static char *
pulse_server(const struct vm *vm)
{
	static char text[PATH_MAX];
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (vm_audio_backend(vm, os_here()) != AUDIO_PA || getenv("PULSE_SERVER") != NULL)
		return NULL;
	snprintf(text, sizeof(text), "PULSE_SERVER=unix:%s/pulse/native",
	    dir != NULL ? dir : "/var/run");
	return text;
}

void
screen_environment(const struct vm *vm, char ***ret, size_t *ret_n)
{
	size_t nsession = sizeof(session) / sizeof(session[0]), n = 0;
	size_t nno_bus = sizeof(no_bus) / sizeof(no_bus[0]);
	char **list = xcalloc(nsession + nno_bus + 1 + vm->nenvironment, sizeof(*list));
	bool desktop = vm_has_window(vm) || sounds_on_desktop(vm);

	for (size_t i = 0; desktop && i < nsession; i++) {
		if (variable(session[i]) != NULL)
			list[n++] = variable(session[i]);
	}
	for (size_t i = 0; desktop && i < nno_bus; i++)
		list[n++] = (char *)no_bus[i];
	if (pulse_server(vm) != NULL)
		list[n++] = pulse_server(vm);
	for (size_t i = 0; i < vm->nenvironment; i++)
		list[n++] = vm->environment[i];
	*ret = list;
	*ret_n = n;
}

static void
record_listen(json_t *record, const struct context *c, const struct vm *vm, const char *key,
    const struct vm_listen *listen, const char *socket)
{
	char *file = xasprintf(SCREEN_SOCKETS "/%s", socket);
	char *path = runtime_path(c, vm->name, file);

	if (listen->set)
		json_object_set_new(record, key,
		    json_sprintf("%s:%u",
			listen->address[0] != '\0' ? listen->address : "127.0.0.1",
			listen->number));
	else
		json_object_set_new(record, key, json_sprintf("unix:%s", path));
	free(file);
	free(path);
}

void
screen_record(json_t *record, const struct context *c, const struct vm *vm)
{
	const struct vm_display *d = &vm->display;

	if (d->vnc.on)
		record_listen(record, c, vm, "vnc", &d->vnc.listen, VNC_SOCKET);
	if (d->spice.on)
		record_listen(record, c, vm, "spice", &d->spice.listen, SPICE_SOCKET);
}
