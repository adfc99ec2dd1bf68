/*
 * Finding the firmware of a VM on this host, and the VM's own variable store.
 *
 * Descriptors (qemu/firmware.h) lie in share/qemu/firmware beside QEMU and in /usr/share, in
 * /etc/qemu/firmware for the administrator, and for a user in ~/.config/qemu/firmware. A file takes
 * the place of those of its name in earlier folders, and an empty one hides them.
 *
 * The store is made from a template when the VM is first started, and kept for good: in it are the
 * boot entries that the guest's installer wrote, and the keys of secure boot. Each kind of firmware
 * has one of its own, because the keys of one are not those of the other.
 */
#ifndef VMRUN_LAUNCH_FIRMWARE_H
#define VMRUN_LAUNCH_FIRMWARE_H

#include <stdbool.h>

#include "qemu/argv.h"
#include "qemu/firmware.h"

struct context;
struct diag;
struct qemu_binary;
struct vm;

/* Touches nothing. Beside what it cannot find, a store that cannot be of this firmware is an error.
 * *ret is freed with firmware_free(). */
int firmware_find(struct diag *d, const struct context *c, const struct vm *vm,
    const struct qemu_binary *qemu, struct firmware *ret);
/* Makes the VM's store if it has one and that is not there yet. */
int firmware_make_store(struct diag *d, const struct firmware *f);

#endif
