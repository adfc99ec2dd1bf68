/* Processes that QEMU talks to, with a socket at path that they take one connection on. */
#ifndef VMRUN_TESTS_GOLDEN_BESIDE_H
#define VMRUN_TESTS_GOLDEN_BESIDE_H

#include <stdbool.h>
#include <sys/types.h>

struct vm_share;

/* A child; -1 with a word on standard error. */
pid_t start_swtpm(const char *path, const char *state_dir, bool tpm2);
pid_t start_virtiofsd(const char *path, const struct vm_share *share);

#endif
