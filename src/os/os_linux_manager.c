/* Which program of the host configures an interface, besides vmrun and people; fills os.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define FILE_MAX (1u << 20)

/* A file below host, NUL-terminated, to be freed by the caller; NULL where it cannot be read. */
static char *
slurp(const char *host, const char *fmt, const char *word)
{
	char *below = xasprintf(fmt, word), *path = xasprintf("%s%s", host, below), *text = NULL;
	struct diag ignored = { 0 };
	size_t n;

	if (file_read(&ignored, path, FILE_MAX, &text, &n) == -1)
		text = NULL;
	diag_free(&ignored);
	free(below);
	free(path);
	return text;
}

/* The rest of the line that begins with key, which has its '='; "" where there is none. */
static void
value(const char *text, const char *key, char *ret, size_t size)
{
	const char *at = text;

	ret[0] = '\0';
	while (strncmp(at, key, strlen(key)) != 0) {
		at = strchr(at, '\n');
		if (at++ == NULL)
			return;
	}
	at += strlen(key);
	snprintf(ret, size, "%.*s", (int)strcspn(at, "\n"), at);
}

static bool
by_networkd(const char *host, const char *index, struct os_managed *ret)
{
	char *text = slurp(host, "/run/systemd/netif/links/%s", index), state[32];
	bool is;

	if (text == NULL)
		return false;
	value(text, "ADMIN_STATE=", state, sizeof(state));
	value(text, "NETWORK_FILE=", ret->config, sizeof(ret->config));
	is = state[0] != '\0' && strcmp(state, "unmanaged") != 0 && ret->config[0] != '\0';
	free(text);
	return is;
}

static bool
by_network_manager(const char *host, const char *index, struct os_managed *ret)
{
	char *text = slurp(host, "/run/NetworkManager/devices/%s", index), managed[8];
	bool is;

	if (text == NULL)
		return false;
	value(text, "managed=", managed, sizeof(managed));
	value(text, "connection-uuid=", ret->config, sizeof(ret->config));
	is = strcmp(managed, "true") == 0 && ret->config[0] != '\0';
	free(text);
	return is;
}

/* It writes down what it has brought up: "eth0=eth0". */
static bool
by_ifupdown(const char *host, const char *name)
{
	char *text = slurp(host, "/run/network/ifstate%s", ""), *key = xasprintf("%s=", name);
	bool is = text != NULL && (strncmp(text, key, strlen(key)) == 0);

	for (const char *at = text; at != NULL && !is; at = strchr(at + 1, '\n'))
		is = at[0] == '\n' && strncmp(at + 1, key, strlen(key)) == 0;
	free(key);
	free(text);
	return is;
}

static bool
lives(const char *host, const char *fmt, const char *name)
{
	char *text = slurp(host, fmt, name);
	long pid = text != NULL ? strtol(text, NULL, 10) : 0;

	free(text);
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* The client that renews its lease; NULL: none that runs by itself. */
static const char *
dhcp_client(const char *host, const char *name)
{
	static const struct {
		const char *file, *client;
	} clients[] = {
		{ "/run/dhclient.%s.pid", "dhclient" },
		{ "/run/dhclient-%s.pid", "dhclient" },
		{ "/run/udhcpc.%s.pid", "udhcpc" },
		{ "/run/dhcpcd/%s.pid", "dhcpcd" },
		{ "/run/dhcpcd-%s.pid", "dhcpcd" },
		{ "/run/dhcpcd/pid%.0s", "dhcpcd" }, /* of all interfaces */
		{ "/run/dhcpcd.pid%.0s", "dhcpcd" },
	};

	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		if (lives(host, clients[i].file, name))
			return clients[i].client;
	}
	return NULL;
}

void
os_link_managed(const struct os_link *link, const char *host, struct os_managed *ret)
{
	char index[16];

	*ret = (struct os_managed){ .dhcp = dhcp_client(host, link->name) };
	snprintf(index, sizeof(index), "%u", link->index);
	if (by_networkd(host, index, ret))
		ret->by = MANAGER_NETWORKD;
	else if (by_network_manager(host, index, ret))
		ret->by = MANAGER_NETWORK_MANAGER;
	else if (by_ifupdown(host, link->name))
		ret->by = MANAGER_IFUPDOWN;
	else
		ret->config[0] = '\0';
}
