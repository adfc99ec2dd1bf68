/* The words for what happens to a VM and why: the same in files, in the log, in the events file, to hooks
 * and in the manual. */
#ifndef VMRUN_VM_EVENT_H
#define VMRUN_VM_EVENT_H

enum vm_event {
	EVENT_STARTED,    /* QEMU was started and is up */
	EVENT_RUNNING,    /* its guest runs for the first time */
	EVENT_READY,      /* it is what its file calls ready */
	EVENT_PAUSED,
	EVENT_RESUMED,
	EVENT_RESET,      /* the guest boots anew in the same QEMU */
	EVENT_PANICKED,   /* the guest told that it did */
	EVENT_WATCHDOG,   /* the guest's watchdog fired */
	EVENT_STOPPING,   /* it was asked to end */
	EVENT_STOPPED,    /* it has ended in order */
	EVENT_FAILED,     /* it has ended otherwise, or could not be started */
	EVENT_RESTARTING, /* it has ended, and is started again */
	EVENT_ADOPTED,    /* a new supervisor has taken over its QEMU */
	EVENT_COMPANION,  /* a program beside QEMU has ended, or was restarted */
	EVENT_LINK,       /* the cable of a NIC was put in or pulled out */
	EVENT_FORWARD,    /* a forward was added or removed */
	EVENT_CHANGED,    /* something was changed while it runs */
	EVENT_OF_SUPERVISOR, /* how many there are so far: those that hooks can be for */
	EVENT_CREATED = EVENT_OF_SUPERVISOR, /* of its file, as all that follow told by commands: */
	EVENT_CLONED,
	EVENT_EDITED,
	EVENT_REMOVED,
	EVENT_NETWORK_UP, /* of a network of vmrun.conf */
	EVENT_NETWORK_DOWN,
	EVENT_COUNT
};
/* In that order, ended by NULL. */
extern const char *const vm_event_words[];
extern const char *const vm_hook_words[]; /* of those that hooks can be for */

/* Why a VM has ended. The first ones are those after which a restart can be wanted. */
enum vm_cause {
	CAUSE_NONE = -1,
	CAUSE_GUEST_SHUTDOWN,
	CAUSE_GUEST_RESET,   /* it rebooted, and on_reboot is not reset */
	CAUSE_GUEST_PANIC,
	CAUSE_WATCHDOG,
	CAUSE_QEMU_CRASHED,  /* by a signal of its own doing, such as SEGV and ABRT */
	CAUSE_QEMU_FAILED,   /* it ended itself with a status other than 0 */
	CAUSE_KILLED,        /* by a signal that somebody sent */
	CAUSE_OUT_OF_MEMORY, /* killed by the kernel for want of memory */
	CAUSE_LOST,          /* nobody saw how */
	CAUSE_START_FAILED,
	CAUSE_QUIT,          /* through QMP, its monitor or its window */
	CAUSE_RESTARTABLE,   /* how many there are so far */
	CAUSE_ASKED = CAUSE_RESTARTABLE, /* through vmrun */
	CAUSE_HOST_SHUTDOWN, /* the supervisor was told to end, or the host went down */
	CAUSE_COUNT
};
extern const char *const vm_cause_words[];
/* Those that a restart can be wanted after, ended by NULL. */
extern const char *const vm_cause_choices[];

/* By its word; -1, which is CAUSE_NONE, if there is no such. */
int vm_event_find(const char *word);
int vm_cause_find(const char *word);

#endif
