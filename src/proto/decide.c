/* Who may have what, by the rules; see policy.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "proto/policy.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "util/num.h"

#define ALIAS_HEAD "vmrun "
#define ALIAS_UID  " uid "

void
policy_alias(const char *vm, unsigned nic, uid_t uid, char ret[POLICY_ALIAS])
{
	snprintf(ret, POLICY_ALIAS, ALIAS_HEAD "%s nic %u" ALIAS_UID "%u", vm, nic, (unsigned)uid);
}

uid_t
policy_alias_uid(const char *alias)
{
	const char *uid = strstr(alias, ALIAS_UID);
	int64_t n;

	if (strncmp(alias, ALIAS_HEAD, strlen(ALIAS_HEAD)) != 0 || uid == NULL ||
	    int_parse(uid + strlen(ALIAS_UID), 0, UINT32_MAX - 1, &n) == -1)
		return (uid_t)-1;
	return (uid_t)n;
}

/* The third field of the line "NAME:…:NUMBER:…" of a name. */
static bool
account_number(const char *text, const char *name, uint32_t *ret)
{
	size_t len = strlen(name);

	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *end = strchr(line, '\n'), *field;
		char number[12];
		size_t n;
		int64_t value;

		if (strncmp(line, name, len) == 0 && line[len] == ':' &&
		    (field = strchr(line + len + 1, ':')) != NULL && (end == NULL || field < end)) {
			n = strcspn(++field, ":\n");
			snprintf(number, sizeof(number), "%.*s", (int)n, field);
			if (n < sizeof(number) &&
			    int_parse(number, 0, UINT32_MAX - 1, &value) == 0) {
				*ret = (uint32_t)value;
				return true;
			}
		}
		line = end != NULL ? end + 1 : NULL;
	}
	return false;
}

/* A name that is a number is one, whatever an account may be called. */
static bool
number_of(const char *text, const char *name, uint32_t *ret)
{
	int64_t n;

	if (strspn(name, "0123456789") != strlen(name))
		return account_number(text, name, ret);
	if (int_parse(name, 0, UINT32_MAX - 1, &n) == -1)
		return false;
	*ret = (uint32_t)n;
	return true;
}

char *
policy_caller_text(const struct policy_caller *c)
{
	for (const char *line = c->passwd; line != NULL && *line != '\0';) {
		const char *end = strchr(line, '\n');
		size_t n = strcspn(line, ":\n");
		char *name = xstrndup(line, n);
		uint32_t uid;

		if (n > 0 && n <= 64 && account_number(c->passwd, name, &uid) && uid == c->uid) {
			char *text = xasprintf("%s (uid %u)", name, (unsigned)c->uid);

			free(name);
			return text;
		}
		free(name);
		line = end != NULL ? end + 1 : NULL;
	}
	return xasprintf("uid %u", (unsigned)c->uid);
}

static bool
in_group(const struct policy_caller *c, uint32_t gid)
{
	for (size_t i = 0; i < c->ngids; i++) {
		if (c->gids[i] == gid)
			return true;
	}
	return false;
}

/* Is the rule for the caller? *ret_unknown: a name that is in neither file. */
static bool
is_for(const struct policy_rule *r, const struct policy_caller *c, const char **ret_unknown)
{
	bool found = r->nusers == 0 && r->ngroups == 0;
	uint32_t n;

	for (size_t i = 0; i < r->nusers; i++) {
		if (!number_of(c->passwd, r->users[i], &n))
			*ret_unknown = r->users[i];
		else
			found = found || n == c->uid;
	}
	for (size_t i = 0; i < r->ngroups; i++) {
		if (!number_of(c->group, r->groups[i], &n))
			*ret_unknown = r->groups[i];
		else
			found = found || in_group(c, n);
	}
	return found;
}

const char *
policy_stranger(const struct policy_rule *rules, size_t n, const char *passwd, const char *group,
    unsigned *ret_line)
{
	const struct policy_caller nobody = { .uid = (uid_t)-1, .passwd = passwd, .group = group };
	const char *unknown = NULL;

	for (size_t i = 0; i < n && unknown == NULL; i++) {
		(void)is_for(&rules[i], &nobody, &unknown);
		*ret_line = rules[i].line;
	}
	return unknown;
}

static bool
has_bridge(const struct policy_rule *r, const char *bridge)
{
	for (size_t i = 0; i < r->nbridges; i++) {
		if (strcmp(r->bridges[i], bridge) == 0)
			return true;
	}
	return r->nbridges == 0;
}

static bool
has_vlan(const struct policy_rule *r, unsigned vlan)
{
	for (size_t i = 0; i < r->nvlans; i++) {
		if (r->vlans[i] == vlan)
			return true;
	}
	return false;
}

static bool
is_on(
    const struct os_link *port, const struct policy_rule *r, const struct os_link *links, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (port->master != 0 && links[i].index == port->master)
			return has_bridge(r, links[i].name);
	}
	return false;
}

size_t
policy_ports(const struct policy_rule *r, uid_t uid, const struct os_link *links, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += policy_alias_uid(links[i].alias) == uid && is_on(&links[i], r, links, n);
	return count;
}

/* A deny rule with a name that nobody knows may be meant for the caller. */
static int
check_denied(struct diag *d, const struct policy *p, const char *shown,
    const struct policy_caller *c, const struct policy_wish *w, const char *who)
{
	for (size_t i = 0; i < p->ndeny; i++) {
		const struct policy_rule *r = &p->deny[i];
		const char *unknown = NULL;
		bool caller = is_for(r, c, &unknown);

		if (unknown != NULL)
			return fail_as(d, DIAG_CONFIG,
			    "%s:%u: deny: there is no \"%s\" in /etc/passwd or /etc/group, so "
			    "nobody is allowed anything (write its number if it is known "
			    "elsewhere, or remove the name)",
			    shown, r->line, unknown);
		if (caller && has_bridge(r, w->bridge) && (r->nvlans == 0 || has_vlan(r, w->vlan)))
			return fail_as(d, DIAG_DENIED,
			    "%s:%u: a deny rule forbids %s a port on bridge %s", shown, r->line,
			    who, w->bridge);
	}
	return 0;
}

/* How near the nearest allow rule was. */
enum near { NEAR_NOT, NEAR_WHO, NEAR_BRIDGE, NEAR_VLAN };

static void
add_vlans(struct buf *b, const struct policy_rule *r)
{
	if (r->nvlans == 0)
		buf_add(b, "none");
	for (size_t i = 0; i < r->nvlans; i++)
		buf_addf(b, "%s%" PRId64, i > 0 ? ", " : "", r->vlans[i]);
}

static void
not_allowed(struct diag *d, const struct policy *p, const char *shown, const char *who,
    const struct policy_wish *w, enum near near, const struct policy_rule *nearest)
{
	const char *name = strncmp(who, "uid ", 4) == 0 ? who + 4 : who;
	struct buf vlans = { 0 };

	if (near == NEAR_VLAN) {
		fail_as(d, DIAG_DENIED,
		    "%s:%u: %s already has as many ports as this rule allows: %" PRId64
		    " (ports = N; allows more)",
		    shown, nearest->line, who, nearest->ports);
	} else if (near == NEAR_BRIDGE) {
		add_vlans(&vlans, nearest);
		if (w->vlan == 0)
			fail_as(d, DIAG_DENIED,
			    "%s:%u: bridge %s is allowed to %s with a vlan only: %s", shown,
			    nearest->line, w->bridge, who, vlans.s);
		else
			fail_as(d, DIAG_DENIED,
			    "%s:%u: vlan %u of bridge %s is not allowed to %s; allowed: %s", shown,
			    nearest->line, w->vlan, w->bridge, who, vlans.s);
		buf_free(&vlans);
	} else {
		fail_as(d, DIAG_DENIED,
		    "%s: %s %s a port on bridge %s (root can write there: allow = ( { user = "
		    "\"%.*s\"; bridge = \"%s\"; } );)",
		    shown,
		    p->nallow == 0 ? "there is no allow rule, so it does not allow"
				   : "no rule allows",
		    who, w->bridge, (int)strcspn(name, " "), name, w->bridge);
	}
}

const struct policy_rule *
policy_decide(struct diag *d, const struct policy *p, const char *shown,
    const struct policy_caller *c, const struct policy_wish *w, const struct os_link *links,
    size_t n)
{
	char *who = policy_caller_text(c);
	const struct policy_rule *nearest = NULL, *result = NULL;
	enum near near = NEAR_NOT;
	int denied = check_denied(d, p, shown, c, w, who);

	for (size_t i = 0; i < p->nallow && denied == 0 && result == NULL; i++) {
		const struct policy_rule *r = &p->allow[i];
		const char *unknown;
		enum near here = !is_for(r, c, &unknown)     ? NEAR_NOT
				 : !has_bridge(r, w->bridge) ? NEAR_WHO
				 : r->nvlans == 0       ? w->vlan == 0 ? NEAR_VLAN : NEAR_BRIDGE
				 : has_vlan(r, w->vlan) ? NEAR_VLAN
							: NEAR_BRIDGE;

		if (here == NEAR_VLAN && policy_ports(r, c->uid, links, n) < (uint64_t)r->ports)
			result = r;
		if (here > near) {
			near = here;
			nearest = r;
		}
	}
	if (denied == 0 && result == NULL)
		not_allowed(d, p, shown, who, w, near, nearest);
	free(who);
	return result;
}
