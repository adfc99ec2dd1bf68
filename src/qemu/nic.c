/* NICs and the netdevs behind them. */
#include <inttypes.h>
#include <stdlib.h>

#include "qemu/compose.h"
#include "qemu/usernet.h"

static void
add_inet(struct buf *b, const char *which, const struct vm_peer *peer)
{
	char text[IP_TEXT];

	buf_addf(b, "%s.type=inet,%s.host=%s,%s.port=%u", which, which,
	    ip_format(&peer->ip, text), which, peer->port);
}

static void
add_unix(struct buf *b, const char *which, const char *path)
{
	buf_addf(b, "%s.type=unix,%s.path=", which, which);
	buf_add_optarg(b, path);
}

/* QEMU connects, and does so again when the daemon was started anew; a descriptor cannot be had
 * twice. */
/* Up to the address of the other end, or of our own; false: that is a descriptor, and no more is to be said. */
static bool
add_stream(struct composer *c, struct buf *b, size_t i, const char *server, const struct vm_peer *peer)
{
	const struct qemu_handle *socket = &c->facts->nics[i].socket;

	buf_addf(b, "stream,id=net%zu,server=%s,", i, server);
	if (socket->fd >= 0)
		buf_addf(b, "addr.type=fd,addr.str=%d", socket->fd);
	else if (peer->kind == PEER_INET)
		add_inet(b, "addr", peer);
	else
		add_unix(b, "addr", socket->name);
	return socket->fd < 0;
}

static void
stream(struct composer *c, struct buf *b, size_t i)
{
	struct qemu_version v = c->facts->version;

	if (!add_stream(c, b, i, "off", &c->vm->nics[i].stream.connect))
		return;
	if (qemu_has(v, QEMU_RECONNECT_MS))
		buf_add(b, ",reconnect-ms=1000");
	else if (qemu_has(v, QEMU_STREAM_RECONNECT))
		buf_add(b, ",reconnect=1");
}

/* QEMU's modes are those of macOS's framework; it wants root, or an entitlement. */
static void
vmnet(struct composer *c, struct buf *b, size_t i)
{
	const struct vm_nic *nic = &c->vm->nics[i];
	const char *mode = nic->vmnet == VMNET_SHARED ? "shared"
			   : nic->vmnet == VMNET_HOST ? "host"
						      : "bridged";

	buf_addf(b, "vmnet-%s,id=net%zu", mode, i);
	if (nic->bridge != NULL) {
		buf_add(b, ",ifname=");
		buf_add_optarg(b, nic->bridge);
	}
	if (nic->isolated)
		buf_add(b, ",isolated=on");
}

/* "fd=10", or of several "fds=10:11". */
static void
descriptors(struct buf *b, const char *name, const int *fds, size_t n)
{
	buf_addf(b, ",%s%s=", name, n > 1 ? "s" : "");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%d", i > 0 ? ":" : "", fds[i]);
}

static void
tap(struct composer *c, struct buf *b, size_t i)
{
	const struct qemu_nic_facts *facts = &c->facts->nics[i];
	size_t queues = (size_t)c->vm->nics[i].queues;

	buf_addf(b, "tap,id=net%zu", i);
	if (facts->tap.fd >= 0) {
		descriptors(b, "fd", facts->queues, queues);
	} else {
		buf_add(b, ",ifname=");
		buf_add_optarg(b, facts->tap.name);
		/* Without these QEMU runs /etc/qemu-ifup. */
		buf_add(b, ",script=no,downscript=no");
		if (queues > 1)
			buf_addf(b, ",queues=%zu", queues);
	}
	if (facts->vhost)
		buf_add(b, ",vhost=on");
	if (facts->vhost && facts->tap.fd >= 0)
		descriptors(b, "vhostfd", facts->vhosts, queues);
}

/* QEMU listens, and takes another connection when one has ended. */
static void
listener(struct composer *c, struct buf *b, size_t i)
{
	(void)add_stream(c, b, i, "on", &c->vm->nics[i].stream.listen);
}

static void
add_peer(struct buf *b, const char *which, const struct vm_peer *peer)
{
	if (peer->kind == PEER_NONE)
		return;
	buf_addc(b, ',');
	if (peer->kind == PEER_INET)
		add_inet(b, which, peer);
	else
		add_unix(b, which, peer->path);
}

static void
dgram(struct composer *c, struct buf *b, size_t i)
{
	buf_addf(b, "dgram,id=net%zu", i);
	add_peer(b, "local", &c->vm->nics[i].dgram.local);
	add_peer(b, "remote", &c->vm->nics[i].dgram.remote);
}

static void
add_ip(struct buf *b, const char *key, const struct ip *ip)
{
	char text[IP_TEXT];

	if (ip->len != 0)
		buf_addf(b, ",%s=%s", key, ip_format(ip, text));
}

static void
add_text(struct buf *b, const char *key, const char *text)
{
	if (text == NULL)
		return;
	buf_addf(b, ",%s=", key);
	buf_add_optarg(b, text);
}

/* QEMU's own network; a forward without an address of the guest's leads to the one that DHCP gives
 * first. */
static void
user(struct composer *c, struct buf *b, size_t i)
{
	const struct vm_nic *nic = &c->vm->nics[i];
	const struct vm_user *u = &nic->user;
	char text[NET_TEXT];

	buf_addf(b, "user,id=net%zu", i);
	if (u->restricted)
		buf_add(b, ",restrict=on");
	if (u->network.ip.len != 0)
		buf_addf(b, ",net=%s", ip_net_format(&u->network, text));
	add_ip(b, "ipv6-prefix", &u->network6.ip);
	if (u->network6.ip.len != 0)
		buf_addf(b, ",ipv6-prefixlen=%u", u->network6.bits);
	add_ip(b, "dhcpstart", &u->address);
	add_ip(b, "dns", &u->dns);
	add_ip(b, "ipv6-dns", &u->dns6);
	add_text(b, "hostname", u->hostname);
	add_text(b, "domainname", u->domain);
	for (size_t k = 0; k < u->nsearch; k++)
		add_text(b, "dnssearch", u->search[k]);
	add_text(b, "tftp", u->tftp);
	add_text(b, "bootfile", u->bootfile);
	for (size_t k = 0; k < nic->nforwards; k++) {
		char rule[QEMU_HOSTFWD];

		buf_addf(b, ",hostfwd=%s", qemu_hostfwd(&nic->forwards[k], rule));
	}
}

static void
netdev(struct composer *c, size_t i)
{
	const struct vm_nic *nic = &c->vm->nics[i];
	struct buf b = { 0 };

	switch (vm_nic_way(nic)) {
	case WAY_SOCKET:
		stream(c, &b, i);
		break;
	case WAY_STREAM:
		if (nic->stream.listen.kind != PEER_NONE)
			listener(c, &b, i);
		else
			stream(c, &b, i);
		break;
	case WAY_DGRAM:
		dgram(c, &b, i);
		break;
	case WAY_VDE:
		buf_addf(&b, "vde,id=net%zu,sock=", i);
		buf_add_optarg(&b, nic->vde);
		break;
	case WAY_PASST:
	case WAY_NONE:
		listener(c, &b, i);
		break;
	case WAY_BRIDGE:
	case WAY_VMNET:
		if (vm_nic_on_vmnet(nic, c->facts->os))
			vmnet(c, &b, i);
		else
			tap(c, &b, i);
		break;
	case WAY_TAP:
	case WAY_MACVTAP:
		tap(c, &b, i);
		break;
	case WAY_USER:
	case WAY_UNSAID:
		user(c, &b, i);
		break;
	}
	compose(c, "-netdev", &b);
}

/* An interrupt for each queue of a pair, one for changes of the configuration and one for commands.
 */
static void
add_queues(struct buf *b, const struct composer *c, const struct vm_nic *nic)
{
	if (nic->queues <= 1)
		return;
	buf_add(b, ",mq=on");
	if (c->kind != MACHINE_MICROVM) /* virtio-mmio has one interrupt for everything */
		buf_addf(b, ",vectors=%" PRId64, 2 * nic->queues + 2);
}

static void
add_offloads(struct buf *b, const struct vm_nic *nic)
{
	bool on[NOFFLOADS] = { false };

	for (size_t i = 0; i < nic->noffloads; i++)
		on[nic->offloads[i]] = true;
	for (size_t i = 0; i < NOFFLOADS; i++) {
		if (!on[i])
			buf_addf(b, ",%s=off", vm_offloads[i]);
	}
}

static void
add_pci_address(struct buf *b, const struct vm *vm, size_t i)
{
	const struct vm_pci_address *address = &vm->nics[i].pci_address;
	bool together = address->function != 0;

	if (!address->set)
		return;
	for (size_t k = 0; k < vm->nnics; k++) {
		const struct vm_pci_address *other = &vm->nics[k].pci_address;

		together = together || (k != i && other->set && other->slot == address->slot);
	}
	buf_addf(b, ",addr=%02x.%x%s", address->slot, address->function,
	    together ? ",multifunction=on" : "");
}

static void
add_rom(struct buf *b, const struct composer *c, size_t i)
{
	const char *rom = c->vm->nics[i].rom;
	char *path = rom != NULL ? file_path(c, rom) : NULL;

	if (path != NULL) {
		buf_add(b, ",romfile=");
		buf_add_optarg(b, path);
	} else if (boot_index(c, BOOT_NETWORK, i) == 0 && c->kind != MACHINE_MICROVM) {
		buf_add(b, ",romfile="); /* QEMU's option ROM is for network boot only */
	}
	free(path);
}

static void
device(struct composer *c, size_t i)
{
	const struct vm_nic *nic = &c->vm->nics[i];
	const struct qemu_nic_facts *facts = &c->facts->nics[i];
	struct buf b = { 0 };
	char mac[MAC_TEXT];

	if (nic->model == NIC_VIRTIO)
		add_virtio(&b, c, "net");
	else
		buf_add(&b, vm_nic_models[nic->model]);
	buf_addf(&b, ",id=net%zu,netdev=net%zu,mac=%s", i, i, mac_format(facts->mac, mac));
	if (nic->model == NIC_VIRTIO && facts->mtu != 0 && facts->mtu != ETHERNET_MTU)
		buf_addf(&b, ",host_mtu=%u", facts->mtu);
	if (nic->model == NIC_VIRTIO) {
		add_queues(&b, c, nic);
		add_offloads(&b, nic);
	}
	add_pci_address(&b, c->vm, i);
	add_boot_index(&b, c, BOOT_NETWORK, i);
	add_rom(&b, c, i);
	compose(c, "-device", &b);
}

void
compose_nics(struct composer *c)
{
	/* Those that say where they sit come first, so that no other takes their place. */
	for (int chosen = 1; chosen >= 0; chosen--) {
		for (size_t i = 0; i < c->vm->nnics; i++) {
			if (c->vm->nics[i].pci_address.set != (chosen == 1))
				continue;
			netdev(c, i);
			device(c, i);
		}
	}
}
