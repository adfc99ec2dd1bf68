/*
 * Functions that a system's C library lacks, one a file, and what stands in for those that it has
 * in another form. Included in front of every source by the build; what the system has is left
 * alone. COMPAT_… are set by compat/meson.build from what the compiler finds, never from a system's
 * name.
 */
#ifndef VMRUN_COMPAT_COMPAT_H
#define VMRUN_COMPAT_COMPAT_H

#include <stddef.h>

#ifdef COMPAT_CLOSEFROM
void closefrom(int lowest);
#endif

#ifdef COMPAT_EXPLICIT_BZERO
void explicit_bzero(void *p, size_t n);
#endif

#ifdef COMPAT_REALLOCARRAY
void *reallocarray(void *p, size_t n, size_t size);
#endif

/* POSIX 2008's names of struct stat's times. */
#ifdef COMPAT_ST_MTIM
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

/* fsync(2) until the data is on the medium: where that ends at the drive's cache there is another
 * call for it. */
#ifdef COMPAT_FSYNC_DISK
int fsync_disk(int fd);
#else
#define fsync_disk fsync
#endif

/* poll(2) of few descriptors, one of which may be a terminal. */
#ifdef COMPAT_POLL_TERMINAL
struct pollfd;
int poll_terminal(struct pollfd *fds, unsigned n, int ms);
#else
#define poll_terminal poll
#endif

#endif
