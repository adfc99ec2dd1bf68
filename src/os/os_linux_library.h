/* A library that need not be there: its functions are looked up when it is first wanted. */
#ifndef VMRUN_OS_OS_LINUX_LIBRARY_H
#define VMRUN_OS_OS_LINUX_LIBRARY_H

#include <stddef.h>

struct library_function {
	const char *name;
	void *at; /* where the pointer to it is to be */
};

/* It stays loaded for as long as the process lives. -1: the library, or a function of it, is not there. */
int library_load(const char *library, const struct library_function *functions, size_t n);

#endif
