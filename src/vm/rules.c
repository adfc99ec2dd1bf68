/* Rules between the keys of one VM: what they share, and their order; see internal.h. */
#include <stdarg.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/internal.h"

bool
rule_own(const struct rules *r, const char *path)
{
	return conf_has_own(r->doc, path);
}

bool
rule_insists(const struct rules *r, const char *path)
{
	bool own = rule_own(r, path);

	if (!own)
		conf_idle(r->doc, path);
	return own;
}

/* In the defaults for all VMs, where no file of the VM itself hides it. */
static bool
in_host(const struct rules *r, const char *path, bool *ret_group)
{
	char *inner = xasprintf("defaults.%s", path);
	bool result = r->host_doc != NULL && conf_find(r->doc, path) == CONF_ABSENT &&
		      conf_has(r->host_doc, inner);

	*ret_group = result && conf_is_group(r->host_doc, inner);
	free(inner);
	return result;
}

bool
rule_given(const struct rules *r, const char *path)
{
	bool group;

	return conf_has(r->doc, path) || in_host(r, path, &group);
}

int
rule_strength(const struct rules *r, const char *path)
{
	size_t n = conf_inherited(r->doc);
	bool group;

	if (conf_has_own(r->doc, path))
		return (int)n + 1;
	if (!conf_has(r->doc, path))
		return in_host(r, path, &group) ? 0 : -1;
	for (size_t i = n; i-- > 0;) {
		if (conf_has_own(conf_below(r->doc, i), path))
			return (int)i + 1;
	}
	return -1;
}

bool
rule_is_group(const struct rules *r, const char *path)
{
	bool group;

	return conf_has(r->doc, path) ? conf_is_group(r->doc, path)
				      : in_host(r, path, &group) && group;
}

bool
rule_bare(const struct rules *r, const char *path)
{
	return rule_given(r, path) && !rule_is_group(r, path);
}

const char *
rule_scalar(const struct rules *r, const char *group, const char *path)
{
	return rule_given(r, path) ? path : group;
}

void
rule_broken(const struct rules *r, const char *path, const char *fmt, ...)
{
	bool group, outer = in_host(r, path, &group);
	char *where = xasprintf("%s%s", outer ? "defaults." : "", path);
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	conf_fail(outer ? r->host_doc : r->doc, where, "%s", b.s);
	buf_free(&b);
	free(where);
}

void
rules_check(const struct rules *r, const struct rule *table, const char *list, size_t i)
{
	for (; table->key != NULL; table++) {
		char *path;

		if (!table->broken(r->vm, i))
			continue;
		path = list != NULL ? xasprintf("%s[%zu].%s", list, i, table->key)
				    : xstrdup(table->key);
		rule_broken(r, path, "%s", table->words);
		free(path);
	}
}

void
vm_rules(struct vm *vm, struct conf_doc *doc, struct conf_doc *host_doc)
{
	struct rules r = { .vm = vm, .doc = doc, .host_doc = host_doc };

	rules_template(&r);
	rules_machine(&r);
	rules_cpus(&r);
	rules_memory(&r);
	rules_firmware(&r);
	rules_disks(&r);
	rules_nics(&r);
	rules_display(&r);
	rules_hostdevs(&r);
	rules_shares(&r);
	rules_tpm(&r);
	rules_channels(&r);
	rules_usb(&r);
	rules_devices(&r);
	rules_life(&r);
	rules_cloud_init(&r);
	rules_order(&r);
}
