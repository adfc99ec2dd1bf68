/* What the keys of a running VM came to; see resolved.h. */
#include "launch/resolved.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "launch/context.h"
#include "launch/runtime.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define FILE_NAME    "resolved"
#define RESOLVED_MAX (16u << 20) /* bytes: of what a file of at most 1 MiB comes to */

void
resolved_now(const struct context *c, const struct fleet_member *m, struct conf_trail *ret)
{
	vm_trail(m->vm.name, m->doc, c->host_doc, ret);
}

char *
resolved_text(const struct context *c, const struct fleet_member *m)
{
	struct conf_trail trail;
	struct buf b = { 0 };

	resolved_now(c, m, &trail);
	conf_trail_write(&b, &trail);
	conf_trail_free(&trail);
	return buf_steal(&b);
}

int
resolved_write(struct diag *d, const struct runtime *r, const char *text)
{
	return runtime_write(d, r, FILE_NAME, text);
}

int
resolved_read(struct diag *d, const struct context *c, const char *name, struct conf_trail *ret)
{
	char *path = runtime_path(c, name, FILE_NAME), *text = NULL;
	int result = -1;
	size_t len;

	if (file_read(d, path, RESOLVED_MAX, &text, &len) == 0) {
		conf_trail_read(text, len, vm_keys, ret);
		result = 0;
	}
	free(text);
	free(path);
	return result;
}

/* What templates say is in it already. */
static bool
is_source(const struct conf_entry *e)
{
	return strcmp(e->path, "template") == 0 || strcmp(e->path, "instances") == 0;
}

/* What is in it has been put in already: a "%" in it is one. */
int
resolved_load(struct diag *d, const struct conf_trail *runs, const char *name, const char *file,
    struct fleet_member *ret)
{
	const struct conf_trail_style style = { .skip = is_source,
		.percent = vm_instance(name) != NULL };
	struct fleet_member m = { .loaded = false };
	struct buf text = { 0 };

	conf_trail_print(&text, runs, &style);
	if (conf_open_text(d, name, "/", text.s, text.len, &m.doc) == 0)
		m.loaded = vm_load(d, name, m.doc, NULL, &m.vm) == 0;
	buf_free(&text);
	if (!m.loaded) {
		fleet_member_free(&m);
		return -1;
	}
	free(m.vm.file);
	m.vm.file = file != NULL ? xstrdup(file) : NULL;
	*ret = m;
	return 0;
}
