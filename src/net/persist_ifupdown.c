/* What ifupdown has in /etc/network/interfaces for the uplink, as a stanza for its bridge; see
 * persist.h. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/persist.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/vm.h"

struct reading {
	const struct persist_wish *w;
	struct buf stanzas; /* of the bridge */
	struct buf old;     /* what is to be taken out, "/etc/network/interfaces lines 3 to 7" */
	bool sourced;       /* interfaces.d is read at all */
	char *making; /* an option that makes the uplink what it is, as of a bond; NULL: none */
};

/* The word at *line, and *line behind it. */
static size_t
word(const char **line, const char **ret)
{
	size_t n;

	*line += strspn(*line, " \t");
	n = strcspn(*line, " \t\n");
	*ret = *line;
	*line += n;
	return n;
}

static bool
is(const char *text, size_t n, const char *name)
{
	return n == strlen(name) && strncmp(text, name, n) == 0;
}

/* Does the line begin something new? */
static bool
is_keyword(const char *line)
{
	static const char *const keywords[] = { "iface", "auto", "mapping", "source",
		"source-directory", "no-auto-down", "no-scripts", "rename", "template" };
	const char *first;
	size_t n = word(&line, &first);

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (is(first, n, keywords[i]))
			return true;
	}
	return n > 6 && strncmp(first, "allow-", 6) == 0;
}

/* "iface eth0 inet static": what follows the name; NULL: another line. */
static const char *
is_iface(const char *line, const char *name)
{
	const char *first;
	size_t n = word(&line, &first);

	if (!is(first, n, "iface"))
		return NULL;
	n = word(&line, &first);
	return is(first, n, name) ? line : NULL;
}

/* A line in which the uplink's name, as a word, is the bridge's. */
static void
add_renamed(struct buf *b, const char *line, size_t n, const char *from, const char *to)
{
	size_t k = strlen(from);

	for (size_t i = 0; i < n; i++) {
		bool begins =
		    i == 0 || !(isalnum((unsigned char)line[i - 1]) || line[i - 1] == '.');

		if (begins && i + k <= n && strncmp(line + i, from, k) == 0 &&
		    (i + k == n || !(isalnum((unsigned char)line[i + k]) || line[i + k] == '.'))) {
			buf_add(b, to);
			i += k - 1;
		} else {
			buf_addc(b, line[i]);
		}
	}
	buf_addc(b, '\n');
}

/* Options that are the interface's own, whatever it is a port of. */
static bool
makes_interface(const char *line)
{
	static const char *const families[] = { "bond", "vlan", "wpa", "slaves", "hwaddress" };
	const char *option;

	(void)word(&line, &option);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (strncmp(option, families[i], strlen(families[i])) == 0)
			return true;
	}
	return false;
}

static void
add_bridge_options(struct reading *r)
{
	const struct host_bridge *b = r->w->bridge;
	struct mac mac = mac_is_zero(b->mac) ? r->w->uplink->mac : b->mac;
	char text[MAC_TEXT];

	buf_addf(&r->stanzas,
	    "\tbridge_ports %s\n\tbridge_stp %s\n\tbridge_fd %u\n\tbridge_maxwait 0\n\tbridge_hw "
	    "%s\n",
	    r->w->uplink->name, b->stp ? "on" : "off", b->stp ? 15 : 0, mac_format(mac, text));
	if (r->w->uplink->mtu != ETHERNET_MTU)
		buf_addf(&r->stanzas, "\tpre-up ip link set dev %s mtu %u\n", r->w->uplink->name,
		    r->w->uplink->mtu);
	if (b->vlan_filtering)
		buf_add(&r->stanzas, "\tbridge_vlan_aware yes\n");
	if (b->mtu != 0)
		buf_addf(&r->stanzas, "\tmtu %lld\n", (long long)b->mtu);
}

static void
add_old(struct reading *r, const char *file, unsigned first, unsigned last)
{
	buf_addf(&r->old, "%s%s ", r->old.len > 0 ? ", " : "", file);
	if (first == last)
		buf_addf(&r->old, "line %u", first);
	else
		buf_addf(&r->old, "lines %u to %u", first, last);
}

static void
read_text(struct reading *r, const char *file, const char *text)
{
	const char *uplink = r->w->uplink->name, *bridge = r->w->bridge->name, *rest, *next;
	unsigned number = 1, first = 0, last = 0;

	for (const char *line = text; *line != '\0'; line = next, number++) {
		size_t n = strcspn(line, "\n"), blank = strspn(line, " \t");

		next = line + n + (line[n] == '\n');
		if (blank == n || line[blank] == '#')
			continue;
		if (is_keyword(line)) {
			if (first != 0)
				add_old(r, file, first, last);
			first = 0;
			r->sourced |= strncmp(line + blank, "source", 6) == 0 &&
				      memmem(line, n, "interfaces.d", 12) != NULL;
			rest = is_iface(line, uplink);
			if (rest == NULL)
				continue;
			first = last = number;
			buf_addf(
			    &r->stanzas, "iface %s%.*s\n", bridge, (int)(line + n - rest), rest);
			if (memmem(r->stanzas.s, r->stanzas.len, "bridge_ports", 12) == NULL)
				add_bridge_options(r);
		} else if (first != 0) {
			last = number;
			if (makes_interface(line) && r->making == NULL)
				r->making = xasprintf(
				    "%s:%u: %.*s", file, number, (int)(n - blank), line + blank);
			add_renamed(&r->stanzas, line, n, uplink, bridge);
		}
	}
	if (first != 0)
		add_old(r, file, first, last);
}

static int
read_one(struct diag *d, struct reading *r, const char *file)
{
	char *path = xasprintf("%s%s", r->w->host, file), *text = NULL;
	size_t n;
	int result = file_read(d, path, PERSIST_MAX, &text, &n);

	if (result == 0 && strncmp(text, PERSIST_MARK, strlen(PERSIST_MARK)) != 0)
		read_text(r, file, text);
	free(text);
	free(path);
	return result;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
read_folder(struct diag *d, struct reading *r)
{
	static const char folder[] = "/etc/network/interfaces.d";
	char *path = xasprintf("%s%s", r->w->host, folder), **names = NULL;
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;
	int result = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		names = xreallocarray(names, n + 1, sizeof(*names));
		names[n++] = xasprintf("%s/%s", folder, entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		if (result == 0)
			result = read_one(d, r, names[i]);
		free(names[i]);
	}
	free(names);
	free(path);
	return result;
}

/* ifupdown takes every stanza that there is: the old ones are to go, and that is for people to do.
 */
static char *
what_then(const struct reading *r)
{
	char *program = xasprintf("%s/lib/bridge-utils/ifupdown.sh", r->w->host);
	struct buf b = { 0 };

	buf_addf(
	    &b, "before the next boot, take out what %s has now: %s", r->w->uplink->name, r->old.s);
	if (!r->sourced)
		buf_add(&b, "; and let /etc/network/interfaces say: source "
			    "/etc/network/interfaces.d/*");
	if (access(program, F_OK) == -1)
		buf_add(&b, "; and install bridge-utils, which makes bridge_ports understood");
	free(program);
	return buf_steal(&b);
}

int
persist_ifupdown(struct diag *d, const struct persist_wish *w, struct persist *ret)
{
	struct reading r = { .w = w };
	struct buf b = { 0 };
	int result = -1;

	if (read_one(d, &r, "/etc/network/interfaces") == -1 || read_folder(d, &r) == -1)
		goto cleanup;
	if (r.old.len == 0) {
		fail(d,
		    "/etc/network/interfaces has nothing of %s: it is so already, or is to be "
		    "written by hand",
		    w->uplink->name);
		goto cleanup;
	}
	if (r.making != NULL) {
		fail(d,
		    "%s: this makes %s what it is, and is no option of a bridge: write it by hand "
		    "(iface %s inet manual keeps such lines, and iface %s has bridge_ports %s and "
		    "the rest)",
		    r.making, w->uplink->name, w->uplink->name, w->bridge->name, w->uplink->name);
		goto cleanup;
	}
	buf_addf(&b, PERSIST_MARK "auto %s\n%s", w->bridge->name, r.stanzas.s);
	persist_add(
	    ret, 0644, buf_steal(&b), "/etc/network/interfaces.d/vmrun-%s", w->bridge->name);
	ret->then = what_then(&r);
	result = 0;
cleanup:
	buf_free(&r.stanzas);
	buf_free(&r.old);
	free(r.making);
	return result;
}
