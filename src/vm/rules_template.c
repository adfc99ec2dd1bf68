/* Rules of files that stand for several VMs, templates and files of instances; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"

/* Is it written in doc itself, and the same for whatever VM? */
static bool
is_fixed(struct conf_doc *doc, const char *path)
{
	const char *text = conf_text(doc, path);

	return text != NULL && strchr(text, '%') == NULL;
}

/* What can be only one VM's own. */
static void
refuse_own(struct conf_doc *doc, const char *words)
{
	size_t n = conf_count(doc, "nics");

	if (is_fixed(doc, "uuid"))
		conf_fail(doc, "uuid", "%s", words);
	for (size_t i = 0; i < n; i++) {
		char *path = xasprintf("nics[%zu].mac", i);

		if (is_fixed(doc, path))
			conf_fail(doc, path, "%s", words);
		free(path);
	}
}

static bool
is_of_instances(const struct conf_doc *doc)
{
	const char *file = conf_file(doc), *end = "@.conf";
	size_t n = file != NULL ? strlen(file) : 0;

	return n > strlen(end) && strcmp(file + n - strlen(end), end) == 0;
}

static void
check_instances(struct rules *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->vm->ninstances && n <= VM_INSTANCES_MAX; i++) {
		char *path = xasprintf("instances[%zu]", i);
		size_t count = vm_instances_count(r->vm->instances[i]);

		n += count;
		if (count == 0)
			rule_broken(r, path,
			    "\"%.60s\" is neither an instance (letters, digits, '-', '_' and '.', "
			    "the "
			    "first one a letter or a digit) nor a range as in \"1..40\"",
			    r->vm->instances[i]);
		else if (n > VM_INSTANCES_MAX)
			rule_broken(r, path, "more than %d instances", VM_INSTANCES_MAX);
		free(path);
	}
}

void
rules_template(struct rules *r)
{
	for (size_t i = 0; i < conf_inherited(r->doc); i++) {
		struct conf_doc *template = conf_below(r->doc, i);

		refuse_own(template, "would be that of every VM with this template; leave it out, "
				     "or write it in the VM's own file");
		if (conf_has_own(template, "instances"))
			conf_fail(template, "instances", "belongs into a file NAME@.conf");
	}
	if (is_of_instances(r->doc)) {
		refuse_own(r->doc,
		    "would be that of every instance; leave it out, or write it with "
		    "%i in it");
		check_instances(r);
	} else if (conf_has_own(r->doc, "instances")) {
		conf_fail(r->doc, "instances",
		    "belongs into a file NAME@.conf, which describes several VMs");
	}
}
