/*
 * Which ordinary user may have which port: the `allow` and `deny` rules of the host config of root,
 * as vmrun-net reads them, and the decision. Pure: files, accounts and interfaces are given.
 *
 *	allow = (
 *	  { user = "alice"; bridge = "br0"; },
 *	  { group = "lab"; bridge = [ "br0", "br1" ]; vlan = [ 10, 20 ]; ports = 4; isolated = true;
 *}
 *	);
 *	deny = ( { user = "mallory"; } );
 *
 * Without an allow rule nobody may have anything. A deny rule that holds ends it. Of the allow
 * rules the first one decides that names the caller, the bridge and the VLAN and has a port left.
 */
#ifndef VMRUN_PROTO_POLICY_H
#define VMRUN_PROTO_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct diag;
struct os_link;

#define POLICY_RULES_MAX 256 /* of each list */
#define POLICY_NAMES_MAX 64  /* of one rule's users, groups, bridges or VLANs */
#define POLICY_PORTS     16  /* where a rule does not say how many */
#define POLICY_PORTS_MAX 1023

struct policy_rule {
	char **users, **groups; /* names, or numbers; the rule is for any of both; none: anybody */
	size_t nusers, ngroups;
	char **bridges; /* none: any */
	size_t nbridges;
	int64_t *vlans; /* none: allow: a port without VLAN; deny: any port */
	size_t nvlans;
	int64_t ports;        /* allow: that a user may have at once on these bridges */
	bool isolated, guard; /* allow: whether it was asked for or not */
	unsigned line;        /* vmrun-net's reader alone: where the rule stands */
};

struct policy {
	struct policy_rule *allow, *deny;
	size_t nallow, ndeny;
	char *state_dir; /* NULL: not said */
};

/* shown stands for the file in messages. Everything but these keys is skipped. */
int policy_read(
    struct diag *d, const char *shown, const char *text, size_t len, struct policy *ret);
void policy_free(struct policy *p);
void policy_rule_free(struct policy_rule *r);

/* What no single key of a rule can tell; NULL: nothing is wrong. *ret_key is the key that it is
 * about, "" for the whole rule. */
const char *policy_rule_wrong(const struct policy_rule *r, bool allow, const char **ret_key);

/* Who asks, and the texts of passwd(5) and group(5), in which names are looked up. */
struct policy_caller {
	uid_t uid;
	const gid_t *gids; /* its real one and the supplementary ones */
	size_t ngids;
	const char *passwd, *group;
};
/* "alice (uid 1000)", or "uid 1000" for one without a name; to be freed. */
char *policy_caller_text(const struct policy_caller *c);

/* A name in the rules that is in neither file; NULL: none. *ret_line: where its rule stands. */
const char *policy_stranger(const struct policy_rule *rules, size_t n, const char *passwd,
    const char *group, unsigned *ret_line);

struct policy_wish {
	const char *bridge;
	unsigned vlan; /* 0: none */
};

/* How many ports of that user, made by vmrun-net, there are on a rule's bridges. */
size_t policy_ports(const struct policy_rule *r, uid_t uid, const struct os_link *links, size_t n);
/* The rule that allows it; NULL: it is denied, with the reason. links are all of the host. */
const struct policy_rule *policy_decide(struct diag *d, const struct policy *p, const char *shown,
    const struct policy_caller *c, const struct policy_wish *w, const struct os_link *links,
    size_t n);

/* What a port says of itself, "vmrun web1 nic 0 uid 1000", which only root can write; and whose it
 * is by that, (uid_t)-1: none of vmrun-net's. */
#define POLICY_ALIAS 96
void policy_alias(const char *vm, unsigned nic, uid_t uid, char ret[POLICY_ALIAS]);
uid_t policy_alias_uid(const char *alias);

#endif
