/*
 * The companions of a VM: processes beside its QEMU that do part of the machine, as swtpm and
 * virtiofsd do.
 *
 * Theory of operation. launch_up() starts them before QEMU is forked, launch_down() ends them once
 * QEMU is gone. Each is forked early and held at a gate (child.h) until the record names it, so
 * that there is never one that a later command does not know: a supervisor that dies before leaves
 * a closed gate, at which the child ends; one that dies after leaves a record, and whoever adopts
 * the VM, or finds its QEMU dead, adopts or ends them. Like QEMU they are no prey to the
 * supervisor's death.
 *
 * What a companion and QEMU talk over is made by vmrun and handed over to both, so neither needs a
 * path. What it says comes through a FIFO of its own into the VM's log, each line with its name.
 * One that ends while QEMU runs is told in the log and by status; the VM goes on.
 *
 * To add one: a function that opens its sockets, puts QEMU's end into the facts, fills in the
 * struct below and calls companion_start(); it is called in start_companions() of launch.c.
 */
#ifndef VMRUN_LAUNCH_COMPANION_H
#define VMRUN_LAUNCH_COMPANION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "os/os.h"

struct argv;
struct diag;
struct os_identity;
struct runtime;

#define COMPANIONS_MAX 64 /* of one VM */
#define COMPANION_NAME 32 /* bytes of a name with its NUL */

/* What is to be started. All is borrowed. */
struct companion_wish {
	const char *name;        /* "swtpm", "virtiofsd0": only one of each in a VM */
	const struct argv *argv; /* v[0] is the program's path */
	const int *fds;          /* the descriptors that it is to have, by the same numbers; */
	size_t nfds;             /* they stay open here: the caller closes them */
	int dir; /* a folder to run in, "." in argv, without a right to the way there; -1: / */
	const struct os_identity *who; /* whom it becomes; NULL: as the caller */
	bool privileged; /* it keeps the caller's capabilities, to give up by itself what it does
			    not need; only with who NULL. Else it has none, as QEMU */
	const char *readonly; /* a folder that it cannot write to, whatever it tries; NULL: none */
};

struct companion {
	char name[COMPANION_NAME];
	struct os_proc proc;
	int fd;     /* of os_proc_open(): readable once it has ended; -1: not open */
	int words;  /* what it says, non-blocking, as the log's FIFO is; -1: not open */
	bool ended; /* that is known */
	bool ours;  /* our child, to be waited for */
};

/* Zeroed: none. */
struct companions {
	struct companion *v;
	size_t n;
};

/* Starts one, names it in record ("companions": name, pid, start, boot) and writes that to r before
 * it is let go. One that could not be started is in neither. */
int companion_start(struct diag *d, const struct runtime *r, json_t *record,
    const struct companion_wish *wish, struct companions *cs);
/* The same in the place of one that has ended, and whose descriptors are closed; the record names the
 * new one. On failure c has none, and is one that has ended. */
int companion_start_again(struct diag *d, const struct runtime *r, json_t *record,
    const struct companion_wish *wish, struct companion *c);
/* End one, unless it has ended, and see it do so; its descriptors are closed. */
int companion_stop(struct diag *d, struct companion *c, json_t *record);
/* The descriptors of one that has ended. */
void companion_close(struct companion *c);
/* Those that the record names, of an earlier supervisor. */
void companions_adopt(const json_t *record, struct companions *ret);
/* Their processes and words, for whoever goes on with them. Those that have ended since are marked
 * so. -1: of one it cannot be told. */
int companions_open(struct diag *d, const struct runtime *r, struct companions *cs);
/* Sees them all end, once QEMU has hung up: after a while by SIGTERM, the last first, after another
 * by SIGKILL. Those that cannot be ended stay in the record; then -1. cs is empty after. */
int companions_end(struct diag *d, json_t *record, struct companions *cs);
/* One has ended: reaps it if it is ours, and has the record (not written) say how ("ended") instead
 * of which process it is: "exit status 1", "killed by signal 9 (Killed)", "nobody
 * saw how" of another's child. */
void companion_ended(struct companion *c, json_t *record, char ret_how[64]);
/* As it is for people: the record's "companions" without what only an adopting supervisor needs;
 * NULL if there are none. */
json_t *companions_status(const json_t *record);

/* Is file the name of something that companions have in the runtime folder? */
/* The file on which QEMU listens for the one behind a NIC; to be freed by the caller. */
char *companion_socket(size_t nic);
bool companion_is_file(const char *file);

/* The program's path, in the folders where programs of its kind lie on one system or another (bin,
 * libexec, lib/qemu). package is Debian's word for what has to be installed: it is in the message.
 */
int companion_find(struct diag *d, const char *program, const char *package, char **ret);
/* Two ends of a connected UNIX stream socket: for QEMU (chardev socket,fd=N) and for a companion
 * that takes a connection. */
int companion_pair(struct diag *d, int *ret_qemu, int *ret_companion);
/* A connection for QEMU, and for a companion that insists on accepting it the socket that it comes
 * in by: listening, nameless by now, so that nobody else can connect. */
int companion_listener(struct diag *d, const struct runtime *r, int *ret_qemu, int *ret_listening);

#endif
