/* A VM's own images, and those that are not its alone; see remove_images.h. */
#include "cmd/remove_images.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/remaining.h"
#include "launch/context.h"
#include "launch/clone_name.h"
#include "launch/image_users.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define IMAGE_SUFFIX ".qcow2"

struct sorting {
	const struct vm *vm;
	struct image_users *users;
	bool all, runs;
	json_t *own, *kept;
};

static void
keep(struct sorting *s, const char *path, const char *why)
{
	json_array_append_new(s->kept, json_pack("{s:s,s:s}", "path", path, "why", why));
}

static bool
is_listed(const json_t *own, const char *path)
{
	const json_t *one;
	size_t i;

	json_array_foreach(own, i, one)
	{
		if (strcmp(json_string_value(one), path) == 0)
			return true;
	}
	return false;
}

/* A path that lstat(2) knows goes, unless something speaks against it. */
static void
judge(struct sorting *s, const char *path, const struct stat *st)
{
	const char *user = image_user(s->users, st, s->vm->name);
	char *why;

	if (S_ISLNK(st->st_mode))
		keep(s, path, "a symbolic link");
	else if (!S_ISREG(st->st_mode))
		keep(s, path, "not a plain file");
	else if (user != NULL) {
		why = xasprintf("used by %s", user);
		keep(s, path, why);
		free(why);
	} else if (!s->all)
		keep(s, path, "not asked for");
	else if (!s->runs && image_is_held(path))
		keep(s, path, "in use by a process");
	else
		json_array_append_new(s->own, json_string(path));
}

struct search {
	struct stat st; /* of what is looked for */
	bool found;
};

static void
compare_base(const char *base, void *arg)
{
	struct search *f = arg;
	struct stat st;

	f->found = f->found || (stat(base, &st) == 0 && st.st_dev == f->st.st_dev &&
				   st.st_ino == f->st.st_ino);
}

/* The first image beside it that is to stay and is based on it: an instance that is not listed is in no fleet, and
 * has images all the same. NULL: there is none; to be freed. */
static char *
image_beside(const struct sorting *s, const char *base, const struct stat *st)
{
	char *dir = folder_of(base), **names, *result = NULL;
	struct diag ignored = { 0 };
	size_t n;

	if (context_names_in(&ignored, dir, IMAGE_SUFFIX, &names, &n) == 0) {
		for (size_t i = 0; i < n && result == NULL; i++) {
			char *path = xasprintf("%s/%s" IMAGE_SUFFIX, dir, names[i]);
			struct search f = { .st = *st };

			/* A base of that name is looked at on its own. */
			if (!clone_is_base_name(path) && !is_listed(s->own, path))
				image_each_base(path, FORMAT_QCOW2, compare_base, &f);
			if (f.found)
				result = xstrdup(path);
			free(path);
		}
		strings_free(names, n);
	}
	diag_free(&ignored);
	free(dir);
	return result;
}

/* A base that a clone has frozen is nobody's own, and goes with the last that needs it. */
static void
judge_base(const char *base, void *arg)
{
	struct sorting *s = arg;
	char *beside = NULL, *why;
	struct stat st;

	if (!clone_is_base_name(base) || lstat(base, &st) == -1 || is_listed(s->own, base))
		return;
	if (s->all && image_user(s->users, &st, s->vm->name) == NULL &&
	    (beside = image_beside(s, base, &st)) != NULL) {
		why = xasprintf("the base of %s", beside);
		keep(s, base, why);
		free(why);
	} else {
		judge(s, base, &st);
	}
	free(beside);
}

static void
judge_disk(struct sorting *s, const struct vm_disk *disk)
{
	struct stat st;

	if (disk->file == NULL || lstat(disk->file, &st) == -1)
		return;
	if (disk->readonly || disk->temporary) {
		keep(s, disk->file, disk->readonly ? "read-only" : "only read, as a temporary disk");
		return;
	}
	judge(s, disk->file, &st);
	if (is_listed(s->own, disk->file))
		image_each_base(disk->file, disk->format, judge_base, s);
}

int
images_sort(struct diag *d, struct remaining *r, const struct vm *vm, bool all, bool runs,
    json_t **ret_own, json_t **ret_kept)
{
	struct sorting s = { .vm = vm,
		.users = remaining_images(d, r),
		.all = all,
		.runs = runs,
		.own = json_array(),
		.kept = json_array() };

	for (size_t i = 0; i < vm->ndisks && s.users != NULL; i++)
		judge_disk(&s, &vm->disks[i]);
	*ret_own = s.own;
	*ret_kept = s.kept;
	return s.users != NULL ? 0 : -1;
}
