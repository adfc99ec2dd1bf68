/* A kernel in memory for tests: rates and macvtap links; see os_fake.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os_fake.h"
#include "util/diag.h"
#include "util/fd.h"

#define FAKE_RATES 16

static struct {
	unsigned index;
	struct os_rate sends, receives;
	bool owners; /* somebody else's */
} fake_rate[FAKE_RATES];

void
fake_nic_reset(void)
{
	memset(fake_rate, 0, sizeof(fake_rate));
}

/* That of the interface, or a free one. */
static size_t
rate_slot(unsigned index)
{
	for (size_t i = 0; i < FAKE_RATES; i++) {
		if (fake_rate[i].index == index)
			return i;
	}
	return index != 0 ? rate_slot(0) : 0;
}

void
fake_rate_owned(unsigned index)
{
	size_t i = rate_slot(index);

	fake_rate[i].index = index;
	fake_rate[i].owners = true;
}

bool
fake_rates(unsigned index, struct os_rate *ret_sends, struct os_rate *ret_receives)
{
	size_t i = rate_slot(index);

	*ret_sends = fake_rate[i].sends;
	*ret_receives = fake_rate[i].receives;
	return fake_rate[i].index == index;
}

int
os_link_choose(struct diag *d, const char *wish, char ret[OS_IFNAME])
{
	char name[OS_IFNAME];

	if (fake_enter(d, wish) == -1)
		return -1;
	strlcpy(name, wish, sizeof(name));
	for (unsigned i = 0; fake_link(name) != NULL; i++)
		snprintf(name, sizeof(name), "vmlink%u", i);
	strlcpy(ret, name, OS_IFNAME);
	return 0;
}

bool
os_is_wireless(const char *name, const char *host)
{
	const struct os_link *link = fake_link(name);

	return link != NULL && strcmp(link->kind, "wlan") == 0;
}

int
os_rates_check(struct diag *d, unsigned index, const char *name)
{
	if (fake_enter(d, name) == -1)
		return -1;
	if (fake_rate[rate_slot(index)].index != index)
		return 0;
	errno = EBUSY;
	return fail_sys(d, "%s", name);
}

int
os_rates_set(struct diag *d, unsigned index, const char *name, const struct os_rates *rates)
{
	size_t i = rate_slot(index);

	if (fake_enter(d, name) == -1)
		return -1;
	if (fake_rate[i].index == index) {
		errno = EEXIST;
		return fail_sys(d, "%s", name);
	}
	if (rates->receives.bits != 0) {
		fake_link_add(rates->shaper, "ifb", ETHERNET_MTU);
		strlcpy(fake_link(rates->shaper)->alias, rates->alias,
		    sizeof(((struct os_link *)0)->alias));
	}
	fake_rate[i].index = index;
	fake_rate[i].sends = rates->sends;
	fake_rate[i].receives = rates->receives;
	return 0;
}

/* Known by its kind and by what it says of itself. */
static int
destroy(struct diag *d, const char *name, const char *kind, const char *alias)
{
	const struct os_link *link;

	if (fake_enter(d, name) == -1)
		return -1;
	link = fake_link(name);
	if (link != NULL && strcmp(link->kind, kind) == 0 && strcmp(link->alias, alias) == 0)
		fake_link_remove(name);
	return 0;
}

int
os_rates_clear(
    struct diag *d, unsigned index, const char *name, const char *shaper, const char *alias)
{
	size_t i = rate_slot(index);

	if (fake_enter(d, name) == -1)
		return -1;
	if (index != 0 && fake_rate[i].index == index && !fake_rate[i].owners)
		memset(&fake_rate[i], 0, sizeof(fake_rate[i]));
	return shaper[0] != '\0' ? destroy(d, shaper, "ifb", alias) : 0;
}

int
os_macvtap_open(struct diag *d, const char *name, const struct os_macvtap *how, struct os_tap *ret)
{
	struct os_link *link;
	int fd;

	if (fake_enter(d, name) == -1)
		return -1;
	if (fake_link(how->uplink) == NULL) {
		errno = ENODEV;
		return fail_sys(d, "%s", how->uplink);
	}
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return fail_sys(d, "/dev/null");
	fake_link_add(name, "macvtap", how->mtu);
	link = fake_link(name);
	link->mac = how->mac;
	link->up = false;
	strlcpy(link->alias, how->alias, sizeof(link->alias));
	ret->fd = fd;
	ret->index = link->index;
	strlcpy(ret->name, link->name, sizeof(ret->name));
	return 0;
}

int
os_macvtap_queue(struct diag *d, const struct os_tap *tap)
{
	return os_tap_queue(d, tap);
}

int
os_macvtap_up(struct diag *d, const struct os_tap *tap)
{
	if (fake_enter(d, tap->name) == -1)
		return -1;
	fake_link(tap->name)->up = true;
	return 0;
}

int
os_macvtap_destroy(struct diag *d, const char *name, const char *alias)
{
	return destroy(d, name, "macvtap", alias);
}
