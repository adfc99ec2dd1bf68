/* What a NIC's port was set to, in the record of its VM: so that it can be put back as it was, also
 * when the VM's file says something else by then. */
#ifndef VMRUN_LAUNCH_PORT_RECORD_H
#define VMRUN_LAUNCH_PORT_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct port_wish;

void port_record(json_t *record, size_t i, const struct port_wish *w, unsigned mtu);
/* What concerns a bridge's port of the i-th NIC's wish; its strings are lent. false: the record
 * does not say, and nothing is to be freed. */
bool port_recorded(const json_t *record, size_t i, struct port_wish *ret, unsigned *ret_mtu);
void port_recorded_free(struct port_wish *w);

#endif
