/* Whether a VM that has ended is started again, and when: pure, of the policy, the cause, what was before
 * and how long the VM ran. */
#ifndef VMRUN_SUPER_POLICY_H
#define VMRUN_SUPER_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/event.h"
#include "vm/life.h"

#define RESTART_RULES_MAX (1 + VM_RESTART_CASES_MAX)

struct restart_rule {
	unsigned causes; /* bits of enum vm_cause; of the first rule none, which is for all others */
	bool restart;    /* of all but the first, where the policy says it */
	int64_t limit, delay, max_delay;
};

struct restart_policy {
	int policy; /* enum vm_restart */
	int64_t settled;
	struct restart_rule rules[RESTART_RULES_MAX];
	size_t n;
};

/* How often it was restarted in a row: in all, and by each rule. */
struct restart_history {
	int total;
	int counts[RESTART_RULES_MAX];
};

enum restart_verdict {
	VERDICT_END,    /* the policy wants no restart */
	VERDICT_AGAIN,  /* after the delay; it is counted already */
	VERDICT_ENOUGH, /* it would, but was restarted as often as it may be */
};

struct restart_decision {
	enum restart_verdict verdict;
	int64_t delay; /* ms */
	int count;     /* restarts in a row that the rule counts, this one included */
};

/* As the record of a launch has them (launch/record.h); damaged or missing: no restart. */
void restart_policy_read(const json_t *record, struct restart_policy *ret);
void restart_history_read(const json_t *record, struct restart_history *ret);
void restart_history_write(json_t *record, const struct restart_history *h);

/* Is that an end as it should be? */
bool cause_in_order(enum vm_cause cause);
/* ran: ms that the VM has been up, 0 if it never was. Brings h up to date. */
struct restart_decision restart_decide(const struct restart_policy *p, struct restart_history *h,
    enum vm_cause cause, int64_t ran);

#endif
