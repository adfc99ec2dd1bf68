/*
 * The contract between vmrun and a system. One file per system fills it (os_linux.c, …), os_fake.c
 * fills it for tests; nothing else in the program knows which system it runs on.
 *
 * Every function returns 0 or a descriptor, or -1 with a sentence in d for people ("bridge br0: no
 * such interface"). ret_ parameters are untouched on failure. Descriptors are close-on-exec. No
 * function runs another program.
 */
#ifndef VMRUN_OS_OS_H
#define VMRUN_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/mac.h"

struct diag;

#define OS_IFNAME 16 /* bytes of an interface name with its NUL: IFNAMSIZ on every system */

/* --- network interfaces --- */

struct os_link {
	unsigned index;
	char name[OS_IFNAME];
	struct mac mac;
	unsigned mtu;
	bool up; /* administratively */
	bool carrier;
	bool is_bridge;
	bool is_tap;
	unsigned master; /* index of the bridge that it is a port of; 0: none */
	char kind[16];   /* the system's word: "bridge", "tun", "veth", …; "" for hardware */
	char alias[96];  /* what vmrun wrote: "vmrun VM nic N"; "" where there is none */
};

struct os_addr {
	unsigned index; /* of the interface */
	char text[64];  /* "10.0.0.1/24" */
};

/* Every interface of this network namespace; *ret is freed by the caller. */
int os_links(struct diag *d, struct os_link **ret, size_t *ret_n);
/* Every address; the same ownership. */
int os_addrs(struct diag *d, struct os_addr **ret, size_t *ret_n);
/* One interface by name. Missing: -1, errno ENODEV. */
int os_link_find(struct diag *d, const char *name, struct os_link *ret);

/* A tap that lives as long as its descriptor (or, where the system cannot, until os_tap_destroy()).
 * name is a wish: where it is taken, another is chosen. With offload headers where the system has
 * them (IFF_VNET_HDR). Not yet up, not yet on a bridge. */
struct os_tap {
	int fd;
	unsigned index;
	char name[OS_IFNAME];
};
int os_tap_open(struct diag *d, const char *name, struct os_tap *ret);
/* In this order: MAC, MTU, alias, then in one step master and up. On failure nothing is left
 * joined. */
int os_tap_join(struct diag *d, const struct os_tap *tap, struct mac mac, unsigned mtu,
    const char *alias, const struct os_link *bridge);
/* deletem: leave the bridge if the tap, known by index *and* name, is still there; gone is no
 * error. */
int os_tap_leave(struct diag *d, unsigned index, const char *name);
/* Destroy a tap that outlives its descriptor; a no-op where taps are bound to theirs. */
int os_tap_destroy(struct diag *d, const char *name);

/* --- processes --- */

/* A process for good: a pid alone can be reused. start and boot are opaque numbers of the system.
 */
struct os_proc {
	pid_t pid;
	uint64_t start; /* start time of the process, since boot */
	char boot[40];  /* which boot; "" where the system has no name for it */
};
/* Which process pid is now. -1 with errno ESRCH if there is none, or only a zombie. */
int os_proc_find(struct diag *d, pid_t pid, struct os_proc *ret);
/* A descriptor that becomes readable when exactly that process has ended; errno ESRCH: it has
 * ended. */
int os_proc_open(struct diag *d, const struct os_proc *proc);
/* Is it stopped by a signal (SIGSTOP, a debugger)? false as well where that cannot be told. */
bool os_proc_stopped(const struct os_proc *proc);
/* Signal the process behind a descriptor of os_proc_open(); 0 if it has ended. */
int os_proc_signal(int procfd, const struct os_proc *proc, int sig);
/* Memory that a process costs, in bytes: resident, and its proportional share (0: not known). -1
 * with errno. */
int os_proc_memory(pid_t pid, uint64_t *ret_rss, uint64_t *ret_pss);
/* The process's name in listings. Needs os_title_init() at the start of main. */
void os_title_init(int argc, char **argv, char **envp);
void os_title(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Give back memory that only start-up needed. Best effort. */
void os_memory_trim(void);

/* --- privileges; in the child between fork and exec: async-signal-safe, no memory --- */

struct os_identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[4]; /* supplementary */
	int ngroups;
};
/* Can this process take that uid and the gid of the same number (a user namespace may not map it;
 * an ordinary user cannot)? */
bool os_uid_available(uid_t uid);
/* Groups, gid, uid, bounding set, no_new_privs, in the order that cannot be undone. who NULL: keep
 * the uid, the rest all the same. 0, or -1 with errno. */
int os_privileges_drop(const struct os_identity *who);
/* Mark every descriptor from lowest on close-on-exec. */
void os_cloexec_from(int lowest);
/* Who is at the other end of a UNIX socket. */
int os_peer_uid(int fd, uid_t *ret);
/* fd's path as a program that was given the descriptor can open it: "/dev/fd/7". */
const char *os_fd_path(int fd, char text[32]);
/* An anonymous file with these contents that any uid may reopen through os_fd_path(). */
int os_memory_file(struct diag *d, const char *name, const void *p, size_t n);
/* The same, copied from a descriptor to its end. */
int os_memory_file_copy(struct diag *d, const char *name, int from);

/* --- the host --- */

struct os_accel {
	const char *name; /* "kvm", or "tcg" where nothing faster can work */
	char why[160];    /* a sentence: why it is or is not */
	bool has_group;   /* QEMU needs this group to open the device */
	gid_t group;
};
/* What accel = "auto" becomes on this host for a guest of arch ("x86_64"); privileged says whether
 * QEMU's groups can be set. */
void os_accel(const char *arch, bool privileged, struct os_accel *ret);
const char *os_arch(void); /* QEMU's word for the host's architecture: "x86_64", "aarch64" */
bool os_privileged(void);  /* may make taps and change uids */

/* In a user namespace that does not show the host's root as itself: as which uid it shows it. false:
 * root is root. */
bool os_foreign_root(uid_t *ret);

/* One finding of `check --host`. */
struct os_finding {
	enum { FINDING_OK, FINDING_NOTE, FINDING_BAD } level;
	const char *what; /* "/dev/net/tun" */
	char text[300];
};
/* Findings about taps, bridges, accelerator and their traps (br_netfilter). At most max. */
size_t os_check(struct os_finding *ret, size_t max);

#endif
