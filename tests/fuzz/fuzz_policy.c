/* Any bytes as the host config of root: vmrun-net's small reader and vmrun's own must understand
 * the same rules, or the first must refuse. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/vm.h"

const char *__lsan_default_suppressions(void);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 loses a string that a syntax error comes after. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\nleak:strbuf_append";
}

static void
differ(const char *what, const struct diag *small, const struct diag *own)
{
	fprintf(stderr, "%s\nvmrun-net: %s\nvmrun: %s\n", what,
	    small->text != NULL ? small->text : "", own->text != NULL ? own->text : "");
	abort();
}

static bool
same_names(char *const *a, size_t na, char *const *b, size_t nb)
{
	for (size_t i = 0; i < na && na == nb; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return na == nb;
}

static bool
same_rules(const struct policy_rule *a, size_t na, const struct policy_rule *b, size_t nb)
{
	for (size_t i = 0; i < na && na == nb; i++) {
		if (!same_names(a[i].users, a[i].nusers, b[i].users, b[i].nusers) ||
		    !same_names(a[i].groups, a[i].ngroups, b[i].groups, b[i].ngroups) ||
		    !same_names(a[i].bridges, a[i].nbridges, b[i].bridges, b[i].nbridges) ||
		    a[i].nvlans != b[i].nvlans || a[i].ports != b[i].ports ||
		    a[i].isolated != b[i].isolated || a[i].guard != b[i].guard)
			return false;
		if (a[i].nvlans > 0 &&
		    memcmp(a[i].vlans, b[i].vlans, a[i].nvlans * sizeof(*a[i].vlans)) != 0)
			return false;
	}
	return na == nb;
}

/* Is one of vmrun's complaints, "P:2: allow[0]: …", about a rule? Those about anything else it may
 * have alone. */
static bool
is_about_rules(const struct diag *d)
{
	for (const char *line = d->text; line != NULL && *line != '\0'; line += *line == '\n') {
		const char *what = line + strspn(line, "P:0123456789"), *key = what + 2;
		size_t n = strncmp(what, ": allow", 7) == 0  ? 5
			   : strncmp(what, ": deny", 6) == 0 ? 4
							     : 0;

		if (n > 0 && strchr(":.[", key[n]) != NULL)
			return true;
		line += strcspn(line, "\n");
	}
	return false;
}

/* Paths are vmrun's: it knows more of them than vmrun-net takes, and writes them anew. */
static bool
is_plain_path(const struct host *host, const struct policy *p)
{
	return p->state_dir != NULL && strstr(p->state_dir, "//") == NULL &&
	       strstr(p->state_dir, "/.") == NULL &&
	       p->state_dir[strlen(p->state_dir) - 1] != '/' && host->state_dir != NULL;
}

static void
compare(const struct policy *p, const struct host *host, const struct diag *small,
    const struct diag *own)
{
	if (!same_rules(p->allow, p->nallow, host->policy.allow, host->policy.nallow) ||
	    !same_rules(p->deny, p->ndeny, host->policy.deny, host->policy.ndeny))
		differ("other rules", small, own);
	if (is_plain_path(host, p) && strcmp(p->state_dir, host->state_dir) != 0)
		differ("another state_dir", small, own);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup("", 0);
	struct diag small = { 0 }, own = { 0 };
	struct conf_doc *doc = NULL;
	struct host host = { .vm_dir = NULL };
	struct policy p = { .state_dir = NULL };
	int understood, opened, loaded = -1;

	text = xreallocarray(text, size + 1, 1);
	memcpy(text, data, size);
	text[size] = '\0';
	understood = policy_read(&small, "P", text, size, &p);
	opened = conf_open_text(&own, "P", NULL, text, size, &doc);
	if (opened == 0)
		loaded = host_load(&own, doc, &host);
	if (loaded == 0 && understood == -1 && memmem(text, size, "state_dir", 9) == NULL)
		differ("vmrun-net refuses what vmrun takes", &small, &own);
	if (understood == 0 && opened == -1)
		differ("vmrun refuses to read what vmrun-net takes", &small, &own);
	if (understood == 0 && is_about_rules(&own))
		differ("vmrun refuses a rule that vmrun-net takes", &small, &own);
	if (understood == 0 && opened == 0)
		compare(&p, &host, &small, &own);
	policy_free(&p);
	host_free(&host);
	conf_close(doc);
	diag_free(&small);
	diag_free(&own);
	free(text);
	return 0;
}
