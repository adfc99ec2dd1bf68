/* The mark that a VM ended in failure: state_dir/failed/NAME holds the reason until the next start.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "super/machine.h"
#include "util/fd.h"
#include "util/mem.h"

#define REASON_MAX 65536

static char *
mark_path(const struct context *c, const char *name)
{
	return xasprintf("%s/failed/%s", c->state_dir, name);
}

void
failure_mark(const struct context *c, const char *name, const char *why)
{
	char *dir = xasprintf("%s/failed", c->state_dir), *path = mark_path(c, name);
	struct diag ignored = { 0 }; /* the log has it as well */

	if (dir_make(&ignored, dir, 0755) == 0)
		file_write(&ignored, path, 0644, why, strlen(why));
	diag_free(&ignored);
	free(path);
	free(dir);
}

void
failure_clear(const struct context *c, const char *name)
{
	char *path = mark_path(c, name);

	unlink(path);
	free(path);
}

char *
super_failure(const struct context *c, const char *name)
{
	char *path = mark_path(c, name), *why = NULL;
	struct diag missing = { 0 };
	size_t n;

	if (file_read(&missing, path, REASON_MAX, &why, &n) == -1)
		why = NULL;
	diag_free(&missing);
	free(path);
	return why;
}
