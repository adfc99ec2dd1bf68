/* Why a VM has ended: pure, of all that was seen of it. */
#ifndef VMRUN_SUPER_CAUSE_H
#define VMRUN_SUPER_CAUSE_H

#include <stdbool.h>

#include "os/os.h"
#include "vm/event.h"

struct buf;

struct end {
	enum vm_cause asked;  /* CAUSE_ASKED or CAUSE_HOST_SHUTDOWN; CAUSE_NONE: nobody did */
	bool killing;         /* SIGKILL was on its way from here */
	bool up;              /* it had been running */
	const char *broken;   /* why we ended it unasked; "": we did not */
	bool known;           /* status is QEMU's, as of waitpid() */
	int status;
	const char *shutdown; /* the reason in QMP's SHUTDOWN, as QEMU's ShutdownCause; "": none was said */
	bool watchdog;        /* the guest's watchdog fired, and that was to be the end */
	bool starved;         /* the VM had no more memory of its own (memory_max) */
	enum os_oom_answer oom;
};

enum vm_cause end_cause(const struct end *e);
/* A sentence for people, without its full stop. */
void end_add_text(const struct end *e, struct buf *text);

#endif
