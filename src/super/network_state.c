/* The lock and the records of networks, and the kernel's forwarding; see network_internal.h. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/context.h"
#include "os/os.h"
#include "super/network.h"
#include "super/network_internal.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define RECORD_MAX (1u << 20) /* bytes */
#define LOCK_TRIES 1000

char *
state_dir_of(const struct context *c)
{
	return xasprintf("%s/.networks", c->run_dir);
}

static char *
path_in(const struct context *c, const char *name, const char *suffix)
{
	return xasprintf("%s/.networks/%s%s", c->run_dir, name, suffix);
}

bool
networks_any(const struct context *c)
{
	char *dir = state_dir_of(c);
	bool any = access(dir, F_OK) == 0;

	free(dir);
	return any;
}

/* 0: the folder was removed meanwhile. */
static int
lock_once(struct diag *d, const struct context *c, int *ret)
{
	char *dir = state_dir_of(c), *path = path_in(c, "lock", "");
	struct stat mine, there;
	int fd = -1, result = -1;

	if (mkdir(dir, 0700) == -1 && errno != EEXIST) {
		fail_sys(d, "%s", dir);
		goto cleanup;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1 && errno == ENOENT) {
		result = 0;
		goto cleanup;
	}
	if (fd == -1) {
		fail_sys(d, "%s", path);
		goto cleanup;
	}
	while (flock(fd, LOCK_EX) == -1) {
		if (errno == EINTR)
			continue;
		fail_sys(d, "%s", path);
		goto cleanup;
	}
	result = 0;
	if (fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
	    mine.st_dev == there.st_dev) {
		*ret = fd;
		fd = -1;
		result = 1;
	}
cleanup:
	fd_close(&fd);
	free(path);
	free(dir);
	return result;
}

int
networks_lock(struct diag *d, const struct context *c)
{
	int fd = -1, got = 0;

	if (dir_make(d, c->run_dir, 0755) == -1 ||
	    (geteuid() == 0 && path_trusted(d, c->run_dir) == -1))
		return -1;
	for (unsigned i = 0; got == 0 && i < LOCK_TRIES; i++)
		got = lock_once(d, c, &fd);
	if (got == 0)
		fail_as(d, DIAG_BUSY, "the folder of networks keeps being removed, try again");
	return fd;
}

int
networks_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n)
{
	char *dir = state_dir_of(c);
	int result = context_names_in(d, dir, ".net", ret, ret_n);

	free(dir);
	return result;
}

/* The lock's file goes last: from then on another may make the folder anew. */
void
networks_unlock(const struct context *c, int lock)
{
	struct diag ignored = { 0 };
	char **names = NULL, *dir = state_dir_of(c), *forwarding = path_in(c, "forwarding", "");
	size_t n = 1;

	if (networks_names(&ignored, c, &names, &n) == 0 && n == 0 &&
	    access(forwarding, F_OK) == -1) {
		char *path = path_in(c, "lock", "");

		unlink(path);
		rmdir(dir);
		free(path);
	}
	strings_free(names, n);
	diag_free(&ignored);
	free(forwarding);
	free(dir);
	fd_close(&lock);
}

/* Which boot this is: what a record of another one says is not so any more. */
static const char *
boot(char ret[40])
{
	struct diag ignored = { 0 };
	struct os_proc self = { .pid = 0 };

	(void)os_proc_find(&ignored, getpid(), &self);
	diag_free(&ignored);
	strlcpy(ret, self.boot, 40);
	return ret;
}

/* NULL: there is none of this boot; ret_broken, if given: there is one that says nothing. */
static json_t *
read_json(const char *path, bool *ret_broken)
{
	struct diag ignored = { 0 };
	json_t *record = NULL;
	char *text = NULL, now[40];
	const char *then;
	bool there = false;
	size_t len;

	if (file_read(&ignored, path, RECORD_MAX, &text, &len) == 0) {
		record = json_loadb(text, len, 0, NULL);
		there = true;
	}
	then = json_string_value(json_object_get(record, "boot"));
	if (ret_broken != NULL)
		*ret_broken = there && then == NULL;
	if (then == NULL || strcmp(then, boot(now)) != 0) {
		json_decref(record);
		record = NULL;
	}
	diag_free(&ignored);
	free(text);
	return record;
}

/* Takes over record. */
static int
write_json(struct diag *d, const char *path, json_t *record)
{
	char now[40], *text;
	int result;

	json_object_set_new(record, "boot", json_string(boot(now)));
	text = json_dumps(record, JSON_COMPACT);
	result = file_write(d, path, 0600, text, strlen(text));
	free(text);
	json_decref(record);
	return result;
}

bool
network_state_read(const struct context *c, const char *name, struct network_state *ret)
{
	char *path = path_in(c, name, ".net");
	bool broken;
	json_t *r = read_json(path, &broken);

	free(path);
	*ret = (struct network_state){ .broken = broken, .filtered = broken };
	if (r == NULL)
		return broken;
	ret->whole = json_is_true(json_object_get(r, "whole"));
	ret->index = (unsigned)json_integer_value(json_object_get(r, "index"));
	ret->create = (int)json_integer_value(json_object_get(r, "create"));
	ret->filtered = json_is_true(json_object_get(r, "filtered"));
	ret->forward4 = json_is_true(json_object_get(r, "forward4"));
	ret->forward6 = json_is_true(json_object_get(r, "forward6"));
	ret->tunnel = json_integer_value(json_object_get(r, "tunnel"));
	ret->addresses = json_integer_value(json_object_get(r, "addresses"));
	json_decref(r);
	return true;
}

int
network_state_write(
    struct diag *d, const struct context *c, const char *name, const struct network_state *state)
{
	char *path = path_in(c, name, ".net");
	json_t *r = json_pack("{s:b,s:I,s:i,s:b,s:b,s:b,s:I,s:I}", "whole", state->whole, "index",
	    (json_int_t)state->index, "create", state->create, "filtered", state->filtered,
	    "forward4", state->forward4, "forward6", state->forward6, "tunnel",
	    (json_int_t)state->tunnel, "addresses", (json_int_t)state->addresses);
	int result = write_json(d, path, r);

	free(path);
	return result;
}

void
network_state_remove(const struct context *c, const char *name)
{
	char *path = path_in(c, name, ".net");

	file_sweep(path);
	unlink(path);
	free(path);
}

/* Does any network need the host to forward? One whose record cannot be read may: what forwards,
 * which record says, goes on. */
static int
wanted(struct diag *d, const struct context *c, const json_t *record, bool *ret4, bool *ret6)
{
	char **names;
	size_t n;

	*ret4 = *ret6 = false;
	if (networks_names(d, c, &names, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct network_state state;

		if (network_state_read(c, names[i], &state)) {
			*ret4 |= state.forward4 ||
				 (state.broken && json_object_get(record, "ip4") != NULL);
			*ret6 |= state.forward6 ||
				 (state.broken && json_object_get(record, "ip6") != NULL);
		}
	}
	strings_free(names, n);
	return 0;
}

/* Of one kind of IP. What was before is on disk before it is changed. */
static int
settle(struct diag *d, json_t *record, const char *path, bool ip6, bool on)
{
	const char *key = ip6 ? "ip6" : "ip4";
	const char *before = json_string_value(json_object_get(record, key));
	char *text;
	int result;

	if (on) {
		if (before == NULL) {
			if (os_forwarding_before(d, ip6, &text) == -1)
				return -1;
			json_object_set_new(record, key, json_string(text));
			free(text);
			if (write_json(d, path, json_deep_copy(record)) == -1)
				return -1;
			before = json_string_value(json_object_get(record, key));
		}
		return os_forwarding_on(d, before);
	}
	if (before == NULL)
		return 0;
	if (os_forwarding_restore(d, before) == -1)
		return -1;
	json_object_del(record, key);
	result = json_object_get(record, "ip4") != NULL || json_object_get(record, "ip6") != NULL
		     ? write_json(d, path, json_deep_copy(record))
		     : 0;
	return result;
}

int
forwarding_settle(struct diag *d, const struct context *c)
{
	char *path = path_in(c, "forwarding", "");
	json_t *record = read_json(path, NULL);
	bool on4, on6;
	int result = -1;

	if (record == NULL)
		record = json_object();
	if (wanted(d, c, record, &on4, &on6) == -1 || settle(d, record, path, false, on4) == -1 ||
	    settle(d, record, path, true, on6) == -1)
		goto cleanup;
	if (json_object_get(record, "ip4") == NULL && json_object_get(record, "ip6") == NULL) {
		file_sweep(path);
		unlink(path);
	}
	result = 0;
cleanup:
	json_decref(record);
	free(path);
	return result;
}

/* --- who uses a network --- */

/* The lock on a file that is still the one of that name. create: with the lock of all. */
bool
network_use(const struct context *c, const char *name, bool create, struct network_uses *uses)
{
	char *path = path_in(c, name, ".use");
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
	struct stat mine, there;

	if (fd != -1 && (flock(fd, LOCK_SH | LOCK_NB) == -1 || fstat(fd, &mine) == -1 ||
			    stat(path, &there) == -1 || mine.st_ino != there.st_ino))
		fd_close(&fd);
	free(path);
	if (fd == -1)
		return false;
	uses->v = xreallocarray(uses->v, uses->n + 1, sizeof(*uses->v));
	uses->v[uses->n++] = fd;
	return true;
}

void
networks_release(struct network_uses *uses)
{
	for (size_t i = 0; i < uses->n; i++)
		fd_close(&uses->v[i]);
	free(uses->v);
	*uses = (struct network_uses){ 0 };
}

bool
network_use_seize(const struct context *c, const char *name, int *ret)
{
	char *path = path_in(c, name, ".use");
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	bool seized = fd == -1 || flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (!seized)
		fd_close(&fd);
	free(path);
	*ret = fd;
	return seized;
}

void
network_use_remove(const struct context *c, const char *name)
{
	char *path = path_in(c, name, ".use");

	unlink(path);
	free(path);
}
