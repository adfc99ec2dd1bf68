/*
 * What vmrun-net does with a request: decide by the rules, make the port, and see afterwards that
 * nobody else got the same at the same time.
 *
 * There is no lock, which whoever may take it could keep: a port says of itself whose it is, which
 * only root can write, and it is counted after it has said so. Of two requests at once that would
 * pass the limit each sees the other's; both take theirs back and try again a little later.
 */
#ifndef VMRUN_PROTO_SERVE_H
#define VMRUN_PROTO_SERVE_H

#include <sys/types.h>

#include "proto/policy.h"
#include "proto/request.h"

struct diag;

/* What root's files say. */
struct serve_facts {
	const char *policy_path;
	struct policy policy;
	char *passwd, *group;
	char *ledger; /* "" where root has none */
};

/* Needs the right to read what root can. A host config that is missing is one without rules.
 * state_dir is where root's ledger is if the host config does not say. */
int serve_load(
    struct diag *d, const char *policy_path, const char *state_dir, struct serve_facts *ret);
/* Without the ledger, which only root may read: for whoever wants to know what would be decided.
 * -1, with errno EACCES if the caller may not read the host config. */
int serve_load_rules(struct diag *d, const char *policy_path, struct serve_facts *ret);
void serve_facts_free(struct serve_facts *f);

struct served {
	int fds[PROTO_QUEUES_MAX]; /* of the tap's queues */
	size_t nfds;
	struct port_answer answer;
};

/* Needs the right to make taps, and no other. n is the length of the request as it came; what
 * loaded says is why there are no facts, and empty where there are. The answer is there in any
 * case; if it is not ANSWER_OK there is no descriptor, and nothing is left. */
void serve(const struct serve_facts *f, const struct diag *loaded, const struct port_request *r,
    size_t n, struct served *ret);
void served_close(struct served *s);

#endif
