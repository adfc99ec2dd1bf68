/*
 * What the ledger's own files share: its entries and their index (ledger_index.c), its text
 * (ledger_text.c) and its numbers (ledger_candidate.c).
 */
#ifndef VMRUN_NET_LEDGER_INTERNAL_H
#define VMRUN_NET_LEDGER_INTERNAL_H

#include "net/ledger.h"

struct buf;

#define NIC_UID UINT32_MAX /* the nic of an entry that is a VM's uid */

struct entry {
	const char *vm; /* in text or in names; NULL: released */
	uint32_t nic;
	uint64_t number; /* of the MAC, or the uid */
};

/* Open addressing with linear probing; never more than half full. */
struct table {
	struct slot {
		uint32_t hash;
		uint32_t entry; /* index + 1; 0: free */
	} * slot;
	size_t mask; /* slots - 1 */
};

struct ledger {
	char *path;
	int lock; /* descriptor; -1: only read */
	bool changed;
	bool has_salt;
	uint8_t salt[LEDGER_SALT];
	char *text;   /* the file, with its fields cut apart */
	char **names; /* of VMs that were added since */
	size_t nnames;
	struct entry *entry; /* in the order of the file */
	size_t n, cap, live;
	struct table by_owner; /* (vm, nic) */
	struct table by_number;
};

/* Room for as many entries in all. */
void index_reserve(struct ledger *l, size_t n);
/* NULL, or the entry that has the number or the owner already. vm must live as long as the ledger.
 */
const struct entry *index_add(struct ledger *l, const char *vm, uint32_t nic, uint64_t number);
const struct entry *index_by_owner(const struct ledger *l, const char *vm, uint32_t nic);
/* The MAC with that number, or, if nic is NIC_UID, the uid. */
const struct entry *index_by_number(const struct ledger *l, uint32_t nic, uint64_t number);

struct ledger *ledger_new(const char *path);
/* Takes text over, which ends with a NUL at text[len]. *l is new; on failure it can only be closed.
 */
int ledger_parse(struct diag *d, struct ledger *l, char *text, size_t len);
void ledger_print(struct buf *b, const struct ledger *l);

/* Can a NIC have it: not multicast, not zero, not QEMU's own default. */
bool mac_can_be_given(struct mac m);
/* The candidate for a NIC, or for a uid if nic is NIC_UID, in [first, last]. */
uint64_t candidate(const uint8_t salt[LEDGER_SALT], const char *vm, uint32_t nic, uint32_t attempt,
    uint64_t first, uint64_t last);

#endif
