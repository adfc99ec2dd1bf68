/* What the programs that test launch/ and super/ share: a tree of their own below --root, VM files
 * that name the fake QEMU, and what is left at the end. */
#ifndef VMRUN_TESTS_UNIT_VM_FIXTURE_H
#define VMRUN_TESTS_UNIT_VM_FIXTURE_H

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/context.h"
#include "launch/runtime.h"
#include "os/os_fake.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define FDS_MAX 256

struct place {
	char root[64];
	struct context c;
	struct diag d;
};

#define assert_done(p, call)                                                                       \
	do {                                                                                       \
		if ((call) != 0)                                                                   \
			fail_msg("%s: %s", #call, (p)->d.text != NULL ? (p)->d.text : "");         \
	} while (0)

static inline char *
in_root(const struct place *p, const char *path)
{
	return xasprintf("%s/%s", p->root, path);
}

/* As the runtime folder of a VM is. */
static inline void
private_folder(const struct place *p, const char *path)
{
	char *whole = in_root(p, path);

	assert_int_equal(mkdir(whole, 0700), 0);
	free(whole);
}

static inline void
put(const struct place *p, const char *path, mode_t mode, const char *text)
{
	char *whole = in_root(p, path);
	int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd != -1);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	fd_close(&fd);
	assert_int_equal(chmod(whole, mode), 0);
	free(whole);
}

/* NULL if it is not there; freed by the caller. Not inline: gcc 12 then warns of a pointer that dangles
 * where none does. */
__attribute__((noinline, unused)) static char *
get(const struct place *p, const char *path)
{
	char *whole = in_root(p, path), *text = NULL;
	struct diag missing = { 0 };
	size_t n;

	if (file_read(&missing, whole, 16 << 20, &text, &n) == -1)
		text = NULL;
	diag_free(&missing);
	free(whole);
	return text;
}

static inline bool
is_there(const struct place *p, const char *path)
{
	char *whole = in_root(p, path);
	struct stat st;
	bool there = lstat(whole, &st) == 0;

	free(whole);
	return there;
}

static inline void
folder(const struct place *p, const char *path)
{
	char *whole = in_root(p, path);

	assert_int_equal(mkdir(whole, 0755), 0);
	free(whole);
}

static inline int
place_make(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	strcpy(p->root, "/tmp/vmrun-unit.XXXXXX");
	if (mkdtemp(p->root) == NULL)
		return -1;
	fake_reset();
	folder(p, "etc");
	folder(p, "etc/vms");
	*state = p;
	return context_open(&p->d, p->root, NULL, &p->c);
}

static inline int
remove_entry(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	return remove(path);
}

static inline int
place_remove(void **state)
{
	struct place *p = *state;
	int result = nftw(p->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);

	fake_reset();
	context_close(&p->c);
	diag_free(&p->d);
	free(p);
	return result;
}

static inline bool
says(const struct diag *d, const char *part)
{
	return d->text != NULL && strstr(d->text, part) != NULL;
}

/* A failure with this among its words, which are forgotten then. */
static inline void
assert_refused(struct place *p, int result, const char *part)
{
	assert_int_equal(result, -1);
	if (!says(&p->d, part))
		fail_msg("\"%s\" is not in: %s", part, p->d.text != NULL ? p->d.text : "");
	diag_free(&p->d);
}

/* The file of a VM; more is what it says beside its QEMU and memory. */
static inline void
vm_file(const struct place *p, const char *name, const char *more)
{
	char *path = xasprintf("etc/vms/%s.conf", name);
	char *text = xasprintf("memory = \"64M\";\nqemu = \"%s\";\n%s\n", FAKE_QEMU, more);

	put(p, path, 0600, text);
	free(text);
	free(path);
}

/* Which descriptors this process has. */
static inline void
descriptors(bool ret[FDS_MAX])
{
	for (int fd = 0; fd < FDS_MAX; fd++)
		ret[fd] = fcntl(fd, F_GETFD) != -1;
}

static inline void
assert_same_descriptors(const bool before[FDS_MAX])
{
	bool now[FDS_MAX];

	descriptors(now);
	for (int fd = 0; fd < FDS_MAX; fd++) {
		if (now[fd] != before[fd])
			fail_msg("descriptor %d was %s", fd, now[fd] ? "left open" : "closed");
	}
}

static inline void
assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Waits until condition holds; a test that waits for ever is ended by its runner. */
#define wait_until(condition)                                                                      \
	do {                                                                                       \
		while (!(condition))                                                               \
			usleep(2000);                                                              \
	} while (0)

#endif
