/* Soon after a QEMU is up, and so as not to be in the way of its start: out of the session of whoever
 * started it. */
#include "launch/quota.h"
#include "super/machine.h"
#include "util/loop.h"

static void
due(void *arg)
{
	struct super *s = arg;

	if (s->launch.proc.pid != 0)
		quota_shelter(s->launch.record, s->c, s->name);
}

void
super_shelter(struct super *s)
{
	loop_timer(s->loop, now_ms() + IDLE_MS, due, s);
}
