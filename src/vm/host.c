/* The host config, vmrun.conf: its key table and its rules. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "util/num.h"
#include "vm/internal.h"

#define OWN_BITS 24 /* of a MAC: those behind 52:54:00 */

/* "52:54:00:10:00:00/28": both ends of the range at once, where first and last are stored too. */
static int
parse_range(const char *s, void *field, const char **ret_expected)
{
	const char *slash = strchr(s, '/');
	char address[MAC_TEXT] = "";
	struct mac first;
	uint64_t behind;
	int64_t bits;

	if (slash != NULL && (size_t)(slash - s) < sizeof(address))
		memcpy(address, s, (size_t)(slash - s));
	if (mac_parse(address, &first) == -1 || int_parse(slash + 1, 0, 48, &bits) == -1) {
		*ret_expected =
		    "a range of MAC addresses (the first, and how many bits all have in "
		    "common, as in 52:54:00:10:00:00/28)";
		return -1;
	}
	behind = (UINT64_C(1) << (48 - bits)) - 1;
	if (bits < OWN_BITS)
		*ret_expected = "within 52:54:00:00:00:00/24, which all MAC addresses of the "
				"ledger are";
	else if ((mac_number(first) & behind) != 0)
		*ret_expected = "a range: its first address has bits behind those that all have in "
				"common";
	else {
		*(struct host_mac_range *)field =
		    (struct host_mac_range){ first, mac_from_number(mac_number(first) | behind) };
		return 0;
	}
	return -1;
}

static const struct conf_key mac_keys[] = {
	{ "range", CONF_CUSTOM, .parse = parse_range, .unit = "MAC address/bits",
	    .example = "52:54:00:10:00:00/28", .alternative = true,
	    .help =
		"Addresses that are given out, which begin with 52:54:00: /28 is one of sixteen "
		"such ranges, a million addresses; vmrun mac check compares those of several "
		"hosts" },
	{ "first", CONF_CUSTOM, .offset = offsetof(struct host_mac_range, first),
	    .parse = parse_mac, .def = "52:54:00:00:00:00", .unit = "MAC address",
	    .example = "52:54:00:80:00:00",
	    .help = "First address that is given out; it begins with 52:54:00" },
	{ "last", CONF_CUSTOM, .offset = offsetof(struct host_mac_range, last), .parse = parse_mac,
	    .def = "52:54:00:ff:ff:ff", .unit = "MAC address", .example = "52:54:00:bf:ff:ff",
	    .help = "Last address that is given out" },
	{ 0 },
};

const struct conf_key host_keys[] = {
	{ "vm_dir", CONF_PATH, .offset = offsetof(struct host, vm_dir), .example = "/etc/vmrun/vms",
	    .help = "Folder of the VM files, NAME.conf each; if not given, vms beside this file" },
	{ "template_dir", CONF_PATH, .offset = offsetof(struct host, template_dir),
	    .example = "/etc/vmrun/templates",
	    .help = "Folder of the templates that VM files name, NAME.conf each; if not given, "
		    "templates beside vm_dir" },
	{ "state_dir", CONF_PATH, .offset = offsetof(struct host, state_dir),
	    .example = "/var/lib/vmrun",
	    .help = "Folder of the ledger and of whatever else must outlive a boot" },
	{ "run_dir", CONF_PATH, .offset = offsetof(struct host, run_dir), .example = "/run/vmrun",
	    .help = "Folder of locks and sockets, one folder a VM below it" },
	{ "log_dir", CONF_PATH, .offset = offsetof(struct host, log_dir),
	    .example = "/var/log/vmrun", .help = "Folder of the logs, one a VM" },
	{ "disk_dir", CONF_PATH, .offset = offsetof(struct host, disk_dir), .example = "/srv/vm",
	    .help = "Folder of the images that a VM made by 'vmrun create --disk' has; if not "
		    "given, disks in state_dir" },
	{ "qemu_user", CONF_STRING, .offset = offsetof(struct host, qemu_user), .min = 1,
	    .max = 256, .def = "auto",
	    .help = "User that QEMU runs as when vmrun is started by root; auto gives each VM an "
		    "unused "
		    "uid of its own; root is refused" },
	{ "image_dirs", CONF_PATHS, .offset = offsetof(struct host, image_dirs),
	    .count_offset = offsetof(struct host, nimage_dirs), .single = true, .max = 1000,
	    .example = "/srv/vm, /srv/templates",
	    .help =
		"Folders in which an image may have its backing file, besides the image's own" },
	{ "mac", CONF_GROUP, .offset = offsetof(struct host, mac), .sub = mac_keys,
	    .help = "Range of the MAC addresses that the ledger gives out, for several hosts that "
		    "share a network" },
	{ "bridges", CONF_LIST, .offset = offsetof(struct host, bridges),
	    .count_offset = offsetof(struct host, nbridges),
	    .elem_size = sizeof(struct host_bridge), .sub = bridge_keys, .single = true,
	    .max = 1000,
	    .help =
		"Networks of the host, each a bridge: what is to be made when it is missing, and "
		"what it leads to; a bridge that others make needs no entry" },
	{ "allow", CONF_LIST, .offset = offsetof(struct host, policy.allow),
	    .count_offset = offsetof(struct host, policy.nallow), .single = true,
	    .elem_size = sizeof(struct policy_rule), .sub = allow_keys, .max = POLICY_RULES_MAX,
	    .help = "Which ordinary users vmrun-net makes ports for: the first rule that fits "
		    "decides, and without one nobody may have any; obeyed in root's own host "
		    "config only" },
	{ "deny", CONF_LIST, .offset = offsetof(struct host, policy.deny),
	    .count_offset = offsetof(struct host, policy.ndeny), .single = true,
	    .elem_size = sizeof(struct policy_rule), .sub = deny_keys, .max = POLICY_RULES_MAX,
	    .help = "Which ports vmrun-net makes for nobody that it names, whatever allow says" },
	{ "defaults", CONF_NESTED, .example = "memory = \"1G\"; nics = ( { bridge = \"br0\"; } );",
	    .help = "Any keys of a VM file: what holds for each VM whose own file does not say "
		    "otherwise" },
	{ 0 },
};

static void
rule_mac(struct conf_doc *doc, const struct host *host)
{
	static const uint8_t prefix[] = { 0x52, 0x54, 0x00 };
	const struct {
		const char *path;
		struct mac mac;
	} bounds[] = { { "mac.first", host->mac.first }, { "mac.last", host->mac.last } };
	bool range = conf_has(doc, "mac.range");
	char text[MAC_TEXT];
	bool inside = true;

	for (size_t i = 0; range && i < 2; i++) {
		if (conf_has(doc, bounds[i].path)) {
			conf_fail(doc, bounds[i].path, "and range exclude each other");
			return;
		}
	}
	for (size_t i = 0; i < (range ? 1 : 2); i++) {
		if (memcmp(bounds[i].mac.b, prefix, sizeof(prefix)) == 0)
			continue;
		conf_fail(doc, range ? "mac.range" : bounds[i].path,
		    "%s does not begin with 52:54:00", mac_format(bounds[i].mac, text));
		inside = false;
	}
	if (inside && mac_number(host->mac.first) > mac_number(host->mac.last))
		conf_fail(doc, "mac", "the last address lies before the first");
}

static void
rule_user(struct conf_doc *doc, const struct host *host)
{
	const char *user = host->qemu_user;

	if (strcmp(user, "root") == 0 || strspn(user, "0") == strlen(user))
		conf_fail(
		    doc, "qemu_user", "\"%s\" is not possible: QEMU never runs as root", user);
	else if (user[0] == '-' || strpbrk(user, ":/ \t\n") != NULL)
		conf_fail(doc, "qemu_user", "\"%.60s\" is not the name of a user", user);
}

/* What is one VM's own cannot be a default of all. */
static void
rule_defaults(struct conf_doc *doc)
{
	struct vm scratch = { 0 };

	conf_collect(doc, "defaults", vm_keys, &scratch);
	if (conf_has(doc, "defaults.uuid"))
		conf_fail(doc, "defaults.uuid", "belongs into the file of one VM");
	if (conf_has(doc, "defaults.instances"))
		conf_fail(doc, "defaults.instances", "belongs into a file NAME@.conf");
	for (size_t i = 0; i < scratch.nnics; i++) {
		char *path = xasprintf("defaults.nics[%zu].mac", i);

		if (conf_has(doc, path))
			conf_fail(doc, path, "belongs into the file of one VM");
		free(path);
	}
	vm_free(&scratch);
}

int
host_load(struct diag *d, struct conf_doc *doc, struct host *ret)
{
	*ret = (struct host){ 0 };
	conf_defaults(host_keys, ret);
	if (doc == NULL)
		return 0;
	conf_collect(doc, NULL, host_keys, ret);
	rule_mac(doc, ret);
	rule_user(doc, ret);
	rules_bridges(doc, ret);
	rule_defaults(doc);
	rules_policy(doc, ret);
	return conf_report(d, doc);
}

const struct host_bridge *
host_bridge_find(const struct host *host, const char *name)
{
	for (size_t i = 0; i < host->nbridges; i++) {
		if (same_text(host->bridges[i].name, name))
			return &host->bridges[i];
	}
	return NULL;
}

const char *
host_bridge_reserves(const struct host_bridge *b, const struct ip_net *address)
{
	const struct ip *ip = &address->ip;

	for (size_t i = 0; i < b->naddress + b->naddress6; i++) {
		const struct ip_net *own =
		    i < b->naddress ? &b->address[i] : &b->address6[i - b->naddress];
		struct ip first = ip_first(own), last = ip_last(own);

		if (address->bits != ip->len * 8u || !ip_within(ip, own))
			continue;
		if (ip_equal(ip, &own->ip))
			return "the host's own";
		if (ip->len == IP4 && own->bits < 31 && ip_equal(ip, &first))
			return "the first address of the network";
		if (ip->len == IP4 && own->bits < 31 && ip_equal(ip, &last))
			return "the broadcast address of the network";
	}
	return NULL;
}

void
host_free(struct host *host)
{
	conf_clear(host_keys, host);
	*host = (struct host){ 0 };
}
