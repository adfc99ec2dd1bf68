/* What there is of a VM besides its file, and its end; see pending.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/context.h"
#include "launch/pending.h"
#include "net/ledger.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

/* Below state_dir, by the VM's name. */
static const char *const folders[] = { "nvram", "tpm" }, *const files[] = { "failed", "last" };

/* A folder of plain files, and the folder itself. */
static int
remove_folder(struct diag *d, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (dir == NULL) {
		fd_close(&fd);
		return errno == ENOENT ? 0 : fail_sys(d, "%s", path);
	}
	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(fd, e->d_name, 0);
	}
	closedir(dir);
	if (rmdir(path) == -1 && errno != ENOENT)
		return fail_sys(d, "%s", path);
	return 0;
}

/* "web1.disk0.temporary" of a start that was killed. */
static void
remove_overlays(const struct context *c, const char *name)
{
	char *prefix = xasprintf("%s.disk", name), **names;
	struct diag ignored = { 0 };
	size_t n;

	if (context_names_in(&ignored, c->state_dir, ".temporary", &names, &n) == 0) {
		for (size_t i = 0; i < n; i++) {
			size_t len = strlen(prefix);
			char *path;

			if (strncmp(names[i], prefix, len) != 0 || names[i][len] == '\0' ||
			    names[i][len + strspn(names[i] + len, "0123456789")] != '\0')
				continue;
			path = xasprintf("%s/%s.temporary", c->state_dir, names[i]);
			unlink(path);
			free(path);
		}
		strings_free(names, n);
	}
	diag_free(&ignored);
	free(prefix);
}

json_t *
vm_macs(const struct context *c, const char *name)
{
	json_t *all = json_array();
	struct diag ignored = { 0 };
	struct ledger_entry e;
	struct ledger *l;
	char text[MAC_TEXT];

	if (ledger_read(&ignored, c->ledger, &l) == 0) {
		for (size_t i = 0; ledger_next(l, &i, &e);) {
			if (strcmp(e.vm, name) == 0)
				json_array_append_new(all, json_string(mac_format(e.mac, text)));
		}
		ledger_close(l);
	}
	diag_free(&ignored);
	return all;
}

static int
release(struct diag *d, const struct context *c, const char *name)
{
	struct ledger *l;
	int result = 0;

	if (access(c->ledger, F_OK) == -1 && errno == ENOENT)
		return 0;
	if (ledger_lock(d, c->ledger, &l) == -1)
		return -1;
	if (ledger_release(l, name) > 0)
		result = ledger_commit(d, l);
	ledger_close(l);
	return result;
}

int
vm_state_remove(struct diag *d, const struct context *c, const char *name)
{
	int result = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = xasprintf("%s/%s/%s", c->state_dir, folders[i], name);

		if (remove_folder(d, path) == -1)
			result = -1;
		free(path);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = xasprintf("%s/%s/%s", c->state_dir, files[i], name);

		if (unlink(path) == -1 && errno != ENOENT)
			result = fail_sys(d, "%s", path);
		free(path);
	}
	remove_overlays(c, name);
	return release(d, c, name) == -1 ? -1 : result;
}

static bool
in_ledger(const struct context *c, const char *name)
{
	struct diag ignored = { 0 };
	json_t *macs = vm_macs(c, name);
	struct ledger *l;
	bool is = json_array_size(macs) > 0;

	if (!is && ledger_read(&ignored, c->ledger, &l) == 0) {
		is = ledger_uid_find(l, name) != (uid_t)-1;
		ledger_close(l);
	}
	json_decref(macs);
	diag_free(&ignored);
	return is;
}

bool
vm_state_there(const struct context *c, const char *name)
{
	bool is = in_ledger(c, name);

	for (size_t i = 0; !is && i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = xasprintf("%s/%s/%s", c->state_dir, folders[i], name);

		is = access(path, F_OK) == 0;
		free(path);
	}
	for (size_t i = 0; !is && i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = xasprintf("%s/%s/%s", c->state_dir, files[i], name);

		is = access(path, F_OK) == 0;
		free(path);
	}
	return is;
}
