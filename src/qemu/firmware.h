/*
 * QEMU's firmware descriptors: what each says, and which one suits a VM. Pure.
 *
 * A descriptor is a JSON file (QEMU docs/interop/firmware.json) that a package of firmware brings,
 * so that nobody has to know where a distributor puts which image. Those of a host are tried in the
 * order of their names; the first that suits is taken. How their folders go together is said in
 * launch/firmware.h.
 */
#ifndef VMRUN_QEMU_FIRMWARE_H
#define VMRUN_QEMU_FIRMWARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "qemu/version.h"

struct diag;
struct vm;

/* An image of firmware, or of its variables. */
struct firmware_image {
	char *path; /* NULL: none */
	int format; /* FORMAT_RAW or FORMAT_QCOW2 */
};

struct firmware_descriptor {
	char *file;                  /* its own path, for messages */
	struct firmware_image code;  /* path NULL: of a kind that vmrun does not start */
	struct firmware_image store; /* what a VM's variable store is made from */
	bool flash;                  /* code is for the flash; else it is loaded into memory */
	bool uefi;                   /* it offers UEFI to the guest */
	bool secure_boot, keys, smm; /* what it can; whose keys are in store; needs SMM */
	bool host_store;             /* its variables are kept by a device of QEMU's */
	json_t *targets;             /* architectures and machines */
	bool is_there;               /* for whoever looks */
};

/* text is the content of file. -1 with what is wrong with it. */
int firmware_parse(
    struct diag *d, const char *file, const char *text, size_t n, struct firmware_descriptor *ret);
void firmware_descriptor_free(struct firmware_descriptor *f);

/* The machine that firmware is looked for. */
struct firmware_wish {
	int kind; /* FIRMWARE_UEFI or FIRMWARE_UEFI_SECURE */
	const char *arch, *machine;
	struct qemu_version version;
};
bool firmware_suits(const struct firmware_descriptor *f, const struct firmware_wish *w);
/* The first that suits and is there; one with a variable store goes before those without. NULL:
 * there is none. */
const struct firmware_descriptor *firmware_choose(
    const struct firmware_descriptor *list, size_t n, const struct firmware_wish *w);

/* enum vm_firmware_kind without FIRMWARE_AUTO. */
int firmware_kind(const struct vm *vm, const char *arch);
/* Is it to be found through a descriptor? */
bool firmware_is_sought(const struct vm *vm, const char *arch);

/* What a VM gets. Zeroed: QEMU's own, if it has one. */
struct firmware {
	struct firmware_image code;
	struct firmware_image template; /* path NULL: the store must be there already */
	struct firmware_image store;    /* path NULL: there are no variables */
	bool flash, smm;
};
/* chosen: of a VM whose firmware is sought. dir is the folder of the VM's own stores: each kind of
 * firmware has one of its own, because the keys of one are not those of the other. */
void firmware_decide(const struct vm *vm, const char *arch,
    const struct firmware_descriptor *chosen, const char *dir, struct firmware *ret);
void firmware_free(struct firmware *f);

#endif
