/* Ports that were dropped from their bridges, put back by the one who made them. */
#include <stdlib.h>

#include "launch/nics.h"
#include "super/machine.h"

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
	log_diag(&s->log, &d);
	a = json_pack("{s:b,s:o}", "ok", ok, "rejoined", rejoined);
	if (!ok)
		json_object_set_new(a, "error", json_stringn(d.text, d.len > 0 ? d.len - 1 : 0));
	diag_free(&d);
	return a;
}
