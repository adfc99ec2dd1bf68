/* Drafts of VM files against the fleet, and the lock around it; see vm_file.h. */
#include "launch/vm_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/context.h"
#include "launch/fleet_now.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sorted.h"
#include "vm/order.h"


#define REPORT_MAX  100        /* messages about one draft */
#define VM_FILE_MAX (1u << 20) /* bytes, as the reader of such files allows */

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

/* What is wrong between the VMs of the file at path and all others, or, where it describes none by itself,
 * as a template does, between any. */
static void
judge_clashes(struct diag *wrong, struct fleet *f, const char *path)
{
	bool own = false;

	fleet_claim(f);
	for (size_t i = 0; i < f->n; i++) {
		const struct fleet_member *m = &f->member[i];

		if (m->vm.file == NULL || strcmp(m->vm.file, path) != 0)
			continue;
		own = true;
		fleet_check(wrong, f, m);
	}
	if (!own)
		fleet_check(wrong, f, NULL);
}

void
vm_file_judge_order(struct diag *wrong, const struct fleet_member *const *vms, size_t n)
{
	struct order *o = order_new(vms, n);

	for (size_t i = 0; i < n && order_matters(o); i++)
		order_check(wrong, o, i);
	order_free(o);
}

static void
judge_order(struct diag *wrong, const struct fleet *f)
{
	const struct fleet_member **vms = xcalloc(f->n, sizeof(*vms));

	for (size_t i = 0; i < f->n; i++)
		vms[i] = &f->member[i];
	vm_file_judge_order(wrong, vms, f->n);
	free(vms);
}

/* All that is wrong with the fleet, file by file and between them; *ret is to be freed. */
static int
judge(struct diag *d, const struct context *c, const char *path, struct diag *ret_wrong,
    struct fleet *ret)
{
	if (context_fleet(ret_wrong, c, ret) == -1) {
		diag_move(d, ret_wrong);
		return -1;
	}
	judge_clashes(ret_wrong, ret, path);
	judge_order(ret_wrong, ret);
	return 0;
}

/* A file from elsewhere is no member of the fleet, and may clash with those that are. */
static int
judge_alone(struct diag *d, struct context *c, const char *path)
{
	struct diag others = { 0 };
	struct fleet_member m = { 0 };
	struct fleet f = { 0 };
	int result = context_load(d, c, path, &m);

	if (result == 0 && context_fleet(&others, c, &f) == -1)
		diag_move(d, &others);
	else if (result == 0)
		fleet_check(d, &f, &m);
	fleet_free(&f);
	diag_free(&others);
	fleet_member_free(&m);
	return result;
}

bool
vm_file_is_in(const char *path, const char *dir)
{
	char *folder = folder_of(path);
	bool is = strcmp(folder, dir) == 0;

	free(folder);
	return is;
}

/* Is the message about the file at path, or does it name it? */
static bool
is_about(const char *line, const char *path)
{
	return strstr(line, path) != NULL;
}

/* One file can be of many VMs: what is wrong with it is said once. */
static bool
is_said(const struct lines *said, const char *line)
{
	for (size_t i = 0; i < said->n; i++) {
		if (strcmp(said->v[i], line) == 0)
			return true;
	}
	return false;
}

void
vm_file_report(struct diag *d, const struct diag *before, const struct diag *after, const char *path)
{
	struct lines old, said = { xcalloc(REPORT_MAX, sizeof(char *)), 0 };
	const char *p = after->text;

	lines_of(before, &old);
	while (p != NULL && *p != '\0' && said.n < REPORT_MAX) {
		size_t n = strcspn(p, "\n");
		char *line = xstrndup(p, n);

		p += n + (p[n] == '\n');
		if (is_said(&said, line) ||
		    (!is_about(line, path) && sorted_has(old.v, old.n, line))) {
			free(line);
			continue;
		}
		fail_as(d, DIAG_CONFIG, "%s", line);
		said.v[said.n++] = line;
	}
	if (said.n == REPORT_MAX)
		fail_as(d, DIAG_CONFIG, "there may be more");
	strings_free(said.v, said.n);
	strings_free(old.v, old.n);
}

int
vm_file_check(struct diag *d, struct context *c, const struct context_draft *draft)
{
	struct diag before = { 0 }, after = { 0 };
	struct fleet old = { 0 }, new = { 0 };
	unsigned count = d->count;
	bool sound;

	if (!vm_file_is_in(draft->path, c->vm_dir) && !vm_file_is_in(draft->path, c->template_dir)) {
		c->draft = draft;
		judge_alone(d, c, draft->path);
		c->draft = NULL;
	} else {
		c->draft = draft;
		sound = judge(d, c, draft->path, &after, &new) == 0 && after.count == 0;
		c->draft = NULL;
		/* How it is without the draft is of no matter where nothing is wrong with it. */
		if (!sound && d->count == count && judge(d, c, draft->path, &before, &old) == 0)
			vm_file_report(d, &before, &after, draft->path);
	}
	fleet_free(&old);
	fleet_free(&new);
	diag_free(&before);
	diag_free(&after);
	return d->count > count ? -1 : 0;
}

int
vm_file_read(struct diag *d, const char *path, struct buf *ret)
{
	char *text;
	size_t n;

	if (file_read(d, path, VM_FILE_MAX, &text, &n) == -1)
		return -1;
	buf_add(ret, "");
	buf_addn(ret, text, n);
	free(text);
	return 0;
}

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->s, b->s, a->len) == 0);
}

/* With the lock in hand. */
static enum vm_file_written
replace(struct diag *d, struct fleet_now *n, const char *path, const struct buf *old,
    const struct buf *text)
{
	const struct context_draft draft = { path, text->s != NULL ? text->s : "", text->len };
	struct buf now = { 0 };
	char real[PATH_MAX];
	struct stat st;
	int result;

	if (realpath(path, real) == NULL || stat(real, &st) == -1) {
		fail_sys(d, "%s", path);
		return VM_FILE_FAILED;
	}
	if (vm_file_read(d, real, &now) == -1) {
		buf_free(&now);
		return VM_FILE_FAILED;
	}
	result = same(&now, old);
	buf_free(&now);
	if (!result)
		return VM_FILE_CHANGED;
	if (fleet_now_check(d, n, &draft) == -1)
		return VM_FILE_WRONG;
	fleet_now_begin(n, path);
	result = file_put(d, real,
	    &(struct file_as){ st.st_mode & 07777, st.st_uid, st.st_gid, false }, draft.text,
	    draft.len);
	fleet_now_end(n);
	return result == 0 ? VM_FILE_WRITTEN : VM_FILE_FAILED;
}

enum vm_file_written
vm_file_replace(struct diag *d, struct fleet_now *n, const char *path, const struct buf *old,
    const struct buf *text)
{
	enum vm_file_written result;
	int lock = -1;

	if (same(old, text))
		return VM_FILE_SAME;
	if (vm_files_lock(d, fleet_now_context(n), &lock) == -1)
		return VM_FILE_FAILED;
	result = replace(d, n, path, old, text);
	fd_close(&lock);
	return result;
}
