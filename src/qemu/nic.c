/* NICs and the netdevs behind them. */
#include "qemu/compose.h"

#define MTU_ETHERNET 1500 /* what a guest takes unless it is told */

static const char *const models[] = {
	[NIC_VIRTIO] = NULL, /* add_virtio() */
	[NIC_E1000] = "e1000",
	[NIC_E1000E] = "e1000e",
	[NIC_RTL8139] = "rtl8139",
};

/* QEMU connects, and does so again when the daemon was started anew; a descriptor cannot be had
 * twice. */
static void
stream(struct composer *c, struct buf *b, size_t i)
{
	const struct qemu_handle *socket = &c->facts->nics[i].socket;
	struct qemu_version v = c->facts->version;

	buf_addf(b, "stream,id=net%zu,server=off,", i);
	if (socket->fd >= 0) {
		buf_addf(b, "addr.type=fd,addr.str=%d", socket->fd);
		return;
	}
	buf_add(b, "addr.type=unix,addr.path=");
	buf_add_optarg(b, socket->name);
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

static void
netdev(struct composer *c, size_t i)
{
	const struct qemu_handle *tap = &c->facts->nics[i].tap;
	const struct vm_nic *nic = &c->vm->nics[i];
	struct buf b = { 0 };

	if (nic->user) {
		buf_addf(&b, "user,id=net%zu", i);
	} else if (nic->socket != NULL) {
		stream(c, &b, i);
	} else if (vm_nic_on_vmnet(nic, c->facts->os)) {
		vmnet(c, &b, i);
	} else if (tap->fd >= 0) {
		buf_addf(&b, "tap,id=net%zu,fd=%d", i, tap->fd);
	} else {
		buf_addf(&b, "tap,id=net%zu,ifname=", i);
		buf_add_optarg(&b, tap->name);
		/* Without these QEMU runs /etc/qemu-ifup. */
		buf_add(&b, ",script=no,downscript=no");
	}
	compose(c, "-netdev", &b);
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
		buf_add(&b, models[nic->model]);
	buf_addf(&b, ",id=net%zu,netdev=net%zu,mac=%s", i, i, mac_format(facts->mac, mac));
	if (nic->model == NIC_VIRTIO && facts->mtu != 0 && facts->mtu != MTU_ETHERNET)
		buf_addf(&b, ",host_mtu=%u", facts->mtu);
	if (boot_index(c, BOOT_NETWORK, i) != 0)
		add_boot_index(&b, c, BOOT_NETWORK, i);
	else
		buf_add(&b, ",romfile="); /* the option ROM is for network boot only */
	compose(c, "-device", &b);
}

void
compose_nics(struct composer *c)
{
	for (size_t i = 0; i < c->vm->nnics; i++) {
		netdev(c, i);
		device(c, i);
	}
}
