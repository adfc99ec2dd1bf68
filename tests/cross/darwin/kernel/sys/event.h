/* macOS's <sys/event.h>; only what src/os names. */
#ifndef _SYS_EVENT_H_
#define _SYS_EVENT_H_

#include <stdint.h>
#include <time.h>

#define EVFILT_PROC (-5)
#define EV_ADD      0x0001
#define EV_ONESHOT  0x0010
#define EV_ERROR    0x4000
#define NOTE_EXIT   0x80000000

#define EV_SET(kevp, a, b, c, d, e, f)                                                             \
	(*(kevp) = (struct kevent){ .ident = (uintptr_t)(a),                                       \
	    .filter = (b),                                                                         \
	    .flags = (c),                                                                          \
	    .fflags = (d),                                                                         \
	    .data = (e),                                                                           \
	    .udata = (f) })

struct kevent {
	uintptr_t ident;
	int16_t filter;
	uint16_t flags;
	uint32_t fflags;
	intptr_t data;
	void *udata;
};

int kqueue(void);
int kevent(int, const struct kevent *, int, struct kevent *, int, const struct timespec *);

#endif
