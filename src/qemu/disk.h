/* What the composer's parts for disks share: nodes, places on buses, limits. */
#ifndef VMRUN_QEMU_DISK_H
#define VMRUN_QEMU_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "qemu/compose.h"

/* How the nodes of an image are opened. */
struct node_options {
	bool readonly;
	bool direct, no_flush; /* the host's cache: passed by, and flushed for nobody */
	bool unmap;            /* what is discarded is given back */
	int aio;               /* enum vm_aio */
	int detect_zeroes;     /* enum vm_detect_zeroes */
	const char *secret;    /* the object with the topmost image's passphrase; NULL: none */
	const char *password;  /* likewise, for the server that has it */
};

/* nodes.c: those of an image; the topmost is called drive. */
void compose_nodes(struct composer *c, const struct qemu_disk_chain *chain, const char *drive,
    const struct node_options *o);

/* remote.c: the driver of an image with a url, and where it finds it. */
void add_remote(struct buf *b, const struct qemu_image *image, const char *password);

/* drives.c: the i-th of the VM's CD-ROM and floppy disk drives. */
void compose_cdrom(struct composer *c, size_t i);
void compose_floppy(struct composer *c, size_t i);

/* limits.c: a node on top that keeps to the disk's limits, and its name, to be freed by the caller;
 * without limits drive's own. */
char *compose_limits(
    struct composer *c, size_t disk, const char *drive, const struct node_options *o);

/* places.c: ",bus=…" of the next free place, and the controller first where one is missing. */
void place_ide(struct composer *c, struct buf *b);
void place_sata(struct composer *c, struct buf *b);
void place_usb(struct composer *c, struct buf *b);
/* On the controller of a disk, or, NULL, on that without a thread. */
void place_scsi(struct composer *c, struct buf *b, const struct vm_disk *disk);
/* Where the disk is to have a thread: it is made once, and ",iothread=…". */
void add_iothread(struct composer *c, struct buf *b, const struct vm_disk *disk);

#endif
