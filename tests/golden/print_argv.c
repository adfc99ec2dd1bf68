/* Prints the command line that is composed from a VM file: print_argv FILE [VERSION], for the
 * case's own version of QEMU or for another one. */
#include <stdio.h>
#include <stdlib.h>

#include "argv_case.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

#define FIRST_FD  10 /* descriptors on paper count from here */
#define NAMES_MAX 64

struct paper {
	struct handle_source source;
	int fds;
	char *names[NAMES_MAX];
	size_t n;
};

static struct qemu_handle
get(struct handle_source *s, enum handle_kind kind, const char *name)
{
	struct paper *p = (struct paper *)s;

	if (s->descriptors)
		return (struct qemu_handle){ .fd = FIRST_FD + p->fds++ };
	if (p->n == NAMES_MAX)
		return (struct qemu_handle){ .fd = -1, .name = "(too many names)" };
	p->names[p->n] = xstrdup(name);
	return (struct qemu_handle){ .fd = -1, .name = p->names[p->n++] };
}

int
main(int argc, char **argv)
{
	struct paper p = { .source.get = get };
	struct argv_case c = { 0 };
	struct argv list = { 0 };
	struct buf b = { 0 };
	struct diag d = { 0 };

	if (argc < 2 || argc > 3)
		return 2;
	if (argv_case_load(&d, argv[1], &p.source, &c) == 0) {
		if (argc == 3 &&
		    sscanf(argv[2], "%d.%d", &c.facts.version.major, &c.facts.version.minor) != 2)
			fail(&d, "%s is no version", argv[2]);
		else if (qemu_argv(&d, &c.vm, &c.facts, &list) == 0)
			argv_print(&b, &list);
	}
	if (b.s != NULL)
		fputs(b.s, stdout);
	if (d.text != NULL)
		fputs(d.text, stderr);
	buf_free(&b);
	argv_free(&list);
	argv_case_free(&c);
	while (p.n > 0)
		free(p.names[--p.n]);
	return d.count > 0;
}
