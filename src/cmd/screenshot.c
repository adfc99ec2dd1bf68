/* vmrun screenshot: what a VM's screen shows, as a PNG. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "os/os.h"
#include "util/fd.h"
#include "util/mem.h"

#define PATIENCE_MS  10000
#define PICTURE_MAX  (64u << 20) /* bytes */
#define HEADER_BYTES 24           /* of a PNG until the height */
#define FIRST_DEVICE "video0"     /* the VM file's own */

static const unsigned char signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

struct picture {
	unsigned char *p;
	size_t n;
	unsigned width, height;
};

static unsigned
number_at(const unsigned char *p)
{
	return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}

/* What QEMU wrote is not believed. */
static int
picture_read(struct diag *d, const struct os_scratch *s, struct picture *ret)
{
	struct picture p = { 0 };
	struct stat st;

	if (fstat(s->read, &st) == -1)
		return fail_sys(d, "the picture");
	if (st.st_size < HEADER_BYTES || st.st_size > (off_t)PICTURE_MAX)
		return fail(d, "QEMU wrote %lld bytes, which is no picture", (long long)st.st_size);
	p.n = (size_t)st.st_size;
	p.p = xcalloc(p.n, 1);
	if (pread(s->read, p.p, p.n, 0) != (ssize_t)p.n ||
	    memcmp(p.p, signature, sizeof(signature)) != 0) {
		free(p.p);
		return fail(d, "what QEMU wrote is no PNG");
	}
	p.width = number_at(p.p + 16);
	p.height = number_at(p.p + 20);
	*ret = p;
	return 0;
}

static json_t *
request_for(const struct cmd *cmd)
{
	const char *device = cmd->o.device;
	json_t *request = json_pack("{s:s}", "do", "screenshot");

	if (device == NULL && cmd->o.head >= 0)
		device = FIRST_DEVICE; /* QEMU wants to know whose head */
	if (device != NULL)
		json_object_set_new(request, "device", json_string(device));
	if (cmd->o.head >= 0)
		json_object_set_new(request, "head", json_integer(cmd->o.head));
	return request;
}

/* QEMU's words, where they are not the user's. */
static int
refused(struct diag *d, const char *why)
{
	if (strstr(why, "no console") != NULL)
		return fail(d, "it has no screen (display and video in its file give it one)");
	if (strstr(why, "not found") != NULL || strstr(why, "head") != NULL)
		return fail(d, "it has no such screen: %s", why);
	return fail(d, "%s", why);
}

static int
take(struct cmd *cmd, struct diag *d, const char *name, struct picture *ret)
{
	const char *tmp = getenv("TMPDIR");
	struct os_scratch scratch = { -1, -1 };
	json_t *request;
	struct ask ask;
	int result = -1;

	if (os_scratch_open(d, tmp != NULL && tmp[0] == '/' ? tmp : "/tmp", &scratch) == -1)
		return -1;
	request = request_for(cmd);
	ask = (struct ask){ .name = name,
		.request = request,
		.patience = PATIENCE_MS,
		.descriptor = &scratch.write };
	ask_all(cmd, &ask, 1, NULL);
	if (ask.told == TOLD_FAILED)
		diag_move(d, &ask.d);
	else if (ask.told == TOLD_STOPPED)
		fail(d, "it is not running");
	else if (ask.told == TOLD_NOTHING)
		fail(d, "it does not answer");
	else if (!json_is_true(json_object_get(ask.answer, "ok")))
		refused(d, json_text(ask.answer, "error"));
	else
		result = picture_read(d, &scratch, ret);
	json_decref(ask.answer);
	diag_free(&ask.d);
	json_decref(request);
	os_scratch_close(&scratch);
	return result;
}

/* web1-20260103-142501.png */
static char *
dated(const char *name)
{
	time_t now = time(NULL);
	char stamp[32];

	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", localtime(&now));
	return xasprintf("%s-%s.png", name, stamp);
}

/* Before QEMU is asked, so that nothing is for nothing. */
static int
check_place(struct cmd *cmd, struct diag *d, const char *path)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		if (isatty(STDOUT_FILENO))
			return fail_as(d, DIAG_USAGE, "a picture is not for a terminal");
		if (cmd->o.json)
			return fail_as(d, DIAG_USAGE,
			    "standard output cannot have both the picture and JSON");
		return 0;
	}
	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : fail_sys(d, "%s", path);
	if (!S_ISREG(st.st_mode))
		return fail(d, "%s is there already, and no file", path);
	if (!cmd->o.force)
		return fail(d, "%s is there already (--force replaces it)", path);
	return 0;
}

static int
put(struct diag *d, const char *path, const struct picture *p)
{
	mode_t mask = umask(0);

	umask(mask);
	if (strcmp(path, "-") != 0)
		return file_write(d, path, 0666 & ~mask, p->p, p->n);
	if (fwrite(p->p, 1, p->n, stdout) != p->n || fflush(stdout) == EOF)
		return fail_sys(d, "standard output");
	return 0;
}

static int
run(struct cmd *cmd)
{
	const char *name = cmd->argv[0];
	struct picture p = { 0 };
	struct diag d = { 0 };
	char *path;

	if (cmd->argc < 1 || cmd->argc > 2)
		return usage(cmd, "screenshot takes the name of one VM, and perhaps a file");
	if (vm_name_check(&d, name) == -1) {
		complain(cmd, NULL, &d);
		return cmd->status;
	}
	path = cmd->argc == 2 ? xstrdup(cmd->argv[1]) : dated(name);
	if (check_place(cmd, &d, path) == -1 || take(cmd, &d, name, &p) == -1 ||
	    put(&d, path, &p) == -1)
		say_failure(cmd, name, &d);
	else if (strcmp(path, "-") != 0)
		say_result(cmd, name, "done",
		    json_pack("{s:s,s:i,s:i}", "file", path, "width", (int)p.width, "height",
			(int)p.height),
		    "screen of %ux%u in %s", p.width, p.height, path);
	free(p.p);
	free(path);
	return strcmp(cmd->argc == 2 ? cmd->argv[1] : "", "-") == 0 ? cmd->status : end_results(cmd);
}

const struct verb verb_screenshot = {
	.name = "screenshot",
	.options = "device force head",
	.args = "NAME [FILE|-]",
	.help = "what a VM's screen shows, as a PNG",
	.run = run,
	.suits = VERB_RUNNING,
};
