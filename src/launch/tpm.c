/* Starting swtpm; see tpm.h. */
#include "launch/tpm.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/companion.h"
#include "launch/launch.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

static int
own_file(int dir, const char *name, const struct os_identity *who)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), result = 0;
	struct stat st;

	/* What has a second name may be another's file that was put here. */
	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		result = fchown(fd, who->uid, who->gid);
	fd_close(&fd);
	return result;
}

/* The files are those of whoever is to run swtpm. */
static int
own_files(struct diag *d, const char *path, int dir, const struct os_identity *who)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *entries = copy != -1 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	if (entries == NULL) {
		fail_sys(d, "%s", path);
		fd_close(&copy);
		return -1;
	}
	while (result == 0 && (entry = readdir(entries)) != NULL) {
		if (own_file(dir, entry->d_name, who) == -1)
			result = fail_sys(d, "%s/%s", path, entry->d_name);
	}
	closedir(entries);
	return result;
}

/* state/tpm/NAME, 0700; swtpm is given it as the folder that it runs in, so that it needs no right
 * to the way there. */
static int
open_state(struct diag *d, const struct context *c, const char *vm, const struct os_identity *who)
{
	char *all = xasprintf("%s/tpm", c->state_dir), *path = xasprintf("%s/%s", all, vm);
	struct stat st;
	int dir = -1;

	if (dir_make(d, all, 0755) == -1 || dir_make(d, path, 0700) == -1)
		goto cleanup;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1 || fstat(dir, &st) == -1) {
		fail_sys(d, "%s", path);
		fd_close(&dir);
	} else if (who != NULL && (st.st_uid != who->uid || st.st_gid != who->gid)) {
		if (own_files(d, path, dir, who) == -1)
			fd_close(&dir);
		else if (fchown(dir, who->uid, who->gid) == -1) {
			fail_sys(d, "%s", path);
			fd_close(&dir);
		}
	}
cleanup:
	free(path);
	free(all);
	return dir;
}

static void
make_argv(struct argv *a, const char *program, int version, int fd)
{
	argv_add(a, program);
	argv_add(a, "socket");
	if (version == TPM_2_0)
		argv_add(a, "--tpm2");
	argv_add(a, "--tpmstate");
	argv_add(a, "dir=.,mode=0600");
	argv_add(a, "--ctrl");
	argv_addf(a, "type=unixio,clientfd=%d", fd);
	argv_add(a, "--terminate"); /* once QEMU has hung up */
}

int
tpm_start(struct diag *d, const struct context *c, const struct plan *p, const struct runtime *r,
    struct launch *l)
{
	int version = p->member.vm.tpm.version, qemu = -1, own = -1, result = -1;
	struct os_identity who = { .uid = p->given.who.uid, .gid = p->given.who.gid };
	struct companion_wish wish = { .name = "swtpm", .fds = &own, .nfds = 1, .dir = -1 };
	struct argv argv = { 0 };
	char *program = NULL;

	if (version == TPM_NONE)
		return 0;
	wish.who = p->given.own_uid ? &who : NULL;
	if (companion_find(d, "swtpm", "swtpm", &program) == -1 ||
	    companion_pair(d, &qemu, &own) == -1)
		goto cleanup;
	l->facts.f.tpm.fd = plan_keep_fd(&l->facts, qemu);
	wish.dir = open_state(d, c, p->member.vm.name, wish.who);
	if (wish.dir == -1)
		goto cleanup;
	make_argv(&argv, program, version, own);
	wish.argv = &argv;
	result = companion_start(d, r, l->record, &wish, &l->companions);
cleanup:
	if (result == -1)
		diag_wrap(d, d->count - 1, "tpm");
	fd_close(&wish.dir);
	fd_close(&own);
	argv_free(&argv);
	free(program);
	return result;
}
