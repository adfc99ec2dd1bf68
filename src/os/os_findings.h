/* Between os_*_host.c: what `check --host` is told of a host. */
#ifndef VMRUN_OS_OS_FINDINGS_H
#define VMRUN_OS_OS_FINDINGS_H

#include <stddef.h>

#include "os/os.h"

struct findings {
	struct os_finding *list;
	size_t n, max;
};

/* What is one too many is left out. */
void finding_add(struct findings *f, int level, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Each bridge, or that there is none. */
void findings_bridges(struct findings *f);

#endif
