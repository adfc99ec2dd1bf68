/* What a VM file says of folders that host and guest share; part of vm.h. */
#ifndef VMRUN_VM_SHARE_H
#define VMRUN_VM_SHARE_H

#include <stdbool.h>

enum vm_share_type { SHARE_VIRTIOFS, SHARE_9P };
enum vm_share_cache {
	SHARE_CACHE_AUTO,
	SHARE_CACHE_ALWAYS,
	SHARE_CACHE_METADATA,
	SHARE_CACHE_NEVER,
};
enum vm_security_model { SECURITY_MAPPED_XATTR, SECURITY_MAPPED_FILE, SECURITY_NONE };

struct vm_share {
	char *path;         /* absolute */
	char *tag;          /* after vm_load() never NULL, and no other's */
	int type;           /* enum vm_share_type */
	int cache;          /* enum vm_share_cache, of virtiofs */
	int security_model; /* enum vm_security_model, of 9p */
	bool readonly;
	bool xattr; /* of virtiofs */
};

#endif
