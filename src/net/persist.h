/*
 * What `vmrun net up` has done, written for the program that configures the uplink at boot:
 * systemd-networkd, NetworkManager or ifupdown. What that has for the uplink now becomes the
 * bridge's; nothing is written over that does not say in its first line that vmrun wrote it.
 */
#ifndef VMRUN_NET_PERSIST_H
#define VMRUN_NET_PERSIST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "os/os.h"

struct buf;
struct diag;
struct host_bridge;

#define PERSIST_FILES 3

struct persist_file {
	char *path; /* below the host's root */
	mode_t mode;
	char *text; /* the first line is PERSIST_MARK */
};

struct persist {
	struct persist_file file[PERSIST_FILES];
	size_t n;
	char *then; /* what is left for people to do, a sentence; NULL: nothing */
};

#define PERSIST_MARK "# Written by vmrun net up --persist; vmrun net down --persist removes it.\n"

/* What would be written; host stands for the root of the file system. */
int persist_make(
    struct diag *d, const char *host, const struct host_bridge *b, struct persist *ret);
void persist_free(struct persist *p);
/* Each file, with its name before it. */
void persist_show(struct buf *b, const struct persist *p);
int persist_write(struct diag *d, const char *host, const struct persist *p);
/* Those of a bridge that vmrun wrote, as a list with texts NULL; and away with them. */
void persist_find(const char *host, const char *bridge, struct persist *ret);
int persist_remove(struct diag *d, const char *host, const struct persist *p);
/* "systemd-networkd", …; NULL: none that vmrun knows. */
const char *persist_manager(const struct os_managed *m);

/* --- persist_ini.c, persist_ifupdown.c: one of them each --- */

struct persist_wish {
	const char *host;
	const struct host_bridge *bridge;
	const struct os_link *uplink;
	const struct os_managed *managed;
};
/* Takes over text. */
void persist_add(struct persist *p, mode_t mode, char *text, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int persist_networkd(struct diag *d, const struct persist_wish *w, struct persist *ret);
int persist_network_manager(struct diag *d, const struct persist_wish *w, struct persist *ret);
int persist_ifupdown(struct diag *d, const struct persist_wish *w, struct persist *ret);

#define PERSIST_MAX (1u << 20) /* bytes of a file that is read */

#endif
