/* The kernel in memory: what bridges have heard, and the neighbour table; see os_fake.h. */
#include <stdlib.h>
#include <string.h>

#include "os/os_fake.h"

#define FAKE_HEARD 16

static struct {
	struct {
		unsigned bridge;
		struct mac mac;
		struct os_heard heard;
	} heard[FAKE_HEARD];
	size_t nheard;
	struct os_neighbour neighbours[FAKE_HEARD];
	bool answers[FAKE_HEARD];
	size_t nneighbours;
} fake;

void
fake_neighbours_reset(void)
{
	memset(&fake, 0, sizeof(fake));
}

void
fake_heard(unsigned bridge, unsigned port, struct mac mac, int64_t age)
{
	if (fake.nheard == FAKE_HEARD)
		abort();
	fake.heard[fake.nheard].bridge = bridge;
	fake.heard[fake.nheard].mac = mac;
	fake.heard[fake.nheard++].heard = (struct os_heard){ port, age };
}

void
fake_neighbour_add(unsigned index, const char *address, struct mac mac, bool answers)
{
	struct os_neighbour *n = &fake.neighbours[fake.nneighbours];

	if (fake.nneighbours == FAKE_HEARD)
		abort();
	*n = (struct os_neighbour){ .index = index, .mac = mac, .reachable = true };
	strlcpy(n->address, address, sizeof(n->address));
	fake.answers[fake.nneighbours++] = answers;
}

int
os_neighbours(struct diag *d, struct os_neighbour **ret, size_t *ret_n)
{
	if (fake_enter(d, "neighbours") == -1)
		return -1;
	*ret = fake_copy(fake.neighbours, fake.nneighbours, sizeof(**ret));
	*ret_n = fake.nneighbours;
	return 0;
}

int
os_neighbour_probe(struct diag *d, const struct os_neighbour *n)
{
	if (fake_enter(d, n->address) == -1)
		return -1;
	for (size_t i = 0; i < fake.nneighbours; i++) {
		if (fake.neighbours[i].index == n->index &&
		    strcmp(fake.neighbours[i].address, n->address) == 0)
			fake.neighbours[i].reachable = fake.answers[i];
	}
	return 0;
}

int
os_bridge_heard(struct diag *d, const struct os_link *bridge, struct mac mac, unsigned except,
    struct os_heard *ret)
{
	struct os_heard found = { .port = 0 };

	if (fake_enter(d, bridge->name) == -1)
		return -1;
	for (size_t i = 0; i < fake.nheard; i++) {
		if (fake.heard[i].bridge == bridge->index && mac_equal(fake.heard[i].mac, mac) &&
		    fake.heard[i].heard.port != except)
			found = fake.heard[i].heard;
	}
	*ret = found;
	return 0;
}
