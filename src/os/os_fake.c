/* A kernel in memory for tests: its interfaces; see os_fake.h. It is built on every system. */
#include "os/os_fake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define FAKE_LINKS 2048
#define FAKE_ADDRS 64

static struct {
	struct os_link links[FAKE_LINKS];
	int watch[FAKE_LINKS];  /* of a tap: hangs up with its last descriptor; -1: not a tap */
	bool given[FAKE_LINKS]; /* a tap that stays on every system */
	size_t nlinks;
	unsigned last_index;
	struct os_addr addrs[FAKE_ADDRS];
	size_t naddrs;
	unsigned fail_in;
	int error;
	bool failed;
} fake;

static void
link_drop(size_t i)
{
	unsigned index = fake.links[i].index;

	fd_close(&fake.watch[i]);
	fake.nlinks--;
	fake.links[i] = fake.links[fake.nlinks];
	fake.watch[i] = fake.watch[fake.nlinks];
	fake.given[i] = fake.given[fake.nlinks];
	for (size_t k = 0; k < fake.nlinks; k++) {
		if (fake.links[k].master == index)
			fake.links[k].master = 0;
	}
}

static bool
is_closed(size_t i)
{
	struct pollfd p = { .fd = fake.watch[i] };

	return fake.watch[i] != -1 && poll(&p, 1, 0) == 1;
}

/* Taps whose last descriptor was closed are gone, unless the system keeps them. */
static void
sweep(void)
{
	for (size_t i = 0; i < fake.nlinks && !os_here()->taps_outlive;) {
		if (is_closed(i) && !fake.given[i])
			link_drop(i);
		else
			i++;
	}
}

int
fake_enter(struct diag *d, const char *what)
{
	sweep();
	if (fake.fail_in == 0 || --fake.fail_in > 0)
		return 0;
	fake.failed = true;
	errno = fake.error;
	return fail_sys(d, "%s", what);
}

void
fake_reset(void)
{
	while (fake.nlinks > 0)
		link_drop(fake.nlinks - 1);
	memset(&fake, 0, sizeof(fake));
	fake_host_reset();
	fake_nic_reset();
	fake_neighbours_reset();
}

unsigned
fake_link_add(const char *name, const char *kind, unsigned mtu)
{
	size_t i = fake.nlinks;

	if (i == FAKE_LINKS)
		abort();
	fake.nlinks++;
	fake.links[i] =
	    (struct os_link){ .index = ++fake.last_index, .mtu = mtu, .up = true, .carrier = true };
	strlcpy(fake.links[i].name, name, OS_IFNAME);
	strlcpy(fake.links[i].kind, kind, sizeof(fake.links[i].kind));
	fake.links[i].is_bridge = strcmp(kind, "bridge") == 0;
	fake.links[i].is_tap = strcmp(kind, "tun") == 0;
	fake.links[i].mac = mac_from_number(0x020000000000 + fake.last_index);
	fake.watch[i] = -1;
	fake.given[i] = false;
	return fake.last_index;
}

struct os_link *
fake_link(const char *name)
{
	sweep();
	for (size_t i = 0; i < fake.nlinks; i++) {
		if (strcmp(fake.links[i].name, name) == 0)
			return &fake.links[i];
	}
	return NULL;
}

void
fake_link_remove(const char *name)
{
	struct os_link *link = fake_link(name);

	if (link != NULL)
		link_drop((size_t)(link - fake.links));
}

void
fake_addr_add(unsigned index, const char *text)
{
	if (fake.naddrs == FAKE_ADDRS)
		abort();
	fake.addrs[fake.naddrs].index = index;
	strlcpy(fake.addrs[fake.naddrs].text, text, sizeof(fake.addrs[0].text));
	fake.naddrs++;
}

void
fake_fail_at(unsigned n, int error)
{
	fake.fail_in = n;
	fake.error = error;
	fake.failed = false;
}

bool
fake_failed(void)
{
	return fake.failed;
}

unsigned
fake_taps(void)
{
	unsigned n = 0;

	sweep();
	for (size_t i = 0; i < fake.nlinks; i++)
		n += fake.links[i].is_tap;
	return n;
}

unsigned
fake_ports(void)
{
	unsigned n = 0;

	sweep();
	for (size_t i = 0; i < fake.nlinks; i++)
		n += fake.links[i].master != 0;
	return n;
}

void *
fake_copy(const void *items, size_t n, size_t size)
{
	void *copy = xcalloc(n + 1, size);

	return memcpy(copy, items, n * size);
}

int
os_links(struct diag *d, struct os_link **ret, size_t *ret_n)
{
	if (fake_enter(d, "interfaces") == -1)
		return -1;
	*ret = fake_copy(fake.links, fake.nlinks, sizeof(**ret));
	*ret_n = fake.nlinks;
	return 0;
}

int
os_addrs(struct diag *d, struct os_addr **ret, size_t *ret_n)
{
	if (fake_enter(d, "addresses") == -1)
		return -1;
	*ret = fake_copy(fake.addrs, fake.naddrs, sizeof(**ret));
	*ret_n = fake.naddrs;
	return 0;
}

int
os_traffic(struct diag *d, struct os_traffic **ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	return fake_enter(d, "traffic");
}

int
os_vlans(struct diag *d, struct os_vlan **ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	return fake_enter(d, "VLANs");
}

int
os_bridge_divides(struct diag *d, const struct os_link *bridge, const struct os_port *port)
{
	return fake_enter(d, "VLAN filtering");
}

int
os_link_find(struct diag *d, const char *name, struct os_link *ret)
{
	const struct os_link *link;

	if (fake_enter(d, name) == -1)
		return -1;
	link = fake_link(name);
	if (link == NULL) {
		errno = ENODEV;
		return fail_sys(d, "%s", name);
	}
	*ret = *link;
	return 0;
}

int
os_tap_choose(struct diag *d, const char *wish, char ret[OS_IFNAME])
{
	char name[OS_IFNAME];

	if (fake_enter(d, wish) == -1)
		return -1;
	strlcpy(name, wish, sizeof(name));
	for (unsigned i = 0; os_here()->taps_outlive && (i == 0 || fake_link(name) != NULL); i++)
		snprintf(name, sizeof(name), "tap%u", i);
	strlcpy(ret, name, OS_IFNAME);
	return 0;
}

/* The descriptor of a tap: while it is open the other end does not hang up. */
static int
tap_descriptor(struct diag *d, size_t i, struct os_tap *ret)
{
	int ends[2];

	if (pipe(ends) == -1)
		return fail_sys(d, "%s", fake.links[i].name);
	(void)fd_set_cloexec(ends[0], true);
	(void)fd_set_cloexec(ends[1], true);
	fd_close(&fake.watch[i]);
	fake.watch[i] = ends[0];
	ret->fd = ends[1];
	ret->index = fake.links[i].index;
	strlcpy(ret->name, fake.links[i].name, sizeof(ret->name));
	return 0;
}

int
os_tap_open(struct diag *d, const char *name, bool multi_queue, struct os_tap *ret)
{
	char free_name[OS_IFNAME];

	if (fake_enter(d, name) == -1)
		return -1;
	strlcpy(free_name, name, sizeof(free_name));
	if (os_here()->taps_outlive && fake_link(name) != NULL) {
		errno = EEXIST;
		return fail_sys(d, "%s", name);
	}
	for (unsigned i = 0; fake_link(free_name) != NULL; i++)
		snprintf(free_name, sizeof(free_name), "vmtap%u", i);
	fake_link_add(free_name, "tun", ETHERNET_MTU);
	fake.links[fake.nlinks - 1].up = false;
	if (tap_descriptor(d, fake.nlinks - 1, ret) == -1) {
		link_drop(fake.nlinks - 1);
		return -1;
	}
	return 0;
}

/* One that fake_link_add() has made. */
int
os_tap_open_given(struct diag *d, const char *name, uid_t also, struct os_tap *ret)
{
	struct os_link *link;
	size_t i;

	if (fake_enter(d, name) == -1)
		return -1;
	link = fake_link(name);
	if (link == NULL || !link->is_tap) {
		errno = ENODEV;
		return fail_sys(d, "%s", name);
	}
	i = (size_t)(link - fake.links);
	if (fake.watch[i] != -1 && !is_closed(i)) {
		errno = EBUSY;
		return fail_sys(d, "%s", name);
	}
	if (tap_descriptor(d, i, ret) == -1)
		return -1;
	fake.given[i] = true;
	return 0;
}

int
os_tap_queue(struct diag *d, const struct os_tap *tap)
{
	int fd;

	if (fake_enter(d, tap->name) == -1)
		return -1;
	fd = fcntl(tap->fd, F_DUPFD_CLOEXEC, 0);
	return fd != -1 ? fd : fail_sys(d, "%s", tap->name);
}

int
os_tap_received(struct diag *d, int fd, struct mac mac, struct os_tap *ret)
{
	return fail(d, "what was handed over is not a tap");
}

static struct os_link *
link_by_index(unsigned index)
{
	for (size_t i = 0; i < fake.nlinks; i++) {
		if (fake.links[i].index == index)
			return &fake.links[i];
	}
	return NULL;
}

int
os_tap_join(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge)
{
	struct os_link *link;

	if (fake_enter(d, tap->name) == -1)
		return -1;
	link = link_by_index(tap->index);
	if (link == NULL || link_by_index(bridge->index) == NULL) {
		errno = ENODEV;
		return fail_sys(d, "%s", tap->name);
	}
	if (!mac_is_zero(port->mac))
		link->mac = port->mac;
	link->mtu = port->mtu;
	if (port->alias != NULL)
		strlcpy(link->alias, port->alias, sizeof(link->alias));
	link->master = bridge->index;
	link->up = true;
	return 0;
}

int
os_tap_leave(struct diag *d, unsigned index, const char *name, const char *alias)
{
	struct os_link *link;

	if (fake_enter(d, name) == -1)
		return -1;
	link = index != 0 ? link_by_index(index) : fake_link(name);
	if (link != NULL && link->is_tap && strcmp(link->name, name) == 0 &&
	    (index != 0 || strcmp(link->alias, alias) == 0))
		link->master = 0;
	return 0;
}

int
os_guard_set(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge)
{
	return fake_enter(d, tap->name);
}

int
os_guard_there(struct diag *d, const struct os_tap *tap)
{
	return fake_enter(d, tap->name) == -1 ? -1 : 1;
}

int
os_guard_watch(struct diag *d)
{
	return -1;
}

bool
os_guard_removed(int fd, const struct os_tap *taps, size_t n, const char *prefix, bool *ret_tables)
{
	*ret_tables = false;
	return false;
}

int
os_guard_remove(struct diag *d, unsigned index, const char *tap)
{
	return fake_enter(d, tap);
}

int
os_guard_sweep(struct diag *d)
{
	return fake_enter(d, "guards");
}

int
os_tap_destroy(struct diag *d, const char *name, const char *alias)
{
	struct os_link *link;
	size_t i;

	if (fake_enter(d, name) == -1)
		return -1;
	link = fake_link(name);
	if (!os_here()->taps_outlive || link == NULL || !link->is_tap ||
	    (link->alias[0] != '\0' && strcmp(link->alias, alias) != 0))
		return 0;
	i = (size_t)(link - fake.links);
	if (!is_closed(i)) {
		if (link->alias[0] == '\0')
			return 0;
		errno = EBUSY;
		return fail_sys(d, "%s", name);
	}
	link_drop(i);
	return 0;
}

int
os_vmnet_check(struct diag *d, const char *name)
{
	if (fake_enter(d, name) == -1)
		return -1;
	if (!os_here()->vmnet || fake_link(name) == NULL)
		return fail(d, "%s: vmnet cannot bridge it", name);
	return 0;
}

int
os_network_alone(void)
{
	return 0;
}

int
os_bridge_create(struct diag *d, const char *name, const char *alias, char ret[OS_IFNAME])
{
	if (fake_enter(d, name) == -1)
		return -1;
	if (fake_link(name) != NULL) {
		errno = EEXIST;
		return fail_sys(d, "%s", name);
	}
	fake_link_add(name, "bridge", ETHERNET_MTU);
	strlcpy(fake.links[fake.nlinks - 1].alias, alias, sizeof(fake.links[0].alias));
	strlcpy(ret, name, OS_IFNAME);
	return 0;
}

int
os_bridge_destroy(struct diag *d, const char *name)
{
	if (fake_enter(d, name) == -1)
		return -1;
	fake_link_remove(name);
	return 0;
}

int
os_trial_open(struct diag *d, struct os_tap *ret)
{
	return os_tap_open(d, "trial0", false, ret);
}

int
os_trial_close(struct diag *d, struct os_tap *tap, const char *alias)
{
	fd_close(&tap->fd);
	return os_tap_destroy(d, tap->name, alias);
}
