/*
 * FreeBSD's taps, bridges and processes in memory, behind the calls that os_freebsd*.c and
 * os_bsd*.c make (the linker's --wrap, and functions that only FreeBSD has): what is there, what is
 * to fail, what was done and what is left. Ioctl numbers, command numbers and layouts are its own
 * literals, so that a wrong one in the program is found. What would make the real kernel hang, or
 * what it does not know, fails the test at once.
 */
#ifndef VMRUN_TESTS_UNIT_FAKE_FREEBSD_H
#define VMRUN_TESTS_UNIT_FAKE_FREEBSD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define FREEBSD_ETHER  0x06
#define FREEBSD_BRIDGE 0xd1
#define FREEBSD_LOOP   0x18
#define FREEBSD_UP     0x1

struct freebsd_link {
	unsigned index;
	char name[16];
	char driver[16]; /* its first name */
	uint8_t type;
	int flags; /* IFF_… */
	unsigned mtu;
	uint8_t mac[6];
	char description[1100];
	bool destroyable;
	/* As a member: */
	unsigned bridge; /* index of its bridge; 0: none */
	uint32_t member_flags;
	unsigned pvid;
	/* As a bridge: */
	bool vlanfilter;
	/* As a tap: */
	pid_t opener; /* 0: closed */
	bool transient;
};

/* FreeBSD 14, without any interface; whoever asks is root. */
void freebsd_reset(void);
/* What the kernel is like, until the next reset. */
struct freebsd_kernel {
	bool no_root;
	bool own_uid;           /* the effective uid is the test's own */
	bool no_tap, no_bridge; /* modules */
	const char *firewall;   /* a module; NULL: none */
	bool transient;         /* knows TAPSTRANSIENT */
	bool vlans;             /* its bridges know VLANs */
	bool same_mtu; /* FreeBSD 13: a member must have the bridge's MTU; later it is given it */
	int add_error; /* of BRDGADD, whatever is asked; 0: as it is */
	bool no_capsicum, no_boot_id, no_hardening;
	bool no_driver_names;
	bool no_inet;          /* a jail without IPv4 */
	pid_t thief;           /* has each new tap open before its maker; 0: nobody */
	bool empty_for_nobody; /* KERN_PROC_PID of nobody is no error, and nothing */
	int64_t boot;          /* seconds: kern.boottime */
	unsigned steps;        /* so often the clock is set as soon as kern.boottime was read */
	/* What it says yes to and does nothing for: an ioctl to an interface of that driver, a
	 * command to a bridge. */
	struct {
		unsigned long ioctl; /* 0: none */
		const char *driver;
		int command; /* -1: none */
	} deaf;
	int up_on_open, pfil_member, pfil_bridge, jailed, vnet;
};
extern struct freebsd_kernel freebsd;

/* An interface that is up, of a type like FREEBSD_ETHER; its index. */
unsigned freebsd_link_add(const char *name, uint8_t type, unsigned mtu);
/* A tap that somebody made and nobody has open. */
struct freebsd_link *freebsd_tap_add(const char *name, const char *description);
struct freebsd_link *freebsd_link_get(const char *name); /* NULL: there is none */
void freebsd_member_add(const char *bridge, const char *name);
/* An address of an interface, with its netmask as the kernel gives it. */
void freebsd_addr_add(const char *name, const void *address, const void *netmask);

/* The nth call from now (1: the next) that can fail does so with this errno, and does nothing; 0:
 * none. */
void freebsd_fail_at(unsigned n, int error);
bool freebsd_failed(void); /* has it come to that? */

/* What has changed something since the reset, in order: "create tap10000, open tap10000, …". */
const char *freebsd_log(void);
/* Those that are still there: descriptors of the fake's, taps, members of bridges. */
unsigned freebsd_descriptors(void);
unsigned freebsd_taps(void);
unsigned freebsd_members(void);
/* What a descriptor of a tap is limited to: two words of rights and the commands of fcntl(2);
 * false: to nothing. */
bool freebsd_limits(int fd, uint64_t ret_rights[2], uint32_t *ret_fcntls);

#endif
