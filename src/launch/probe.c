/* Finding QEMU and asking for its version; see probe.h. */
#include "launch/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/ask.h"
#include "launch/context.h"
#include "os/os.h"
#include "qemu/argv.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/target.h"

#define ANSWER_MAX 4096
#define CACHE_MAX  65536

static const char *const folders[] = { "/usr/local/bin", "/usr/bin", "/usr/pkg/bin",
	"/opt/homebrew/bin", "/opt/local/bin", NULL };

void
qemu_binary_free(struct qemu_binary *b)
{
	free(b->path);
	free(b->arch);
	*b = (struct qemu_binary){ 0 };
}

static int
find(struct diag *d, const char *wanted, char **ret)
{
	if (strchr(wanted, '/') != NULL) {
		if (access(wanted, X_OK) == -1)
			return fail_sys(d, "%s", wanted);
		*ret = xstrdup(wanted);
		return 0;
	}
	for (size_t i = 0; folders[i] != NULL; i++) {
		char *path = xasprintf("%s/%s", folders[i], wanted);

		if (access(path, X_OK) == 0) {
			*ret = path;
			return 0;
		}
		free(path);
	}
	return fail(
	    d, "%s is not installed (looked in /usr/local/bin, /usr/bin and the like)", wanted);
}

/* 0 if the binary answered. */
static int
ask(struct diag *d, const char *path, bool sandbox, char answer[ANSWER_MAX])
{
	char *with[] = { (char *)path, "-sandbox", "off", "-version", NULL };
	char *without[] = { (char *)path, "-version", NULL };

	if (program_ask(d, sandbox ? with : without, answer, ANSWER_MAX) == -1)
		return -1;
	if (strstr(answer, "version") == NULL)
		return fail(d, "%s does not say its version", path);
	return 0;
}

static int
probe(struct diag *d, struct qemu_binary *b)
{
	struct diag first = { 0 };
	char answer[ANSWER_MAX];

	b->sandbox = ask(&first, b->path, true, answer) == 0;
	diag_free(&first);
	if (!b->sandbox && ask(d, b->path, false, answer) == -1)
		return -1;
	if (qemu_version_parse(answer, &b->version) == -1)
		return fail(d, "%s does not say its version: %s", b->path, answer);
	return 0;
}

/* What makes a binary the same one: its line in the cache begins with this. */
static char *
fingerprint(const char *path, const struct stat *st)
{
	struct buf b = { 0 };

	buf_add_conf_string(&b, path);
	buf_addf(&b, " %ju %ju %ju %jd.%09ld %jd.%09ld ", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino, (uintmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
	    st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	return buf_steal(&b);
}

static bool
recall(const char *cache, const char *print, struct qemu_binary *b)
{
	const char *line = strstr(cache, print);
	int major, minor, sandbox;

	if (line == NULL || (line != cache && line[-1] != '\n') ||
	    sscanf(line + strlen(print), "%d %d %d", &major, &minor, &sandbox) != 3)
		return false;
	b->version = (struct qemu_version){ major, minor };
	b->sandbox = sandbox == 1;
	return true;
}

/* The cache without lines of the same path, and with the new one first. Best effort: it is a cache.
 */
static void
remember(const struct context *c, const char *file, const char *cache, const char *print,
    const struct qemu_binary *b)
{
	size_t same = (size_t)(strchr(print + 1, '"') - print) + 1;
	struct diag ignored = { 0 };
	struct buf out = { 0 };

	buf_addf(&out, "%s%d %d %d\n", print, b->version.major, b->version.minor, b->sandbox);
	for (const char *p = cache, *end; *p != '\0' && (end = strchr(p, '\n')) != NULL;
	     p = end + 1) {
		if (strncmp(p, print, same) != 0 && out.len < CACHE_MAX / 2)
			buf_addn(&out, p, (size_t)(end - p) + 1);
	}
	file_sweep(file); /* another's that we take with it is only a cache as well */
	if (dir_make(&ignored, c->state_dir, 0755) == 0)
		file_write(&ignored, file, 0644, out.s, out.len);
	diag_free(&ignored);
	buf_free(&out);
}

char *
qemu_wanted(const struct vm *vm)
{
	const char *wanted = vm != NULL ? vm_qemu(vm) : NULL;

	return wanted != NULL ? xstrdup(wanted) : xasprintf("qemu-system-%s", os_arch());
}

const char *
qemu_guest_arch(const struct vm *vm, const char *binary)
{
	const char *arch = vm != NULL ? vm_arch_name(vm) : NULL;

	if (arch == NULL)
		arch = qemu_arch_of(binary);
	return arch != NULL ? arch : os_arch();
}

/* Lines as in the cache, of what this process has asked: ten thousand VMs have one QEMU. */
static struct buf asked;

int
qemu_probe(struct diag *d, const struct context *c, const struct vm *vm, bool save,
    struct qemu_binary *ret)
{
	char *file = xasprintf("%s/qemu-versions", c->state_dir), *cache = NULL, *print = NULL;
	char *name = qemu_wanted(vm);
	struct qemu_binary b = { 0 };
	struct diag ignored = { 0 };
	struct stat st;
	int result = -1;
	size_t len;

	if (find(d, name, &b.path) == -1)
		goto cleanup;
	if (stat(b.path, &st) == -1) {
		fail_sys(d, "%s", b.path);
		goto cleanup;
	}
	b.arch = xstrdup(qemu_guest_arch(vm, b.path));
	print = fingerprint(b.path, &st);
	if (file_read(&ignored, file, CACHE_MAX, &cache, &len) == -1)
		cache = xstrdup("");
	if (!recall(cache, print, &b) && (asked.s == NULL || !recall(asked.s, print, &b))) {
		if (probe(d, &b) == -1)
			goto cleanup;
		buf_addf(
		    &asked, "%s%d %d %d\n", print, b.version.major, b.version.minor, b.sandbox);
		if (save)
			remember(c, file, cache, print, &b);
	}
	if (!qemu_has(b.version, QEMU_SUPPORTED)) {
		fail(d, "%s is version %d.%d; vmrun needs 7.2 or later", b.path, b.version.major,
		    b.version.minor);
		goto cleanup;
	}
	*ret = b;
	b = (struct qemu_binary){ 0 };
	result = 0;
cleanup:
	qemu_binary_free(&b);
	diag_free(&ignored);
	free(print);
	free(cache);
	free(name);
	free(file);
	return result;
}
