/* What a VM is given for good out of the ledger: its MACs, its uid, its uuid. */
#ifndef VMRUN_LAUNCH_RESERVE_H
#define VMRUN_LAUNCH_RESERVE_H

#include <stdbool.h>

#include "os/os.h"
#include "util/mac.h"

struct context;
struct diag;
struct fleet;
struct vm;
struct vm_nic;

struct reservation {
	struct mac *macs; /* vm->nnics */
	uint8_t uuid[16];
	uint32_t cid; /* of its vsock */
	struct os_identity who; /* what QEMU runs as */
	bool own_uid;           /* false: as the caller, because no other uid can be taken */
	bool preview;           /* chosen, but not written down */
	bool
	    salted; /* from a ledger that exists: a preview comes true unless another is given it */
};

/*
 * Taken from the ledger if they are there, else chosen against the ledger, the MACs written in any
 * VM file of the fleet and the live links of the host, and written to disk before this returns. A
 * written MAC is refused if the ledger gave it to another VM. preview: nothing is written.
 */
int reserve(struct diag *d, const struct context *c, const struct fleet *fleet, const struct vm *vm,
    bool preview, struct reservation *ret);
/* Does what the NIC leads to go together with the user that its QEMU gets? */
int reserve_check(struct diag *d, const struct context *c, const struct vm_nic *nic);
void reservation_free(struct reservation *r);

#endif
