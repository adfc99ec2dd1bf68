/* A file's copy for an editor; see edit_copy.h. */
#include "cmd/edit_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "launch/vm_file.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/num.h"

#define SUFFIX ".conf"
#define MARK   ".edit-"

/* "/etc/vmrun/vms/.web1.edit-" : the rest of a copy's name is the process, a random part and the suffix. */
static char *
copy_prefix(const char *path)
{
	const char *base = basename_of(path);
	char *name = context_name_of(path), *prefix;

	prefix = xasprintf("%.*s.%s" MARK, (int)(base - path), path, name);
	free(name);
	return prefix;
}

int
edit_copy_make(struct diag *d, const char *path, const struct buf *text, char **ret)
{
	char *prefix = copy_prefix(path);
	char *copy = xasprintf("%s%ld-XXXXXX" SUFFIX, prefix, (long)getpid());
	int fd = mkostemps(copy, (int)strlen(SUFFIX), O_CLOEXEC), result = -1;

	if (fd == -1) {
		fail_sys(d, "%s: no copy can be made beside it", path);
	} else if (fd_write_all(fd, text->s, text->len) == -1) {
		fail_sys(d, "%s", copy);
		unlink(copy);
	} else {
		*ret = copy;
		copy = NULL;
		result = 0;
	}
	fd_close(&fd);
	free(copy);
	free(prefix);
	return result;
}

/* The process in the name of a copy has ended. */
static bool
is_orphan(const char *rest)
{
	char *number = xstrndup(rest, strcspn(rest, "-"));
	int64_t pid;
	bool is = int_parse(number, 1, INT_MAX, &pid) == 0 && kill((pid_t)pid, 0) == -1 &&
		  errno == ESRCH;

	free(number);
	return is;
}

static void
sweep_one(struct cmd *cmd, const char *name, const char *copy, const struct buf *text)
{
	struct diag ignored = { 0 };
	struct buf own = { 0 };

	/* One that is the beginning of the file was not even made to its end. */
	if (vm_file_read(&ignored, copy, &own) == 0 && own.len <= text->len &&
	    (own.len == 0 || memcmp(own.s, text->s, own.len) == 0))
		unlink(copy);
	else
		warn_user(cmd, name, "an earlier edit left %s, with changes that are in no other file",
		    copy);
	buf_free(&own);
	diag_free(&ignored);
}

void
edit_copies_sweep(struct cmd *cmd, const char *name, const char *path, const struct buf *text)
{
	char *prefix = copy_prefix(path), *folder = folder_of(path);
	const char *base = basename_of(prefix);
	DIR *dir = opendir(folder);
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		size_t n = strlen(base);
		char *copy;

		if (strncmp(e->d_name, base, n) != 0 || !is_orphan(e->d_name + n))
			continue;
		copy = xasprintf("%s/%s", folder, e->d_name);
		sweep_one(cmd, name, copy, text);
		free(copy);
	}
	if (dir != NULL)
		closedir(dir);
	free(folder);
	free(prefix);
}

static const char *
editor_name(void)
{
	static const char *const variables[] = { "VISUAL", "EDITOR" };

	for (size_t i = 0; i < 2; i++) {
		const char *s = getenv(variables[i]);

		if (s != NULL && s[0] != '\0')
			return s;
	}
	return "vi";
}

/* The variable can hold arguments, so a shell reads it, as with other programs that have an editor. */
static void
become_editor(const char *editor, const char *path)
{
	char *script = xasprintf("%s \"$@\"", editor);

	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	execl("/bin/sh", "sh", "-c", script, editor, path, (char *)NULL);
	_exit(127);
}

int
editor_run(struct diag *d, const char *path)
{
	const char *editor = editor_name();
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN), (*quit)(int) = signal(SIGQUIT, SIG_IGN);
	pid_t pid = fork();
	int status = 0, result = -1;

	if (pid == 0)
		become_editor(editor, path);
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	signal(SIGINT, interrupt);
	signal(SIGQUIT, quit);
	if (pid == -1)
		fail_sys(d, "fork");
	else if (WIFSIGNALED(status))
		fail(d, "the editor (%s) was ended by signal %d", editor, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		fail(d, "the editor (%s) ended with status %d", editor, WEXITSTATUS(status));
	else
		result = 0;
	return result;
}
