/*
 * The cables of the guest's NICs: pulled out and put in while it runs.
 *
 * QEMU cannot be asked how they are. So the record has what QEMU was told and took, and QEMU is
 * told again over each connection: after whatever went wrong in between, both are the same.
 */
#include <stdio.h>

#include "super/machine.h"

static json_t *
nics_of(const struct super *s)
{
	return json_object_get(s->launch.record, "nics");
}

/* The NIC's device and its netdev have the same name, and both are told. */
static json_t *
set_link(size_t nic, bool up)
{
	return json_pack("{s:o,s:b}", "name", json_sprintf("net%zu", nic), "up", (int)up);
}

static int
record_link(struct super *s, size_t nic, bool up)
{
	struct diag d = { 0 };
	int result;

	json_object_set_new(json_array_get(nics_of(s), nic), "link", json_boolean(up));
	result = record_write(&d, &s->runtime, s->launch.record);
	if (result == 0)
		super_note_link(s, nic, up);
	log_diag(&s->log, &d);
	diag_free(&d);
	return result;
}

static void on_told(struct client *k, const json_t *m, const json_t *request);

/* request says which NIC is next, which the last, and how it is to be. */
static void
tell_next(struct client *k, const json_t *request)
{
	size_t nic = (size_t)json_integer_value(json_object_get(request, "next"));

	client_ask(k, "set_link", set_link(nic, json_is_true(json_object_get(request, "up"))),
	    on_told, request);
}

static void
on_told(struct client *k, const json_t *m, const json_t *request)
{
	struct super *s = client_super(k);
	json_int_t nic = json_integer_value(json_object_get(request, "next"));
	json_t *next;

	if (record_link(s, (size_t)nic, json_is_true(json_object_get(request, "up"))) == -1) {
		client_error(k, "its record cannot be written");
		return;
	}
	super_say(s, EVENT_LINK, CAUSE_NONE,
	    json_pack("{s:I,s:b}", "nic", nic, "up", json_is_true(json_object_get(request, "up"))),
	    "nic %lld: link %s", (long long)nic,
	    json_is_true(json_object_get(request, "up")) ? "up" : "down");
	if (nic == json_integer_value(json_object_get(request, "last"))) {
		client_answer(k, json_pack("{s:b,s:s}", "ok", 1, "state", state_name(s->state)));
		return;
	}
	next = json_copy((json_t *)request);
	json_object_set_new(next, "next", json_integer(nic + 1));
	tell_next(k, next);
	json_decref(next);
}

void
control_link(struct client *k, const json_t *request)
{
	const json_t *nic = json_object_get(request, "nic"), *up = json_object_get(request, "up");
	json_int_t n = (json_int_t)json_array_size(nics_of(client_super(k)));
	json_int_t i = json_integer_value(nic);
	json_t *wish;
	char why[100];

	if (!json_is_boolean(up) || (nic != NULL && !json_is_integer(nic))) {
		client_error(k, "which link, and how?");
		return;
	}
	if (n == 0) {
		client_error(k, "it has no NIC");
		return;
	}
	if (i < 0 || i >= n) {
		snprintf(why, sizeof(why),
		    "it has no NIC %lld (they are numbered from 0, and the last is %lld)",
		    (long long)i, (long long)n - 1);
		client_error(k, why);
		return;
	}
	wish = json_pack("{s:b,s:I,s:I}", "up", (int)json_is_true(up), "next", i, "last",
	    nic != NULL ? i : n - 1);
	tell_next(k, wish);
	json_decref(wish);
}

void
links_tell(struct super *s)
{
	/* A QEMU that has just been born has all of them in. */
	bool born = s->launch.ours && !s->up;
	json_t *nic;
	size_t i;

	json_array_foreach(nics_of(s), i, nic)
	{
		bool out = json_is_false(json_object_get(nic, "link"));

		if (out || !born)
			super_qmp_send(s, "set_link", set_link(i, !out), ID_LINK);
	}
}
