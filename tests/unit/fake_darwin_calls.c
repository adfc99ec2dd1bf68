/* XNU in memory for tests: what is asked and told about interfaces and bridges; see fake_darwin.h.
 * Its rules are those of XNU's bsd/net/if_bridge.c, if.c and if_clone.c. */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fake_darwin_kernel.h"

int __wrap_ioctl(int fd, unsigned long number, ...);
int __wrap_getifaddrs(struct ifaddrs **ret);
void __wrap_freeifaddrs(struct ifaddrs *all);
unsigned __wrap_if_nametoindex(const char *name);
char *__wrap_if_indextoname(unsigned index, char *ret);

static int
refuse(int error)
{
	errno = error;
	return -1;
}

/* The 80 bytes of a struct ifbreq: only the name matters here, and the flags. */
static int
bridge_member(struct darwin_link *bridge, bool add, const unsigned char *request)
{
	char name[16];
	struct darwin_link *member;
	bool empty = true;

	memcpy(name, request, sizeof(name));
	if (name[15] != '\0')
		abort(); /* the kernel would cut it, and mean another interface */
	member = darwin_link(name);
	for (unsigned i = 0; i < xnu.nlinks; i++)
		empty = empty && xnu.links[i].bridge != bridge->index;
	if (!add) {
		if (member == NULL || member->bridge != bridge->index)
			return fake_record(refuse(ENOENT), "delete %s %s", bridge->name, name);
		member->bridge = 0;
		return fake_record(0, "delete %s %s", bridge->name, name);
	}
	errno = member == NULL                         ? ENOENT
		: member->bridge == bridge->index      ? EEXIST
		: member->bridge != 0                  ? EBUSY
		: member->type != DARWIN_ETHER         ? EINVAL
		: !empty && member->mtu != bridge->mtu ? EINVAL
						       : 0;
	if (errno != 0)
		return fake_record(-1, "add %s %s", bridge->name, name);
	if (empty)
		bridge->mtu = member->mtu;
	member->bridge = bridge->index;
	return fake_record(0, "add %s %s", bridge->name, name);
}

/* struct ifbifconf, packed: the length at 0, the address at 4. */
static int
bridge_list(const struct darwin_link *bridge, unsigned char *conf)
{
	uint32_t room, used = 0, all = 0;
	unsigned char *to;

	memcpy(&room, conf, 4);
	memcpy(&to, conf + 4, 8);
	for (unsigned i = 0; i < xnu.nlinks; i++) {
		if (xnu.links[i].bridge != bridge->index)
			continue;
		all += 80;
		if (room < used + 80)
			continue;
		memset(to + used, 0, 80);
		memcpy(to + used, xnu.links[i].name, 16);
		used += 80;
	}
	memcpy(conf, room == 0 ? &all : &used, 4);
	return 0;
}

/* struct ifdrv: the name at 0, the command at 16, the length at 24, the address at 32. */
static int
driver_call(bool get, unsigned char *ifdrv)
{
	struct darwin_link *bridge;
	uint64_t command, len;
	unsigned char *data;
	char name[17] = "";

	memcpy(name, ifdrv, 16);
	memcpy(&command, ifdrv + 16, 8);
	memcpy(&len, ifdrv + 24, 8);
	memcpy(&data, ifdrv + 32, 8);
	bridge = darwin_link(name);
	if (fake_refuses())
		return command > 1 ? -1
				   : fake_record(-1, "%s %s %.15s", command == 0 ? "add" : "delete",
					 name, (char *)data);
	if (bridge == NULL)
		return refuse(ENXIO);
	if (bridge->type != DARWIN_BRIDGE)
		return refuse(EOPNOTSUPP);
	if (command > 37 || get != (command == 6) || (command > 1 && command != 6))
		return refuse(EINVAL);
	if (!get && xnu.no_root)
		return refuse(EPERM);
	if (len != (command == 6 ? 12 : 80))
		return refuse(EINVAL);
	return command == 6 ? bridge_list(bridge, data) : bridge_member(bridge, command == 0, data);
}

/* A driver's name gets the lowest number that is free. */
static int
clone_create(char *name)
{
	size_t len = strcspn(name, "0123456789");
	char made[32];

	if (xnu.no_root)
		return refuse(EPERM);
	if (strncmp(name, "bridge", len) != 0 && strncmp(name, "feth", len) != 0)
		return refuse(EINVAL);
	snprintf(made, sizeof(made), "%.15s", name);
	for (unsigned i = 0; name[len] == '\0' && (i == 0 || darwin_link(made) != NULL); i++)
		snprintf(made, sizeof(made), "%.15s%u", name, i);
	if (darwin_link(made) != NULL)
		return refuse(EEXIST);
	(void)darwin_link_add(made, name[0] == 'b' ? DARWIN_BRIDGE : DARWIN_ETHER, 1500);
	darwin_link(made)->cloned = true;
	darwin_link(made)->flags = IFF_BROADCAST;
	snprintf(name, 16, "%.15s", made);
	return fake_record(0, "create %s", made);
}

static int
clone_destroy(const char *name)
{
	struct darwin_link *link = darwin_link(name);

	if (xnu.no_root)
		return refuse(EPERM);
	if (link == NULL)
		return refuse(ENXIO);
	if (!link->cloned)
		return refuse(EINVAL);
	darwin_link_remove(name);
	return fake_record(0, "destroy %s", name);
}

static int
set_mac(struct darwin_link *link, const unsigned char *address)
{
	if (address[0] != 6 || xnu.no_root)
		return refuse(xnu.no_root ? EPERM : EINVAL);
	memcpy(link->mac, address + 2, 6);
	return 0;
}

static int
set_mtu(struct darwin_link *link, const unsigned char *p)
{
	int mtu;

	memcpy(&mtu, p, 4);
	if (xnu.no_root)
		return refuse(EPERM);
	if (mtu < 576 || mtu > 9000)
		return refuse(EINVAL);
	link->mtu = (unsigned)mtu;
	return 0;
}

static int
set_flags(struct darwin_link *link, const unsigned char *p)
{
	int16_t flags;

	memcpy(&flags, p, 2);
	if (xnu.no_root)
		return refuse(EPERM);
	link->flags = flags;
	return 0;
}

/* struct ifreq: the name at 0, the union at 16. */
static int
interface_call(unsigned long number, unsigned char *ifreq)
{
	bool refused = fake_refuses();
	unsigned char *p = ifreq + 16;
	struct darwin_link *link;
	char name[17] = "";
	int16_t flags;

	memcpy(name, ifreq, 16);
	if (strlen(name) == 16)
		abort();
	link = darwin_link(name);
	if (number == 0xc020697a)
		return refused ? fake_record(-1, "create %s", name) : clone_create((char *)ifreq);
	if (number == 0x80206979)
		return refused ? fake_record(-1, "destroy %s", name) : clone_destroy(name);
	if (link == NULL && !refused)
		return refuse(ENXIO);
	switch (number) {
	case 0x80206910:
		memcpy(&flags, p, 2);
		return fake_record(refused ? -1 : set_flags(link, p), "%s %s",
		    (flags & IFF_UP) != 0 ? "up" : "down", name);
	case 0xc0206911:
		if (!refused)
			memcpy(p, &link->flags, 2);
		return refused ? -1 : 0;
	case 0xc0206933:
		if (!refused)
			memcpy(p, &link->mtu, 4);
		return refused ? -1 : 0;
	case 0x80206934:
		return fake_record(refused ? -1 : set_mtu(link, p), "mtu %s %d", name,
		    p[0] | p[1] << 8 | p[2] << 16);
	case 0x8020693c:
		return fake_record(refused ? -1 : set_mac(link, p),
		    "mac %s %02x:%02x:%02x:%02x:%02x:%02x", name, p[2], p[3], p[4], p[5], p[6],
		    p[7]);
	default:
		return refuse(EOPNOTSUPP);
	}
}

int
__wrap_ioctl(int fd, unsigned long number, ...)
{
	unsigned char *argument;
	va_list ap;

	va_start(ap, number);
	argument = va_arg(ap, unsigned char *);
	va_end(ap);
	if (!fake_is_socket(fd))
		return refuse(ENOTTY);
	if (number == 0x8028697b || number == 0xc028697b)
		return driver_call(number == 0xc028697b, argument);
	if (number == 0xc02c6938) { /* SIOCGIFMEDIA: all are active */
		memcpy(argument + 24, &(int){ 3 }, 4);
		return 0;
	}
	return interface_call(number, argument);
}

unsigned
__wrap_if_nametoindex(const char *name)
{
	struct darwin_link *link = darwin_link(name);

	if (fake_refuses())
		return 0;
	if (link == NULL)
		errno = ENXIO;
	return link == NULL ? 0 : link->index;
}

char *
__wrap_if_indextoname(unsigned index, char *ret)
{
	struct darwin_link *link = fake_by_index(index);

	if (fake_refuses())
		return NULL;
	if (link == NULL)
		errno = ENXIO;
	return link == NULL ? NULL : strcpy(ret, link->name);
}

/* One entry of a link, in one piece. */
struct entry {
	struct ifaddrs a;
	struct sockaddr_dl address;
	struct if_data data;
	char name[16];
};

int
__wrap_getifaddrs(struct ifaddrs **ret)
{
	struct entry *e;

	if (fake_refuses())
		return -1;
	*ret = NULL;
	for (unsigned i = xnu.nlinks; i-- > 0;) {
		const struct darwin_link *link = &xnu.links[i];
		size_t len = strlen(link->name);
		unsigned char *address;

		/* The name and the address follow one another, as long as they are. */
		e = calloc(1, sizeof(*e) + 32);
		memcpy(e->name, link->name, sizeof(e->name));
		e->data.ifi_type = link->type;
		e->data.ifi_mtu = link->mtu;
		e->a.ifa_next = *ret;
		e->a.ifa_name = e->name;
		e->a.ifa_flags = (unsigned)link->flags;
		e->a.ifa_data = &e->data;
		address = (unsigned char *)(e + 1);
		address[0] = 32;
		address[1] = 18;
		memcpy(address + 2, &(uint16_t){ (uint16_t)link->index }, 2);
		address[4] = link->type;
		address[5] = (unsigned char)len;
		address[6] = 6;
		memcpy(address + 8, link->name, len);
		memcpy(address + 8 + len, link->mac, 6);
		e->a.ifa_addr = (struct sockaddr *)address;
		*ret = &e->a;
	}
	return 0;
}

void
__wrap_freeifaddrs(struct ifaddrs *all)
{
	struct ifaddrs *next;

	for (; all != NULL; all = next) {
		next = all->ifa_next;
		free(all);
	}
}
