/* Files of systemd-networkd and of NetworkManager, which both have sections; see persist.h. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/persist.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/vm.h"

/* Is it a line "[name]" of one of these sections? names ends with NULL. */
static bool
is_section(const char *line, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		size_t n = strlen(names[i]);

		if (strncmp(line + 1, names[i], n) == 0 && line[1 + n] == ']')
			return true;
	}
	return false;
}

static bool
is_key(const char *line, const char *key)
{
	size_t n = key != NULL ? strlen(key) : 0;

	return n > 0 && strncmp(line, key, n) == 0 && line[n + strspn(line + n, " \t")] == '=';
}

/* The sections of a file that are among names, or that are not; without the keys but and nor. */
static void
copy_sections(struct buf *b, const char *text, const char *const *names, bool among,
    const char *but, const char *nor)
{
	bool copy = false;

	for (const char *line = text; *line != '\0';) {
		size_t n = strcspn(line, "\n");

		if (line[0] == '[') {
			copy = is_section(line, names) == among;
			if (copy)
				buf_addc(b, '\n');
		}
		if (copy && n > 0 && line[0] != '#' && line[0] != ';' && !is_key(line, but) &&
		    !is_key(line, nor)) {
			buf_addn(b, line, n);
			buf_addc(b, '\n');
		}
		line += n + (line[n] == '\n');
	}
}

/* The value of a key of a section, of length *ret_n; NULL: there is none. */
static const char *
value_of(const char *text, const char *section, const char *key, size_t *ret_n)
{
	const char *const names[] = { section, NULL };
	bool here = false;

	for (const char *line = text; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		if (line[0] == '[')
			here = is_section(line, names);
		if (!here || !is_key(line, key))
			continue;
		line += strcspn(line, "=") + 1;
		*ret_n = strcspn(line, "\n");
		return line;
	}
	return NULL;
}

static struct mac
mac_of(const struct persist_wish *w)
{
	return mac_is_zero(w->bridge->mac) ? w->uplink->mac : w->bridge->mac;
}

static char *
networkd_netdev(const struct persist_wish *w)
{
	struct buf b = { 0 };
	char mac[MAC_TEXT];

	buf_add(&b, PERSIST_MARK);
	buf_addf(&b, "[NetDev]\nName=%s\nKind=bridge\nMACAddress=%s\n", w->bridge->name,
	    mac_format(mac_of(w), mac));
	if (w->bridge->mtu != 0)
		buf_addf(&b, "MTUBytes=%lld\n", (long long)w->bridge->mtu);
	buf_addf(&b, "\n[Bridge]\nSTP=%s\n", w->bridge->stp ? "yes" : "no");
	if (!w->bridge->stp)
		buf_add(&b, "ForwardDelaySec=0\n");
	if (w->bridge->vlan_filtering)
		buf_add(&b, "VLANFiltering=yes\n");
	return buf_steal(&b);
}

/* The first file that matches an interface is its own: ours come before the one for the uplink,
 * which stays as it is. */
int
persist_networkd(struct diag *d, const struct persist_wish *w, struct persist *ret)
{
	static const char *const of_interface[] = { "Match", NULL };
	char *path = xasprintf("%s%s", w->host, w->managed->config), *text = NULL;
	const char *bridge = w->bridge->name;
	struct buf uplink = { 0 }, own = { 0 };
	size_t n;
	int result = file_read(d, path, PERSIST_MAX, &text, &n);

	if (result == 0 && strncmp(text, PERSIST_MARK, strlen(PERSIST_MARK)) == 0)
		result = fail(d, "it is so already: %s is what %s has from", path, w->uplink->name);
	if (result == 0) {
		buf_addf(&uplink,
		    PERSIST_MARK
		    "[Match]\nName=%s\n\n[Network]\nBridge=%s\nLinkLocalAddressing=no\n",
		    w->uplink->name, bridge);
		if (w->uplink->mtu != ETHERNET_MTU)
			buf_addf(&uplink, "\n[Link]\nMTUBytes=%u\n", w->uplink->mtu);
		buf_addf(&own, PERSIST_MARK "# What %s has of %s.\n[Match]\nName=%s\n", bridge,
		    w->managed->config, bridge);
		copy_sections(&own, text, of_interface, false, "MACAddress",
		    w->bridge->mtu != 0 ? "MTUBytes" : NULL);
		persist_add(ret, 0644, networkd_netdev(w),
		    "/etc/systemd/network/05-vmrun-%s.netdev", bridge);
		persist_add(ret, 0644, buf_steal(&uplink),
		    "/etc/systemd/network/05-vmrun-%s-uplink.network", bridge);
		persist_add(
		    ret, 0644, buf_steal(&own), "/etc/systemd/network/05-vmrun-%s.network", bridge);
	}
	free(text);
	free(path);
	return result;
}

static char *
keyfile_in(const char *path, const char *uuid)
{
	char *key = xasprintf("\nuuid=%s\n", uuid), *found = NULL;
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir != NULL && found == NULL && (entry = readdir(dir)) != NULL) {
		char *file = xasprintf("%s/%s", path, entry->d_name), *text = NULL;
		struct diag ignored = { 0 };
		size_t n;

		if (entry->d_name[0] != '.' &&
		    file_read(&ignored, file, PERSIST_MAX, &text, &n) == 0 &&
		    strstr(text, key) != NULL)
			found = text;
		else
			free(text);
		diag_free(&ignored);
		free(file);
	}
	if (dir != NULL)
		closedir(dir);
	free(key);
	return found;
}

/* The keyfile of a connection, to be freed by the caller; NULL: it is only in NetworkManager's
 * memory, as that of a host where nobody configured anything is. Netplan's are below /run. */
static char *
keyfile(const char *host, const char *uuid)
{
	static const char *const folders[] = { "/etc", "/run", "/usr/lib" };
	char *found = NULL;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && found == NULL; i++) {
		char *path = xasprintf("%s%s/NetworkManager/system-connections", host, folders[i]);

		found = keyfile_in(path, uuid);
		free(path);
	}
	return found;
}

/* A higher priority than that of the connection there is, which stays. A keyfile without a UUID has
 * one from its name. */
int
persist_network_manager(struct diag *d, const struct persist_wish *w, struct persist *ret)
{
	static const char *const of_network[] = { "ipv4", "ipv6", "proxy", NULL },
				 *const of_wire[] = { "ethernet", "802-3-ethernet", "802-1x",
					 NULL };
	char *text = keyfile(w->host, w->managed->config), mac[MAC_TEXT];
	const char *bridge = w->bridge->name, *zone = NULL, *type;
	struct buf own = { 0 }, uplink = { 0 };
	unsigned mtu = w->bridge->mtu != 0 ? (unsigned)w->bridge->mtu : w->uplink->mtu;
	size_t n;

	if (text != NULL && strncmp(text, PERSIST_MARK, strlen(PERSIST_MARK)) == 0) {
		free(text);
		return fail(d, "it is so already: %s belongs to a connection that vmrun wrote",
		    w->uplink->name);
	}
	type = text != NULL ? value_of(text, "connection", "type", &n) : NULL;
	if (type != NULL && memmem(type, n, "ethernet", 8) == NULL) {
		fail(d,
		    "the connection of %s is of the type %.*s, which is to become a port by hand "
		    "(nmcli connection modify)",
		    w->uplink->name, (int)n, type);
		free(text);
		return -1;
	}
	buf_addf(&own,
	    PERSIST_MARK "[connection]\nid=vmrun-%s\ntype=bridge\ninterface-name=%s\n"
			 "autoconnect-priority=100\n",
	    bridge, bridge);
	if (text != NULL)
		zone = value_of(text, "connection", "zone", &n);
	if (zone != NULL)
		buf_addf(&own, "zone=%.*s\n", (int)n, zone);
	buf_addf(&own, "\n[bridge]\nmac-address=%s\nstp=%s\n", mac_format(mac_of(w), mac),
	    w->bridge->stp ? "true" : "false");
	if (!w->bridge->stp)
		buf_add(&own, "forward-delay=0\n");
	if (w->bridge->vlan_filtering)
		buf_add(&own, "vlan-filtering=true\n");
	if (mtu != ETHERNET_MTU)
		buf_addf(&own, "\n[ethernet]\nmtu=%u\n", mtu);
	if (text != NULL)
		copy_sections(&own, text, of_network, true, NULL, NULL);
	else
		buf_add(&own, "\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n");
	buf_addf(&uplink,
	    PERSIST_MARK "[connection]\nid=vmrun-%s-uplink\ntype=ethernet\ninterface-name=%s\n"
			 "master=%s\nslave-type=bridge\nautoconnect-priority=100\n",
	    bridge, w->uplink->name, bridge);
	if (text != NULL)
		copy_sections(&uplink, text, of_wire, true, NULL, NULL);
	if (w->uplink->mtu != ETHERNET_MTU &&
	    (text == NULL || value_of(text, "ethernet", "mtu", &n) == NULL))
		buf_addf(&uplink, "\n[ethernet]\nmtu=%u\n", w->uplink->mtu);
	persist_add(ret, 0600, buf_steal(&own),
	    "/etc/NetworkManager/system-connections/vmrun-%s.nmconnection", bridge);
	persist_add(ret, 0600, buf_steal(&uplink),
	    "/etc/NetworkManager/system-connections/vmrun-%s-uplink.nmconnection", bridge);
	free(text);
	return 0;
}
