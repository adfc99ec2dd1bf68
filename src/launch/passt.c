/* Starting passt, and starting it again; see passt.h. */
#include "launch/passt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/companion.h"
#include "launch/launch.h"
#include "launch/record.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define UP_MS    10000 /* for a passt to be up, on a host that is busy */
#define LOOK_MS  2
#define WORDS    2048 /* bytes of what one says that ends at once */
#define PREFIX   "passt"
#define LOGGER   "/dev/log"
#define RECORDED "passt" /* in the record: an object, by a companion's name, of how it is started  \
			  */

bool
passt_is(const char *name, size_t *ret_nic)
{
	size_t n = strlen(PREFIX);

	if (strncmp(name, PREFIX, n) != 0)
		return false;
	*ret_nic = (size_t)strtoul(name + n, NULL, 10);
	return true;
}

static void
add(json_t *argv, const char *option, const char *value)
{
	json_array_append_new(argv, json_string(option));
	if (value != NULL)
		json_array_append_new(argv, json_string(value));
}

static void
add_ip(json_t *argv, const char *option, const struct ip *ip)
{
	char text[IP_TEXT];

	if (ip->len != 0)
		add(argv, option, ip_format(ip, text));
}

/* All but the connection and the forwards, which are another time's. */
static json_t *
arguments(const char *program, const struct vm_passt *passt)
{
	json_t *argv = json_array();
	struct buf search = { 0 };
	char bits[8];

	add(argv, program, NULL);
	add(argv, "--foreground", NULL);
	add(argv, "--quiet", NULL);
	/* It would say of each of its lines that no system logger takes it. */
	if (access(LOGGER, F_OK) == -1)
		add(argv, "--log-file", "/dev/null");
	if (passt->interface != NULL)
		add(argv, "--interface", passt->interface);
	add_ip(argv, "--address", &passt->address.ip);
	if (passt->address.ip.len != 0) {
		snprintf(bits, sizeof(bits), "%u", passt->address.bits);
		add(argv, "--netmask", bits);
	}
	add_ip(argv, "--address", &passt->address6);
	add_ip(argv, "--gateway", &passt->gateway);
	add_ip(argv, "--gateway", &passt->gateway6);
	for (size_t i = 0; i < passt->ndns; i++)
		add_ip(argv, "--dns", &passt->dns[i]);
	for (size_t i = 0; i < passt->nsearch; i++)
		buf_addf(&search, "%s%s", i > 0 ? " " : "", passt->search[i]);
	if (search.len > 0)
		add(argv, "--search", search.s);
	if (!passt->map_gateway)
		add(argv, "--no-map-gw", NULL);
	buf_free(&search);
	return argv;
}

/* "127.0.0.1/2222:22", "8000-8009:9000-9009" */
static void
add_forward(struct argv *a, const struct vm_forward *f)
{
	char ip[IP_TEXT] = "", last[16] = "", guest_last[16] = "";

	if (f->last != f->port) {
		snprintf(last, sizeof(last), "-%u", f->last);
		snprintf(guest_last, sizeof(guest_last), "-%u", f->guest + f->last - f->port);
	}
	if (f->address.len != 0)
		ip_format(&f->address, ip);
	argv_add(a, f->protocol == FORWARD_UDP ? "--udp-ports" : "--tcp-ports");
	argv_addf(
	    a, "%s%s%u%s:%u%s", ip, ip[0] != '\0' ? "/" : "", f->port, last, f->guest, guest_last);
}

/* One option for each: of several in one, passt is content with any. And where there are none of a
 * protocol it takes those of the other. */
static void
add_forwards(struct argv *a, const json_t *forwards)
{
	bool tcp = false, udp = false;
	const json_t *text;
	size_t i;

	json_array_foreach(forwards, i, text)
	{
		struct vm_forward f;

		if (!json_is_string(text) || forward_parse(json_string_value(text), &f) == -1)
			continue;
		add_forward(a, &f);
		tcp = tcp || f.protocol == FORWARD_TCP;
		udp = udp || f.protocol == FORWARD_UDP;
	}
	if (!tcp) {
		argv_add(a, "--tcp-ports");
		argv_add(a, "none");
	}
	if (!udp) {
		argv_add(a, "--udp-ports");
		argv_add(a, "none");
	}
}

static char *
socket_path(const struct runtime *r, size_t nic)
{
	char *file = companion_socket(nic), *path = xasprintf("%s/%s", r->dir, file);

	free(file);
	return path;
}

/* As the record says, connected to where QEMU listens. c NULL: for the first time. */
static int
start(struct diag *d, const struct runtime *r, json_t *record, size_t nic, struct companions *cs,
    struct companion *c)
{
	char name[COMPANION_NAME], *path = socket_path(r, nic);
	const json_t *how, *word, *nics = json_object_get(record, "nics");
	struct companion_wish wish = { .name = name, .nfds = 1, .dir = -1 };
	struct os_identity who = { 0 };
	struct argv argv = { 0 };
	int fd = -1, result = -1;
	size_t i;

	snprintf(name, sizeof(name), PREFIX "%zu", nic);
	how = json_object_get(json_object_get(record, RECORDED), name);
	json_array_foreach(json_object_get(how, "argv"), i, word)
	    argv_add(&argv, json_string_value(word));
	add_forwards(&argv, json_object_get(json_array_get(nics, nic), PASST_FORWARDS));
	who.uid = (uid_t)json_integer_value(json_object_get(how, "uid"));
	who.gid = (gid_t)json_integer_value(json_object_get(how, "gid"));
	wish.who = json_object_get(how, "uid") != NULL ? &who : NULL;
	fd = unix_connect(path, false);
	if (fd == -1) {
		fail_sys(d, "%s", path);
		goto cleanup;
	}
	argv_add(&argv, "--fd");
	argv_addf(&argv, "%d", fd);
	wish.argv = &argv;
	wish.fds = &fd;
	result = c == NULL ? companion_start(d, r, record, &wish, cs)
			   : companion_start_again(d, r, record, &wish, c);
cleanup:
	if (result == -1)
		diag_wrap(d, d->count - 1, "nics[%zu].passt", nic);
	fd_close(&fd);
	argv_free(&argv);
	free(path);
	return result;
}

static void
record(json_t *record, const struct plan *p, size_t nic, const char *program)
{
	const struct vm_nic *n = &p->member.vm.nics[nic];
	json_t *all = json_object_get(record, RECORDED), *how = json_object(), *list = json_array();
	char name[COMPANION_NAME], text[FORWARD_TEXT];

	if (all == NULL) {
		all = json_object();
		json_object_set_new(record, RECORDED, all);
	}
	snprintf(name, sizeof(name), PREFIX "%zu", nic);
	json_object_set_new(how, "argv", arguments(program, &n->passt));
	if (p->given.own_uid) {
		json_object_set_new(how, "uid", json_integer((json_int_t)p->given.who.uid));
		json_object_set_new(how, "gid", json_integer((json_int_t)p->given.who.gid));
	}
	json_object_set_new(all, name, how);
	for (size_t i = 0; i < n->nforwards; i++)
		json_array_append_new(list, json_string(forward_format(&n->forwards[i], text)));
	json_object_set_new(
	    json_array_get(json_object_get(record, "nics"), nic), PASST_FORWARDS, list);
}

int
passt_start(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l)
{
	const struct vm *vm = &p->member.vm;
	char *program = NULL;
	int result = 0;

	for (size_t i = 0; i < vm->nnics && result == 0; i++) {
		if (!vm->nics[i].passt.enabled)
			continue;
		if (program == NULL && companion_find(d, "passt", "passt", &program) == -1) {
			diag_wrap(d, d->count - 1, "nics[%zu].passt", i);
			return -1;
		}
		record(l->record, p, i, program);
		result = start(d, r, l->record, i, &l->companions, NULL);
	}
	free(program);
	return result;
}

/* What it said before it ended, in one line; that no system logger is there is nothing to say. */
static void
add_words(struct buf *b, const struct companion *c)
{
	static const char noise[] = "Failed to send ";
	char text[WORDS], *rest = text, *line;
	ssize_t n = c->words != -1 ? read(c->words, text, sizeof(text) - 1) : 0;

	text[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0' || strncmp(line, noise, sizeof(noise) - 1) == 0)
			continue;
		buf_add(b, b->len > 0 ? "; " : "");
		buf_add_visible(b, line, strlen(line));
	}
}

/* What to do about it, where passt's words do not tell. */
static const char *
advice(const char *words)
{
	if (strstr(words, " interface for IPv6; Failed to bind") != NULL)
		return "; passt forwards IPv6 addresses only where the host has a default route "
		       "for IPv6 (ip -6 route)";
	return strstr(words, "xternal interface") == NULL
		   ? ""
		   : "; passt takes what it tells the guest from the host's default route: give "
		     "the host one (ip route add default via GATEWAY), or write user = true, "
		     "QEMU's own network, which needs none";
}

/* The last that it does before it is up is to put itself under a filter of system calls. */
static int
wait_for(struct diag *d, struct companion *c, json_t *record, size_t nic)
{
	int64_t deadline = now_ms() + UP_MS;
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	struct buf words = { 0 };
	char how[64];

	while (!os_proc_filtered(&c->proc)) {
		int got = poll(&p, 1, LOOK_MS);

		if (got == 1)
			break;
		if (now_ms() > deadline)
			return fail(d, "nics[%zu].passt: it does not come up", nic);
	}
	if (poll(&p, 1, 0) != 1)
		return 0;
	add_words(&words, c);
	companion_ended(c, record, how);
	fail(d, "nics[%zu].passt: %s (%s)%s", nic, words.len > 0 ? words.s : "ended without a word",
	    how, words.len > 0 ? advice(words.s) : "");
	buf_free(&words);
	return -1;
}

int
passt_wait(struct diag *d, struct launch *l)
{
	for (size_t i = 0; i < l->companions.n; i++) {
		struct companion *c = &l->companions.v[i];
		size_t nic;

		if (passt_is(c->name, &nic) && wait_for(d, c, l->record, nic) == -1)
			return -1;
	}
	return 0;
}

int
passt_again(
    struct diag *d, const struct runtime *r, json_t *record, size_t nic, struct companion *c)
{
	if (start(d, r, record, nic, NULL, c) == -1)
		return -1;
	return wait_for(d, c, record, nic);
}
