/* Completion: what each word of a usage stands for, on this host. */
#include <stdlib.h>
#include <string.h>

#include "cmd/complete.h"
#include "cmd/grammar.h"
#include "cmd/top_rows.h"
#include "conf/conf.h"
#include "net/ledger.h"
#include "os/os.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sorted.h"
#include "vm/channel.h"
#include "vm/forward.h"

#define FILE_MAX (1u << 20) /* bytes of a VM file */

struct names {
	char **v;
	size_t n;
};

static bool
given(const struct completion *k, const char *word)
{
	for (int i = 0; i < k->argc; i++) {
		if (strcmp(k->argv[i], word) == 0)
			return true;
	}
	return false;
}

static bool
among(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->v[i], name) == 0)
			return true;
	}
	return false;
}

/* Unless it is in seen, which gets it. */
static void
add_once(struct completion *k, struct names *seen, const char *word, const char *help)
{
	if (among(seen, word))
		return;
	seen->v = xreallocarray(seen->v, seen->n + 1, sizeof(*seen->v));
	seen->v[seen->n++] = xstrdup(word);
	if (!given(k, word))
		complete_add(k, word, help);
}

static void
add_tags_of(struct completion *k, const char *path, struct names *seen)
{
	struct tags {
		char **v;
		size_t n;
	} tags = { 0 };
	static const struct conf_key rows[] = {
		{ .name = "tags", .kind = CONF_STRINGS, .offset = offsetof(struct tags, v),
		    .count_offset = offsetof(struct tags, n), .single = true },
		{ 0 },
	};
	struct diag ignored = { 0 };
	struct conf_doc *doc = NULL;
	char *text = NULL;
	size_t len;

	/* Most files have none, and to parse one takes ten times as long as to read it. */
	if (file_read(&ignored, path, FILE_MAX, &text, &len) == 0 && memmem(text, len, "tags", 4) != NULL &&
	    conf_open(&ignored, path, &doc) == 0)
		conf_apply(&ignored, doc, NULL, rows, &tags);
	for (size_t i = 0; i < tags.n; i++) {
		char *word = xasprintf("@%s", tags.v[i]);

		add_once(k, seen, word, "VMs with this tag");
		free(word);
	}
	conf_clear(rows, &tags);
	conf_close(doc);
	free(text);
	diag_free(&ignored);
}

static void
add_tags_in(struct completion *k, const char *dir, struct names *seen)
{
	struct diag ignored = { 0 };
	struct names files = { 0 };

	if (context_names_in(&ignored, dir, ".conf", &files.v, &files.n) == 0) {
		for (size_t i = 0; i < files.n; i++) {
			char *path = xasprintf("%s/%s.conf", dir, files.v[i]);

			add_tags_of(k, path, seen);
			free(path);
		}
	}
	strings_free(files.v, files.n);
	diag_free(&ignored);
}

static char *
template_dir(const struct completion *k)
{
	const char *slash = strrchr(k->c->vm_dir, '/');

	return xasprintf("%.*s/templates", (int)(slash - k->c->vm_dir), k->c->vm_dir);
}

/* What a verb can do something with: a VM that is not running is not offered to be stopped. */
static bool
suits(const struct completion *k, bool runs)
{
	return k->verb == NULL || k->verb->suits == VERB_ANY || (k->verb->suits == VERB_RUNNING) == runs;
}

static void
add_vms(struct completion *k)
{
	struct names files = { 0 }, running = { 0 }, all = { 0 };
	struct diag ignored = { 0 };

	if (context_vm_names(&ignored, k->c, &files.v, &files.n) == -1 ||
	    context_run_names(&ignored, k->c, &running.v, &running.n) == -1 ||
	    context_names_in(&ignored, k->c->vm_dir, "@.conf", &all.v, &all.n) == -1)
		goto cleanup;
	for (size_t i = 0; i < files.n; i++) {
		bool runs = sorted_has(running.v, running.n, files.v[i]);

		if (files.v[i][strlen(files.v[i]) - 1] != '@' && suits(k, runs) && !given(k, files.v[i]))
			complete_add(k, files.v[i], runs ? "running" : "stopped");
	}
	for (size_t i = 0; i < running.n; i++) {
		if (suits(k, true) && !sorted_has(files.v, files.n, running.v[i]) && !given(k, running.v[i]))
			complete_add(k, running.v[i], "running");
	}
	/* An instance that nobody has listed can be started all the same. */
	for (size_t i = 0; i < all.n; i++) {
		char *word = xasprintf("%s@", all.v[i]);

		if (suits(k, false))
			complete_add(k, word, "an instance of it");
		free(word);
	}
cleanup:
	strings_free(files.v, files.n);
	strings_free(running.v, running.n);
	strings_free(all.v, all.n);
	diag_free(&ignored);
}

/* Those whose MACs are to be forgotten: in the ledger, and without a file. */
static void
add_ledger_names(struct completion *k)
{
	struct diag ignored = { 0 };
	struct names seen = { 0 };
	struct ledger_entry e;
	struct ledger *l;
	size_t i = 0;

	if (ledger_read(&ignored, k->c->ledger, &l) == 0) {
		while (ledger_next(l, &i, &e)) {
			if (!context_has_file(k->c, e.vm))
				add_once(k, &seen, e.vm, "gone");
		}
		ledger_close(l);
	}
	strings_free(seen.v, seen.n);
	diag_free(&ignored);
}

static void
add_names(struct completion *k)
{
	if (strcmp(k->verb->name, "mac") == 0) {
		add_ledger_names(k);
	} else if (k->typed[0] == '@') {
		char *dir = template_dir(k);
		struct names seen = { 0 };

		add_tags_in(k, k->c->vm_dir, &seen);
		add_tags_in(k, dir, &seen);
		strings_free(seen.v, seen.n);
		free(dir);
	} else if (strchr(k->typed, '/') != NULL || k->typed[0] == '.') {
		k->files = true;
	} else {
		add_vms(k);
	}
}

static void
add_bridges(struct completion *k)
{
	struct diag ignored = { 0 };
	struct os_link *links = NULL;
	size_t n = 0;

	for (size_t i = 0; i < k->c->host.nbridges; i++)
		complete_add(k, k->c->host.bridges[i].name, "in vmrun.conf");
	if (k->verb != NULL && strcmp(k->verb->name, "net") == 0)
		return; /* it makes those that are described */
	if (os_links(&ignored, &links, &n) == -1)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (links[i].is_bridge)
			complete_add(k, links[i].name, "a bridge");
	}
	free(links);
	diag_free(&ignored);
}

static void
add_templates(struct completion *k)
{
	struct diag ignored = { 0 };
	struct names names = { 0 };
	const char *comma = strrchr(k->typed, ',');
	char *dir = template_dir(k);

	/* A list: what is typed is behind its last comma. */
	if (comma != NULL && k->nkept == 0) {
		k->kept = k->typed;
		k->nkept = (size_t)(comma + 1 - k->typed);
		k->typed = comma + 1;
	}
	if (context_names_in(&ignored, dir, ".conf", &names.v, &names.n) == 0) {
		for (size_t i = 0; i < names.n; i++)
			complete_add(k, names.v[i], "a template");
	}
	strings_free(names.v, names.n);
	free(dir);
	diag_free(&ignored);
}

/* fn for the VM that the first word names, by its file. */
static void
with_vm(struct completion *k, void (*fn)(struct completion *k, const struct vm *vm))
{
	struct diag ignored = { 0 };
	struct fleet_member m;

	if (k->argc == 0)
		return;
	if (context_load(&ignored, k->c, k->argv[0], &m) == 0)
		fn(k, &m.vm);
	fleet_member_free(&m);
	diag_free(&ignored);
}

static void
add_nics_of(struct completion *k, const struct vm *vm)
{
	char text[32];

	for (size_t i = 0; i < vm->nnics; i++) {
		snprintf(text, sizeof(text), "%zu", i);
		complete_add(k, text, vm->nics[i].bridge != NULL ? vm->nics[i].bridge : "a NIC");
	}
}

static void
add_channels_of(struct completion *k, const struct vm *vm)
{
	struct vm_channel_ref ref;

	for (size_t i = 0; vm_channel(vm, i, &ref); i++)
		complete_add(k, vm_channel_name(&ref), ref.id);
}

static void
add_forwards_of(struct completion *k, const struct vm *vm)
{
	char text[FORWARD_TEXT];

	for (size_t i = 0; i < vm->nnics; i++) {
		for (size_t f = 0; f < vm->nics[i].nforwards; f++)
			complete_add(k, forward_format(&vm->nics[i].forwards[f], text), "in its file");
	}
}

static void
add_nics(struct completion *k)
{
	with_vm(k, add_nics_of);
}

static void
add_channels(struct completion *k)
{
	with_vm(k, add_channels_of);
}

static void
add_forwards(struct completion *k)
{
	static const char *const begin[] = { "tcp:", "udp:" };

	if (given(k, "remove"))
		with_vm(k, add_forwards_of);
	for (size_t i = 0; !given(k, "remove") && i < 2; i++)
		complete_add(k, begin[i], "[ADDRESS:]PORT[:GUEST_PORT]");
}

static void
add_verb_names(struct completion *k)
{
	for (size_t i = 0; verbs[i] != NULL; i++)
		complete_add(k, verbs[i]->name, verbs[i]->help);
}

static void
add_columns(struct completion *k)
{
	bool least = k->typed[0] == '-';

	if (least) {
		k->kept = k->nkept > 0 ? k->kept : k->typed;
		k->nkept++;
		k->typed++;
	}
	for (int i = 0; i < TOP_COLUMNS; i++)
		complete_add(k, top_headings[i].word, least ? "the least first" : "the largest first");
}

static void
add_states(struct completion *k)
{
	static const char *const states[] = { "ready", "running", "paused", "stopped" };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		complete_add(k, states[i], NULL);
}

static void
add_systems(struct completion *k)
{
	size_t n;
	const struct os_facts *systems = os_facts_all(&n);

	for (size_t i = 0; i < n; i++)
		complete_add(k, systems[i].name, systems[i].title);
}

static void
add_files(struct completion *k)
{
	k->files = true;
}

static void
add_folders(struct completion *k)
{
	k->folders = true;
}

static void
add_key(struct completion *k)
{
	complete_key(k, false);
}

/* Of qmp, the arguments of a command are QEMU's. */
static void
add_setting(struct completion *k)
{
	if (!k->verb->words)
		complete_key(k, true);
}

static const struct source {
	const char *word;
	void (*add)(struct completion *k);
	bool context; /* it needs the host config */
} sources[] = {
	{ "BRIDGE", add_bridges, true },
	{ "CHANNEL", add_channels, true },
	{ "COLUMN", add_columns, false },
	{ "DIR", add_folders, false },
	{ "FILE", add_files, false },
	{ "FORWARD", add_forwards, true },
	{ "KEY", add_key, false },
	{ "KEY=VALUE", add_setting, false },
	{ "NAME", add_names, true },
	{ "NAME[,NAME...]", add_templates, true },
	{ "NIC", add_nics, true },
	{ "SIZE|FILE", add_files, false },
	{ "STATE", add_states, false },
	{ "SYSTEM", add_systems, false },
	{ "TEMPLATE", add_templates, true },
	{ "VERB", add_verb_names, false },
};

void
complete_word(struct completion *k, const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strlen(sources[i].word) == len && strncmp(sources[i].word, word, len) == 0) {
			if (!sources[i].context || k->c != NULL)
				sources[i].add(k);
			return;
		}
	}
	/* The words themselves. */
	for (const char *end = word + len; word < end && (*word < 'A' || *word > 'Z');) {
		char text[64];
		size_t n = strcspn(word, "|");

		if (n > (size_t)(end - word))
			n = (size_t)(end - word);
		snprintf(text, sizeof(text), "%.*s", (int)n, word);
		complete_add(k, text, NULL);
		word += n + 1;
	}
}
