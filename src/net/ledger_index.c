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

static void
table_add(struct table *t, uint32_t hash, size_t entry)
{
	size_t i = hash & t->mask;

	while (t->slot[i].entry != 0)
		i = (i + 1) & t->mask;
	t->slot[i] = (struct slot){ hash, (uint32_t)entry + 1 };
}

static void
table_grow(struct table *t, size_t slots)
{
	struct table grown = { xcalloc(slots, sizeof(*t->slot)), slots - 1 };

	for (size_t i = 0; t->slot != NULL && i <= t->mask; i++) {
		if (t->slot[i].entry != 0)
			table_add(&grown, t->slot[i].hash, t->slot[i].entry - 1);
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

void
index_add(struct ledger *l, const char *vm, uint32_t nic, uint64_t number)
{
	index_reserve(l, l->n + 1);
	l->entry[l->n] = (struct entry){ vm, nic, number };
	table_add(&l->by_owner, hash_owner(vm, nic), l->n);
	table_add(&l->by_number, hash_number(number), l->n);
	l->n++;
	l->live++;
}

const struct entry *
index_by_owner(const struct ledger *l, const char *vm, uint32_t nic)
{
	const struct table *t = &l->by_owner;
	uint32_t hash = hash_owner(vm, nic);

	if (l->n == 0)
		return NULL;
	for (size_t i = hash & t->mask; t->slot[i].entry != 0; i = (i + 1) & t->mask) {
		const struct entry *e = &l->entry[t->slot[i].entry - 1];

		if (t->slot[i].hash == hash && e->vm != NULL && e->nic == nic &&
		    strcmp(e->vm, vm) == 0)
			return e;
	}
	return NULL;
}

const struct entry *
index_by_number(const struct ledger *l, uint32_t nic, uint64_t number)
{
	const struct table *t = &l->by_number;
	uint32_t hash = hash_number(number);

	if (l->n == 0)
		return NULL;
	for (size_t i = hash & t->mask; t->slot[i].entry != 0; i = (i + 1) & t->mask) {
		const struct entry *e = &l->entry[t->slot[i].entry - 1];

		if (t->slot[i].hash == hash && e->vm != NULL && e->number == number &&
		    (e->nic == NIC_UID) == (nic == NIC_UID))
			return e;
	}
	return NULL;
}
