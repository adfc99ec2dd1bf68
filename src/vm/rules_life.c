/* What no single key can tell of a VM's end and its next start; see internal.h. */
#include <stdlib.h>

#include "util/mem.h"
#include "vm/event.h"
#include "vm/internal.h"

static bool
case_gives(const struct rules *r, size_t i, const char *key)
{
	char *path = xasprintf("restart.causes[%zu].%s", i, key);
	bool given = rule_own(r, "restart.causes") ? rule_own(r, path) : rule_given(r, path);

	free(path);
	return given;
}

static void
case_broken(const struct rules *r, size_t i, const char *key, const char *words)
{
	char *path = xasprintf("restart.causes[%zu].%s", i, key);

	rule_broken(r, path, "%s", words);
	free(path);
}

/* What is not said of a case is as it is for all. */
static void
fill_case(const struct rules *r, size_t i)
{
	const struct vm_restart_policy *all = &r->vm->restart;
	struct vm_restart_case *one = &all->cases[i];

	if (!case_gives(r, i, "limit"))
		one->limit = all->limit;
	if (!case_gives(r, i, "delay"))
		one->delay = all->delay;
	if (!case_gives(r, i, "max_delay"))
		one->max_delay = all->max_delay > one->delay ? all->max_delay : one->delay;
	else if (one->max_delay < one->delay)
		case_broken(r, i, "max_delay", "less than delay");
}

static void
check_cases(const struct rules *r)
{
	const struct vm_restart_policy *p = &r->vm->restart;
	bool seen[CAUSE_RESTARTABLE] = { false };

	for (size_t i = 0; i < p->ncases; i++) {
		const struct vm_restart_case *one = &p->cases[i];

		if (one->ncauses == 0 && case_gives(r, i, "cause") && !case_gives(r, i, "cause[0]"))
			case_broken(r, i, "cause", "the list is empty");
		for (size_t k = 0; k < one->ncauses; k++) {
			if (seen[one->causes[k]]) {
				char *path = xasprintf("restart.causes[%zu].cause", i);

				rule_broken(r, path, "%s has been told of already",
				    vm_cause_words[one->causes[k]]);
				free(path);
			}
			seen[one->causes[k]] = true;
		}
		fill_case(r, i);
	}
}

/* on_watchdog and watchdog.action are one key at two places. */
static void
same_action(const struct rules *r)
{
	struct vm *vm = r->vm;
	int top = rule_strength(r, "on_watchdog"), below = rule_strength(r, "watchdog.action");

	if (top == below && top != -1 && vm->on_watchdog != vm->watchdog.action)
		rule_broken(r, "watchdog.action", "says something else than on_watchdog");
	if (top >= below && top != -1)
		vm->watchdog.action = vm->on_watchdog;
	else
		vm->on_watchdog = vm->watchdog.action;
	if (vm->watchdog.model == WATCHDOG_NONE && rule_insists(r, "on_watchdog"))
		rule_broken(r, "on_watchdog",
		    "there is no watchdog (watchdog = \"i6300esb\" would be one)");
}

void
rules_life(struct rules *r)
{
	struct vm *vm = r->vm;

	if (vm->restart.max_delay < vm->restart.delay) {
		if (rule_given(r, "restart.max_delay") && rule_given(r, "restart.delay"))
			rule_broken(r, "restart.max_delay", "less than delay");
		vm->restart.max_delay = vm->restart.delay;
	}
	check_cases(r);
	same_action(r);
	/* Without it nobody would hear of a panic. */
	if (conf_has(r->doc, "on_panic") && !rule_given(r, "pvpanic") && vm->on_panic != PANIC_NONE &&
	    !same_text(vm->machine.type, "microvm"))
		vm->pvpanic = true;
}
