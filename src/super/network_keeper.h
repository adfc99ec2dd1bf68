/* The process beside a network's dnsmasq; see network.h. */
#ifndef VMRUN_SUPER_NETWORK_KEEPER_H
#define VMRUN_SUPER_NETWORK_KEEPER_H

#include <stdbool.h>

struct diag;

struct keeper {
	const char *dir;  /* run_dir/.networks */
	const char *name; /* of the bridge */
	const char *log;  /* path */
};

/* Is there one? */
bool keeper_is_there(const struct keeper *k);
/* Does its record say which process it is? */
bool keeper_is_known(const struct keeper *k);
/* Makes one, and returns when its dnsmasq serves; -1 with dnsmasq's own words, and nothing left.
 * What an earlier one has left is ended. */
int keeper_start(struct diag *d, const struct keeper *k);
/* The configuration is another one: dnsmasq is started again. */
int keeper_again(struct diag *d, const struct keeper *k);
/* Ends it and its dnsmasq, or what there is of them, and removes its files. */
int keeper_end(struct diag *d, const struct keeper *k);

#endif
