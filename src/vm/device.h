/* What a VM file says of the other devices, and of what looks into a machine; part of vm.h. */
#ifndef VMRUN_VM_DEVICE_H
#define VMRUN_VM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vm_watchdog_model { WATCHDOG_NONE, WATCHDOG_I6300ESB, WATCHDOG_IB700, WATCHDOG_ITCO };
enum vm_watchdog_action {
	WATCHDOG_RESET,
	WATCHDOG_SHUTDOWN,
	WATCHDOG_POWEROFF,
	WATCHDOG_PAUSE,
	WATCHDOG_NMI,
	WATCHDOG_IGNORE
};

struct vm_watchdog {
	int model;  /* enum vm_watchdog_model; after vm_load() set if anything is said of it */
	int action; /* enum vm_watchdog_action */
};

struct vm_rng {
	bool enabled;
	char *source;       /* a character device; NULL: QEMU asks the kernel itself */
	uint64_t max_bytes; /* in each period; 0: no limit */
	int64_t period;     /* ms */
};

#define VSOCK_CID_MAX 1899999999 /* of those in files: above, the ledger gives them */

struct vm_vsock {
	bool enabled; /* after vm_load() also where only a cid is said */
	int64_t cid;  /* 0: to be given by the ledger */
};

/* Memory that is shared with other VMs or programs. */
struct vm_ivshmem {
	char *file;    /* that it is; NULL: a server has it */
	uint64_t size; /* bytes of the file */
	char *socket;  /* of an ivshmem-server; NULL: there is none */
	int64_t vectors;
};

enum vm_gdb_kind { GDB_NONE, GDB_TCP, GDB_SOCKET };

struct vm_gdb {
	int kind;         /* enum vm_gdb_kind */
	char address[16]; /* of GDB_TCP: "127.0.0.1" or "::1" */
	unsigned port;
};

#endif
