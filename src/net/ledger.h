/*
 * The ledger: every MAC and uid ever given, in one text file under one lock.
 *
 *	vmrun-ledger 1
 *	salt 0123456789abcdef0123456789abcdef
 *	mac web1 0 52:54:00:9b:01:77
 *	uid web1 1912345678
 *	end 2
 *
 * The last line counts the mac and uid lines, so that a file cut short anywhere is noticed. A
 * damaged file is an error that names its line; it is never replaced silently. A change is on disk
 * (temporary name, fsync, rename) when ledger_commit() has returned, and not before; a crash at any
 * moment leaves the old file or the new one. The lock is on a file of its own, PATH.lock, which is
 * never removed and which ordinary users cannot open; reading needs no lock, because a rename shows
 * the old file or the new one.
 */
#ifndef VMRUN_NET_LEDGER_H
#define VMRUN_NET_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/mac.h"

struct diag;
struct ledger;

#define LEDGER_SALT    16    /* bytes */
#define LEDGER_NIC_MAX 65535 /* a NIC's index at most */

/* The uids of QEMU processes: 24 bits of numbers below 2^31 that systemd's table of uid ranges
 * (https://systemd.io/UIDS-GIDS/, 1879048192 to 2147483647) lists as unused, and that useradd and
 * adduser (login.defs, up to 60000) and container managers (up to 1879048191) do not hand out. */
#define LEDGER_UID_FIRST 1900000000u
#define LEDGER_UID_LAST  1916777215u

struct ledger_entry {
	const char *vm; /* lives as long as the ledger */
	unsigned nic;
	struct mac mac;
};

/* Decisions, pure: the first 64 bits of a SHA-256 over (salt, vm, nic, attempt), laid into the
 * range, both ends included. For MACs, last must not be below first. */
struct mac mac_candidate(const uint8_t salt[LEDGER_SALT], const char *vm, unsigned nic,
    unsigned attempt, struct mac first, struct mac last);
uid_t uid_candidate(const uint8_t salt[LEDGER_SALT], const char *vm, unsigned attempt);
/* RFC 9562 version 8, from salt and name. */
void uuid_of_vm(const uint8_t salt[LEDGER_SALT], const char *vm, uint8_t ret[16]);

/* For reading: no lock, nothing made. A missing file is an empty ledger without a salt. */
int ledger_read(struct diag *d, const char *path, struct ledger **ret);
/* For changing: takes the lock (waits), makes folder, file and salt where there are none (the file
 * appears with the first commit). A child that inherits the ledger holds the lock too: close it
 * before a fork that lasts. */
int ledger_lock(struct diag *d, const char *path, struct ledger **ret);
/* Writes what was changed. */
int ledger_commit(struct diag *d, struct ledger *l);
/* Unlocks; uncommitted changes are lost. NULL is legal. */
void ledger_close(struct ledger *l);

bool ledger_has_salt(const struct ledger *l);
const uint8_t *ledger_salt(const struct ledger *l); /* zeros where there is none */
/* The MAC that this NIC was given; zero if none was. */
struct mac ledger_mac_find(const struct ledger *l, const char *vm, unsigned nic);
/* Which VM holds a MAC; NULL: nobody. *ret_nic may be NULL. */
const char *ledger_mac_owner(const struct ledger *l, struct mac m, unsigned *ret_nic);
/* Find, or choose and note: the first candidate that neither the ledger nor taken() (NULL: nobody)
 * knows and that is not QEMU's default; after some attempts, the next free MAC of the range. A MAC
 * that was given once is given again without asking, even outside the range. Fails when the range
 * is full. Works on a ledger that was only read (a preview, nothing is noted for good; without a
 * salt it is only an example). */
int ledger_mac_get(struct diag *d, struct ledger *l, const char *vm, unsigned nic, struct mac first,
    struct mac last, bool (*taken)(struct mac m, void *arg), void *arg, struct mac *ret);
/* The VM's own uid: the same way. (uid_t)-1 from find if there is none. */
uid_t ledger_uid_find(const struct ledger *l, const char *vm);
int ledger_uid_get(struct diag *d, struct ledger *l, const char *vm,
    bool (*taken)(uid_t uid, void *arg), void *arg, uid_t *ret);
/* Forget a VM, its MACs and its uid; how many lines went. */
unsigned ledger_release(struct ledger *l, const char *vm);
/* Every MAC, in the order of the file; *i starts at 0; false at the end. */
bool ledger_next(const struct ledger *l, size_t *i, struct ledger_entry *ret);

#endif
