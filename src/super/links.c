/*
 * The cables of the guest's NICs: pulled out and put in while it runs.
 *
 * QEMU cannot be asked how they are. So what they are to be is in the record before QEMU is told,
 * and QEMU is told again over each connection: a supervisor that died in between is no matter.
 */
#include <stdio.h>

#include "super/machine.h"

static json_t *
nics_of(const struct super *s)
{
	return json_object_get(s->launch.record, "nics");
}

int
links_wanted(
    const struct super *s, const json_t *request, struct links *ret, char *why, size_t size)
{
	const json_t *nic = json_object_get(request, "nic"), *up = json_object_get(request, "up");
	size_t n = json_array_size(nics_of(s));
	json_int_t i = json_integer_value(nic);

	if (!json_is_boolean(up) || (nic != NULL && !json_is_integer(nic)))
		snprintf(why, size, "which link, and how?");
	else if (n == 0)
		snprintf(why, size, "it has no NIC");
	else if (nic != NULL && (i < 0 || (size_t)i >= n))
		snprintf(why, size,
		    "it has no NIC %lld (they are numbered from 0, and the last is %zu)",
		    (long long)i, n - 1);
	else {
		*ret = (struct links){ .next = nic != NULL ? (size_t)i : 0,
			.end = nic != NULL ? (size_t)i + 1 : n,
			.up = json_is_true(up) };
		return 0;
	}
	return -1;
}

int
links_record(struct super *s, struct diag *d, const struct links *l, bool up)
{
	for (size_t i = l->next; i < l->end; i++)
		json_object_set_new(json_array_get(nics_of(s), i), "link", json_boolean(up));
	return record_write(d, &s->runtime, s->launch.record);
}

/* The NIC's device and its netdev have the same name, and both are told. */
void
links_send(struct super *s, size_t nic, bool up, uint64_t id)
{
	super_qmp_send(s, "set_link",
	    json_pack("{s:o,s:b}", "name", json_sprintf("net%zu", nic), "up", (int)up), id);
}

void
links_tell(struct super *s)
{
	/* A QEMU that has just been born has all of them in. */
	bool born = s->launch.ours && !s->up;
	json_t *nic;
	size_t i;

	json_array_foreach(nics_of(s), i, nic)
	{
		bool out = json_is_false(json_object_get(nic, "link"));

		if (out || !born)
			links_send(s, i, !out, ID_LINK);
	}
}
