/* The guest's CPUs on those of the host: by the threads that QEMU says they are. */
#include <errno.h>
#include <string.h>

#include "os/os.h"
#include "super/machine.h"
#include "util/intset.h"

bool
super_pins(const struct super *s)
{
	return json_array_size(json_object_get(s->launch.record, "pin")) > 0;
}

/* One list is for all, else each CPU has its own; one that was added later than they were counted
 * has none. */
static const char *
list_of(const json_t *pin, size_t cpu)
{
	return json_string_value(json_array_get(pin, json_array_size(pin) == 1 ? 0 : cpu));
}

void
super_pin(struct super *s, const json_t *answer)
{
	const json_t *pin = json_object_get(s->launch.record, "pin");
	const json_t *cpus = json_object_get(answer, "return"), *cpu;
	size_t i;

	if (json_array_size(cpus) == 0)
		super_break(s, "cpus.pin: QEMU does not say which threads its CPUs are");
	json_array_foreach(cpus, i, cpu)
	{
		json_int_t index = json_integer_value(json_object_get(cpu, "cpu-index"));
		json_int_t thread = json_integer_value(json_object_get(cpu, "thread-id"));
		const char *list = index >= 0 ? list_of(pin, (size_t)index) : NULL;
		struct intset set;

		/* 0 would be a thread of this process. */
		if (list == NULL || thread <= 0 || intset_parse(list, &set) == -1)
			continue;
		if (os_thread_bind(thread, &set) == -1)
			super_break(s, "cpus.pin: CPU %lld of the guest cannot be bound to %s: %s",
			    (long long)index, list, strerror(errno));
	}
}
