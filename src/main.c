/* vmrun: the verb, and its exit status. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/ready.h"
#include "os/os.h"
#include "util/fd.h"

/* With a standard descriptor closed, the next file that is opened would take its place, and be
 * written to as if it were the terminal. */
static void
open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv, char **envp)
{
	struct cmd cmd = {
		.o = { .root = getenv("VMRUN_ROOT"), .jobs = 8, .timeout = -1, .lines = -1, .interval = -1, .head = -1 }
	};
	struct diag d = { 0 };
	uid_t foreign;
	int status;

	open_standard_descriptors();
	os_title_init(argc, argv, envp);
	signal(SIGPIPE, SIG_IGN);
	status = options_parse(&cmd, argc, argv);
	if (status != 0)
		return status;
	if (cmd.o.root != NULL && cmd.o.root[0] == '\0')
		cmd.o.root = NULL;
	if (geteuid() == 0 && os_foreign_root(&foreign))
		path_trust_uid(foreign);
	if (!cmd.verb->bare && context_open(&d, cmd.o.root, cmd.o.host_file, &cmd.c) == -1) {
		complain(&cmd, NULL, &d);
		return cmd.status;
	}
	cmd.c.ready_look = ready_look_for;
	status = cmd.verb->run(&cmd);
	context_close(&cmd.c);
	options_free(&cmd);
	json_decref(cmd.results);
	if (fflush(stdout) == EOF || ferror(stdout))
		return status != 0 ? status : DIAG_FAILED;
	return status;
}
