/* The words for what happens to a VM and why; see event.h. */
#include "vm/event.h"

#include <stddef.h>
#include <string.h>

#define OF_SUPERVISOR \
	[EVENT_STARTED] = "started", [EVENT_RUNNING] = "running", \
	[EVENT_READY] = "ready", [EVENT_PAUSED] = "paused", \
	[EVENT_RESUMED] = "resumed", [EVENT_RESET] = "reset", \
	[EVENT_PANICKED] = "panicked", [EVENT_WATCHDOG] = "watchdog", \
	[EVENT_STOPPING] = "stopping", [EVENT_STOPPED] = "stopped", \
	[EVENT_FAILED] = "failed", [EVENT_RESTARTING] = "restarting", \
	[EVENT_ADOPTED] = "adopted", [EVENT_COMPANION] = "companion", \
	[EVENT_LINK] = "link", [EVENT_FORWARD] = "forward", \
	[EVENT_CHANGED] = "changed"

const char *const vm_event_words[] = { OF_SUPERVISOR,
	[EVENT_CREATED] = "created",
	[EVENT_CLONED] = "cloned",
	[EVENT_EDITED] = "edited",
	[EVENT_REMOVED] = "removed",
	[EVENT_NETWORK_UP] = "network-up",
	[EVENT_NETWORK_DOWN] = "network-down",
	[EVENT_COUNT] = NULL };
const char *const vm_hook_words[] = { OF_SUPERVISOR, [EVENT_OF_SUPERVISOR] = NULL };

#define RESTARTABLE                                                                                \
	[CAUSE_GUEST_SHUTDOWN] = "guest-shutdown", [CAUSE_GUEST_RESET] = "guest-reset",            \
	[CAUSE_GUEST_PANIC] = "guest-panic", [CAUSE_WATCHDOG] = "watchdog",                        \
	[CAUSE_QEMU_CRASHED] = "qemu-crashed", [CAUSE_QEMU_FAILED] = "qemu-failed",                \
	[CAUSE_KILLED] = "killed", [CAUSE_OUT_OF_MEMORY] = "out-of-memory", [CAUSE_LOST] = "lost", \
	[CAUSE_START_FAILED] = "start-failed", [CAUSE_QUIT] = "quit"

const char *const vm_cause_words[] = { RESTARTABLE,
	[CAUSE_ASKED] = "asked",
	[CAUSE_HOST_SHUTDOWN] = "host-shutdown",
	[CAUSE_COUNT] = NULL };
const char *const vm_cause_choices[] = { RESTARTABLE, [CAUSE_RESTARTABLE] = NULL };

static int
find(const char *const *words, const char *word)
{
	for (int i = 0; word != NULL && words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

int
vm_event_find(const char *word)
{
	return find(vm_event_words, word);
}

int
vm_cause_find(const char *word)
{
	return find(vm_cause_words, word);
}
