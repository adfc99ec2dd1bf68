/* What a VM file says of disks; part of vm.h. */
#ifndef VMRUN_VM_DISK_H
#define VMRUN_VM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/url.h"

enum vm_format {
	FORMAT_AUTO,
	FORMAT_RAW,
	FORMAT_QCOW2,
	FORMAT_VMDK,
	FORMAT_VDI,
	FORMAT_VHDX,
	FORMAT_LUKS
};
enum vm_bus { BUS_VIRTIO, BUS_SCSI, BUS_NVME, BUS_IDE, BUS_SATA, BUS_USB };
enum vm_cache { CACHE_WRITEBACK, CACHE_NONE, CACHE_WRITETHROUGH, CACHE_DIRECTSYNC, CACHE_UNSAFE };
enum vm_aio { AIO_THREADS, AIO_NATIVE, AIO_IO_URING };
enum vm_discard { DISCARD_UNMAP, DISCARD_IGNORE };
enum vm_detect_zeroes { DETECT_ZEROES_OFF, DETECT_ZEROES_ON, DETECT_ZEROES_UNMAP };
enum vm_read_error { READ_ERROR_REPORT, READ_ERROR_STOP, READ_ERROR_IGNORE };
enum vm_write_error {
	WRITE_ERROR_ENOSPC,
	WRITE_ERROR_REPORT,
	WRITE_ERROR_STOP,
	WRITE_ERROR_IGNORE
};
enum vm_cdrom_bus { CDROM_AUTO, CDROM_IDE, CDROM_SATA, CDROM_SCSI, CDROM_USB };

/* The rates that can be limited; bytes or requests in a second. */
enum vm_rate {
	RATE_BPS,
	RATE_BPS_READ,
	RATE_BPS_WRITE,
	RATE_IOPS,
	RATE_IOPS_READ,
	RATE_IOPS_WRITE,
	NRATES
};

struct vm_limit {
	uint64_t rate;        /* in a second; 0: no limit */
	uint64_t burst;       /* likewise, for a while; 0: none */
	int64_t burst_length; /* seconds; 0: not said */
};

struct vm_limits {
	struct vm_limit of[NRATES]; /* by enum vm_rate */
	uint64_t iops_size;         /* bytes that count as one request; 0: any number does */
	char *group;                /* of disks that share them; NULL: for this disk alone */
};

struct vm_disk {
	/* Exactly one of these two is said. */
	char *file; /* absolute */
	struct vm_url url;
	char *password_file; /* for the server; NULL: it wants none */
	int format;          /* enum vm_format; after vm_load() never FORMAT_AUTO */
	/* What a missing image is made from. */
	uint64_t size;     /* bytes; 0: as the base */
	char *base;        /* absolute; NULL: nothing */
	int base_format;   /* enum vm_format; after vm_load() never FORMAT_AUTO */
	char *secret_file; /* with the passphrase of an encrypted image; NULL: it is not */
	bool temporary;    /* what is written is gone when QEMU ends */
	int bus;           /* enum vm_bus */
	int cache;         /* enum vm_cache */
	bool readonly;
	bool shareable;              /* other VMs may write to it as well */
	int aio;                     /* enum vm_aio */
	int discard, detect_zeroes;  /* enums of these names */
	int read_error, write_error; /* likewise */
	char *iothread;              /* "own", or a name; NULL: the main loop */
	int64_t queues;              /* 0: as QEMU thinks */
	struct vm_limits limits;
	char *serial;                                     /* NULL: none */
	uint64_t wwn;                                     /* 0: none */
	uint64_t logical_block_size, physical_block_size; /* bytes; 0: as the device thinks */
	int64_t rotation_rate;                            /* 1: an SSD; 0: not said */
	int64_t boot_index;                               /* 0: as `boot` says */
};

/* Drives whose medium can be changed. */
struct vm_cdrom {
	char *file; /* absolute; NULL, and no url: the drive is empty */
	struct vm_url url;
	int bus;            /* enum vm_cdrom_bus */
	int64_t boot_index; /* 0: as `boot` says */
};

struct vm_floppy {
	char *file; /* absolute; NULL: the drive is empty */
	bool readonly;
	int64_t boot_index; /* 0: as `boot` says */
};

/* The iothread that is for this disk alone. */
#define IOTHREAD_OWN "own"

#endif
