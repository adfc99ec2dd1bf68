/* The rules of the host config, as vmrun-net reads them; see policy.h. */
#include "proto/policy.h"

#include <stdlib.h>
#include <string.h>

#include "proto/request.h"
#include "proto/text.h"
#include "util/diag.h"
#include "util/mem.h"

struct reader {
	struct diag *d;
	const char *shown;
};

static int
wrong(const struct reader *r, const struct text_value *v, const char *words)
{
	return fail(r->d, "%s:%u: %.40s: %s", r->shown, v->line,
	    v->name != NULL ? v->name : "a rule", words);
}

static int
read_truth(const struct reader *r, const struct text_value *v, bool *ret)
{
	if (v->kind != TEXT_TRUTH)
		return wrong(r, v, "not true or false");
	*ret = v->number != 0;
	return 0;
}

static int
read_number(const struct reader *r, const struct text_value *v, int64_t max, int64_t *ret)
{
	if (v->kind != TEXT_NUMBER || v->number < 1 || v->number > max)
		return wrong(r, v, "not a whole number, or out of range");
	*ret = v->number;
	return 0;
}

/* What a key that takes several says: the list's elements, or the lone value. */
static int
elements(const struct reader *r, const struct text_value *v, const struct text_value **ret,
    size_t *ret_n)
{
	bool list = v->kind == TEXT_LIST || v->kind == TEXT_ARRAY;

	*ret = list ? v->value : v;
	*ret_n = list ? v->n : 1;
	if (*ret_n == 0)
		return wrong(r, v, "the list is empty");
	if (*ret_n > POLICY_NAMES_MAX)
		return wrong(r, v, "too many elements");
	return 0;
}

static int
read_names(const struct reader *r, const struct text_value *v, char ***ret, size_t *ret_n)
{
	const struct text_value *one;
	size_t n;

	if (elements(r, v, &one, &n) == -1)
		return -1;
	*ret = xcalloc(n, sizeof(**ret));
	for (size_t i = 0; i < n; i++) {
		if (one[i].kind != TEXT_STRING)
			return wrong(r, v, "not a string, or a list of strings");
		(*ret)[(*ret_n)++] = xstrdup(one[i].string);
	}
	return 0;
}

static int
read_vlans(const struct reader *r, const struct text_value *v, struct policy_rule *rule)
{
	const struct text_value *one;
	size_t n;

	if (elements(r, v, &one, &n) == -1)
		return -1;
	rule->vlans = xcalloc(n, sizeof(*rule->vlans));
	for (size_t i = 0; i < n; i++) {
		if (read_number(r, &one[i], 4094, &rule->vlans[rule->nvlans++]) == -1)
			return -1;
	}
	return 0;
}

static int
read_key(const struct reader *r, const struct text_value *v, bool allow, struct policy_rule *rule)
{
	if (strcmp(v->name, "user") == 0)
		return read_names(r, v, &rule->users, &rule->nusers);
	if (strcmp(v->name, "group") == 0)
		return read_names(r, v, &rule->groups, &rule->ngroups);
	if (strcmp(v->name, "bridge") == 0)
		return read_names(r, v, &rule->bridges, &rule->nbridges);
	if (strcmp(v->name, "vlan") == 0)
		return read_vlans(r, v, rule);
	if (allow && strcmp(v->name, "ports") == 0)
		return read_number(r, v, POLICY_PORTS_MAX, &rule->ports);
	if (allow && strcmp(v->name, "isolated") == 0)
		return read_truth(r, v, &rule->isolated);
	if (allow && strcmp(v->name, "guard") == 0)
		return read_truth(r, v, &rule->guard);
	return wrong(r, v, "unknown key of a rule");
}

static int
read_rule(const struct reader *r, const struct text_value *v, bool allow, struct policy_rule *rule)
{
	const char *key, *words;

	rule->line = v->line;
	if (allow)
		rule->ports = POLICY_PORTS;
	if (v->kind != TEXT_GROUP)
		return wrong(r, v, "not a group such as { … }");
	for (size_t i = 0; i < v->n; i++) {
		if (read_key(r, &v->value[i], allow, rule) == -1)
			return -1;
	}
	words = policy_rule_wrong(rule, allow, &key);
	return words == NULL ? 0
			     : fail(r->d, "%s:%u: %s%s%s", r->shown, v->line, key,
				   key[0] != '\0' ? ": " : "", words);
}

/* A list of rules, or one rule. */
static int
read_rules(const struct reader *r, const struct text_value *v, bool allow, struct policy_rule **ret,
    size_t *ret_n)
{
	bool list = v->kind == TEXT_LIST || v->kind == TEXT_ARRAY;
	const struct text_value *one = list ? v->value : v;
	size_t n = list ? v->n : 1;

	if (n > POLICY_RULES_MAX)
		return wrong(r, v, "too many rules");
	*ret = xcalloc(n, sizeof(**ret));
	for (size_t i = 0; i < n; i++) {
		if (read_rule(r, &one[i], allow, &(*ret)[(*ret_n)++]) == -1)
			return -1;
	}
	return 0;
}

static int
read_state_dir(const struct reader *r, const struct text_value *v, char **ret)
{
	if (v->kind != TEXT_STRING || v->string[0] != '/')
		return wrong(r, v, "not an absolute path");
	*ret = xstrdup(v->string);
	return 0;
}

int
policy_read(struct diag *d, const char *shown, const char *text, size_t len, struct policy *ret)
{
	const struct reader r = { d, shown };
	const struct text_value *allow, *deny, *state_dir;
	struct text_value all = { .kind = TEXT_GROUP };
	struct policy p = { .state_dir = NULL };
	int result = -1;

	if (text_read(d, shown, text, len, &all) == -1)
		return -1;
	allow = text_find(&all, "allow");
	deny = text_find(&all, "deny");
	state_dir = text_find(&all, "state_dir");
	if ((allow == NULL || read_rules(&r, allow, true, &p.allow, &p.nallow) == 0) &&
	    (deny == NULL || read_rules(&r, deny, false, &p.deny, &p.ndeny) == 0) &&
	    (state_dir == NULL || read_state_dir(&r, state_dir, &p.state_dir) == 0))
		result = 0;
	text_free(&all);
	if (result == -1)
		policy_free(&p);
	else
		*ret = p;
	return result;
}

void
policy_rule_free(struct policy_rule *r)
{
	strings_free(r->users, r->nusers);
	strings_free(r->groups, r->ngroups);
	strings_free(r->bridges, r->nbridges);
	free(r->vlans);
	*r = (struct policy_rule){ .users = NULL };
}

void
policy_free(struct policy *p)
{
	for (size_t i = 0; i < p->nallow; i++)
		policy_rule_free(&p->allow[i]);
	for (size_t i = 0; i < p->ndeny; i++)
		policy_rule_free(&p->deny[i]);
	free(p->allow);
	free(p->deny);
	free(p->state_dir);
	*p = (struct policy){ .state_dir = NULL };
}

/* What separates the fields of passwd(5) and group(5) is in no name. */
static bool
account_names(char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i][0] == '\0' || strlen(names[i]) > 64 ||
		    strpbrk(names[i], ":,/ \t\r\n") != NULL)
			return false;
	}
	return true;
}

const char *
policy_rule_wrong(const struct policy_rule *r, bool allow, const char **ret_key)
{
	*ret_key = "user";
	if (!account_names(r->users, r->nusers))
		return "not the name or the number of a user";
	*ret_key = "group";
	if (!account_names(r->groups, r->ngroups))
		return "not the name or the number of a group";
	*ret_key = "bridge";
	for (size_t i = 0; i < r->nbridges; i++) {
		if (!proto_interface(r->bridges[i]))
			return "not the name of a bridge";
	}
	*ret_key = "vlan";
	if (r->nvlans > POLICY_NAMES_MAX)
		return "too many elements";
	*ret_key = "";
	if (allow && r->nusers == 0 && r->ngroups == 0)
		return "an allow rule needs a user or a group, and none is given";
	*ret_key = "bridge";
	if (allow && r->nbridges == 0)
		return "an allow rule needs one, and none is given";
	return NULL;
}
