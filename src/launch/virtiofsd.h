/* virtiofsd, which serves a folder to a guest: a companion (companion.h). There are two, QEMU's own
 * up to 7.2 in C and the one in Rust that came after it, with other options. */
#ifndef VMRUN_LAUNCH_VIRTIOFSD_H
#define VMRUN_LAUNCH_VIRTIOFSD_H

#include <stdbool.h>

struct diag;
struct vm_share;

struct virtiofsd {
	char *path;
	bool in_rust;
	bool readonly; /* it has that option */
	bool metadata; /* a cache mode */
};

/* The one that is installed, and what it can do. *ret is freed with virtiofsd_free(). */
int virtiofsd_find(struct diag *d, struct virtiofsd *ret);
void virtiofsd_free(struct virtiofsd *v);
/* Can it serve that share, as root or as the caller? */
int virtiofsd_check(
    struct diag *d, const struct virtiofsd *v, const struct vm_share *share, bool as_root);

/* Its arguments: listening is the socket that it accepts one connection on. */
struct argv;
void virtiofsd_argv(
    struct argv *a, const struct virtiofsd *v, const struct vm_share *share, int listening);

#endif
