/* swtpm and virtiofsd for a QEMU under test; see beside.h. */
#include "beside.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/companion.h"
#include "launch/virtiofsd.h"
#include "qemu/argv.h"
#include "util/diag.h"
#include "util/fd.h"
#include "vm/vm.h"

/* Listening, also for a QEMU with a uid of its own. */
static int
listen_for_all(const char *path)
{
	int fd = unix_listen(path);

	if (fd == -1 || chmod(path, 0666) == -1)
		perror(path);
	return fd;
}

static pid_t
start(struct argv *argv, int listening)
{
	pid_t child = fork();

	if (child == 0) {
		fd_set_cloexec(listening, false);
		execvp(argv->v[0], argv->v);
		perror(argv->v[0]);
		_exit(127);
	}
	close(listening);
	argv_free(argv);
	return child;
}

pid_t
start_swtpm(const char *path, const char *state_dir, bool tpm2)
{
	int listening = listen_for_all(path);
	struct argv a = { 0 };

	argv_add(&a, "swtpm");
	argv_add(&a, "socket");
	if (tpm2)
		argv_add(&a, "--tpm2");
	argv_add(&a, "--tpmstate");
	argv_addf(&a, "dir=%s", state_dir);
	argv_add(&a, "--terminate");
	argv_add(&a, "--ctrl");
	argv_addf(&a, "type=unixio,fd=%d", listening);
	return start(&a, listening);
}

pid_t
start_virtiofsd(const char *path, const struct vm_share *share)
{
	int listening = listen_for_all(path);
	struct virtiofsd v = { 0 };
	struct argv a = { 0 };
	struct diag d = { 0 };

	if (virtiofsd_find(&d, &v) == -1) {
		fputs(d.text, stderr);
		diag_free(&d);
		return -1;
	}
	virtiofsd_argv(&a, &v, share, listening);
	virtiofsd_free(&v);
	return start(&a, listening);
}
