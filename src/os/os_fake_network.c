/* Networks of the fake host; see os_fake.h. */
#include <string.h>

#include "os/os_fake.h"
#include "util/diag.h"
#include "util/ip.h"
#include "util/mem.h"

int
os_bridge_make(struct diag *d, const struct os_bridge *wish, struct os_link *ret)
{
	char name[OS_IFNAME];

	if (fake_link(wish->name) == NULL &&
	    os_bridge_create(d, wish->name, wish->alias, name) == -1)
		return -1;
	*ret = *fake_link(wish->name);
	return 0;
}

int
os_addr_add(struct diag *d, const struct os_link *link, const struct ip_net *net)
{
	char text[NET_TEXT];

	if (fake_enter(d, link->name) == -1)
		return -1;
	fake_addr_add(link->index, ip_net_format(net, text));
	return 0;
}

int
os_tunnel_make(struct diag *d, const struct os_tunnel *t, const struct os_link *bridge)
{
	if (fake_enter(d, t->name) == -1)
		return -1;
	fake_link_remove(t->name);
	fake_link_add(t->name, "vxlan", 1450);
	fake_link(t->name)->master = bridge->index;
	strlcpy(fake_link(t->name)->alias, t->alias, sizeof(fake_link(t->name)->alias));
	return 0;
}

int
os_tunnel_destroy(struct diag *d, const char *name, const char *alias)
{
	if (fake_enter(d, name) == -1)
		return -1;
	fake_link_remove(name);
	return 0;
}

int
os_forwarding_before(struct diag *d, bool ip6, char **ret)
{
	if (fake_enter(d, "os_forwarding_before") == -1)
		return -1;
	*ret = xstrdup("");
	return 0;
}

int
os_forwarding_on(struct diag *d, const char *before)
{
	return fake_enter(d, "os_forwarding_on");
}

int
os_forwarding_restore(struct diag *d, const char *before)
{
	return fake_enter(d, "os_forwarding_restore");
}

int
nft_ask(struct diag *d, const char *commands, char **ret)
{
	if (fake_enter(d, "nft") == -1)
		return -1;
	*ret = xstrdup("");
	return 0;
}

int
os_table_there(struct diag *d, const char *table)
{
	return fake_enter(d, "nft table") == -1 ? -1 : 1;
}

int
nft_run(struct diag *d, const char *commands)
{
	return fake_enter(d, "nft");
}
