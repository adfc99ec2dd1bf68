/*
 * XNU's interfaces, bridges and processes in memory, behind the calls that os_darwin*.c and
 * os_bsd*.c make of it (the linker's --wrap): what is there, what is to fail, what was done and
 * what is left. Ioctl numbers and layouts are its own literals, so that a wrong one in the program
 * is found. Its taps are those of tuntaposx: an interface is there while its device is open.
 */
#ifndef VMRUN_TESTS_UNIT_FAKE_DARWIN_H
#define VMRUN_TESTS_UNIT_FAKE_DARWIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define DARWIN_ETHER  0x06
#define DARWIN_BRIDGE 0xd1

struct darwin_link {
	unsigned index;
	char name[16];
	uint8_t type;
	int flags; /* IFF_… */
	unsigned mtu;
	uint8_t mac[6];
	unsigned bridge; /* index of the one that it is a member of; 0: none */
	bool cloned;     /* can be destroyed */
};

/* An Apple silicon Mac with hvf, without any interface, and whoever asks is root. */
void darwin_reset(void);
/* An interface that is up and broadcasts, of a type like DARWIN_ETHER; its index. */
unsigned darwin_link_add(const char *name, uint8_t type, unsigned mtu);
/* Taken away, as a tap is with its last close. */
void darwin_link_remove(const char *name);
struct darwin_link *darwin_link(const char *name); /* NULL: there is none */
/* /dev/NAME is there. */
void darwin_tap_device(const char *name);
/* Without: EPERM where XNU wants root. */
void darwin_root(bool yes);

/* The nth call from now (1: the next) that can fail does so with this errno, and does nothing; 0:
 * none. A close cannot, and what is done for an undo counts as well. */
void darwin_fail_at(unsigned n, int error);
bool darwin_failed(void); /* has it happened? */
/* What was changed since darwin_reset() or the last call of this, as words: "mtu tap0 9000, add
 * bridge0 tap0". A change that failed has a '!' after it. */
const char *darwin_log(void);
unsigned darwin_descriptors(void); /* open now: sockets, taps, kqueues */
unsigned darwin_members(void);     /* interfaces on a bridge */
unsigned darwin_links(void);

/* What sysctl says. NULL: it does not know the name. */
void darwin_sysctl(const char *name, const char *text);
void darwin_sysctl_number(const char *name, int value);

/* vmnet.framework. names: of darwin_vmnet()'s list, NULL at the end. */
enum darwin_vmnet {
	DARWIN_VMNET_LISTS,
	DARWIN_VMNET_ABSENT,
	DARWIN_VMNET_OLD,   /* without the function */
	DARWIN_VMNET_NULL,  /* the function gives nothing */
	DARWIN_VMNET_OTHER, /* or something that is no array */
	DARWIN_VMNET_DIES,
	DARWIN_VMNET_HANGS,
};
void darwin_vmnet(enum darwin_vmnet how, const char *const *names);

/* What the last setgroups(2) of this process set. */
const gid_t *darwin_groups(int *ret_n);

/* A file for stat(2): its type and mode, and who owns it. */
void darwin_file(const char *path, unsigned mode, unsigned uid);

#endif
