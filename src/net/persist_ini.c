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

/* The sections of a file that are among names, or that are not. */
static void
copy_sections(struct buf *b, const char *text, const char *const *names, bool among)
{
	bool copy = false;

	for (const char *line = text; *line != '\0';) {
		size_t n = strcspn(line, "\n");

		if (line[0] == '[') {
			copy = is_section(line, names) == among;
			if (copy)
				buf_addc(b, '\n');
		}
		if (copy && n > 0 && line[0] != '#' && line[0] != ';') {
			buf_addn(b, line, n);
			buf_addc(b, '\n');
		}
		line += n + (line[n] == '\n');
	}
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
	static const char *const of_interface[] = { "Match", "Link", NULL };
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
		buf_addf(&own, PERSIST_MARK "# What %s has of %s.\n[Match]\nName=%s\n", bridge,
		    w->managed->config, bridge);
		copy_sections(&own, text, of_interface, false);
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

/* The keyfile of a connection, to be freed by the caller; NULL: it is only in NetworkManager's
 * memory, as that of a host where nobody configured anything is. */
static char *
keyfile(const char *host, const char *uuid)
{
	char *folder = xasprintf("%s/etc/NetworkManager/system-connections", host), *found = NULL;
	char *key = xasprintf("\nuuid=%s\n", uuid);
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && found == NULL && (entry = readdir(dir)) != NULL) {
		char *path = xasprintf("%s/%s", folder, entry->d_name), *text = NULL;
		struct diag ignored = { 0 };
		size_t n;

		if (entry->d_name[0] != '.' &&
		    file_read(&ignored, path, PERSIST_MAX, &text, &n) == 0 &&
		    strstr(text, key) != NULL)
			found = text;
		else
			free(text);
		diag_free(&ignored);
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
	free(key);
	free(folder);
	return found;
}

/* A higher priority than that of the connection there is, which stays. A keyfile without a UUID has
 * one from its name. */
int
persist_network_manager(struct diag *d, const struct persist_wish *w, struct persist *ret)
{
	static const char *const of_network[] = { "ipv4", "ipv6", "proxy", NULL };
	char *text = keyfile(w->host, w->managed->config), mac[MAC_TEXT];
	const char *bridge = w->bridge->name;
	struct buf own = { 0 }, uplink = { 0 };

	if (text != NULL && strncmp(text, PERSIST_MARK, strlen(PERSIST_MARK)) == 0) {
		free(text);
		return fail(d, "it is so already: %s belongs to a connection that vmrun wrote",
		    w->uplink->name);
	}
	buf_addf(&own,
	    PERSIST_MARK "[connection]\nid=vmrun-%s\ntype=bridge\ninterface-name=%s\n"
			 "autoconnect-priority=100\n\n[bridge]\nmac-address=%s\nstp=%s\n",
	    bridge, bridge, mac_format(mac_of(w), mac), w->bridge->stp ? "true" : "false");
	if (!w->bridge->stp)
		buf_add(&own, "forward-delay=0\n");
	if (w->bridge->vlan_filtering)
		buf_add(&own, "vlan-filtering=true\n");
	if (w->bridge->mtu != 0)
		buf_addf(&own, "\n[ethernet]\nmtu=%lld\n", (long long)w->bridge->mtu);
	if (text != NULL)
		copy_sections(&own, text, of_network, true);
	else
		buf_add(&own, "\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n");
	buf_addf(&uplink,
	    PERSIST_MARK "[connection]\nid=vmrun-%s-uplink\ntype=ethernet\ninterface-name=%s\n"
			 "master=%s\nslave-type=bridge\nautoconnect-priority=100\n",
	    bridge, w->uplink->name, bridge);
	persist_add(ret, 0600, buf_steal(&own),
	    "/etc/NetworkManager/system-connections/vmrun-%s.nmconnection", bridge);
	persist_add(ret, 0600, buf_steal(&uplink),
	    "/etc/NetworkManager/system-connections/vmrun-%s-uplink.nmconnection", bridge);
	free(text);
	return 0;
}
