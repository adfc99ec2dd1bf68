/* Names of network interfaces from patterns: "%n.%i" becomes web1.0. Pure. */
#ifndef VMRUN_UTIL_IFNAME_H
#define VMRUN_UTIL_IFNAME_H

#include <stdint.h>

#define IFNAME_SIZE 16 /* bytes with the NUL, on every system */
#define IFNAME_WHY  100

/* %n is the VM's name, which is cut and made distinct by a few hex digits of its hash if it is too
 * long, and of which an '@' becomes '~', %i the NIC's number. -1 with the rest of a sentence about the pattern in why: it is none,
 * or it leaves no room. */
int ifname_make(
    const char *pattern, const char *vm, unsigned nic, char ret[IFNAME_SIZE], char why[IFNAME_WHY]);

/* A hash of any name, the same on every host. */
uint32_t ifname_hash(const char *s);

#endif
