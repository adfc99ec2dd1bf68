/* Opening and serving shared folders; see shares.h. */
#include "launch/shares.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/companion.h"
#include "launch/launch.h"
#include "launch/virtiofsd.h"
#include "util/diag.h"
#include "util/fd.h"

/* virtiofsd keeps root's rights, where there are any, and gives up by itself what it does not need:
 * the guest's files are to have the guest's owners. It sees nothing but the folder. */
static int
start_virtiofsd(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l,
    size_t i, const struct virtiofsd *v)
{
	const struct vm_share *share = &p->member.vm.shares[i];
	int listening = -1, qemu = -1, dir, result;
	struct argv argv = { 0 };
	char name[COMPANION_NAME];
	struct companion_wish wish = { .name = name,
		.argv = &argv,
		.fds = &listening,
		.nfds = 1,
		.dir = -1,
		.privileged = geteuid() == 0 };

	snprintf(name, sizeof(name), "virtiofsd%zu", i);
	if (virtiofsd_check(d, v, share, wish.privileged) == -1)
		return -1;
	dir = open(share->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return fail_sys(d, "%s", share->path);
	fd_close(&dir);
	if (share->readonly && !v->readonly)
		wish.readonly = share->path;
	if (companion_listener(d, r, &qemu, &listening) == -1)
		return -1;
	l->facts.f.shares[i].socket.fd = plan_keep_fd(&l->facts, qemu);
	virtiofsd_argv(&argv, v, share, listening);
	result = companion_start(d, r, l->record, &wish, &l->companions);
	fd_close(&listening);
	argv_free(&argv);
	return result;
}

/* In a child, as QEMU's user: what is missing, as the exit status. */
enum missing { MISSING_NOTHING, MISSING_ENTRY, MISSING_WRITE, MISSING_UNKNOWN };

static enum missing
try_folder(int dir, const struct os_identity *who, bool readonly)
{
	if (os_privileges_drop(who) == -1)
		return MISSING_UNKNOWN;
	if (fchdir(dir) == -1 || access(".", R_OK | X_OK) == -1)
		return MISSING_ENTRY;
	return readonly || access(".", W_OK) == 0 ? MISSING_NOTHING : MISSING_WRITE;
}

/* QEMU would not say which folder it was, and the guest only that it is not permitted. */
static int
check_rights(struct diag *d, const struct vm_share *share, int dir, const struct os_identity *who)
{
	static const char *const words[] = {
		[MISSING_ENTRY] = "read", [MISSING_WRITE] = "write to"
	};
	int status = 0;
	pid_t pid = fork();

	if (pid == -1)
		return fail_sys(d, "fork");
	if (pid == 0)
		_exit(try_folder(dir, who, share->readonly));
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : MISSING_UNKNOWN;
	if (status != MISSING_ENTRY && status != MISSING_WRITE)
		return 0; /* QEMU finds out itself */
	return fail_as(d, DIAG_DENIED,
	    "%s: QEMU, which runs as uid %ju, may not %s it: give it the right (chown, setfacl)%s, "
	    "or write type = \"virtiofs\"",
	    share->path, (uintmax_t)who->uid, words[status],
	    status == MISSING_WRITE ? ", or write readonly = true" : "");
}

static int
open_folder(struct diag *d, const struct plan *p, struct launch *l, size_t i)
{
	const struct vm_share *share = &p->member.vm.shares[i];
	int dir = open(share->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir == -1)
		return fail_sys(d, "%s", share->path);
	if (p->given.own_uid && check_rights(d, share, dir, &p->given.who) == -1) {
		fd_close(&dir);
		return -1;
	}
	if (os_here()->fd_reopens)
		l->facts.f.shares[i].dir.fd = plan_keep_fd(&l->facts, dir);
	else
		fd_close(&dir);
	return 0;
}

int
shares_start(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l)
{
	const struct vm *vm = &p->member.vm;
	struct virtiofsd v = { 0 };
	int result = 0;

	for (size_t i = 0; i < vm->nshares && result == 0; i++) {
		if (vm->shares[i].type == SHARE_9P)
			result = open_folder(d, p, l, i);
		else if (v.path == NULL && virtiofsd_find(d, &v) == -1)
			result = -1;
		else
			result = start_virtiofsd(d, p, r, l, i, &v);
		if (result == -1)
			diag_wrap(d, d->count - 1, "shares[%zu]", i);
	}
	virtiofsd_free(&v);
	return result;
}
