/* vmrun log: what QEMU and the supervisor said of a VM. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/tail.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/loop.h"

#define LINES_DEFAULT 20
#define FOLLOW_MS     200
#define READ_MAX      (4u << 20) /* bytes looked at from the end: more than a log can have */

int
tail_lines(const char *path, int64_t n, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct buf all = { 0 };
	const char *p;
	struct stat st;
	char part[16384];
	ssize_t got;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)READ_MAX)
		lseek(fd, -(off_t)READ_MAX, SEEK_END);
	while ((got = read(fd, part, sizeof(part))) > 0)
		buf_addn(&all, part, (size_t)got);
	fd_close(&fd);
	p = all.s != NULL ? all.s + all.len : "";
	/* Back over n line ends, the last of which is the end of the file. */
	for (int64_t lines = -1; all.s != NULL && p > all.s; p--) {
		if (p[-1] == '\n' && ++lines == n)
			break;
	}
	buf_add(ret, p);
	buf_free(&all);
	return 0;
}

/* Prints what is added, over rotations: when the name leads to another file, that one is read on.
 */
static int
follow(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char part[16384];

	if (fd != -1)
		lseek(fd, 0, SEEK_END);
	for (;;) {
		struct stat mine, there;
		ssize_t n;

		while (fd != -1 && (n = read(fd, part, sizeof(part))) > 0) {
			if (fwrite(part, 1, (size_t)n, stdout) != (size_t)n ||
			    fflush(stdout) == EOF)
				return 0; /* the reader left */
		}
		if (stat(path, &there) == 0 &&
		    (fd == -1 || fstat(fd, &mine) == -1 || mine.st_ino != there.st_ino)) {
			fd_close(&fd);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			continue;
		}
		sleep_ms(FOLLOW_MS);
	}
}

static int
run(struct cmd *cmd)
{
	struct diag d = { 0 };
	struct buf lines = { 0 };
	char *path;

	if (cmd->o.events)
		return log_events(cmd);
	if (cmd->o.json)
		return usage(cmd, "a log is text; what log prints as JSON is events (--events)");
	if (cmd->argc != 1)
		return usage(cmd, "log takes the name of one VM");
	if (vm_name_check(&d, cmd->argv[0]) == -1) {
		complain(cmd, NULL, &d);
		return cmd->status;
	}
	path = context_log(&cmd->c, cmd->argv[0]);
	if (tail_lines(path, cmd->o.lines >= 0 ? cmd->o.lines : LINES_DEFAULT, &lines) == 0)
		fputs(lines.s, stdout);
	else if (errno != ENOENT)
		fail_sys(&d, "%s", path);
	else if (!cmd->o.follow)
		fail(&d, "it has no log yet (%s)", path);
	buf_free(&lines);
	fflush(stdout);
	if (d.count == 0 && cmd->o.follow)
		follow(path);
	complain(cmd, cmd->argv[0], &d);
	free(path);
	return cmd->status;
}

const struct verb verb_log = {
	.name = "log",
	.options = "events follow lines",
	.args = "[-f] [-n LINES] NAME | --events [-f] [-n LINES] [NAME...]",
	.help = "the end of a VM's log, or what happened to VMs; -f goes on as it grows",
	.run = run,
};
