/* All that is decided about one start before anything is made: the VM, its QEMU, its accelerator,
 * its MACs and uid. What start and argv have in common. */
#ifndef VMRUN_LAUNCH_PLAN_H
#define VMRUN_LAUNCH_PLAN_H

#include <jansson.h>
#include <stdbool.h>

#include "launch/context.h"
#include "launch/firmware.h"
#include "launch/probe.h"
#include "launch/reserve.h"
#include "os/os.h"
#include "qemu/argv.h"

struct diag;
struct runtime;

struct plan {
	struct fleet_member member; /* its doc stays open */
	bool lent;                  /* the doc is the fleet's, which outlives the plan */
	const struct os_facts *os;  /* the system that it is for */
	struct qemu_binary qemu;
	struct os_accel accel;
	struct reservation given;
	struct firmware firmware;
	char *kept; /* of a VM that goes on as it ran: the text of its resolved file; NULL: of another */
	json_t *history; /* fields that go into the record as they are; NULL: none */
};

/* word is a VM's name or the path of its file. fleet NULL: it is loaded for the occasion. */
int plan_make(struct diag *d, const struct context *c, const char *word, const struct fleet *fleet,
    struct plan *ret);
/* Of a VM that runs: could it be started again, as its file is now? What it has already, such as its
 * forwards' ports, is not in its way. */
int plan_try(
    struct diag *d, const struct context *c, const char *word, const struct fleet *fleet);
/* For a VM that has run, and is to run again: as its file says now, or, if that is wrong, gone or clashes
 * with another, as it ran; then *ret_note (NULL: none), to be freed, says what is wrong. */
int plan_again(struct diag *d, const struct context *c, const char *name, const char *word,
    struct plan *ret, char **ret_note);
/* The same without writing anything down, for the system os (NULL: this one); a QEMU that is not
 * there is taken for the oldest supported one, with *ret_note (may be NULL, to be freed by the
 * caller) saying what is not known. */
int plan_preview(struct diag *d, const struct context *c, const char *word,
    const struct fleet *fleet, const struct os_facts *os, struct plan *ret, char **ret_note);
void plan_free(struct plan *p);
/* What the VM's keys come to, into its runtime folder; see resolved.h. */
int plan_resolve(
    struct diag *d, const struct context *c, const struct plan *p, const struct runtime *r);
/* Do the caller's rights suffice for where the NIC is to lead? -1 with what to do about it. */
int plan_nic_allowed(struct diag *d, const struct vm_nic *nic);
/* Does QEMU have to be started as root, to give that up itself? For vmnet. */
bool plan_starts_as_root(const struct plan *p);

/* The facts that the composer needs, with names for handles; the launcher puts descriptors in; images are media_open()'s. What
 * it points to lives in p, paths and the arrays in the struct: freed with plan_facts_free(). */
struct plan_facts {
	struct qemu_facts f;
	char (*tap)[OS_IFNAME]; /* of each NIC */
	struct qemu_disk_chain *chains; /* of all disks, drives and the firmware; f points into it */
	size_t nchains, nnics;
	int *fds; /* what QEMU is given besides taps and images; owned */
	size_t nfds;
	char **names; /* text that handles point to; owned */
	size_t nnames;
};
int plan_facts(struct diag *d, const struct context *c, const struct plan *p, bool preview,
    struct plan_facts *ret);
void plan_facts_free(struct plan_facts *pf);
/* Keep something for a handle until plan_facts_free(), and hand it back. A descriptor kept is one
 * that QEMU gets; -1 and NULL are not kept. */
int plan_keep_fd(struct plan_facts *pf, int fd);
const char *plan_keep_name(struct plan_facts *pf, char *name);
/* The handle of a file that a key names, once it is open; NULL: it is not. */
const struct qemu_handle *plan_file(const struct plan_facts *pf, const char *path);

#endif
