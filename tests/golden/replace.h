/* What a test machine lacks, and what QEMU has for tests in its place. */
#ifndef VMRUN_TESTS_GOLDEN_REPLACE_H
#define VMRUN_TESTS_GOLDEN_REPLACE_H

#include "qemu/argv.h"

/* Replaces values of options, and says each on standard output. */
void replace_missing(struct argv *argv);

#endif
