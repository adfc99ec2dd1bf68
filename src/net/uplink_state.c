/* The lock and the file of a move, and how they are used when whoever moved was killed; see
 * uplink.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "net/uplink_internal.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define STATE_MAX (256u << 20) /* bytes: a full table of the Internet's routes, in hex */
#define SUFFIX    ".uplink"

int
uplink_lock(struct diag *d, const struct uplink_place *place)
{
	int fd;

	if (dir_make(d, place->run_dir, 0755) == -1)
		return -1;
	fd = open(place->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return fail_sys(d, "%s", place->run_dir);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		fail_as(d, DIAG_BUSY, "another vmrun is at work on an uplink, try again");
	else
		fail_sys(d, "%s", place->run_dir);
	fd_close(&fd);
	return -1;
}

char *
uplink_state_path(const struct uplink_place *place, const char *bridge)
{
	return xasprintf("%s/.%s" SUFFIX, place->run_dir, bridge);
}

int
uplink_state_write(
    struct diag *d, const char *path, const char *bridge, const struct os_uplink *u, bool finish)
{
	struct buf b = { 0 };
	int result;

	buf_addf(&b, "%s %s\n", finish ? "finish" : "undo", bridge);
	os_uplink_write(u, &b);
	result = file_write(d, path, 0600, b.s, b.len);
	buf_free(&b);
	return result;
}

int
uplink_state_read(struct diag *d, const char *path, struct os_uplink **ret, bool *ret_finish)
{
	unsigned before = d->count;
	char *text;
	size_t n;
	int result;

	if (file_read(d, path, STATE_MAX, &text, &n) == -1)
		return -1;
	result = os_uplink_parse(d, text + strcspn(text, "\n") + (strchr(text, '\n') != NULL), ret);
	if (result == 0)
		*ret_finish = strncmp(text, "finish ", strlen("finish ")) == 0;
	else
		diag_wrap(d, before, "%s", path);
	free(text);
	return result;
}

int
uplink_bridge_end(struct diag *d, const char *bridge, bool *ret_kept)
{
	struct os_link *links, *found = NULL;
	bool ports = false;
	size_t n;
	int result = 0;

	if (os_links(d, &links, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(links[i].name, bridge) == 0)
			found = &links[i];
	}
	for (size_t i = 0; i < n && found != NULL; i++)
		ports |= links[i].master == found->index;
	*ret_kept = found != NULL &&
		    (ports || strncmp(found->alias, OS_UPLINK_ALIAS, strlen(OS_UPLINK_ALIAS)) != 0);
	if (found != NULL && !*ret_kept)
		result = os_bridge_destroy(d, bridge);
	free(links);
	return result;
}

int
uplink_restore(struct diag *d, const char *path, const char *bridge)
{
	struct os_uplink *then;
	bool finish, kept;
	int result = 0;

	if (uplink_state_read(d, path, &then, &finish) == -1)
		return errno == ENOENT ? (diag_free(d), 1) : -1;
	/* What an earlier boot left is gone with its interfaces. */
	if (!os_uplink_is_current(then))
		finish = true;
	else
		result = finish ? uplink_bridge_end(d, bridge, &kept) : os_uplink_apply(d, then);
	os_uplink_free(then);
	if (result == -1)
		return -1;
	file_sweep(path);
	if (unlink(path) == -1 && errno != ENOENT)
		return fail_sys(d, "%s", path);
	return finish;
}

/* "br0" of ".br0.uplink"; NULL: the file is another's. */
static char *
bridge_of(const char *file)
{
	size_t n = strlen(file), suffix = strlen(SUFFIX);

	if (file[0] != '.' || n < 1 + 1 + suffix || strcmp(file + n - suffix, SUFFIX) != 0 ||
	    n - 1 - suffix >= OS_IFNAME)
		return NULL;
	return xstrndup(file + 1, n - 1 - suffix);
}

static int
recover_one(struct diag *d, const struct uplink_place *place, const char *bridge,
    void (*restored)(const char *bridge, void *arg), void *arg)
{
	char *path = uplink_state_path(place, bridge);
	unsigned before = d->count;
	int lock = -1, result = -1;

	if (access(path, F_OK) == -1) {
		result = 0;
		goto cleanup;
	}
	lock = uplink_lock(d, place);
	if (lock == -1)
		goto cleanup;
	if (access(path, F_OK) == -1) {
		result = 0;
	} else {
		result = uplink_restore(d, path, bridge);
		if (result == 0 && restored != NULL)
			restored(bridge, arg);
	}
cleanup:
	if (result == -1)
		diag_wrap(d, before, "%s", bridge);
	fd_close(&lock);
	free(path);
	return result == -1 ? -1 : 0;
}

int
uplink_recover(struct diag *d, const struct uplink_place *place, const char *bridge,
    void (*restored)(const char *bridge, void *arg), void *arg)
{
	struct dirent *entry;
	int result = 0;
	DIR *dir;

	if (bridge != NULL)
		return recover_one(d, place, bridge, restored, arg);
	dir = opendir(place->run_dir);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *name = bridge_of(entry->d_name);

		if (name != NULL && recover_one(d, place, name, restored, arg) == -1)
			result = -1;
		free(name);
	}
	if (dir != NULL)
		closedir(dir);
	return result;
}
