/* The ledger's entries, and two hash tables that find one by its owner or by its number. */
#include <stdlib.h>
#include <string.h>

#include "net/ledger_internal.h"
#include "util/mem.h"

static uint32_t
hash_number(uint64_t n)
{
	return (uint32_t)((n * UINT64_C(0x9e3779b97f4a7c15)) >> 32); /* Fibonacci hashing */
}

static uint32_t
hash_owner(const char *vm, uint32_t nic)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *vm != '\0'; vm++)
		h = (h ^ (unsigned char)*vm) * UINT64_C(0x100000001b3);
	return hash_number(h ^ nic);
}

/* The slot of the entry with this owner, or the free slot where it would be. */
static struct slot *
owner_slot(const struct ledger *l, uint32_t hash, const char *vm, uint32_t nic)
{
	const struct table *t = &l->by_owner;
	size_t i;

	for (i = hash & t->mask; t->slot[i].entry != 0; i = (i + 1) & t->mask) {
		const struct entry *e = &l->entry[t->slot[i].entry - 1];

		if (t->slot[i].hash == hash && e->vm != NULL && e->nic == nic &&
		    strcmp(e->vm, vm) == 0)
			break;
	}
	return &t->slot[i];
}

/* The same for a number, of a MAC or of a uid. */
static struct slot *
number_slot(const struct ledger *l, uint32_t hash, uint32_t nic, uint64_t number)
{
	const struct table *t = &l->by_number;
	size_t i;

	for (i = hash & t->mask; t->slot[i].entry != 0; i = (i + 1) & t->mask) {
		const struct entry *e = &l->entry[t->slot[i].entry - 1];

		if (t->slot[i].hash == hash && e->vm != NULL && e->number == number &&
		    (e->nic == NIC_UID) == (nic == NIC_UID))
			break;
	}
	return &t->slot[i];
}

static const struct entry *
entry_at(const struct ledger *l, const struct slot *s)
{
	return s->entry != 0 ? &l->entry[s->entry - 1] : NULL;
}

static void
table_grow(struct table *t, size_t slots)
{
	struct table grown = { xcalloc(slots, sizeof(*t->slot)), slots - 1 };

	for (size_t i = 0; t->slot != NULL && i <= t->mask; i++) {
		size_t k = t->slot[i].hash & grown.mask;

		if (t->slot[i].entry == 0)
			continue;
		while (grown.slot[k].entry != 0)
			k = (k + 1) & grown.mask;
		grown.slot[k] = t->slot[i];
	}
	free(t->slot);
	*t = grown;
}

void
index_reserve(struct ledger *l, size_t n)
{
	size_t slots = 16;

	if (n <= l->cap)
		return;
	while (slots < 2 * n)
		slots *= 2;
	l->cap = slots / 2;
	l->entry = xreallocarray(l->entry, l->cap, sizeof(*l->entry));
	table_grow(&l->by_owner, slots);
	table_grow(&l->by_number, slots);
}

const struct entry *
index_add(struct ledger *l, const char *vm, uint32_t nic, uint64_t number)
{
	uint32_t owner_hash = hash_owner(vm, nic), number_hash = hash_number(number);
	struct slot *owner, *num;

	index_reserve(l, l->n + 1);
	owner = owner_slot(l, owner_hash, vm, nic);
	num = number_slot(l, number_hash, nic, number);
	if (num->entry != 0)
		return entry_at(l, num);
	if (owner->entry != 0)
		return entry_at(l, owner);
	l->entry[l->n++] = (struct entry){ vm, nic, number };
	*owner = (struct slot){ owner_hash, (uint32_t)l->n };
	*num = (struct slot){ number_hash, (uint32_t)l->n };
	l->live++;
	return NULL;
}

const struct entry *
index_by_owner(const struct ledger *l, const char *vm, uint32_t nic)
{
	return l->n > 0 ? entry_at(l, owner_slot(l, hash_owner(vm, nic), vm, nic)) : NULL;
}

const struct entry *
index_by_number(const struct ledger *l, uint32_t nic, uint64_t number)
{
	return l->n > 0 ? entry_at(l, number_slot(l, hash_number(number), nic, number)) : NULL;
}
