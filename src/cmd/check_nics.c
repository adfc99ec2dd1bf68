/* What vmrun check looks at for each NIC: bridges, taps, interfaces, sockets, hooks. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/check.h"
#include "conf/conf.h"
#include "launch/companion.h"
#include "launch/nics.h"
#include "launch/plan.h"
#include "launch/port_maker.h"
#include "launch/reserve.h"
#include "net/bridge.h"
#include "net/port.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

void
check_hook(const struct fleet_member *m, const char *key, const char *path)
{
	struct diag d = { 0 };

	if (access(path, X_OK) == -1)
		conf_fail(m->doc, key, "%s: %s", path, strerror(errno));
	else if (geteuid() == 0 && path_trusted(&d, path) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	diag_free(&d);
}

static void
check_nic_hook(const struct fleet_member *m, size_t nic, const char *which, const char *path)
{
	char key[48];

	snprintf(key, sizeof(key), "nics[%zu].%s", nic, which);
	if (path != NULL)
		check_hook(m, key, path);
}

/* A network that is missing now, and that a start makes; NULL: it is there, or is not made. */
static const struct host_bridge *
to_be_made(const struct context *c, const char *name)
{
	const struct host_bridge *b = host_bridge_find(&c->host, name);
	struct diag missing = { 0 };
	struct os_link link;
	bool there = os_link_find(&missing, name, &link) == 0;

	diag_free(&missing);
	return !there && b != NULL && b->create != CREATE_NO && os_here()->networks ? b : NULL;
}

static int
server_find(struct diag *d, const struct host_bridge *b)
{
	char *path = NULL;
	int result = !bridge_is_served(b) ? 0 : companion_find(d, "dnsmasq", "dnsmasq-base", &path);

	free(path);
	return result;
}

/* Those that a guard lets through. */
static void
check_addresses(const struct context *c, const struct fleet_member *m, size_t i)
{
	const struct vm_nic *nic = &m->vm.nics[i];
	const struct host_bridge *b = host_bridge_find(&c->host, nic->bridge);
	char key[48], text[NET_TEXT];

	for (size_t k = 0; b != NULL && k < nic->naddresses; k++) {
		const char *why = host_bridge_reserves(b, &nic->addresses[k]);

		snprintf(key, sizeof(key), "nics[%zu].addresses", i);
		if (why != NULL)
			conf_fail(m->doc, key, "%s is %s on bridge %s",
			    ip_format(&nic->addresses[k].ip, text), why, b->name);
	}
}

/* One that there is, or one that will be made. */
static int
vlans_fit(struct diag *d, const struct vm_nic *nic, const struct os_link *link,
    const struct host_bridge *made)
{
	struct os_port port = {
		.vlan = (unsigned)nic->vlan, .trunk = nic->trunk, .ntrunk = nic->ntrunk
	};

	if (made == NULL)
		return os_bridge_divides(d, link, &port);
	if (made->vlan_filtering || (nic->vlan == 0 && nic->ntrunk == 0))
		return 0;
	return fail(d,
	    "bridge %s is made without VLAN filtering, so it cannot keep %s apart (vlan_filtering "
	    "= true for it in vmrun.conf)",
	    nic->bridge, nic->vlan != 0 ? "vlan" : "the VLANs of trunk");
}

static void
check_bridge(const struct context *c, const struct fleet_member *m, size_t i)
{
	const struct vm_nic *nic = &m->vm.nics[i];
	const struct host_bridge *made = to_be_made(c, nic->bridge);
	struct diag missing = { 0 };
	struct os_link link;
	char key[48];
	int result;

	check_addresses(c, m, i);
	snprintf(key, sizeof(key), "nics[%zu].bridge", i);
	if (vm_nic_on_vmnet(nic, os_here()))
		result = os_vmnet_check(&missing, nic->bridge);
	else if (made != NULL)
		result =
		    server_find(&missing, made) == -1 ? -1 : vlans_fit(&missing, nic, NULL, made);
	else if (bridge_find(&missing, nic->bridge, &link) == -1)
		result = -1;
	else
		result = bridge_fit(&missing, &link, nic->mtu) == -1
			     ? -1
			     : vlans_fit(&missing, nic, &link, NULL);
	if (result == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(missing.text, "\n"), missing.text);
	diag_free(&missing);
}

/* One that is there already. Whether it is free shows only when it is opened, which would take it.
 */
static void
check_tap(const struct fleet_member *m, size_t i)
{
	const char *name = m->vm.nics[i].tap;
	struct diag missing = { 0 };
	struct os_link link;
	char key[48];

	snprintf(key, sizeof(key), "nics[%zu].tap", i);
	if (os_link_find(&missing, name, &link) == -1)
		conf_fail(m->doc, key, "there is no interface %s", name);
	else if (!link.is_tap)
		conf_fail(m->doc, key, "%s is not a tap", name);
	else if (m->vm.nics[i].bridge == NULL &&
		 port_tap_fit(&missing, &link, (unsigned)m->vm.nics[i].mtu) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(missing.text, "\n"), missing.text);
	diag_free(&missing);
}

static void
check_macvtap(const struct fleet_member *m, size_t i)
{
	const struct vm_nic *nic = &m->vm.nics[i];
	struct diag missing = { 0 };
	struct os_link link;
	char key[48];

	snprintf(key, sizeof(key), "nics[%zu].macvtap", i);
	if (port_uplink(&missing, nic->macvtap.uplink, (unsigned)nic->mtu, &link) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(missing.text, "\n"), missing.text);
	diag_free(&missing);
}

/* A daemon's, which is to listen: connected to, and left at once. */
static void
check_socket(const struct fleet_member *m, size_t i, const char *sub, const char *path)
{
	const char *hint = "";
	char key[48];
	struct stat st;
	int fd;

	snprintf(key, sizeof(key), "nics[%zu].%s", i, sub);
	if (os_here()->vmnet)
		hint = " (socket_vmnet: sudo brew services start socket_vmnet)";
	if (stat(path, &st) == -1) {
		conf_fail(
		    m->doc, key, "%s: %s%s", path, strerror(errno), errno == ENOENT ? hint : "");
		return;
	}
	if (!S_ISSOCK(st.st_mode)) {
		conf_fail(m->doc, key, "%s: not a socket", path);
		return;
	}
	fd = unix_connect(path, true);
	if (fd == -1 && errno == ECONNREFUSED)
		conf_fail(m->doc, key, "%s: nobody listens on it%s", path, hint);
	else if (fd == -1 && errno != EAGAIN && errno != EINPROGRESS) /* busy is alive */
		conf_fail(m->doc, key, "%s: cannot be connected to: %s", path, strerror(errno));
	fd_close(&fd);
}

static void
check_folder(const struct fleet_member *m, size_t i, const char *sub, const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char key[48];

	snprintf(key, sizeof(key), "nics[%zu].%s", i, sub);
	if (dir == -1)
		conf_fail(m->doc, key, "%s: %s", path, strerror(errno));
	fd_close(&dir);
}

static void
check_switch(const struct fleet_member *m, size_t i)
{
	char *ctl = xasprintf("%s/ctl", m->vm.nics[i].vde), key[48];

	snprintf(key, sizeof(key), "nics[%zu].vde", i);
	if (access(ctl, F_OK) == -1)
		conf_fail(m->doc, key, "%s: no vde_switch listens there: %s", m->vm.nics[i].vde,
		    strerror(errno));
	free(ctl);
}

static void
check_vhost(const struct fleet_member *m, size_t i)
{
	char key[48];

	snprintf(key, sizeof(key), "nics[%zu].vhost", i);
	conf_fail(m->doc, key,
	    "the kernel cannot move the NIC's frames (modprobe vhost_net; or leave vhost out, and "
	    "QEMU moves them): /dev/vhost-net: %s",
	    strerror(errno));
}

static void
check_user(const struct context *c, const struct fleet_member *m, size_t i)
{
	struct diag wrong = { 0 };
	char key[48];

	snprintf(key, sizeof(key), "nics[%zu].dgram.local", i);
	if (reserve_check(&wrong, c, &m->vm.nics[i]) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(wrong.text, "\n"), wrong.text);
	diag_free(&wrong);
}

/* Those who make ports for users, on a bridge that there is. */
static int
maker_would(struct diag *d, const struct vm *vm, size_t i)
{
	struct port_maker maker = port_maker_find();
	struct port_wish wish = nics_wish_of(vm, (unsigned)i);
	struct diag missing = { 0 };
	struct os_link link;
	int found;

	if (os_privileged() || os_makes_taps() || maker.name == NULL || wish.bridge == NULL ||
	    wish.tap != NULL)
		return 0;
	found = os_link_find(&missing, wish.bridge, &link);
	diag_free(&missing);
	return found == -1 ? 0 : port_maker_would(d, &maker, &wish, (unsigned)vm->nics[i].queues);
}

static void
check_rights(const struct fleet_member *m, size_t i)
{
	struct diag missing = { 0 };
	char key[48];

	snprintf(key, sizeof(key), "nics[%zu]", i);
	if (plan_nic_allowed(&missing, &m->vm.nics[i]) == -1 ||
	    maker_would(&missing, &m->vm, i) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(missing.text, "\n"), missing.text);
	diag_free(&missing);
}

/* The name that a new tap or macvtap is to have. What a crash left of this NIC a start clears. */
static void
check_ifname(const struct fleet_member *m, size_t i)
{
	char key[48], name[OS_IFNAME], alias[PORT_ALIAS];
	struct diag d = { 0 };
	struct os_link link;

	snprintf(key, sizeof(key), "nics[%zu].ifname", i);
	port_name(m->vm.nics[i].ifname, m->vm.name, (unsigned)i, name);
	port_alias(m->vm.name, (unsigned)i, alias);
	if (os_link_find(&d, name, &link) == 0 && strcmp(link.alias, alias) != 0) {
		port_name_taken(&d, name);
		conf_fail(m->doc, key, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	}
	diag_free(&d);
}

void
check_nic(const struct context *c, const struct fleet_member *m, size_t i, bool runs)
{
	const struct vm_nic *nic = &m->vm.nics[i];

	if (!runs)
		check_rights(m, i);
	if (nic->ifname != NULL && !runs)
		check_ifname(m, i);
	if (nic->bridge != NULL)
		check_bridge(c, m, i);
	if (nic->tap != NULL)
		check_tap(m, i);
	if (nic->macvtap.uplink != NULL)
		check_macvtap(m, i);
	if (nic->socket != NULL)
		check_socket(m, i, "socket", nic->socket);
	if (nic->stream.connect.kind == PEER_UNIX)
		check_socket(m, i, "stream.connect", nic->stream.connect.path);
	check_user(c, m, i);
	if (nic->vde != NULL)
		check_switch(m, i);
	if (nic->user.tftp != NULL)
		check_folder(m, i, "user.tftp", nic->user.tftp);
	if (nic->vhost == SWITCH_ON && os_here()->vhost && !os_vhost_net())
		check_vhost(m, i);
	check_nic_hook(m, i, "up", nic->up);
	check_nic_hook(m, i, "down", nic->down);
}
