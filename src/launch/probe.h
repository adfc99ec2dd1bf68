/* Which QEMU binary, which version, and whether it has seccomp: found out once and remembered. */
#ifndef VMRUN_LAUNCH_PROBE_H
#define VMRUN_LAUNCH_PROBE_H

#include <stdbool.h>

#include "qemu/version.h"

struct context;
struct diag;
struct vm;

struct qemu_binary {
	char *path; /* absolute */
	char *arch; /* "x86_64" */
	struct qemu_version version;
	bool sandbox; /* built with seccomp */
};

/* That of vm (NULL: of this host's architecture); a bare name is looked for in the system's
 * folders. The answer of `qemu -version`, which costs tens of milliseconds, is kept in the state
 * folder and believed while the file is the same (device, inode, size, times); save says whether it
 * may be written. */
int qemu_probe(struct diag *d, const struct context *c, const struct vm *vm, bool save,
    struct qemu_binary *ret);
/* The name or path that is looked for, and what its guests are, as far as can be told without it.
 */
char *qemu_wanted(const struct vm *vm);
const char *qemu_guest_arch(const struct vm *vm, const char *binary);
void qemu_binary_free(struct qemu_binary *b);

#endif
