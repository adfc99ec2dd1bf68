/* The files that make an uplink's bridge last: found, shown, written, removed; see persist.h. */
#include "net/persist.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/vm.h"

/* Where a bridge's files can be, of whichever program. */
static const char *const places[] = {
	"/etc/systemd/network/05-vmrun-%s.netdev",
	"/etc/systemd/network/05-vmrun-%s-uplink.network",
	"/etc/systemd/network/05-vmrun-%s.network",
	"/etc/NetworkManager/system-connections/vmrun-%s.nmconnection",
	"/etc/NetworkManager/system-connections/vmrun-%s-uplink.nmconnection",
	"/etc/network/interfaces.d/vmrun-%s",
};

static const struct {
	const char *name;
	int (*make)(struct diag *d, const struct persist_wish *w, struct persist *ret);
} managers[] = {
	[MANAGER_NETWORKD] = { "systemd-networkd", persist_networkd },
	[MANAGER_NETWORK_MANAGER] = { "NetworkManager", persist_network_manager },
	[MANAGER_IFUPDOWN] = { "ifupdown", persist_ifupdown },
};

const char *
persist_manager(const struct os_managed *m)
{
	return managers[m->by].name;
}

void
persist_add(struct persist *p, mode_t mode, char *text, const char *fmt, ...)
{
	struct buf path = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&path, fmt, ap);
	va_end(ap);
	p->file[p->n++] = (struct persist_file){ buf_steal(&path), mode, text };
}

void
persist_free(struct persist *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->file[i].path);
		free(p->file[i].text);
	}
	free(p->then);
	*p = (struct persist){ 0 };
}

/* 1: vmrun wrote it; 0: it is not there; -1: somebody else's. */
static int
whose(const char *host, const char *file)
{
	char *path = xasprintf("%s%s", host, file), *text = NULL;
	struct diag ignored = { 0 };
	size_t n;
	int result = -1;

	if (file_read(&ignored, path, PERSIST_MAX, &text, &n) == -1)
		result = errno == ENOENT ? 0 : -1;
	else if (strncmp(text, PERSIST_MARK, strlen(PERSIST_MARK)) == 0)
		result = 1;
	diag_free(&ignored);
	free(text);
	free(path);
	return result;
}

int
persist_make(struct diag *d, const char *host, const struct host_bridge *b, struct persist *ret)
{
	struct persist_wish w = { .host = host, .bridge = b };
	struct persist p = { 0 };
	struct os_managed managed;
	struct os_link link;

	if (os_link_find(d, b->uplink.interface, &link) == -1)
		return -1;
	os_link_managed(&link, host, &managed);
	if (managed.by == MANAGER_NONE)
		return fail(d,
		    "nothing that vmrun can write for configures %s at boot (it knows "
		    "systemd-networkd, NetworkManager and ifupdown%s%s%s)",
		    link.name, managed.dhcp != NULL ? "; here it is " : "",
		    managed.dhcp != NULL ? managed.dhcp : "", managed.dhcp != NULL ? " alone" : "");
	w.uplink = &link;
	w.managed = &managed;
	if (managers[managed.by].make(d, &w, &p) == -1) {
		persist_free(&p);
		return -1;
	}
	for (size_t i = 0; i < p.n; i++) {
		if (whose(host, p.file[i].path) != -1)
			continue;
		fail(d, "%s%s: vmrun did not write it, and does not write over it", host,
		    p.file[i].path);
		persist_free(&p);
		return -1;
	}
	*ret = p;
	return 0;
}

void
persist_show(struct buf *b, const struct persist *p)
{
	for (size_t i = 0; i < p->n; i++) {
		buf_addf(b, "%s==> %s\n", i > 0 ? "\n" : "", p->file[i].path);
		if (p->file[i].text != NULL)
			buf_add(b, p->file[i].text);
	}
}

int
persist_write(struct diag *d, const char *host, const struct persist *p)
{
	int result = 0;

	for (size_t i = 0; i < p->n && result == 0; i++) {
		const struct persist_file *f = &p->file[i];
		char *path = xasprintf("%s%s", host, f->path), *folder = folder_of(path);

		result = dir_make(d, folder, 0755);
		if (result == 0)
			result = file_write(d, path, f->mode, f->text, strlen(f->text));
		free(folder);
		free(path);
	}
	return result;
}

void
persist_find(const char *host, const char *bridge, struct persist *ret)
{
	*ret = (struct persist){ 0 };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct buf path = { 0 };
		const char *at = strstr(places[i], "%s");

		buf_addn(&path, places[i], (size_t)(at - places[i]));
		buf_add(&path, bridge);
		buf_add(&path, at + 2);
		if (ret->n < PERSIST_FILES && whose(host, path.s) == 1)
			persist_add(ret, 0, NULL, "%s", path.s);
		buf_free(&path);
	}
}

int
persist_remove(struct diag *d, const char *host, const struct persist *p)
{
	int result = 0;

	for (size_t i = 0; i < p->n; i++) {
		char *path = xasprintf("%s%s", host, p->file[i].path);

		if (unlink(path) == -1 && errno != ENOENT)
			result = fail_sys(d, "%s", path);
		free(path);
	}
	return result;
}
