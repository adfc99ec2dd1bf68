/* What a VM file says of disks, and what is booted from; part of vm.h. */
#ifndef VMRUN_VM_DISK_H
#define VMRUN_VM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vm_format { FORMAT_AUTO, FORMAT_RAW, FORMAT_QCOW2, FORMAT_VMDK, FORMAT_VDI, FORMAT_VHDX };
enum vm_bus { BUS_VIRTIO, BUS_SCSI, BUS_NVME, BUS_IDE };
enum vm_cache { CACHE_WRITEBACK, CACHE_NONE, CACHE_WRITETHROUGH, CACHE_DIRECTSYNC, CACHE_UNSAFE };
enum vm_boot { BOOT_DISK, BOOT_CDROM, BOOT_NETWORK };

struct vm_disk {
	char *file; /* absolute */
	int format; /* enum vm_format; after vm_load() never FORMAT_AUTO */
	int bus;    /* enum vm_bus */
	int cache;  /* enum vm_cache */
	bool readonly;
	char *serial; /* NULL: none */
};

#endif
