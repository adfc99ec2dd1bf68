/* What the files of a NIC's port share. */
#ifndef VMRUN_NET_PORT_INTERNAL_H
#define VMRUN_NET_PORT_INTERNAL_H

#include "net/port.h"

int port_witnessed(
    struct diag *d, const struct port_witness *witness, const struct port *p, unsigned nic);
/* 0 as well if there is none, which ret then says: an interface may be there only while its device
 * is open. */
int port_find_given(struct diag *d, const char *name, struct os_link *ret);

int port_put_on(struct diag *d, struct port *p, const struct port_wish *w,
    const struct os_link *bridge, unsigned mtu);

/* port_alone.c: those that join no bridge. p has its alias, and is filled in. */
int port_alone_make(
    struct diag *d, const struct port_wish *w, const struct port_witness *witness, struct port *p);
int port_macvtap_make(
    struct diag *d, const struct port_wish *w, const struct port_witness *witness, struct port *p);

/* port_rate.c. Before the witness is asked: what the port will have if the wish has rates. */
int port_rates_choose(
    struct diag *d, const struct port_wish *w, const struct os_link *given, struct port *p);
int port_rates_set(struct diag *d, const struct port_wish *w, struct port *p);
int port_rates_clear(struct diag *d, const struct port *p);

#endif
