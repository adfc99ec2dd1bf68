/* The host's ends of a guest's channels; see channels.h. */
#include "launch/channels.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/plan.h"
#include "launch/runtime.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define SOCKET ".sock"

static const char *const to_words[] = { [TO_SOCKET] = "socket",
	[TO_PTY] = "pty",
	[TO_FILE] = "file",
	[TO_DEVICE] = "device",
	[TO_STDIO] = "stdio",
	[TO_NONE] = "none" };

char *
channel_file(const char *id)
{
	size_t n = strcspn(id, "0123456789");

	return strcmp(id + n, "0") == 0 ? xasprintf("%.*s" SOCKET, (int)n, id)
					: xasprintf("%s" SOCKET, id);
}

bool
channel_is_file(const char *file)
{
	static const char *const words[] = { "serial", "console", "agent", "port" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);
		const char *end;

		if (strncmp(file, words[i], n) != 0)
			continue;
		end = file + n + strspn(file + n, "0123456789");
		if (strcmp(end, SOCKET) == 0 || strcmp(end, SOCKET ".lock") == 0)
			return true;
	}
	return false;
}

void
channels_name(const struct context *c, const struct vm *vm, struct plan_facts *pf)
{
	struct vm_channel_ref ref;
	size_t n = 0;

	while (vm_channel(vm, n, &ref))
		n++;
	pf->f.channels = xcalloc(n, sizeof(*pf->f.channels));
	for (size_t i = 0; vm_channel(vm, i, &ref); i++) {
		struct qemu_channel *f = &pf->f.channels[i];
		char *file = channel_file(ref.id);

		f->end = (struct qemu_handle){ -1, ref.channel->path };
		f->log = (struct qemu_handle){ -1, ref.channel->log };
		if (ref.channel->to == TO_SOCKET)
			f->end.name = plan_keep_name(pf, runtime_path(c, vm->name, file));
		free(file);
	}
}

/* What the guest says goes to the file's end, wherever that is by then: a file that is cut short
 * or moved away by those who keep logs small stays a file without holes. */
static int
open_file(const char *path)
{
	int fd = open(path,
	    O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		fd_close(&fd);
		errno = EINVAL;
	}
	return fd;
}

static int
open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd != -1 && !isatty(fd)) {
		fd_close(&fd);
		errno = ENOTTY;
	}
	return fd;
}

static int
cannot(struct diag *d, const struct vm_channel_ref *ref, const char *path)
{
	const char *name = vm_channel_name(ref);

	if (errno == EINVAL)
		return fail(d, "%s: %s: not a regular file", name, path);
	if (errno == ENOTTY)
		return fail(d, "%s: %s: not a serial port, nor another terminal", name, path);
	return fail_sys(d, "%s: %s", name, path);
}

int
channels_open(struct diag *d, const struct vm *vm, struct plan_facts *pf)
{
	struct vm_channel_ref ref;

	for (size_t i = 0; vm_channel(vm, i, &ref); i++) {
		struct qemu_channel *f = &pf->f.channels[i];

		if (f->end.name != NULL) {
			f->end.fd = ref.channel->to == TO_SOCKET ? unix_listen(f->end.name)
				    : ref.channel->to == TO_FILE ? open_file(f->end.name)
								 : open_device(f->end.name);
			if (plan_keep_fd(pf, f->end.fd) == -1)
				return cannot(d, &ref, f->end.name);
		}
		if (f->log.name != NULL) {
			f->log.fd = plan_keep_fd(pf, open_file(f->log.name));
			if (f->log.fd == -1)
				return cannot(d, &ref, f->log.name);
		}
	}
	return 0;
}

json_t *
channels_record(const struct vm *vm, const struct plan_facts *pf)
{
	json_t *list = json_array();
	struct vm_channel_ref ref;

	for (size_t i = 0; vm_channel(vm, i, &ref); i++) {
		const struct qemu_channel *f = &pf->f.channels[i];
		json_t *o = json_pack("{s:s,s:s,s:s}", "id", ref.id, "name", vm_channel_name(&ref),
		    "to", to_words[ref.channel->to]);

		record_string(o, "path", f->end.name);
		record_string(o, "log", f->log.name);
		json_array_append_new(list, o);
	}
	return list;
}

static bool
is_unknown_pty(const json_t *channel)
{
	const char *to = json_string_value(json_object_get(channel, "to"));

	return to != NULL && strcmp(to, "pty") == 0 && json_object_get(channel, "path") == NULL;
}

bool
channels_wait(const json_t *record)
{
	const json_t *list = json_object_get(record, "channels");

	for (size_t i = 0; i < json_array_size(list); i++) {
		if (is_unknown_pty(json_array_get(list, i)))
			return true;
	}
	return false;
}

bool
channels_fill(json_t *record, const json_t *chardevs)
{
	const json_t *list = json_object_get(record, "channels");
	bool filled = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *channel = json_array_get(list, i);
		const char *id = json_string_value(json_object_get(channel, "id"));

		for (size_t k = 0; k < json_array_size(chardevs) && is_unknown_pty(channel); k++) {
			const json_t *o = json_array_get(chardevs, k);
			const char *label = json_string_value(json_object_get(o, "label"));
			const char *name = json_string_value(json_object_get(o, "filename"));

			if (id == NULL || label == NULL || name == NULL || strcmp(id, label) != 0 ||
			    strncmp(name, "pty:", 4) != 0)
				continue;
			record_string(channel, "path", name + 4);
			filled = true;
		}
	}
	return filled;
}
