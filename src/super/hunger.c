/* Whether the kernel has killed a process of the VM because the VM had no more memory: its group
 * says so, and may be gone by the time that somebody asks why QEMU has ended. */
#include <poll.h>

#include "launch/quota.h"
#include "os/os.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"

static void
look(struct super *s)
{
	uint64_t killed = 0;

	if (s->hunger != -1 && os_group_watched(s->hunger, &killed) == 0 && killed > 0)
		s->starved = true;
}

/* Like every event of the kernel's files it comes with POLLERR, and is over once it is read. */
static void
take_event(int fd, short revents, void *arg)
{
	struct super *s = arg;
	uint64_t killed;

	/* A group that is gone has an event for ever. */
	if (os_group_watched(fd, &killed) == -1)
		loop_remove(s->loop, fd);
	look(s);
}

void
super_hunger_watch(struct super *s)
{
	super_hunger_forget(s);
	s->starved = false;
	s->hunger = quota_watch(s->launch.record);
	if (s->hunger == -1)
		return;
	look(s); /* the first read arms it */
	loop_add(s->loop, s->hunger, POLLPRI, take_event, s);
}

bool
super_starved(struct super *s)
{
	look(s);
	return s->starved;
}

void
super_hunger_forget(struct super *s)
{
	if (s->hunger != -1)
		loop_remove(s->loop, s->hunger);
	fd_close(&s->hunger);
}
