/* Whether a VM that has ended is started again; see policy.h. */
#include "super/policy.h"

#include "launch/record.h"

static int64_t
number(const json_t *object, const char *key, int64_t max)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n < 0 ? 0 : n > max ? max : n;
}

static void
read_rule(const json_t *o, const char *limit, const char *delay, const char *max_delay,
    struct restart_rule *ret)
{
	ret->limit = number(o, limit, 1000000);
	ret->delay = number(o, delay, INT32_MAX);
	ret->max_delay = number(o, max_delay, INT32_MAX);
	/* Whatever stands there, no crash loop may spin. */
	if (ret->max_delay < 1000)
		ret->max_delay = 1000;
	if (ret->max_delay < ret->delay)
		ret->max_delay = ret->delay;
}

static unsigned
read_causes(const json_t *words)
{
	unsigned bits = 0;
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
	{
		int cause = vm_cause_find(json_string_value(word));

		if (cause >= 0 && cause < CAUSE_RESTARTABLE)
			bits |= 1u << cause;
	}
	return bits;
}

void
restart_policy_read(const json_t *record, struct restart_policy *ret)
{
	const json_t *one;
	size_t i;

	*ret = (struct restart_policy){ .policy = record_restart(record),
		.settled = number(record, "restart_settled", INT64_MAX),
		.n = 1 };
	if (ret->settled == 0)
		ret->settled = 60000;
	read_rule(record, "restart_limit", "restart_delay", "restart_max_delay", &ret->rules[0]);
	json_array_foreach(json_object_get(record, "restart_causes"), i, one)
	{
		struct restart_rule *r = &ret->rules[ret->n];

		if (ret->n == RESTART_RULES_MAX)
			break;
		read_rule(one, "limit", "delay", "max_delay", r);
		r->causes = read_causes(json_object_get(one, "cause"));
		r->restart = json_is_true(json_object_get(one, "restart"));
		ret->n++;
	}
}

void
restart_history_read(const json_t *record, struct restart_history *ret)
{
	const json_t *counts = json_object_get(record, "restart_counts");

	*ret = (struct restart_history){ .total = (int)number(record, "restarts", INT32_MAX) };
	for (size_t i = 0; i < RESTART_RULES_MAX; i++) {
		json_int_t n = json_integer_value(json_array_get(counts, i));

		ret->counts[i] = n < 0 ? 0 : n > INT32_MAX ? INT32_MAX : (int)n;
	}
}

void
restart_history_write(json_t *record, const struct restart_history *h)
{
	json_t *counts = json_array();
	size_t n = RESTART_RULES_MAX;

	while (n > 0 && h->counts[n - 1] == 0)
		n--;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(counts, json_integer(h->counts[i]));
	json_object_set_new(record, "restarts", json_integer(h->total));
	json_object_set_new(record, "restart_counts", counts);
}

bool
cause_in_order(enum vm_cause cause)
{
	switch (cause) {
	case CAUSE_GUEST_SHUTDOWN:
	case CAUSE_GUEST_RESET:
	case CAUSE_QUIT:
	case CAUSE_ASKED:
	case CAUSE_HOST_SHUTDOWN:
		return true;
	default:
		return false;
	}
}

static size_t
rule_for(const struct restart_policy *p, enum vm_cause cause)
{
	for (size_t i = 1; i < p->n; i++) {
		if (cause >= 0 && (p->rules[i].causes & 1u << cause) != 0)
			return i;
	}
	return 0;
}

static bool
wanted(const struct restart_policy *p, size_t rule, enum vm_cause cause)
{
	if (cause < 0 || cause >= CAUSE_RESTARTABLE)
		return false;
	if (rule > 0)
		return p->rules[rule].restart;
	return p->policy == RESTART_ALWAYS ||
	       (p->policy == RESTART_ON_FAILURE && !cause_in_order(cause));
}

/* Twice as long with each one in a row. From nothing it grows as from a millisecond. */
static int64_t
delay_of(const struct restart_rule *r, int count)
{
	int64_t delay = r->delay;

	for (int i = 1; i < count && delay < r->max_delay; i++)
		delay = delay > 0 ? delay * 2 : 1;
	return delay < r->max_delay ? delay : r->max_delay;
}

struct restart_decision
restart_decide(const struct restart_policy *p, struct restart_history *h, enum vm_cause cause,
    int64_t ran)
{
	size_t i = rule_for(p, cause);
	const struct restart_rule *r = &p->rules[i];

	if (ran >= p->settled)
		*h = (struct restart_history){ 0 };
	if (!wanted(p, i, cause))
		return (struct restart_decision){ VERDICT_END, 0, h->counts[i] };
	if (r->limit > 0 && h->counts[i] >= r->limit)
		return (struct restart_decision){ VERDICT_ENOUGH, 0, h->counts[i] };
	if (h->counts[i] < INT32_MAX)
		h->counts[i]++;
	if (h->total < INT32_MAX)
		h->total++;
	return (struct restart_decision){ VERDICT_AGAIN, delay_of(r, h->counts[i]), h->counts[i] };
}
