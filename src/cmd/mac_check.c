/* vmrun mac check: do the ranges that several hosts give MACs from, or their ledgers, overlap? */
#include "cmd/mac_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/ledger.h"
#include "util/fd.h"
#include "util/mem.h"

#define FILE_MAX    (1u << 30) /* bytes; of a ledger, and more than a config may have */
#define REPORT_MAX  100        /* overlaps; a thousand hosts without ranges have half a million */
#define LEDGER_HEAD "vmrun-ledger "

/* A range, or one address that was given. */
struct share {
	uint64_t first, last;
	size_t file;
	char *where; /* "a.conf:3: mac.range", "a.ledger: web1 nic 0" */
};

struct shares {
	struct share *v;
	size_t n, cap;
};

/* Takes over where. */
static void
add_share(struct shares *s, struct mac first, struct mac last, size_t file, char *where)
{
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 64 : 2 * s->cap;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = (struct share){ mac_number(first), mac_number(last), file, where };
}

static void
shares_free(struct shares *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].where);
	free(s->v);
}

/* Files of other hosts, wherever they were copied to: they are compared, not obeyed. */
static int
read_config(
    struct diag *d, const char *path, const char *text, size_t len, size_t file, struct shares *s)
{
	static const char *const keys[] = { "mac.range", "mac.first", "mac.last" };
	const char *key = NULL;
	char *absolute = realpath(path, NULL);
	char *dir = absolute != NULL ? folder_of(absolute) : NULL;
	struct conf_doc *doc;
	struct host host;
	int result = -1;

	if (conf_open_text(d, path, dir, text, len, &doc) == -1)
		goto cleanup;
	if (host_load(d, doc, &host) == 0) {
		for (size_t i = 0; key == NULL && i < sizeof(keys) / sizeof(keys[0]); i++)
			key = conf_has(doc, keys[i]) ? keys[i] : NULL;
		add_share(s, host.mac.first, host.mac.last, file,
		    key != NULL ? xasprintf("%s: %s", conf_where(doc, key), key)
				: xasprintf("%s: no mac.range", path));
		result = 0;
	}
	host_free(&host);
	conf_close(doc);
cleanup:
	free(dir);
	free(absolute);
	return result;
}

static int
read_ledger(struct diag *d, const char *path, size_t file, struct shares *s)
{
	struct ledger_entry e;
	struct ledger *l;
	size_t i = 0;

	if (ledger_read(d, path, &l) == -1)
		return -1;
	while (ledger_next(l, &i, &e))
		add_share(s, e.mac, e.mac, file, xasprintf("%s: %s nic %u", path, e.vm, e.nic));
	ledger_close(l);
	return 0;
}

static int
read_file(
    struct diag *d, const char *path, size_t file, struct shares *configs, struct shares *ledgers)
{
	size_t len, head = strlen(LEDGER_HEAD);
	char *text;
	int result;

	if (file_read(d, path, FILE_MAX, &text, &len) == -1)
		return -1;
	if (len >= head && memcmp(text, LEDGER_HEAD, head) == 0)
		result = read_ledger(d, path, file, ledgers);
	else
		result = read_config(d, path, text, len, file, configs);
	free(text);
	return result;
}

static int
by_first(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->file > y->file) - (x->file < y->file);
}

static void
tell(struct cmd *cmd, json_t *all, const struct share *a, const struct share *b)
{
	uint64_t last = a->last < b->last ? a->last : b->last;
	char from[MAC_TEXT], to[MAC_TEXT];
	struct diag d = { 0 };

	mac_format(mac_from_number(b->first), from);
	mac_format(mac_from_number(last), to);
	if (cmd->o.json)
		json_array_append_new(all, json_pack("{s:[s,s],s:s,s:s}", "places", a->where,
					       b->where, "first", from, "last", to));
	if (b->first == last)
		fail_as(&d, DIAG_CONFIG, "%s and %s both have %s", a->where, b->where, from);
	else
		fail_as(
		    &d, DIAG_CONFIG, "%s and %s both have %s to %s", a->where, b->where, from, to);
	complain(cmd, NULL, &d);
}

/* Each pair: in the order of their beginnings those that overlap one lie right behind it. */
static void
compare(struct cmd *cmd, json_t *all, struct shares *s)
{
	size_t found = 0;

	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), by_first);
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = i + 1; k < s->n && s->v[k].first <= s->v[i].last; k++) {
			if (found++ < REPORT_MAX)
				tell(cmd, all, &s->v[i], &s->v[k]);
		}
	}
	if (found > REPORT_MAX)
		warn_user(cmd, NULL, "and %zu pairs more", found - REPORT_MAX);
}

/* Which host's a ledger is nobody knows, and of a host's own range it is full. */
static void
print_none(size_t nfiles, size_t nconfigs)
{
	size_t nledgers = nfiles - nconfigs;

	if (nfiles == 1)
		printf("1 file: nothing to compare it with\n");
	else if (nconfigs == 0 || nledgers == 0)
		printf("%zu files: no MAC address is in two of them\n", nfiles);
	else
		printf("%zu host config%s and %zu ledger%s: no MAC address is in two of the "
		       "former, or in two of the "
		       "latter; the ones are not compared with the others\n",
		    nconfigs, nconfigs == 1 ? "" : "s", nledgers, nledgers == 1 ? "" : "s");
}

int
mac_check(struct cmd *cmd, int argc, char **argv)
{
	struct shares configs = { 0 }, ledgers = { 0 };
	json_t *all = json_array();

	for (int i = 0; i < argc; i++) {
		struct diag d = { 0 };

		if (read_file(&d, argv[i], (size_t)i, &configs, &ledgers) == -1)
			complain(cmd, NULL, &d);
	}
	compare(cmd, all, &configs);
	compare(cmd, all, &ledgers);
	if (cmd->o.json)
		print_json(json_incref(all));
	else if (cmd->status == 0 && !cmd->o.quiet)
		print_none((size_t)argc, configs.n);
	json_decref(all);
	shares_free(&configs);
	shares_free(&ledgers);
	return cmd->status;
}
