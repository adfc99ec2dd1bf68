/* Between the files of the fake XNU. */
#ifndef VMRUN_TESTS_UNIT_FAKE_DARWIN_KERNEL_H
#define VMRUN_TESTS_UNIT_FAKE_DARWIN_KERNEL_H

#include <stdbool.h>

#include "fake_darwin.h"

#define LINKS_MAX 256

extern struct fake_xnu {
	struct darwin_link links[LINKS_MAX];
	unsigned nlinks, last_index;
	bool no_root;
} xnu;

struct darwin_link *fake_by_index(unsigned index); /* NULL: there is none */

/* Counts a call that can fail: true, with errno, if it is to. */
bool fake_refuses(void);
/* A change for darwin_log(); returns result, and keeps errno. */
int fake_record(int result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A real descriptor that the fake watches over; -1 is passed on. tap is "" for any other. */
int fake_descriptor(int fd, const char *tap);
bool fake_is_socket(int fd);
void fake_closed(int fd);

void fake_host_reset(void);

#endif
