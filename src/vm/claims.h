/* What VMs want for themselves: of claims.c, which gathers it, and clashes.c, which looks for who else wants it. */
#ifndef VMRUN_VM_CLAIMS_H
#define VMRUN_VM_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>

#include "vm/fleet.h"

enum claim_kind { CLAIM_USB, CLAIM_MAC, CLAIM_TAP, CLAIM_UUID, CLAIM_IMAGE, CLAIM_CID, CLAIM_PORT, CLAIM_SOCKET };

/* What a VM wants for itself. Two claims with the same kind and key may clash. */
struct claim {
	enum claim_kind kind;
	char *key;          /* as messages show it */
	char host[IP_TEXT + 2]; /* CLAIM_PORT: the address, if it is one of numbers, */
	const char *detail;     /* or NULL, or as it is written */
	bool shared;        /* CLAIM_IMAGE: only read, */
	bool shareable;     /* or written to by all who say so */
	bool all_share;     /* in struct fleet_claims: nobody but readers has this key */
	const struct fleet_member *member;
	size_t order; /* of the member among all */
	char *path;   /* of its setting */
};

struct claims {
	struct claim *list;
	size_t n;
	size_t members;
};

/* All that the member wants, behind the others. */
void claim_all(struct claims *c, const struct fleet_member *member);
void claims_free(struct claims *c);

#endif
