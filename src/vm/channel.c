/* The channels of a VM as one row, whichever list of its file they stand in; see channel.h. */
#include <stdio.h>
#include <string.h>

#include "vm/vm.h"

bool
vm_channel(const struct vm *vm, size_t i, struct vm_channel_ref *ret)
{
	static const struct vm_channel agent = { .name = (char *)VM_AGENT_PORT };
	const struct {
		enum vm_channel_kind kind;
		const char *word;
		const struct vm_channel *list;
		size_t n;
	} lists[] = {
		{ CHANNEL_SERIAL, "serial", vm->serials, vm->nserials },
		{ CHANNEL_CONSOLE, "console", vm->consoles, vm->nconsoles },
		{ CHANNEL_AGENT, "agent", &agent, vm->agent ? 1 : 0 },
		{ CHANNEL_PORT, "port", vm->ports, vm->nports },
	};

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); i -= lists[k++].n) {
		if (i >= lists[k].n)
			continue;
		*ret =
		    (struct vm_channel_ref){ .kind = lists[k].kind, .channel = &lists[k].list[i] };
		snprintf(ret->id, sizeof(ret->id), "%s%zu", lists[k].word, i);
		return true;
	}
	return false;
}

const char *
vm_channel_name(const struct vm_channel_ref *ref)
{
	return ref->channel->name != NULL ? ref->channel->name : ref->id;
}

const char *
vm_channel_number(const struct vm_channel_ref *ref)
{
	return ref->id + strcspn(ref->id, "0123456789");
}

bool
vm_uses_stdio(const struct vm *vm)
{
	struct vm_channel_ref ref;

	for (size_t i = 0; vm_channel(vm, i, &ref); i++) {
		if (ref.channel->to == TO_STDIO)
			return true;
	}
	return false;
}
