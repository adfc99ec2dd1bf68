/* What a VM wants for itself; see claims.h. */
#include "vm/claims.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Takes over key and path. */
static struct claim *
claim(struct claims *c, enum claim_kind kind, const struct fleet_member *member, char *key,
    char *path)
{
	c->list = xreallocarray(c->list, c->n + 1, sizeof(*c->list));
	c->list[c->n] = (struct claim){
		.kind = kind, .key = key, .member = member, .order = c->members, .path = path
	};
	return &c->list[c->n++];
}

static char *
uuid_text(const struct vm_uuid *uuid)
{
	char text[UUID_TEXT];

	return xstrdup(uuid_format(uuid->b, text));
}

/* An image that a server has, as far as it can be told from another. */
static char *
url_text(const struct vm_url *url)
{
	if (url->scheme == URL_NBD_UNIX)
		return xasprintf("nbd+unix:///%s?socket=%s", url->path, url->socket);
	if (url->scheme == URL_ISCSI)
		return xasprintf(
		    "iscsi://%s:%u/%s/%u", url->host, url->port, url->target, url->lun);
	return xasprintf("%s://%s:%u%s%s", vm_url_scheme(url), url->host, url->port,
	    url->scheme == URL_NBD ? "/" : "", url->path);
}

static void
claim_images(struct claims *c, const struct fleet_member *member)
{
	const struct vm *vm = &member->vm;

	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct vm_disk *disk = &vm->disks[i];
		struct claim *image;

		if (disk->base != NULL)
			claim(c, CLAIM_IMAGE, member, xstrdup(disk->base),
			    xasprintf("disks[%zu].base", i))
			    ->shared = true;
		if (disk->url.scheme != URL_NONE)
			image = claim(c, CLAIM_IMAGE, member, url_text(&disk->url),
			    xasprintf("disks[%zu].url", i));
		else if (disk->file != NULL)
			image = claim(c, CLAIM_IMAGE, member, xstrdup(disk->file),
			    xasprintf("disks[%zu].file", i));
		else
			continue;
		image->shared = disk->readonly || disk->temporary;
		image->shareable = disk->shareable;
	}
	for (size_t i = 0; i < vm->ncdroms; i++) {
		if (vm->cdroms[i].file != NULL)
			claim(c, CLAIM_IMAGE, member, xstrdup(vm->cdroms[i].file),
			    xasprintf("cdrom[%zu].file", i))
			    ->shared = true;
	}
	for (size_t i = 0; i < vm->nfloppies; i++) {
		if (vm->floppies[i].file != NULL)
			claim(c, CLAIM_IMAGE, member, xstrdup(vm->floppies[i].file),
			    xasprintf("floppy[%zu].file", i))
			    ->shared = vm->floppies[i].readonly;
	}
	if (vm->firmware.vars != NULL)
		claim(c, CLAIM_IMAGE, member, xstrdup(vm->firmware.vars), xstrdup("firmware.vars"));
}

/* A file that two guests' words went to would be nobody's. */
static void
claim_channels(struct claims *c, const struct fleet_member *member)
{
	static const char *const lists[] = { [CHANNEL_SERIAL] = "serial",
		[CHANNEL_CONSOLE] = "consoles",
		[CHANNEL_PORT] = "ports" };
	struct vm_channel_ref ref;

	for (size_t i = 0; vm_channel(&member->vm, i, &ref); i++) {
		const struct vm_channel *channel = ref.channel;

		if (channel->path != NULL)
			claim(c, CLAIM_IMAGE, member, xstrdup(channel->path),
			    xasprintf("%s[%s].path", lists[ref.kind], vm_channel_number(&ref)));
		if (channel->log != NULL)
			claim(c, CLAIM_IMAGE, member, xstrdup(channel->log),
			    xasprintf("%s[%s].log", lists[ref.kind], vm_channel_number(&ref)));
	}
}

static void
claim_port(struct claims *c, const struct fleet_member *member, const struct vm_listen *listen,
    unsigned port, const char *path)
{
	if (listen->set)
		claim(c, CLAIM_PORT, member, xasprintf("TCP port %u", port), xstrdup(path))
		    ->detail = listen->address;
}

static void
claim_display(struct claims *c, const struct fleet_member *member)
{
	const struct vm_vnc *vnc = &member->vm.display.vnc;
	const struct vm_spice *spice = &member->vm.display.spice;

	if (vnc->on)
		claim_port(c, member, &vnc->listen, VNC_PORT + vnc->listen.number, "display.vnc");
	if (vnc->on && vnc->websocket != 0)
		claim_port(
		    c, member, &vnc->listen, (unsigned)vnc->websocket, "display.vnc.websocket");
	if (spice->on)
		claim_port(c, member, &spice->listen, spice->listen.number, "display.spice");
}

static void
claim_number(struct claims *c, const struct fleet_member *member, int protocol,
    const struct ip *ip, unsigned port, char *path)
{
	struct vm_forward f = { .address = *ip };
	struct claim *own = claim(c, CLAIM_PORT, member,
	    xasprintf("%s port %u", protocol == FORWARD_UDP ? "UDP" : "TCP", port), path);

	if (ip->len == 0)
		strlcpy(own->host, "0.0.0.0", sizeof(own->host));
	else
		forward_address(&f, own->host);
}

/* Each port of a range, so that ranges that overlap clash. */
static void
claim_forward(struct claims *c, const struct fleet_member *member, size_t i, size_t k)
{
	const struct vm_forward *f = &member->vm.nics[i].forwards[k];

	for (unsigned port = f->port; port <= f->last; port++)
		claim_number(c, member, f->protocol, &f->address, port,
		    xasprintf("nics[%zu].forward[%zu]", i, k));
}

/* Of links: where a NIC waits for the other end. */
static void
claim_peer(struct claims *c, const struct fleet_member *member, size_t i, const char *key,
    int protocol, const struct vm_peer *peer)
{
	char *path = xasprintf("nics[%zu].%s", i, key);

	if (peer->kind == PEER_INET)
		claim_number(c, member, protocol, &peer->ip, peer->port, path);
	else if (peer->kind == PEER_UNIX)
		claim(c, CLAIM_SOCKET, member, xstrdup(peer->path), path);
	else
		free(path);
}

void
claim_all(struct claims *c, const struct fleet_member *member)
{
	const struct vm *vm = &member->vm;
	char text[MAC_TEXT], usb[VM_USB_TEXT], ifname[IFNAME_SIZE];

	for (size_t i = 0; i < vm->nnics; i++) {
		if (!mac_is_zero(vm->nics[i].mac))
			claim(c, CLAIM_MAC, member, xstrdup(mac_format(vm->nics[i].mac, text)),
			    xasprintf("nics[%zu].mac", i));
		if (vm_nic_ifname(vm, i, ifname))
			claim(c, CLAIM_TAP, member, xstrdup(ifname),
			    xasprintf("nics[%zu].ifname", i));
		if (vm->nics[i].tap != NULL)
			claim(c, CLAIM_TAP, member, xstrdup(vm->nics[i].tap),
			    xasprintf("nics[%zu].tap", i));
		for (size_t k = 0; k < vm->nics[i].nforwards; k++)
			claim_forward(c, member, i, k);
		claim_peer(c, member, i, "stream.listen", FORWARD_TCP, &vm->nics[i].stream.listen);
		claim_peer(c, member, i, "dgram.local", FORWARD_UDP, &vm->nics[i].dgram.local);
	}
	if (vm->uuid.set)
		claim(c, CLAIM_UUID, member, uuid_text(&vm->uuid), xstrdup("uuid"));
	claim_display(c, member);
	for (size_t i = 0; i < vm->usb.ndevices; i++) {
		if (vm->usb.devices[i].host.set)
			claim(c, CLAIM_USB, member,
			    xstrdup(vm_usb_text(&vm->usb.devices[i].host, usb)),
			    xasprintf("usb.devices[%zu]", i));
	}
	claim_images(c, member);
	claim_channels(c, member);
	if (vm->vsock.cid != 0)
		claim(c, CLAIM_CID, member, xasprintf("%lld", (long long)vm->vsock.cid),
		    xstrdup("vsock.cid"));
	if (vm->gdb.kind == GDB_TCP)
		claim(c, CLAIM_PORT, member, xasprintf("TCP port %u", vm->gdb.port), xstrdup("gdb"))
		    ->detail = ""; /* of this host alone */
	c->members++;
}

void
claims_free(struct claims *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->list[i].key);
		free(c->list[i].path);
	}
	free(c->list);
}
