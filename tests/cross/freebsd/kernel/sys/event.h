/* FreeBSD's <sys/event.h> (sys/sys/event.h), kqueue(2); the layout since FreeBSD 12. */
#ifndef _SYS_EVENT_H_
#define _SYS_EVENT_H_

#include <stdint.h>

#define EVFILT_PROC (-5)
#define EV_ADD      0x0001
#define NOTE_EXIT   0x80000000

struct kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned int fflags;
	int64_t data;
	void *udata;
	uint64_t ext[4];
};

struct timespec;

int kqueue(void);
int kevent(int, const struct kevent *, int, struct kevent *, int, const struct timespec *);

#endif
