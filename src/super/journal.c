/*
 * An event as an entry of systemd's journal, in its native protocol: one datagram of fields. A value without
 * a line end is "FIELD=value\n"; any other is "FIELD\n", its length as 64 bits, lowest byte first, the value
 * and "\n". See https://systemd.io/JOURNAL_NATIVE_PROTOCOL/.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "launch/context.h"
#include "super/event.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static void
add_field(struct buf *b, const char *name, const char *value)
{
	size_t n = strlen(value);

	buf_add(b, name);
	if (strchr(value, '\n') == NULL) {
		buf_addf(b, "=%s\n", value);
		return;
	}
	buf_addc(b, '\n');
	for (unsigned i = 0; i < 8; i++)
		buf_addc(b, (char)((uint64_t)n >> (8 * i) & 0xff));
	buf_addn(b, value, n);
	buf_addc(b, '\n');
}

/* "exit_status" becomes VMRUN_EXIT_STATUS. */
static void
add_fact(struct buf *b, const char *key, const json_t *value)
{
	char *name = xasprintf("VMRUN_%s", key), *text = NULL;

	for (char *p = name; *p != '\0'; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	if (!json_is_string(value))
		text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	add_field(b, name, text != NULL ? text : json_is_string(value) ? json_string_value(value) : "");
	free(text);
	free(name);
}

/* syslog's words: 3 is an error, 4 a warning, 6 a piece of information. */
static int
priority(const char *event)
{
	switch (vm_event_find(event)) {
	case EVENT_FAILED:
		return 3;
	case EVENT_RESTARTING:
	case EVENT_PANICKED:
	case EVENT_WATCHDOG:
	case EVENT_COMPANION:
	case EVENT_ADOPTED:
		return 4;
	}
	return 6;
}

void
journal_write(const struct context *c, const json_t *record)
{
	const char *vm = json_string_value(json_object_get(record, "vm")), *key;
	const char *event = json_string_value(json_object_get(record, "event"));
	char *path = xasprintf("%s" JOURNAL_SOCKET, c->host_root), *text, *message;
	struct buf b = { 0 };
	const json_t *value;

	text = event_text(record);
	message = xasprintf("%s: %s", vm != NULL ? vm : "", text);
	add_field(&b, "MESSAGE", message);
	add_field(&b, "SYSLOG_IDENTIFIER", "vmrun");
	buf_addf(&b, "PRIORITY=%d\n", priority(event));
	json_object_foreach((json_t *)record, key, value) add_fact(&b, key, value);
	(void)unix_tell(path, b.s, b.len);
	buf_free(&b);
	free(message);
	free(text);
	free(path);
}
