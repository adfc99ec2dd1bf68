/* How fast a NIC's port may be; see port.h. */
#include "net/port_internal.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/num.h"

static bool
is_macvtap(const struct port *p)
{
	return p->uplink[0] != '\0';
}

/* What the guest receives, a tap's interface sends; but that of a macvtap is the guest's own, on
 * the wire: it receives what the guest does. */
static struct os_rates
rates_of(const struct port_wish *w, const struct port *p)
{
	return (struct os_rates){ .sends = is_macvtap(p) ? w->out : w->in,
		.receives = is_macvtap(p) ? w->in : w->out,
		.shaper = p->shaper,
		.alias = p->alias };
}

int
port_rates_choose(
    struct diag *d, const struct port_wish *w, const struct os_link *given, struct port *p)
{
	char name[OS_IFNAME];

	if (w->in.bits == 0 && w->out.bits == 0)
		return 0;
	if (given != NULL && os_rates_check(d, given->index, given->name) == -1)
		return -1;
	p->rated = true;
	if (rates_of(w, p).receives.bits == 0)
		return 0;
	port_name_with(w->vm, w->nic, PORT_SHAPER, name);
	return os_link_choose(d, name, p->shaper);
}

#define ETHERNET_HEADER 14

/* What is larger than the burst is dropped, and a frame cannot be divided. */
static int
burst_check(struct diag *d, const struct os_rate *rate, unsigned mtu)
{
	struct buf burst = { 0 };

	if (rate->bits == 0 || rate->burst == 0 || rate->burst >= mtu + ETHERNET_HEADER)
		return 0;
	buf_add_size(&burst, rate->burst);
	fail(d, "a burst of %s lets no frame of MTU %u pass (%u bytes at least; or leave it out)",
	    burst.s, mtu, mtu + ETHERNET_HEADER);
	buf_free(&burst);
	return -1;
}

int
port_rates_set(struct diag *d, const struct port_wish *w, struct port *p)
{
	struct os_rates rates = rates_of(w, p);

	if (!p->rated || p->rates_set)
		return 0;
	if (burst_check(d, &w->in, p->mtu) == -1 || burst_check(d, &w->out, p->mtu) == -1)
		return -1;
	if (os_rates_set(d, p->tap.index, p->tap.name, &rates) == -1)
		return -1;
	p->rates_set = true;
	return 0;
}

int
port_rates_clear(struct diag *d, const struct port *p)
{
	/* Those of an interface that goes go with it. */
	return p->rated ? os_rates_clear(
			      d, p->given ? p->tap.index : 0, p->tap.name, p->shaper, p->alias)
			: 0;
}

static int
rates_begin(struct diag *d, const struct port_wish *w, const struct port_witness *witness,
    struct port *p)
{
	struct os_link given;

	if (p->given && os_link_find(d, p->tap.name, &given) == -1)
		return -1;
	if (port_rates_choose(d, w, p->given ? &given : NULL, p) == -1 ||
	    (p->rated && port_witnessed(d, witness, p, w->nic) == -1))
		return -1;
	return port_rates_set(d, w, p);
}

static int
rates_end(struct diag *d, struct port *p)
{
	if (p->rated && os_rates_clear(d, p->tap.index, p->tap.name, p->shaper, p->alias) == -1)
		return -1;
	p->rated = p->rates_set = false;
	p->shaper[0] = '\0';
	return 0;
}

int
port_rates_change(struct diag *d, struct port *p, const struct port_wish *was,
    const struct port_wish *now, const struct port_witness *witness)
{
	struct diag again = { 0 };

	if (burst_check(d, &now->in, p->mtu) == -1 || burst_check(d, &now->out, p->mtu) == -1 ||
	    rates_end(d, p) == -1)
		return -1;
	if (rates_begin(d, now, witness, p) == 0)
		return 0;
	if (rates_end(&again, p) == -1 || rates_begin(&again, was, witness, p) == -1)
		fail(d, "and the rate that it had could not be set again: it has none");
	diag_free(&again);
	return -1;
}
