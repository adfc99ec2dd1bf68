/* What a program says of itself. */
#ifndef VMRUN_LAUNCH_ASK_H
#define VMRUN_LAUNCH_ASK_H

#include <stddef.h>

struct diag;

/* Runs argv[0], a path, as nobody if that can be, with nothing open, and reads what it prints for
 * --version or --help: the first size - 1 bytes, in bounded time, NUL-terminated. -1 only if it
 * could not be tried. */
int program_ask(struct diag *d, char *const *argv, char *answer, size_t size);

#endif
