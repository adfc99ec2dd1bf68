/* Any bytes as a request to vmrun-net, and as an answer of it: what is taken is whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/policy.h"
#include "proto/request.h"
#include "util/diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
ends(const char *field, size_t size)
{
	return memchr(field, '\0', size) != NULL;
}

/* All that becomes of a request until something is made. */
static void
use(const struct port_request *r)
{
	static const char rules[] =
	    "allow = ( { user = \"1000\"; bridge = [ \"br0\", \"a\" ]; } );";
	static const gid_t gid = 1000;
	const struct policy_caller c = { 1000, &gid, 1, "", "" };
	const struct policy_wish w = { r->bridge, r->vlan };
	struct mac mac = request_mac(r);
	struct diag d = { 0 };
	char alias[POLICY_ALIAS];
	struct policy p;

	if (!ends(r->bridge, sizeof(r->bridge)) || !ends(r->tap, sizeof(r->tap)) ||
	    !ends(r->vm, sizeof(r->vm)) || strpbrk(r->tap, "/%: ") != NULL ||
	    strchr(r->tap, '.') == NULL || mac.b[0] != 0x52 || r->queues == 0 ||
	    r->queues > PROTO_QUEUES_MAX || r->vlan > 4094)
		abort();
	policy_alias(r->vm, r->nic, 1000, alias);
	if (policy_alias_uid(alias) != 1000)
		abort();
	if (policy_read(&d, "P", rules, strlen(rules), &p) == -1)
		abort();
	if ((policy_decide(&d, &p, "P", &c, &w, NULL, 0) != NULL) !=
	    (r->vlan == 0 && (strcmp(r->bridge, "br0") == 0 || strcmp(r->bridge, "a") == 0)))
		abort();
	policy_free(&p);
	diag_free(&d);
}

/* The bytes are laid over a request that is sound, so that each field is reached. */
static struct port_request
overlaid(const uint8_t *data, size_t size)
{
	struct port_request r;

	request_begin(&r);
	memcpy(r.mac, (uint8_t[]){ 0x52, 0x54, 0, 1, 2, 3 }, sizeof(r.mac));
	memcpy(r.bridge, "br0", 4);
	memcpy(r.tap, "web1.0", 7);
	memcpy(r.vm, "web1", 5);
	r.queues = 1;
	for (size_t i = 0; i + 1 < size; i += 2)
		((uint8_t *)&r)[data[i]] = data[i + 1];
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct port_request r = { .version = 0 };
	struct port_answer a = { .version = 0 };
	struct diag d = { 0 };

	memcpy(&r, data, size < sizeof(r) ? size : sizeof(r));
	if (request_check(&d, &r, size) == 0)
		use(&r);
	r = overlaid(data, size);
	if (request_check(&d, &r, sizeof(r)) == 0)
		use(&r);
	memcpy(&a, data, size < sizeof(a) ? size : sizeof(a));
	if (answer_check(&d, &a, size, a.queues) == 0 &&
	    (!ends(a.tap, sizeof(a.tap)) || !ends(a.text, sizeof(a.text))))
		abort();
	diag_free(&d);
	return 0;
}
