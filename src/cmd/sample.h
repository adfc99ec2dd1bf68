/* What VMs take of the host at one moment: of their supervisors, of the kernel, all side by side. */
#ifndef VMRUN_CMD_SAMPLE_H
#define VMRUN_CMD_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "cmd/cmd.h"
#include "os/os.h"

struct sample_nic {
	const json_t *nic;  /* as status has it */
	bool known;         /* traffic is there: not where its frames pass no interface of the host */
	bool given;         /* its interface was there before the VM, and has counted others' frames */
	struct os_traffic traffic; /* as the host sees it: received is what the guest sent */
};

struct sample {
	const char *name, *state;
	const json_t *answer; /* to "stats"; NULL: it does not run, or does not answer */
	pid_t pid;            /* of QEMU; 0: none */
	json_int_t started;   /* time(2) */

	bool used; /* use is known */
	struct os_use use;
	bool split;    /* vcpu is known */
	uint64_t vcpu; /* ns of use.cpu that were the guest's CPUs */
	uint64_t pss;  /* bytes; 0: not measured */
	int64_t pss_at;

	bool has_disks;
	uint64_t disk_read, disk_written; /* bytes */
	int64_t disks_age;                /* ms since QEMU said so */
	bool has_net, net_given;          /* any NIC of it is known, or given */
	uint64_t net_in, net_out;         /* bytes, as the guest sees it */
	struct sample_nic *nics;
	size_t nnics;
};

struct samples {
	struct sample *v; /* in the order of the words, or of the names */
	size_t n;
	int64_t at; /* now_ms() */
	time_t wall;
	size_t silent; /* VMs that run and did not answer */
	/* What they are made of. */
	struct targets targets;
	struct ask *asks;
	json_t *request;
};

enum sample_whom {
	SAMPLE_RUNNING, /* of no words: what runs */
	SAMPLE_ALL,     /* of no words: every VM */
};

/* The VMs of the words. brief: a QEMU's word on its disks may be of earlier. What is wrong with one VM is
 * said if loud, and the rest goes on. -1: there is nothing, and that has been said. */
int samples_take(struct cmd *cmd, enum sample_whom whom, bool brief, bool loud, struct samples *ret);
void samples_free(struct samples *s);

/* Measure the proportional share of one; it takes time in proportion to what is resident. */
void sample_share(struct sample *s);
/* ms that would take, roughly. */
double sample_share_cost(const struct sample *s);
/* Of as many as can be measured in that time, those that were not for longest first; 0: of all. */
void samples_shares(struct samples *s, double budget_ms);
/* What an earlier sample knows of shares. */
void samples_inherit(struct samples *s, const struct samples *before);
const struct sample *samples_find(const struct samples *s, const char *name);

#endif
