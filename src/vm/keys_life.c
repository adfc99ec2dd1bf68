/* The keys of a VM's end and its next start, and of the programs that are told; see internal.h. */
#include "vm/event.h"
#include "vm/internal.h"

static const char *const restart_words[] = {
	[RESTART_NO] = "no", [RESTART_ON_FAILURE] = "on-failure", [RESTART_ALWAYS] = "always", NULL
};

static const struct conf_key case_keys[] = {
	{ "cause", CONF_CHOICES, AT(vm_restart_case, causes), COUNT(vm_restart_case, ncauses),
	    .choices = vm_cause_choices, .single = true, .required = true,
	    .example = "guest-panic, out-of-memory",
	    .help = "What this is about; each cause in one place" },
	{ "restart", CONF_BOOL, AT(vm_restart_case, restart), .def = "true",
	    .help = "Whether QEMU is started again then" },
	{ "limit", CONF_INT, AT(vm_restart_case, limit), .max = 1000000, .example = "2",
	    .help = "As the limit of all, which holds if this is not given; but only what is "
		    "restarted for one of these causes counts, and it does not count for the "
		    "limit of all" },
	{ "delay", CONF_DURATION, AT(vm_restart_case, delay), .max = DAY, .example = "30s",
	    .help = "As the delay of all, which holds if this is not given" },
	{ "max_delay", CONF_DURATION, AT(vm_restart_case, max_delay), .min = 1000, .max = DAY,
	    .example = "10m", .help = "Likewise" },
	{ 0 },
};

const struct conf_key restart_keys[] = {
	{ "policy", CONF_CHOICE, AT(vm_restart_policy, policy), .choices = restart_words,
	    .def = "no",
	    .help =
		"When QEMU is started again: never; when it did not end in order (that is for "
		"other causes than guest-shutdown, guest-reset and quit); or whenever nobody asked "
		"vmrun to stop it" },
	{ "limit", CONF_INT, AT(vm_restart_policy, limit), .max = 1000000, .def = "5",
	    .help = "Restarts in a row, without a run of settled between; 0 is no limit" },
	{ "delay", CONF_DURATION, AT(vm_restart_policy, delay), .max = DAY, .def = "1s",
	    .help = "Pause before the first restart in a row; before each further one it is twice "
		    "as long" },
	{ "max_delay", CONF_DURATION, AT(vm_restart_policy, max_delay), .min = 1000, .max = DAY,
	    .def = "1m", .example = "5m",
	    .help = "How long that pause becomes at most; delay, if that is longer" },
	{ "settled", CONF_DURATION, AT(vm_restart_policy, settled), .min = 1000, .max = 30 * DAY,
	    .def = "1m", .example = "10m",
	    .help = "A run of this length ends a row: restarts are counted from 0 again, and the "
		    "pause is delay again" },
	{ "causes", CONF_LIST, AT(vm_restart_policy, cases), COUNT(vm_restart_policy, ncases),
	    .elem_size = sizeof(struct vm_restart_case), .sub = case_keys, .single = true,
	    .max = VM_RESTART_CASES_MAX,
	    .help = "What holds after some causes in place of the above, policy included" },
	{ 0 },
};

const struct conf_key hook_keys[] = {
	{ "on", CONF_CHOICES, AT(vm_hook, on), COUNT(vm_hook, non), .choices = vm_hook_words,
	    .single = true, .min = 1, .max = EVENT_OF_SUPERVISOR,
	    .example = "failed, restarting",
	    .help = "The events that it is run for; each if not given" },
	{ "run", CONF_PATH, AT(vm_hook, run), .required = true, .example = "/etc/vmrun/on-event",
	    .help =
		"The program. It gets the event's name as its argument, and VMRUN_VM, "
		"VMRUN_EVENT, VMRUN_CAUSE, VMRUN_TIME, VMRUN_TEXT, VMRUN_FILE and what else the "
		"event's record has in its environment; what it says is in the VM's log; after "
		"30 seconds it is killed. The VM does not wait for it, and it cannot fail a start" },
	{ 0 },
};
