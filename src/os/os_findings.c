/* What every system's findings have in common; see os_findings.h. */
#include "os/os_findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/diag.h"

void
finding_add(struct findings *f, int level, const char *what, const char *fmt, ...)
{
	va_list ap;

	if (f->n == f->max)
		return;
	f->list[f->n].level = level;
	f->list[f->n].what = what;
	va_start(ap, fmt);
	vsnprintf(f->list[f->n].text, sizeof(f->list[f->n].text), fmt, ap);
	va_end(ap);
	f->n++;
}

void
findings_bridges(struct findings *f)
{
	struct diag d = { 0 };
	struct os_link *links = NULL;
	size_t n = 0, bridges = 0;

	if (os_links(&d, &links, &n) == -1)
		finding_add(f, FINDING_BAD, "bridges", "%.*s", (int)strcspn(d.text, "\n"), d.text);
	for (size_t i = 0; i < n; i++) {
		if (!links[i].is_bridge)
			continue;
		bridges++;
		finding_add(f, links[i].up ? FINDING_OK : FINDING_NOTE, "bridge", "%s, mtu %u, %s",
		    links[i].name, links[i].mtu,
		    links[i].up ? "up" : "down: its guests reach nobody");
	}
	if (bridges == 0 && d.count == 0)
		finding_add(f, FINDING_NOTE, "bridges", "there is none: a NIC needs one to join");
	free(links);
	diag_free(&d);
}
