/* The request "change": a running VM is made what its file says, as far as that can be; see change.h. */
#include "super/change.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/differs.h"
#include "launch/nics_change.h"
#include "launch/quota.h"
#include "launch/record.h"
#include "launch/resolved.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/change.h"

static int
change_nothing(struct change_work *w, struct diag *d, size_t i)
{
	return 0;
}

static int
change_policy(struct change_work *w, struct diag *d, size_t i)
{
	struct restart_history history = w->s->history;

	record_policy(w->s->launch.record, &w->now->member.vm);
	super_read_policy(w->s);
	w->s->history = history; /* that of the start is in the record */
	super_ready_change(w->s);
	return 0;
}

static int
change_quota(struct change_work *w, struct diag *d, size_t i)
{
	json_t *record = w->s->launch.record;
	const char *accel = json_string_value(json_object_get(record, "accel"));
	int result = quota_change(d, record, w->c, &w->now->member.vm,
	    accel != NULL && strcmp(accel, "tcg") == 0);

	super_hunger_watch(w->s);
	return result;
}

/* What bounds a NIC and keeps it apart comes before its cable. */
static const struct {
	enum change_unit unit;
	change_fn *fn;
} units[] = {
	{ CHANGE_NOTHING, change_nothing },
	{ CHANGE_POLICY, change_policy },
	{ CHANGE_ACTIONS, change_actions },
	{ CHANGE_QUOTA, change_quota },
	{ CHANGE_BALLOON, change_balloon },
	{ CHANGE_PASSWORD, change_password },
	{ CHANGE_LIMITS, change_limits },
	{ CHANGE_CDROM, change_cdrom },
	{ CHANGE_FLOPPY, change_floppy },
	{ CHANGE_DOWN_HOOK, change_down_hook },
	{ CHANGE_FORWARDS, change_forwards },
	{ CHANGE_RATE, change_rate },
	{ CHANGE_PORT, change_port },
	{ CHANGE_LINK, change_link },
};
_Static_assert(sizeof(units) / sizeof(units[0]) == CHANGE_UNITS - 1, "each unit has its function");

struct changing {
	struct change_work work;
	struct fleet_member file;
	struct plan was, now;
	struct differs differs;
	bool *done;
	json_t *failed; /* [{"keys": […], "error": TEXT}] */
};

/* "nics[0].vlan: 10 -> 20" */
static void
tell_change(struct super *s, const struct change *c)
{
	if (c->mark)
		return;
	super_say(s, EVENT_CHANGED, CAUSE_NONE, json_pack("{s:s}", "key", c->key), "%s: %s -> %s",
	    c->key, c->runs != NULL ? c->runs->text : "(not given)",
	    c->file != NULL ? c->file->text : "(not given)");
}

/* What was done is so from now on, whoever asks and whatever follows. */
static int
keep(struct changing *g, struct diag *d)
{
	struct super *s = g->work.s;
	struct conf_trail merged;
	struct buf text = { 0 };
	int result;

	changes_merge(&g->differs.runs, &g->differs.changes, g->done, &merged);
	conf_trail_write(&text, &merged);
	conf_trail_free(&merged);
	result = record_write(d, &s->runtime, s->launch.record);
	if (resolved_write(d, &s->runtime, text.s != NULL ? text.s : "") == -1)
		result = -1;
	buf_free(&text);
	return result;
}

static void
add_failure(struct changing *g, enum change_unit unit, size_t i, const struct diag *d)
{
	const struct changes *all = &g->differs.changes;
	json_t *keys = json_array();
	struct buf text = { 0 };

	for (size_t k = 0; k < all->n; k++) {
		if (all->v[k].unit == unit && all->v[k].i == i)
			json_array_append_new(keys, json_string(all->v[k].key));
	}
	for (size_t n = 0; n + 1 < d->len; n++) {
		if (d->text[n] == '\n')
			buf_add(&text, "; ");
		else
			buf_addc(&text, d->text[n]);
	}
	log_say(&g->work.s->log, "could not be changed: %s",
	    text.s != NULL ? text.s : "it failed");
	json_array_append_new(g->failed,
	    json_pack("{s:o,s:s}", "keys", keys, "error", text.s != NULL ? text.s : "it failed"));
	buf_free(&text);
}

/* One unit: all its keys at once. */
static void
run_unit(struct changing *g, enum change_unit unit, change_fn *fn, size_t i)
{
	const struct changes *all = &g->differs.changes;
	struct super *s = g->work.s;
	struct diag d = { 0 };
	bool good = fn(&g->work, &d, i) == 0;

	if (unit == CHANGE_PASSWORD && good)
		differs_record(s->launch.record, &g->now.member.vm);
	for (size_t k = 0; k < all->n && good; k++) {
		if (all->v[k].unit == unit && all->v[k].i == i) {
			g->done[k] = true;
			tell_change(s, &all->v[k]);
		}
	}
	if (keep(g, &d) == -1)
		good = false;
	if (!good)
		add_failure(g, unit, i, &d);
	diag_free(&d);
}

static void
run_units(struct changing *g)
{
	const struct changes *all = &g->differs.changes;

	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		for (size_t k = 0; k < all->n; k++) {
			const struct change *c = &all->v[k];
			bool first = c->unit == units[u].unit;

			for (size_t b = 0; b < k && first; b++)
				first = all->v[b].unit != c->unit || all->v[b].i != c->i;
			if (first)
				run_unit(g, c->unit, units[u].fn, c->i);
		}
	}
}

/* vmrun.conf as it is now: what the defaults in it say belongs to the file. */
static int
context_now(struct diag *d, const struct context *c, struct context *ret)
{
	bool there = access(c->host_file, F_OK) == 0;

	return context_open(d, c->root, there ? c->host_file : NULL, ret);
}

static json_t *
answer_of(const struct changing *g)
{
	const struct changes *all = &g->differs.changes;
	json_t *changed = json_array(), *waiting = json_array();

	for (size_t k = 0; k < all->n; k++) {
		if (g->done[k])
			json_array_append_new(changed, json_string(all->v[k].key));
		else if (all->v[k].unit == CHANGE_RESTART)
			json_array_append_new(waiting, json_string(all->v[k].key));
	}
	return json_pack("{s:b,s:o,s:o,s:O}", "ok", 1, "changed", changed, "waiting", waiting,
	    "failed", g->failed);
}

/* NULL: nothing was done, and d says why. */
static json_t *
change(struct super *s, struct diag *d, const struct context *c)
{
	struct changing g = { .work = { .s = s, .c = c, .was = &g.was, .now = &g.now } };
	json_t *answer = NULL;

	if (context_load(d, c, s->word, &g.file) == -1 ||
	    vm_system_check(g.file.doc, &g.file.vm, os_here()) == -1) {
		if (g.file.doc != NULL)
			conf_report(d, g.file.doc);
	} else if (differs_find(d, c, s->launch.record, &g.file, &g.differs) == 0) {
		nics_plan(s->launch.record, &g.differs.vm, &g.was);
		nics_plan(s->launch.record, &g.file.vm, &g.now);
		g.done = xcalloc(g.differs.changes.n, sizeof(*g.done));
		g.failed = json_array();
		run_units(&g);
		answer = answer_of(&g);
		json_decref(g.failed);
		free(g.done);
		free(g.was.given.macs);
		free(g.now.given.macs);
		differs_free(&g.differs);
	}
	fleet_member_free(&g.file);
	return answer;
}

void
control_change(struct client *k, const json_t *request)
{
	struct super *s = client_super(k);
	struct context now = { 0 };
	struct diag d = { 0 };
	json_t *answer = NULL;

	if (!s->up || (s->state != S_RUNNING && s->state != S_PAUSED)) {
		client_error(k, "it is not running");
		return;
	}
	if (context_now(&d, s->c, &now) == 0) {
		answer = change(s, &d, &now);
		context_close(&now);
	}
	if (answer == NULL) {
		if (d.len > 0)
			d.text[d.len - 1] = '\0';
		client_error(k, d.len > 0 ? d.text : "it could not be read");
	} else {
		client_answer(k, answer);
	}
	diag_free(&d);
	super_bustle(s);
}
