/* The request "forward": QEMU's own network in user mode is asked and told over its monitor, for it
 * has no other words for it; a passt is followed by another one that forwards other ports. */
#include <stdlib.h>
#include <string.h>

#include "launch/forwards.h"
#include "launch/passt.h"
#include "launch/record.h"
#include "qemu/usernet.h"
#include "super/machine.h"
#include "util/buf.h"
#include "util/mem.h"

static json_t *
forward_json(const struct vm_forward *f, const struct ip *guest)
{
	char text[FORWARD_TEXT], address[IP_TEXT] = "", to[IP_TEXT] = "";
	json_t *j = json_object();

	ip_format(&f->address, address);
	json_object_set_new(j, "forward", json_string(forward_format(f, text)));
	json_object_set_new(j, "protocol", json_string(forward_protocol(f)));
	json_object_set_new(j, "address", address[0] != '\0' ? json_string(address) : json_null());
	json_object_set_new(j, "port", json_integer(f->port));
	json_object_set_new(j, "last_port", json_integer(f->last));
	ip_format(guest, to);
	json_object_set_new(j, "guest", to[0] != '\0' ? json_string(to) : json_null());
	json_object_set_new(j, "guest_port", json_integer(f->guest));
	return j;
}

static void
answer_list(struct client *k, const char *netdev, const char *text)
{
	struct qemu_forward *all;
	json_t *list;
	size_t n;

	if (qemu_usernet(text, netdev, &all, &n) == -1) {
		client_error(k, "what its QEMU says of its forwards is not understood");
		return;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, forward_json(&all[i].forward, &all[i].guest));
	free(all);
	client_answer(k, json_pack("{s:b,s:o}", "ok", 1, "forwards", list));
}

/* Of an addition QEMU says nothing, of a removal that it was one, and else what is wrong. */
static bool
was_done(const char *action, const char *text, size_t n)
{
	static const char removed[] = " removed";
	size_t end = sizeof(removed) - 1;

	if (strcmp(action, "add") == 0)
		return n == 0;
	return n >= end && strncmp(text + n - end, removed, end) == 0;
}

static void
answer_done(struct client *k, size_t nic, const char *action, const char *forward,
    const char *text)
{
	static const char missing[] = " not found";
	size_t n = strcspn(text, "\r\n");
	struct buf why = { 0 };

	if (was_done(action, text, n)) {
		struct vm_forward f;

		if (forward_parse(forward, &f) == 0)
			super_note_forward(client_super(k), nic, &f, strcmp(action, "add") == 0);
		super_say(client_super(k), EVENT_FORWARD, CAUSE_NONE,
		    json_pack("{s:i,s:s,s:s}", "nic", (int)nic, "action", action, "forward", forward),
		    "%s %s", forward, strcmp(action, "add") == 0 ? "added" : "removed");
		client_answer(k, json_pack("{s:b}", "ok", 1));
		return;
	}
	if (strcmp(action, "remove") == 0 && n >= strlen(missing) &&
	    strncmp(text + n - strlen(missing), missing, strlen(missing)) == 0)
		buf_addf(&why, "%s: there is no such forward", forward);
	else
		buf_addf(&why, "%s: QEMU says: %.*s", forward, (int)n, text);
	client_error(k, why.s);
	buf_free(&why);
}

static unsigned
number(const json_t *request, const char *key)
{
	return (unsigned)json_integer_value(json_object_get(request, key));
}

static void
on_told(struct client *k, const json_t *m, const json_t *request)
{
	const char *text = json_string_value(json_object_get(m, "return"));
	const char *action = json_string_value(json_object_get(request, "action"));
	char netdev[32];

	snprintf(netdev, sizeof(netdev), "net%lld",
	    (long long)json_integer_value(json_object_get(request, "nic")));
	if (text == NULL)
		client_error(k, "its QEMU does not know how to forward");
	else if (strcmp(action, "list") == 0)
		answer_list(k, netdev, text);
	else if (strcmp(action, "reached") == 0)
		client_answer(k, json_pack("{s:b,s:b}", "ok", 1, "reached",
				     qemu_usernet_reached(text, netdev, number(request, "port"),
					 number(request, "guest_port"))));
	else
		answer_done(k,
		    (size_t)json_integer_value(json_object_get(request, "nic")), action,
		    json_string_value(json_object_get(request, "forward")), text);
}

/* f NULL: QEMU is only asked. NULL: it cannot be, and the client has been told so. */
static char *
monitor_line(struct client *k, const char *action, json_int_t nic, const struct vm_forward *f)
{
	char text[QEMU_HOSTFWD], form[FORWARD_TEXT];
	struct diag d = { 0 };

	if (f == NULL)
		return xstrdup("info usernet");
	if (f->address.len == IP6)
		fail(&d, "QEMU's own network forwards ports of IPv4 only");
	else if (f->last != f->port)
		fail(&d, "QEMU's own network forwards one port at a time, no range");
	else if (strcmp(action, "remove") == 0)
		return xasprintf(
		    "hostfwd_remove net%lld %s", (long long)nic, qemu_hostfwd_end(f, text));
	/* QEMU would not say why it cannot have it. */
	else if (forward_free(&d, f) == 0)
		return xasprintf("hostfwd_add net%lld %s", (long long)nic, qemu_hostfwd(f, text));
	diag_wrap(&d, 0, "%s", forward_format(f, form));
	d.text[strcspn(d.text, "\n")] = '\0';
	client_error(k, d.text);
	diag_free(&d);
	return NULL;
}

/* passt cannot be asked: one that lives has all that it was started with. */
static void
list_passt(struct client *k, const json_t *forwards)
{
	static const struct ip unknown;
	json_t *list = json_array();
	const json_t *text;
	struct vm_forward f;
	size_t i;

	json_array_foreach(forwards, i, text)
	{
		if (forward_parse(json_string_value(text), &f) == 0)
			json_array_append_new(list, forward_json(&f, &unknown));
	}
	client_answer(k, json_pack("{s:b,s:o}", "ok", 1, "forwards", list));
}

/* The list with one more, or one less. */
static int
change_list(struct diag *d, json_t *list, const struct vm_forward *f, bool add)
{
	char text[FORWARD_TEXT], other_text[FORWARD_TEXT];
	struct vm_forward other;
	size_t n = json_array_size(list);

	forward_format(f, text);
	for (size_t i = 0; i < n; i++) {
		if (forward_parse(json_string_value(json_array_get(list, i)), &other) == -1)
			continue;
		if (add && forward_clash(f, &other))
			return fail(d, "%s: %s is there already", text,
			    forward_equal(f, &other) ? "it" : forward_format(&other, other_text));
		if (!add && forward_same_port(f, &other))
			return json_array_remove(list, i);
	}
	if (!add)
		return fail(d, "%s: there is no such forward", text);
	if (forward_free(d, f) == -1) {
		diag_wrap(d, 0, "%s", text);
		return -1;
	}
	return json_array_append_new(list, json_string(text));
}

static void
change_passt(struct client *k, size_t nic, const json_t *old, const struct vm_forward *f, bool add)
{
	struct super *s = client_super(k);
	json_t *list = json_deep_copy(old);
	struct diag d = { 0 };
	char text[FORWARD_TEXT];

	if (change_list(&d, list, f, add) == 0 && super_passt_forwards(s, &d, nic, list) == 0) {
		forward_format(f, text);
		super_say(s, EVENT_FORWARD, CAUSE_NONE,
		    json_pack("{s:i,s:s,s:s}", "nic", (int)nic, "action", add ? "add" : "remove",
			"forward", text),
		    "%s %s, by another passt%zu", text, add ? "added" : "removed", nic);
		super_note_forward(s, nic, f, add);
		client_answer(k, json_pack("{s:b}", "ok", 1));
	} else {
		d.text[strcspn(d.text, "\n")] = '\0';
		client_error(k, d.text);
	}
	(void)record_write(&d, &s->runtime, s->launch.record);
	json_decref(list);
	diag_free(&d);
}

void
control_forward(struct client *k, const json_t *request)
{
	const json_t *nics = json_object_get(client_super(k)->launch.record, "nics");
	json_int_t nic = json_integer_value(json_object_get(request, "nic"));
	const char *action = json_string_value(json_object_get(request, "action"));
	const char *text = json_string_value(json_object_get(request, "forward"));
	const char *network =
	    json_string_value(json_object_get(json_array_get(nics, (size_t)nic), "network"));
	bool list = action != NULL && strcmp(action, "list") == 0;
	bool asks = list || (action != NULL && strcmp(action, "reached") == 0);
	struct vm_forward f = { 0 };
	char *line;

	if (action == NULL ||
	    (!asks && strcmp(action, "add") != 0 && strcmp(action, "remove") != 0) ||
	    (!asks && (text == NULL || forward_parse(text, &f) == -1))) {
		client_error(k, "forward what?");
		return;
	}
	if (network != NULL && strcmp(network, "passt") == 0) {
		const json_t *old =
		    json_object_get(json_array_get(nics, (size_t)nic), PASST_FORWARDS);

		if (list && !super_passt_lives(client_super(k), (size_t)nic))
			client_error(k, "its passt has ended, and nothing is forwarded");
		else if (list)
			list_passt(k, old);
		else if (asks)
			client_error(k, "passt does not tell what its guest has taken");
		else
			change_passt(k, (size_t)nic, old, &f, strcmp(action, "add") == 0);
		return;
	}
	if (network == NULL || strcmp(network, "user") != 0) {
		client_error(k, "that NIC is not on a network in user mode");
		return;
	}
	line = monitor_line(k, action, nic, asks ? NULL : &f);
	if (line != NULL)
		client_ask(k, "human-monitor-command", json_pack("{s:s}", "command-line", line),
		    on_told, request);
	free(line);
}
