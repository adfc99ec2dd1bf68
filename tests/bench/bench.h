/* What the parts of the benchmark share: samples and the report, a world to measure in, and QEMU
 * without vmrun. Who cannot measure ends the program. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/loop.h"
#include "util/mac.h"

/* --- samples (samples.c) --- */

double clock_ms(void);

struct series {
	double *v;
	size_t n;
};
void series_add(struct series *s, double v);
double series_at(struct series *s, double part); /* 0.9: the 90th percentile; 0 if empty */
double series_median(struct series *s);
void series_free(struct series *s);

/* One line of the report: median, p90, least. */
void report(const char *section, const char *what, const char *unit, struct series *s);
/* A median or a ratio of medians, beside what is wanted of it. at_least: more is better. */
void report_wanted(const char *section, const char *what, const char *unit, double got,
    double wanted, bool at_least);
void report_value(const char *section, const char *what, const char *unit, double value);
void report_note(const char *section, const char *what, const char *value);
/* All lines so far, to a file unless path is NULL. */
void report_json(const char *path);

/* --- a world: a folder for --root, and a network namespace with br0, 10.99.0.1/24 (world.c) --- */

struct world {
	const char *vmrun;      /* the program */
	const char *make_guest; /* examples/guest/make-guest */
	char *root;             /* the folder, absolute */
};

/* Runs work in the world, as a process that ends with all that it started, and removes the folder.
 * Returns an exit status. */
int world_run(struct world *w, void (*work)(const struct world *w));
/* A path below the root; to be freed by the caller. */
char *world_path(const struct world *w, const char *name);
void world_write(const struct world *w, const char *name, const char *text);
/* etc/vms/NAME.conf */
void world_vm(const struct world *w, const char *name, const char *text);
/* A VM like examples/web1.conf, which boots the example's guest; settings are added to its file. */
void world_guest(const struct world *w, const char *name, const char *settings);
/* The same with a NIC and words of its kernel command line of another kind. */
void world_guest_on(const struct world *w, const char *name, const char *nic, const char *words,
    const char *settings);

/* The path of a program of the system, to be freed by the caller; NULL: it is not here. */
char *world_program(const char *name);

/* Removes every VM's file. */
void world_forget(const struct world *w);

/* Runs a program to its end with its output in the file "output" of the root; the time in ms from
 * before it is spawned until it has been waited for. If it fails, or takes a minute, its output is
 * shown, and that is the end. */
double run_program(const struct world *w, char *const argv[]);
double run_vmrun(const struct world *w, ...) __attribute__((sentinel));
/* "link set br0 up", without quotes or two blanks in a row. */
void run_ip(const struct world *w, const char *words);
/* A number of what `vmrun --json status NAME` tells. */
long vm_number(const struct world *w, const char *name, const char *key);
/* KiB of /proc/PID/smaps_rollup: "Pss", "Private_Dirty". */
double process_kib(pid_t pid, const char *what);

/* --- what goes over a guest's network (traffic.c) --- */

/* Where the example's guest is heard: ports that take bytes, give them, and give them back. */
struct peer {
	const char *address;
	int takes, gives, echoes;
};
static const struct peer peer_guest = { "10.99.0.2", 9, 19, 7 };

/* Until it gives back what it is sent. */
void wait_for_peer(const struct peer *p);
/* MB/s, of whole blocks of 64 KiB; both wait until the guest listens. Sending ends when the guest
 * has taken all of it and said so. */
double send_bytes(const struct peer *to, size_t bytes);
double receive_bytes(const struct peer *from, size_t bytes);
/* n - 1 times of one byte there and back, in µs. */
void round_trips(const struct peer *with, unsigned n, struct series *ret);

/* --- links from a NIC to a tap of the world (link.c) --- */

/* A tap with an address, "10.96.0.1/24", that is up. */
void link_tap(const struct world *w, const char *tap, const char *address);
/* The same, and a process that carries its frames to whoever connects to a port of 127.0.0.1 or to
 * a UNIX socket, one after the other; or to and from a port of UDP. It ends with the world. */
void link_stream(const struct world *w, const char *tap, const char *address, int port);
void link_socket(const struct world *w, const char *tap, const char *address, const char *path);
void link_dgram(const struct world *w, const char *tap, const char *address, int local, int remote);

/* --- QEMU as vmrun starts it, without vmrun (bare.c) --- */

enum bare_kind {
	BARE_READY,   /* the same argv and uid; files open, sockets listening, tap joined and up */
	BARE_SCRIPTS, /* as root, spawn=allow: QEMU makes the tap and runs tap-up and tap-down */
};

struct bare_fd {
	enum bare_thing { THING_FILE, THING_DISK, THING_SOCKET, THING_TAP } thing;
	int number; /* where QEMU looks for it */
	int fd;     /* -1: not prepared */
	char *path; /* of a file or socket */
};

struct bare {
	enum bare_kind kind;
	unsigned id;
	char **argv;
	size_t argc;
	struct bare_fd fds[24];
	size_t nfds;
	uid_t uid;
	struct mac mac;
	char *qmp;    /* path of its socket */
	char tap[16]; /* "": none */
	pid_t pid;
	int control; /* the QMP connection */
};

/* From a VM that vmrun has running. disk: the file of its disk, or NULL. id makes the names of
 * sockets and taps distinct. */
void bare_learn(const struct world *w, const char *vm, const char *disk, enum bare_kind kind,
    unsigned id, struct bare *ret);
void bare_free(struct bare *b);
/* All that is there before QEMU is. */
void bare_prepare(struct bare *b);
void bare_exec(struct bare *b);
/* Until QMP says that the guest runs, or, with -S, that it could. */
void bare_wait_running(struct bare *b);
void bare_quit(struct bare *b); /* by QMP */
void bare_kill(struct bare *b);
void bare_wait_gone(struct bare *b); /* the process and the tap */

/* --- the sections --- */

void bench_life(const struct world *w, unsigned rounds);
void bench_disk(const struct world *w, unsigned rounds);
void bench_fleet(const struct world *w, unsigned rounds);
void bench_list(const struct world *w, unsigned rounds);
void bench_fleet200(const struct world *w, unsigned rounds);
void bench_reserve(const struct world *w, unsigned rounds);
void bench_throughput(const struct world *w, unsigned rounds);
void bench_kinds(const struct world *w, unsigned rounds);

#endif
