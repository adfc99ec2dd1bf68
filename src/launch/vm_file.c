/* Drafts of VM files against the fleet, and the lock around it; see vm_file.h. */
#include "launch/vm_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "conf/conf.h"
#include "launch/context.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

int
vm_files_lock(struct diag *d, const struct context *c, int *ret)
{
	char *path = xasprintf("%s/files.lock", c->state_dir);
	int fd = -1, result = -1;

	if (dir_make(d, c->state_dir, 0755) == -1)
		goto cleanup;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) {
		fail_sys(d, "%s", path);
		goto cleanup;
	}
	while ((result = flock(fd, LOCK_EX)) == -1 && errno == EINTR)
		continue;
	if (result == -1) {
		fail_sys(d, "%s: cannot lock it", path);
		fd_close(&fd);
		goto cleanup;
	}
	file_put_sweep(c->vm_dir);
	*ret = fd;
cleanup:
	free(path);
	return result;
}

/* The lines of a diag, in order. */
struct lines {
	char **v;
	size_t n;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
lines_of(const struct diag *d, struct lines *ret)
{
	const char *p = d->text;

	*ret = (struct lines){ xcalloc(d->count + 1, sizeof(char *)), 0 };
	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, "\n");

		ret->v[ret->n++] = xstrndup(p, n);
		p += n + (p[n] == '\n');
	}
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_text);
}

/* All that is wrong with the fleet, file by file and between them; *ret is to be freed. */
static int
judge(struct diag *d, const struct context *c, struct diag *ret_wrong, struct fleet *ret)
{
	if (context_fleet(ret_wrong, c, ret) == -1) {
		diag_move(d, ret_wrong);
		return -1;
	}
	fleet_check(ret_wrong, ret, NULL);
	return 0;
}

/* Is the message about the file at path, or does it name it? */
static bool
is_about(const char *line, const char *path)
{
	return strstr(line, path) != NULL;
}

/* What is wrong now, and was not, or is about the draft's own file. */
static void
report(struct diag *d, const struct diag *before, const struct diag *after, const char *path)
{
	struct lines old;
	const char *p = after->text;

	lines_of(before, &old);
	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, "\n");
		char *line = xstrndup(p, n);

		if (is_about(line, path) ||
		    old.n == 0 || bsearch(&line, old.v, old.n, sizeof(*old.v), by_text) == NULL)
			fail_as(d, DIAG_CONFIG, "%s", line);
		free(line);
		p += n + (p[n] == '\n');
	}
	names_free(old.v, old.n);
}

int
vm_file_check(struct diag *d, struct context *c, const struct context_draft *draft)
{
	struct diag before = { 0 }, after = { 0 };
	struct fleet old = { 0 }, new = { 0 };
	unsigned count = d->count;

	if (judge(d, c, &before, &old) == 0) {
		c->draft = draft;
		if (judge(d, c, &after, &new) == 0)
			report(d, &before, &after, draft->path);
		c->draft = NULL;
	}
	fleet_free(&old);
	fleet_free(&new);
	diag_free(&before);
	diag_free(&after);
	return d->count > count ? -1 : 0;
}
