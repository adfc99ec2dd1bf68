/* Rules of the order of VMs, as far as one file shows them; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/internal.h"
#include "vm/order.h"

/* of: "after" or "requires". */
static void
rule_word(const struct rules *r, const char *of, size_t i, const char *word)
{
	char *path = xasprintf("%s[%zu]", of, i);
	struct diag d = { 0 };

	if (strcmp(word, r->vm->name) == 0)
		rule_broken(r, path, "\"%s\" is this VM itself", word);
	else if (word[0] == '@' && (word[1] == '\0' || strchr(word + 1, '/') != NULL))
		rule_broken(r, path, "\"%s\" is not a tag (@ and its name)", word);
	else if (strchr(word, '/') != NULL)
		rule_broken(r, path,
		    "\"%s\" is neither a VM's name nor a pattern of names nor a @tag", word);
	else if (!order_is_pattern(word) && vm_name_check(&d, word) == -1)
		rule_broken(r, path, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	diag_free(&d);
	free(path);
}

/* Can the host reach something of the guest over this NIC by itself? */
static bool
reaches(const struct vm_nic *nic)
{
	switch (vm_nic_way(nic)) {
	case WAY_BRIDGE:
	case WAY_TAP:
	case WAY_VMNET:
	case WAY_SOCKET:
	case WAY_VDE:
		return true;
	default:
		return false;
	}
}

static bool
forwards_to(const struct vm_nic *nic, unsigned port)
{
	for (size_t i = 0; i < nic->nforwards; i++) {
		const struct vm_forward *f = &nic->forwards[i];

		if (f->protocol == FORWARD_TCP && port >= f->guest &&
		    port - f->guest <= f->last - f->port)
			return true;
	}
	return false;
}

static void
rule_ready(const struct rules *r)
{
	const struct vm *vm = r->vm;
	const struct vm_ready_sign *sign = &vm->ready.sign;
	const char *path = rule_scalar(r, "ready", "ready.by");
	bool way = sign->address.len != 0;

	if (ip_is_of_one_link(&sign->address))
		rule_broken(
		    r, path, "an address in fe80::/10 leads nowhere without an interface");
	else if (sign->address.len != 0 && ip_is_multicast(&sign->address))
		rule_broken(r, path, "a multicast address is no guest's");
	if (sign->by == READY_AGENT && !vm->agent)
		rule_broken(r, path, "\"agent\" needs agent = true");
	if (sign->by == READY_AFTER && rule_given(r, "ready.timeout") &&
	    vm->ready.timeout < sign->after)
		rule_broken(r, "ready.timeout", "is shorter than the time that ready.by says");
	if (sign->by != READY_TCP && sign->by != READY_PING)
		return;
	for (size_t i = 0; i < vm->nnics && !way; i++)
		way = reaches(&vm->nics[i]) ||
		      (sign->by == READY_TCP && forwards_to(&vm->nics[i], sign->port));
	if (!way && sign->by == READY_TCP)
		rule_broken(r, path,
		    "no NIC leads from this host to port %u of the guest: it needs a forward, or a "
		    "NIC on a bridge",
		    sign->port);
	else if (!way)
		rule_broken(r, path, "no NIC leads from this host to the guest, for a ping");
}

void
rules_order(struct rules *r)
{
	for (size_t i = 0; i < r->vm->nafter; i++)
		rule_word(r, "after", i, r->vm->after[i]);
	for (size_t i = 0; i < r->vm->nrequires; i++)
		rule_word(r, "requires", i, r->vm->requires[i]);
	if (r->vm->ready.sign.by != READY_QMP)
		rule_ready(r);
}
