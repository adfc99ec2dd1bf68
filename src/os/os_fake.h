/*
 * A kernel in memory that fills os.h for tests: what is in it, what is to fail, what is left.
 * A tap lives as long as a descriptor of it does, in this process or in a child, as on Linux.
 * Processes are real ones.
 */
#ifndef VMRUN_OS_OS_FAKE_H
#define VMRUN_OS_OS_FAKE_H

#include <stdbool.h>

#include "os/os.h"

/* An empty host: no interface, nothing set to fail. */
void fake_reset(void);
/* Adds an interface and gives it an index, which is returned; kind says what it is ("bridge",
 * "veth"). */
unsigned fake_link_add(const char *name, const char *kind, unsigned mtu);
/* Takes any interface away; the ports of a bridge stay, on no bridge. */
void fake_link_remove(const char *name);
/* Any interface by name, to look at or to change; NULL: there is none. */
struct os_link *fake_link(const char *name);
void fake_addr_add(unsigned index, const char *text);

/* A bridge heard the MAC on that port, age ms ago; the same MAC on the same bridge once. */
void fake_heard(unsigned bridge, unsigned port, struct mac mac, int64_t age);
/* An address in the neighbour table, and whether it answers if it is asked. */
void fake_neighbour_add(unsigned index, const char *address, struct mac mac, bool answers);

/* The nth call from now (1: the next) of a function that takes a diag fails with this errno; 0:
 * none. */
void fake_fail_at(unsigned n, int error);
bool fake_failed(void); /* has it happened? */

unsigned fake_taps(void);  /* taps that are there */
unsigned fake_ports(void); /* interfaces that are on a bridge */

/* Which system it plays: a name of os_facts(); "linux" after fake_reset(). */
void fake_system(const char *name);
/* What os_privileged() and os_uid_available() say; false after fake_reset(). */
void fake_privileged(bool yes);

/* The file of the IOMMU group of every device of the host; NULL, as after fake_reset(): there is no
 * device. */
void fake_vfio(const char *group);

/* An interface whose owner has set rates himself. And what is set: false if nothing is. */
void fake_rate_owned(unsigned index);
bool fake_rates(unsigned index, struct os_rate *ret_sends, struct os_rate *ret_receives);

/* Between the files of the fake. */
int fake_enter(struct diag *d, const char *what); /* counts a call that can fail */
void fake_host_reset(void);
void fake_nic_reset(void);
void fake_neighbours_reset(void);
void *fake_copy(const void *items, size_t n, size_t size); /* never NULL */

/* Whether the kernel has killed whatever is killed from now on for want of memory. */
void fake_oom(enum os_oom_answer answer);

#endif
