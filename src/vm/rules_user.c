/* Rules of networks in user mode and their forwards; see internal.h. */
#include <stdlib.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define HOST_NUMBER 2 /* of QEMU's network: the host's address of it */

static struct ip_net
network_of(const struct ip_net *said, const char *otherwise)
{
	struct ip_net net = *said;

	if (net.ip.len == 0)
		(void)ip_net_parse(otherwise, &net);
	return net;
}

struct ip_net
vm_user_network(const struct vm_user *user)
{
	struct ip_net net = network_of(&user->network, "10.0.2.0/24");

	net.ip = ip_plus(&net.ip, HOST_NUMBER);
	return net;
}

static bool
outside(const struct ip *ip, const struct ip_net *net)
{
	struct ip host = ip_first(net), last = ip_last(net);

	if (ip->len == 0)
		return false;
	return !ip_within(ip, net) || ip_equal(ip, &host) ||
	       (ip->len == IP4 && ip_equal(ip, &last));
}

static bool
address_outside(const struct vm *vm, size_t i)
{
	struct ip_net net = vm_user_network(&vm->nics[i].user);

	return outside(&vm->nics[i].user.address, &net);
}

static bool
dns_outside(const struct vm *vm, size_t i)
{
	struct ip_net net = vm_user_network(&vm->nics[i].user);

	return outside(&vm->nics[i].user.dns, &net);
}

static bool
dns6_outside(const struct vm *vm, size_t i)
{
	struct ip_net net = network_of(&vm->nics[i].user.network6, "fec0::/64");

	return outside(&vm->nics[i].user.dns6, &net);
}

static bool
is_host(const struct vm *vm, size_t i, const struct ip *ip)
{
	struct ip_net net = vm_user_network(&vm->nics[i].user);

	return ip->len != 0 && ip_equal(ip, &net.ip);
}

static bool
address_of_host(const struct vm *vm, size_t i)
{
	return is_host(vm, i, &vm->nics[i].user.address);
}

static bool
dns_of_host(const struct vm *vm, size_t i)
{
	return is_host(vm, i, &vm->nics[i].user.dns);
}

static bool
not_a_word(const char *s)
{
	return s != NULL && !is_word(s);
}

static bool
hostname_odd(const struct vm *vm, size_t i)
{
	return not_a_word(vm->nics[i].user.hostname);
}

static bool
domain_odd(const struct vm *vm, size_t i)
{
	return not_a_word(vm->nics[i].user.domain);
}

static bool
domains_odd(char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i][0] == '\0' || not_a_word(list[i]))
			return true;
	}
	return false;
}

static bool
search_odd(const struct vm *vm, size_t i)
{
	return domains_odd(vm->nics[i].user.search, vm->nics[i].user.nsearch);
}

static bool
passt_search_odd(const struct vm *vm, size_t i)
{
	return domains_odd(vm->nics[i].passt.search, vm->nics[i].passt.nsearch);
}

static bool
gateway_outside(const struct vm *vm, size_t i)
{
	const struct vm_passt *passt = &vm->nics[i].passt;

	return passt->address.ip.len != 0 && passt->gateway.len != 0 &&
	       !ip_within(&passt->gateway, &passt->address);
}

static const struct rule rules[] = {
	{ "user.address", address_outside, "is not an address of the NIC's network" },
	{ "user.address", address_of_host, "is the host's own address of the NIC's network" },
	{ "user.dns", dns_outside, "is not an address of the NIC's network" },
	{ "user.dns", dns_of_host, "is the host's own address of the NIC's network" },
	{ "user.dns6", dns6_outside, "is not an address of the NIC's network" },
	{ "user.hostname", hostname_odd, "is not a name that a host can have" },
	{ "user.domain", domain_odd, "is not a name that a domain can have" },
	{ "passt.gateway", gateway_outside, "is not in the network of address" },
	{ "passt.search", passt_search_odd, "is not a list of domains" },
	{ "user.search", search_odd, "is not a list of domains" },
	{ 0 },
};

/* A port of the host leads to one place. */
static void
rule_forward(struct rules *r, size_t i, size_t k)
{
	const struct vm_forward *own = &r->vm->nics[i].forwards[k];
	char *path = xasprintf("nics[%zu].forward[%zu]", i, k), text[FORWARD_TEXT];

	forward_format(own, text);
	if (r->vm->nics[i].user.enabled && own->address.len == IP6)
		rule_broken(r, path, "%s: QEMU's own network forwards ports of IPv4 only", text);
	if (r->vm->nics[i].user.enabled && own->last != own->port)
		rule_broken(
		    r, path, "%s: QEMU's own network forwards one port at a time, no range", text);
	for (size_t other = 0; other <= i; other++) {
		size_t n = other < i ? r->vm->nics[other].nforwards : k;

		for (size_t m = 0; m < n; m++) {
			if (!forward_clash(own, &r->vm->nics[other].forwards[m]))
				continue;
			rule_broken(
			    r, path, "%s: already that of nics[%zu].forward[%zu]", text, other, m);
			goto done;
		}
	}
done:
	free(path);
}

static void
settle(struct rules *r, size_t i, const char *group, bool *enabled)
{
	char *path = xasprintf("nics[%zu].%s", i, group), *key = xasprintf("%s.enabled", path);

	/* Whoever says anything of it wants it. */
	if (rule_is_group(r, path) && !rule_given(r, key))
		*enabled = true;
	free(key);
	free(path);
}

void
rules_user(struct rules *r, size_t i)
{
	struct vm_nic *nic = &r->vm->nics[i];

	settle(r, i, "user", &nic->user.enabled);
	settle(r, i, "passt", &nic->passt.enabled);
	rules_check(r, rules, "nics", i);
	for (size_t k = 0; k < nic->nforwards; k++)
		rule_forward(r, i, k);
}
