/* The keys of the host config that vmrun-net obeys, allow and deny, and what no single one of them
 * can tell; see proto/policy.h. */
#include <stdbool.h>
#include <stdlib.h>

#include "proto/policy.h"
#include "util/mem.h"
#include "vm/internal.h"

#define WHO                                                                                        \
	{ "user", CONF_STRINGS, AT(policy_rule, users), COUNT(policy_rule, nusers),                \
		.single = true, .min = 1, .max = POLICY_NAMES_MAX, .example = "alice",             \
		.help = "Users that the rule is for, by name or, in quotes, by number; a name "    \
			"must be "                                                                 \
			"in /etc/passwd" },                                                        \
	{                                                                                          \
		"group", CONF_STRINGS, AT(policy_rule, groups), COUNT(policy_rule, ngroups),       \
		    .single = true, .min = 1, .max = POLICY_NAMES_MAX, .example = "lab",           \
		    .help = "Groups whose members the rule is for as well, likewise; a name must " \
			    "be in /etc/group"                                                     \
	}

const struct conf_key allow_keys[] = {
	WHO,
	{ "bridge", CONF_STRINGS, AT(policy_rule, bridges), COUNT(policy_rule, nbridges),
	    .single = true, .required = true, .min = 1, .max = POLICY_NAMES_MAX, .example = "br0",
	    .help = "Bridges that they may have ports on" },
	{ "vlan", CONF_INTS, AT(policy_rule, vlans), COUNT(policy_rule, nvlans), .single = true,
	    .min = 1, .max = 4094, .example = "10, 20",
	    .help = "VLANs of which a NIC has to ask for one; if not given, it may ask for none" },
	{ "ports", CONF_INT, AT(policy_rule, ports), .min = 1, .max = POLICY_PORTS_MAX, .def = "16",
	    .example = "4",
	    .help = "Ports that each of them may have on these bridges at once; few enough for a "
		    "bridge, which has 1023, to be left with some" },
	{ "isolated", CONF_BOOL, AT(policy_rule, isolated), .def = "false", .example = "true",
	    .help = "Their ports are isolated from each other, whether the VM's file asks for it "
		    "or not" },
	{ "guard", CONF_BOOL, AT(policy_rule, guard), .def = "false", .example = "true",
	    .help = "Likewise, their ports are guarded: nothing comes in but from the NIC's own "
		    "MAC" },
	{ 0 },
};

const struct conf_key deny_keys[] = {
	WHO,
	{ "bridge", CONF_STRINGS, AT(policy_rule, bridges), COUNT(policy_rule, nbridges),
	    .single = true, .min = 1, .max = POLICY_NAMES_MAX, .example = "br1",
	    .help = "Bridges that they may have no port on; all if not given" },
	{ "vlan", CONF_INTS, AT(policy_rule, vlans), COUNT(policy_rule, nvlans), .single = true,
	    .min = 1, .max = 4094, .example = "1",
	    .help = "VLANs that it is about; all ports if not given" },
	{ 0 },
};

static bool
rule_has(struct conf_doc *doc, const char *rule, const char *key)
{
	char *path = xasprintf("%s.%s", rule, key);
	bool has = conf_has(doc, path);

	free(path);
	return has;
}

/* What is there and wrong its row has told, and that a bridge is missing. */
static void
rule_check(struct conf_doc *doc, const char *list, size_t i, const struct policy_rule *r)
{
	char *path = xasprintf("%s[%zu]", list, i);
	const char *key, *words = policy_rule_wrong(r, list[0] == 'a', &key);
	bool told = key[0] == '\0' ? rule_has(doc, path, "user") || rule_has(doc, path, "group")
				   : !rule_has(doc, path, key);

	if (conf_is_group(doc, path) && words != NULL && !told) {
		char *at = key[0] == '\0' ? xstrdup(path) : xasprintf("%s.%s", path, key);

		conf_fail(doc, at, "%s", words);
		free(at);
	}
	if (r->nvlans == 0 && rule_has(doc, path, "vlan") && !rule_has(doc, path, "vlan[0]"))
		conf_fail(doc, path, "vlan: the list is empty");
	free(path);
}

void
rules_policy(struct conf_doc *doc, const struct host *host)
{
	static const char *const lists[] = { "allow", "deny" };

	for (size_t i = 0; i < host->policy.nallow; i++)
		rule_check(doc, "allow", i, &host->policy.allow[i]);
	for (size_t i = 0; i < host->policy.ndeny; i++)
		rule_check(doc, "deny", i, &host->policy.deny[i]);
	for (size_t i = 0; i < 2; i++) {
		if (conf_has(doc, lists[i]) && conf_includes(doc))
			conf_fail(doc, lists[i],
			    "vmrun-net, which obeys it, follows no @include: a file with rules "
			    "must be without one");
	}
}
