/* Loading a library when it is wanted; see os_linux_library.h. */
#include "os/os_linux_library.h"

#include <dlfcn.h>
#include <string.h>

/* A function's address is no object's: POSIX has dlsym(3) return one all the same. */
int
library_load(const char *library, const struct library_function *functions, size_t n)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; i < n; i++) {
		void *function = handle != NULL ? dlsym(handle, functions[i].name) : NULL;

		if (function == NULL)
			return -1;
		memcpy(functions[i].at, &function, sizeof(function));
	}
	return 0;
}
