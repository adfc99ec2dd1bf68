/* check_conf [--vm|--host] FILE: load FILE and print every message; the exit status is that of the
 * failure. A first line "#! os darwin" asks as well whether that system can have such a VM, and
 * "#! qemu 7.2 riscv64" whether that QEMU can. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "os/os.h"
#include "qemu/argv.h"
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

/* What the first line asks besides. */
struct question {
	char system[16], arch[16];
	struct qemu_version version;
};

static struct question
question_of(const char *path)
{
	struct question q = { "", "", { 0, 0 } };
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return q;
	if (fscanf(f, "#! os %15s", q.system) == 0)
		(void)!fscanf(f, "qemu %d.%d %15s", &q.version.major, &q.version.minor, q.arch);
	fclose(f);
	return q;
}

/* Whether a system and a QEMU can have such a VM. */
static int
check_elsewhere(struct conf_doc *doc, const struct vm *vm, const char *path)
{
	struct question q = question_of(path);
	const struct os_facts *os = os_facts(q.system);
	int result = 0;

	if (os != NULL)
		result = vm_system_check(doc, vm, os);
	if (q.arch[0] != '\0')
		result = qemu_check(doc, vm, q.arch, q.version);
	return result;
}

static void
check_vm(struct diag *d, struct conf_doc *doc, const char *path)
{
	const char *base = strrchr(path, '/');
	struct vm vm;
	char *name;
	int n;

	base = base != NULL ? base + 1 : path;
	n = (int)strcspn(base, ".");
	/* Of a file of instances one of them. */
	name = xasprintf("%.*s%s", n, base, n > 0 && base[n - 1] == '@' ? "1" : "");
	if (vm_load(d, name, doc, NULL, &vm) == 0 && check_elsewhere(doc, &vm, path) == -1)
		conf_report(d, doc);
	vm_free(&vm);
	free(name);
}

static void
check_host(struct diag *d, struct conf_doc *doc)
{
	struct host host;

	host_load(d, doc, &host);
	host_free(&host);
}

int
main(int argc, char **argv)
{
	bool host = argc == 3 && strcmp(argv[1], "--host") == 0;
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;
	int status;

	if (argc != 2 && !host && (argc != 3 || strcmp(argv[1], "--vm") != 0))
		return DIAG_USAGE;
	if (conf_open(&d, argv[argc - 1], &doc) == 0) {
		if (host)
			check_host(&d, doc);
		else
			check_vm(&d, doc, argv[argc - 1]);
	}
	if (d.text != NULL)
		fputs(d.text, stdout);
	status = d.status;
	conf_close(doc);
	diag_free(&d);
	return status;
}
