/* The two programs called virtiofsd; see virtiofsd.h. */
#include "launch/virtiofsd.h"

#include <stdlib.h>
#include <string.h>

#include "launch/ask.h"
#include "launch/companion.h"
#include "qemu/argv.h"
#include "util/buf.h"
#include "util/diag.h"
#include "vm/vm.h"

#define HELP_MAX 65536

int
virtiofsd_find(struct diag *d, struct virtiofsd *ret)
{
	struct virtiofsd v = { 0 };
	char help[HELP_MAX];

	if (companion_find(
		d, "virtiofsd", "virtiofsd (in Debian 12 qemu-system-common)", &v.path) == -1)
		return -1;
	if (program_ask(d, (char *[]){ v.path, "--help", NULL }, help, sizeof(help)) == -1) {
		virtiofsd_free(&v);
		return -1;
	}
	v.in_rust = strstr(help, "--shared-dir") != NULL;
	v.readonly = strstr(help, "--readonly") != NULL;
	v.metadata = v.in_rust && strstr(help, "metadata") != NULL;
	if (!v.in_rust && strstr(help, "-o source=") == NULL) {
		fail(d, "%s does not say what it can do", v.path);
		virtiofsd_free(&v);
		return -1;
	}
	*ret = v;
	return 0;
}

void
virtiofsd_free(struct virtiofsd *v)
{
	free(v->path);
	*v = (struct virtiofsd){ 0 };
}

int
virtiofsd_check(
    struct diag *d, const struct virtiofsd *v, const struct vm_share *share, bool as_root)
{
	if (!as_root && !v->in_rust)
		return fail_as(d, DIAG_DENIED,
		    "%s, that of QEMU 7.2, works for root only; install the newer virtiofsd, or "
		    "write type = \"9p\"",
		    v->path);
	if (share->cache == SHARE_CACHE_METADATA && !v->metadata)
		return fail_as(d, DIAG_CONFIG, "%s is too old for cache = \"metadata\"", v->path);
	if (share->readonly && !v->readonly && !as_root)
		return fail_as(d, DIAG_CONFIG, "%s is too old for readonly = true", v->path);
	return 0;
}

/* In a list of options of libfuse a backslash makes the next byte an ordinary one. */
static void
add_option(struct argv *a, const char *name, const char *value)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s=", name);
	for (; *value != '\0'; value++) {
		if (*value == ',' || *value == '\\')
			buf_addc(&b, '\\');
		buf_addc(&b, *value);
	}
	argv_add(a, "-o");
	argv_add(a, b.s);
	buf_free(&b);
}

/* A guest makes no devices on the host, in either. */
static void
options_in_c(struct argv *a, const struct vm_share *share)
{
	static const char *const caches[] = { [SHARE_CACHE_AUTO] = "auto",
		[SHARE_CACHE_ALWAYS] = "always",
		[SHARE_CACHE_NEVER] = "none" };

	add_option(a, "source", share->path);
	add_option(a, "sandbox", "namespace");
	add_option(a, "modcaps", "-mknod");
	add_option(a, "cache", caches[share->cache]);
	argv_add(a, "-o");
	argv_add(a, share->xattr ? "xattr" : "no_xattr");
	add_option(a, "log_level", "warn");
}

static void
options_in_rust(struct argv *a, const struct virtiofsd *v, const struct vm_share *share)
{
	static const char *const caches[] = { [SHARE_CACHE_AUTO] = "auto",
		[SHARE_CACHE_ALWAYS] = "always",
		[SHARE_CACHE_METADATA] = "metadata",
		[SHARE_CACHE_NEVER] = "never" };

	argv_addf(a, "--shared-dir=%s", share->path);
	argv_add(a, "--sandbox=namespace");
	argv_add(a, "--modcaps=-mknod");
	argv_addf(a, "--cache=%s", caches[share->cache]);
	if (share->xattr)
		argv_add(a, "--xattr");
	if (share->readonly)
		argv_add(a, "--readonly");
	argv_add(a, "--log-level=warn");
}

void
virtiofsd_argv(
    struct argv *a, const struct virtiofsd *v, const struct vm_share *share, int listening)
{
	argv_add(a, v->path);
	argv_addf(a, "--fd=%d", listening);
	if (v->in_rust)
		options_in_rust(a, v, share);
	else
		options_in_c(a, share);
}
