/* What the composer's parts share: one part a device class, each adding its own arguments. */
#ifndef VMRUN_QEMU_COMPOSE_H
#define VMRUN_QEMU_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "qemu/argv.h"
#include "util/buf.h"
#include "vm/target.h"

struct composer {
	const struct vm *vm;
	const struct qemu_facts *facts;
	const struct target *target;
	const char *machine;
	enum machine_kind kind;
	struct argv *argv;
	unsigned fdsets;                /* fd sets made so far; their numbers begin at 1 */
	unsigned ide_units, sata_units; /* drives on IDE and on AHCI so far */
	bool scsi_bus;                  /* the virtio-scsi controller without a thread is there */
	bool usb_bus;                   /* the USB controller is there: usb0.0 */
	bool serial_bus;                /* the virtio-serial controller is there */
};

/* The name of a virtio device on this machine's bus: "virtio-blk-pci" of "blk". */
void add_virtio(struct buf *b, const struct composer *c, const char *device);

/* The USB controller, once, for what hangs on "usb0.0". */
void need_usb(struct composer *c);

/* flag and what value holds, which is empty after. */
void compose(struct composer *c, const char *flag, struct buf *value);
/* The same for a value without anything in it that needs an escape. */
void composef(struct composer *c, const char *flag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A path that QEMU can open, as text of its own; within an option list it is still to be escaped.
 */
char *handle_path(const struct qemu_handle *h);
/* The same of a file that the VM file names. */
char *file_path(const struct composer *c, const char *path);

/* A chardev's text: a UNIX socket. */
void add_socket(struct buf *b, const char *id, const struct qemu_handle *h);
/* A file that QEMU opens by its path: where vmrun has opened it that of a set of descriptors, made
 * before, so that QEMU does not open it anew. */
void add_fdset(struct buf *b, struct composer *c, const char *id, const struct qemu_handle *h);
/* The one virtio-serial controller, virtio-serial0, unless it is there. */
void add_virtio_serial(struct composer *c);

/* The flag and a file's path. */
void compose_file(struct composer *c, const char *flag, const char *path);

/* Place in the boot order of the i-th device of a kind (enum vm_boot_device), from 1; 0: not booted
 * from.
 */
unsigned boot_index(const struct composer *c, int kind, size_t i);
void add_boot_index(struct buf *b, const struct composer *c, int kind, size_t i);

/* Do machines of that architecture have QEMU's firmware interface? */
bool has_fw_cfg(const char *arch);
/* Does the VM file say anything of the SMBIOS? */
bool asks_smbios(const struct vm *vm);

/* A chardev that is connected, or connects, to a UNIX socket. */
void socket_client(struct composer *c, const char *id, const struct qemu_handle *h);

/* Have all devices of the finished list a place on the board? */
int slots_check(struct diag *d, const struct composer *c);

/* The parts. What a VM cannot have was refused with its file, so none of them fails. */
void compose_machine(struct composer *c);
void compose_cpus(struct composer *c);
void machine_add_cpus(const struct composer *c, struct buf *b); /* what -machine says of them */
void compose_memory(struct composer *c);
void machine_add_memory(const struct composer *c, struct buf *b);
void compose_firmware(struct composer *c);
void machine_add_firmware(const struct composer *c, struct buf *b); /* what -machine says of it */
void compose_nics(struct composer *c);
void compose_disks(struct composer *c);
void compose_boot(struct composer *c);
void compose_smbios(struct composer *c);
void compose_fw_cfg(struct composer *c);
void compose_credentials(struct composer *c);
#define CREDENTIALS_DIR "opt/io.systemd.credentials/" /* of fw_cfg */
void compose_chardevs(struct composer *c);
void compose_channels(struct composer *c);
void compose_display(struct composer *c);
void compose_placed_hostdevs(struct composer *c);
void compose_hostdevs(struct composer *c);
void compose_shares(struct composer *c);
void compose_video(struct composer *c); /* of compose_display() */
void compose_tpm(struct composer *c);
void compose_usb(struct composer *c);
void compose_audio(struct composer *c);
void compose_misc(struct composer *c);
void compose_rng(struct composer *c);
void compose_devices(struct composer *c);
void compose_seed(struct composer *c);
void compose_debug(struct composer *c);

#endif
