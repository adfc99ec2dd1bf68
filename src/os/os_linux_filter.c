/* Packet filters of a Linux host that stand between guests and others: what `check --host` says. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "os/os_linux_host.h"
#include "util/diag.h"

/* A chain that drops what none of its rules accepts. */
struct chain {
	char family[8], table[64], name[64];
};

/* The first that hangs on the hook, among chains as nft(8) lists them. */
static bool
find_drop(const char *chains, const char *hook, const char *const families[], struct chain *ret)
{
	struct chain c = { .family = "" };

	for (const char *line = chains; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		char at[16], policy[8];

		if (sscanf(line, " table %7s %63s {", c.family, c.table) == 2 ||
		    sscanf(line, " chain %63s {", c.name) == 1 ||
		    sscanf(line, " type filter hook %15s priority %*[^;]; policy %7[a-z];", at,
			policy) != 2 ||
		    strcmp(at, hook) != 0 || strcmp(policy, "drop") != 0)
			continue;
		for (size_t i = 0; families[i] != NULL; i++) {
			if (strcmp(families[i], c.family) == 0) {
				*ret = c;
				return true;
			}
		}
	}
	return false;
}

static bool
is_on(const char *file)
{
	char on[8];

	return file_head(file, on, sizeof(on))[0] == '1';
}

/* The switch is one for all bridges; container engines turn it on and set FORWARD to drop. */
static void
check_bridged(struct findings *f, const char *chains)
{
	static const char *const ip[] = { "ip", "inet", NULL }, *const bridge[] = { "bridge",
		NULL };
	static const char *const what = "br_netfilter";
	bool on = is_on("/proc/sys/net/bridge/bridge-nf-call-iptables");
	struct chain c;

	if (on && find_drop(chains, "forward", ip, &c))
		finding_add(f, FINDING_NOTE, what,
		    "bridged frames go through chain %s of table %s %s, which drops what no rule "
		    "accepts, as Docker sets it: guests reach nobody (sysctl "
		    "net.bridge.bridge-nf-call-iptables=0; or nft insert rule %s %s %s iifname br0 "
		    "oifname br0 accept)",
		    c.name, c.family, c.table, c.family, c.table, c.name);
	else if (on)
		finding_add(f, FINDING_NOTE, what,
		    "bridged frames go through iptables FORWARD and may be dropped there without a "
		    "word: sysctl net.bridge.bridge-nf-call-iptables=0, or accept them: "
		    "iptables -I FORWARD -m physdev --physdev-is-bridged -j ACCEPT");
	else
		finding_add(f, FINDING_OK, what, "bridged frames pass no iptables rule");
	if (find_drop(chains, "forward", bridge, &c))
		finding_add(f, FINDING_NOTE, what,
		    "chain %s of table bridge %s drops what no rule accepts, between all ports of "
		    "all "
		    "bridges (nft add rule bridge %s %s accept)",
		    c.name, c.table, c.table, c.name);
}

/* What the guests of a network of the host's own need; an accepted packet of one table may yet be
 * dropped by another. */
static void
check_routed(struct findings *f, const char *chains)
{
	static const char *const ip[] = { "ip", "inet", NULL };
	static const char *const what = "firewall";
	bool forward, input;
	struct chain c;

	forward = find_drop(chains, "forward", ip, &c);
	if (forward)
		finding_add(f, FINDING_NOTE, what,
		    "chain %s of table %s %s drops what no rule accepts: guests of a nat network "
		    "reach "
		    "nobody outside until it lets them (nft insert rule %s %s %s iifname br0 "
		    "accept; "
		    "nft insert rule %s %s %s oifname br0 accept)",
		    c.name, c.family, c.table, c.family, c.table, c.name, c.family, c.table,
		    c.name);
	input = find_drop(chains, "input", ip, &c);
	if (input)
		finding_add(f, FINDING_NOTE, what,
		    "chain %s of table %s %s drops what no rule accepts: guests get no address and "
		    "no "
		    "name from a nat or private network until it lets them (nft insert rule %s %s "
		    "%s "
		    "iifname br0 udp dport { 53, 67 } accept)",
		    c.name, c.family, c.table, c.family, c.table, c.name);
	if (!forward && !input)
		finding_add(f, FINDING_OK, what,
		    "what no rule is about is accepted, to this host and through it");
}

void
findings_filter(struct findings *f)
{
	struct diag d = { 0 };
	char *chains = NULL;

	if (nft_ask(&d, "list chains", &chains) == 0) {
		check_bridged(f, chains);
		check_routed(f, chains);
	} else {
		check_bridged(f, "");
		finding_add(f, FINDING_NOTE, "firewall", "not looked at: %.*s",
		    (int)strcspn(d.text, "\n"), d.text);
	}
	free(chains);
	diag_free(&d);
}
