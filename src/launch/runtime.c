/* Runtime folders, their locks and records; see runtime.h. */
#include "launch/runtime.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/channels.h"
#include "launch/companion.h"
#include "launch/context.h"
#include "launch/screen.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define RECORD_MAX (1u << 20)

char *
runtime_path(const struct context *c, const char *name, const char *file)
{
	return xasprintf("%s/%s%s%s", c->run_dir, name, file[0] != '\0' ? "/" : "", file);
}

/* A folder that others can write, or a link to one, is not a runtime folder. */
static int
check_folder(struct diag *d, const char *dir)
{
	struct stat st;

	if (lstat(dir, &st) == -1)
		return errno == ENOENT ? 0 : fail_sys(d, "%s", dir);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return fail_as(
		    d, DIAG_DENIED, "%s: not a runtime folder of vmrun's own (0700)", dir);
	return 1;
}

/* One try: 1 locked, 0 the folder was removed meanwhile (try again), -1 failed. */
static int
lock_once(struct diag *d, const char *dir, int *ret)
{
	char *path = xasprintf("%s/lock", dir);
	struct stat mine, there;
	int fd = -1, result = -1;

	if (mkdir(dir, 0700) == -1 && errno != EEXIST) {
		fail_sys(d, "%s", dir);
		goto cleanup;
	}
	result = check_folder(d, dir);
	if (result != 1)
		goto cleanup;
	result = -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1 && errno == ENOENT) {
		result = 0;
		goto cleanup;
	}
	if (fd == -1) {
		fail_sys(d, "%s", path);
		goto cleanup;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			fail_as(d, DIAG_BUSY, "another vmrun is at work on it, try again");
		else
			fail_sys(d, "%s", path);
		goto cleanup;
	}
	/* The holder before us may have removed the folder while we waited to open. */
	if (fstat(fd, &mine) == -1 || stat(path, &there) == -1 || mine.st_ino != there.st_ino ||
	    mine.st_dev != there.st_dev) {
		result = 0;
		goto cleanup;
	}
	*ret = fd;
	fd = -1;
	result = 1;
cleanup:
	fd_close(&fd);
	free(path);
	return result;
}

bool
runtime_is_held(const struct context *c, const char *name)
{
	char *path = runtime_path(c, name, "lock");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool held = fd != -1 && flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;

	fd_close(&fd);
	free(path);
	return held;
}

int
runtime_lock(struct diag *d, const struct context *c, const char *name, struct runtime *ret)
{
	char *dir = runtime_path(c, name, "");
	int fd = -1, got = 0;

	if (dir_make(d, c->run_dir, 0755) == -1 ||
	    (geteuid() == 0 && path_trusted(d, c->run_dir) == -1))
		got = -1;
	for (unsigned i = 0; got == 0 && i < 1000; i++)
		got = lock_once(d, dir, &fd);
	if (got == 0)
		fail_as(d, DIAG_BUSY, "%s keeps being removed, try again", dir);
	if (got != 1) {
		free(dir);
		return -1;
	}
	*ret = (struct runtime){ .dir = dir, .lock = fd };
	return 0;
}

void
runtime_release(struct runtime *r)
{
	fd_close(&r->lock);
	free(r->dir);
	*r = (struct runtime)RUNTIME_NONE;
}

static bool
is_file(const char *name)
{
	static const char *const files[] = { RUNTIME_FILES };
	bool is = companion_is_file(name) || channel_is_file(name);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		is |= strcmp(files[i], name) == 0;
	return is;
}

/* Our own files only, in a folder of our own only: somebody may have put something else in its
 * place. The lock goes last: from then on another may make the folder its own, and nothing of ours
 * may touch what it puts there. It stays while anything else does, as the sign that there is
 * something to do. */
static void
remove_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool left = false;

	if (dir == NULL) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (is_file(entry->d_name) && unlinkat(fd, entry->d_name, 0) == -1 &&
		    errno != ENOENT)
			left = true;
	}
	if (!screen_remove(fd, SCREEN_SOCKETS) || !screen_remove(fd, SCREEN_TLS))
		left = true;
	if (!left)
		unlinkat(fd, "lock", 0);
	closedir(dir);
	if (!left)
		rmdir(path);
}

char *
runtime_copies(const struct runtime *r)
{
	const char *name = strrchr(r->dir, '/') + 1;

	return xasprintf("%.*s.%s", (int)(name - r->dir), r->dir, name);
}

void
runtime_copies_remove(const struct runtime *r)
{
	char *path = runtime_copies(r);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, RUNTIME_COPY, strlen(RUNTIME_COPY)) == 0)
			unlinkat(fd, entry->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
	else
		fd_close(&fd);
	rmdir(path);
	free(path);
}

void
runtime_remove(struct runtime *r)
{
	if (r->dir != NULL && r->lock != -1) {
		runtime_copies_remove(r);
		if (!r->keep)
			remove_folder(r->dir);
	}
	runtime_release(r);
}

bool
runtime_has_record(const struct runtime *r)
{
	char *path = xasprintf("%s/qemu", r->dir);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

int
runtime_write(struct diag *d, const struct runtime *r, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", r->dir, name), *temporary = xasprintf("%s.new", path);
	int fd, result = -1;

	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1 || fd_write_all(fd, text, strlen(text)) == -1 || rename(temporary, path) == -1)
		fail_sys(d, "%s", path);
	else
		result = 0;
	fd_close(&fd);
	free(temporary);
	free(path);
	return result;
}

int
record_write(struct diag *d, const struct runtime *r, const json_t *record)
{
	char *text = json_dumps(record, JSON_COMPACT);
	int result = text != NULL ? runtime_write(d, r, "qemu", text)
				  : fail_sys(d, "%s/qemu", r->dir);

	free(text);
	return result;
}

int
record_read(struct diag *d, const char *dir, json_t **ret)
{
	char *path = xasprintf("%s/qemu", dir), *text = NULL;
	json_error_t error;
	size_t len;
	int result = -1;

	if (file_read(d, path, RECORD_MAX, &text, &len) == 0) {
		json_t *record = json_loadb(text, len, 0, &error);

		if (json_is_object(record)) {
			*ret = record;
			result = 0;
		} else {
			json_decref(record);
			errno = EINVAL;
			fail(d, "%s: damaged: %s", path, error.text);
		}
	}
	free(text);
	free(path);
	return result;
}

void
record_string(json_t *object, const char *key, const char *value)
{
	/* What is not UTF-8 (a path can be) is shown as far as JSON can. */
	json_t *s = value != NULL ? json_string(value) : NULL;

	if (s == NULL && value != NULL)
		s = json_string("?");
	if (s != NULL)
		json_object_set_new(object, key, s);
}

struct os_proc
record_proc(const json_t *record)
{
	struct os_proc p = { .pid = (pid_t)json_integer_value(json_object_get(record, "pid")),
		.start = (uint64_t)json_integer_value(json_object_get(record, "start")) };
	const char *boot = json_string_value(json_object_get(record, "boot"));

	if (boot != NULL)
		strlcpy(p.boot, boot, sizeof(p.boot));
	return p;
}
