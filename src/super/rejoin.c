/* Ports that were dropped from their bridges, put back by the one who made them. */
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

#include "launch/nics.h"
#include "super/machine.h"

#define DYING_MS 500 /* that the taps of a QEMU may be gone before its process is */

/* A tap that cannot be put back is no failure if it is gone because its QEMU is. */
static bool
is_dying(const struct super *s)
{
	struct pollfd p = { .fd = s->proc, .events = POLLIN };

	return s->proc == -1 || poll(&p, 1, DYING_MS) == 1;
}

json_t *
super_rejoin(struct super *s)
{
	json_t *rejoined = json_array(), *one, *a;
	struct diag d = { 0 };
	size_t i;
	bool ok = nics_rejoin(&d, &s->launch, rejoined) == 0;

	json_array_foreach(rejoined, i, one)
	{
		log_say(&s->log, "nic %lld was off its bridge %s, and is on it again",
		    (long long)json_integer_value(json_object_get(one, "nic")),
		    json_string_value(json_object_get(one, "bridge")));
	}
	if (!ok && is_dying(s)) {
		diag_free(&d);
		ok = true;
	}
	log_diag(&s->log, &d);
	a = json_pack("{s:b,s:o}", "ok", ok, "rejoined", rejoined);
	if (!ok)
		json_object_set_new(a, "error", json_stringn(d.text, d.len > 0 ? d.len - 1 : 0));
	diag_free(&d);
	return a;
}
