/* check_conf FILE: load FILE as a VM, print every message; the exit status is that of the failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/vm.h"

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses a string that a syntax error comes after. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

int
main(int argc, char **argv)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;
	struct vm vm = { 0 };
	const char *base;
	char *name;
	int status;

	if (argc != 2)
		return DIAG_USAGE;
	base = strrchr(argv[1], '/');
	base = base != NULL ? base + 1 : argv[1];
	name = xstrndup(base, strcspn(base, "."));
	if (conf_open(&d, argv[1], &doc) == 0)
		vm_load(&d, name, doc, NULL, &vm);
	if (d.text != NULL)
		fputs(d.text, stdout);
	status = d.status;
	vm_free(&vm);
	conf_close(doc);
	diag_free(&d);
	free(name);
	return status;
}
