/*
 * Events: one record for each thing that happens to a VM, with its time, the VM, the event and the cause.
 *
 * A record is a line of JSON in LOG_DIR/events.jsonl, written with one write(2) at its end, so that any
 * number of processes may do so at once; and where there is a journal of systemd an entry in it, with the
 * fields VMRUN_VM, VMRUN_EVENT and VMRUN_CAUSE. What a supervisor tells (super_say() in machine.h) is in
 * the VM's log as well, and is told to its hooks.
 */
#ifndef VMRUN_SUPER_EVENT_H
#define VMRUN_SUPER_EVENT_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>

#include "vm/event.h"

struct context;

#define EVENTS_FILE "events.jsonl"
#define EVENTS_MAX  (8u << 20) /* bytes; then events.jsonl becomes events.jsonl.1 */
#define EVENTS_KEEP 3          /* old files */

/* What a command tells: to the events file and the journal. vm: the VM's name (of the network events the
 * network's); facts: further fields of the record, taken over, may be NULL; the rest is a sentence for
 * people, without its full stop. That it could not be written is no reason to fail. */
void event_say(const struct context *c, const char *vm, enum vm_event event, json_t *facts,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The parts of it. A record: "time", "vm", "event", "cause" where there is one, "text", and the facts,
 * taken over. To be released by the caller. */
json_t *event_record(
    const char *vm, enum vm_event event, enum vm_cause cause, json_t *facts, const char *text);
json_t *event_recordv(const char *vm, enum vm_event event, enum vm_cause cause, json_t *facts,
    const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));
void event_write(const struct context *c, const json_t *record);
/* "failed (killed): TEXT", as in the log; to be freed by the caller. */
char *event_text(const json_t *record);

/* The events file; to be freed by the caller. */
char *events_path(const struct context *c);

/* journal.c: an entry in the journal of systemd, if there is one. */
void journal_write(const struct context *c, const json_t *record);

#endif
