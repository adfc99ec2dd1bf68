/* The firmware of a golden case; see argv_case.h. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "argv_case.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/target.h"

#define DESCRIPTOR_MAX  65536 /* bytes of one */
#define DESCRIPTORS_MAX 16

/* Each descriptor in the folder firmware beside that of the case, by their names. */
static size_t
read_descriptors(struct diag *d, const char *path, struct firmware_descriptor *list)
{
	char *pattern =
	    xasprintf("%.*s/../firmware/*.json", (int)(strrchr(path, '/') - path), path);
	glob_t g;
	size_t n = 0;

	if (glob(pattern, 0, NULL, &g) != 0)
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc && n < DESCRIPTORS_MAX; i++) {
		char *text = NULL;
		size_t len;

		if (file_read(d, g.gl_pathv[i], DESCRIPTOR_MAX, &text, &len) == 0 &&
		    firmware_parse(d, g.gl_pathv[i], text, len, &list[n]) == 0)
			list[n++].is_there = true;
		free(text);
	}
	if (g.gl_pathc > 0)
		globfree(&g);
	free(pattern);
	return n;
}

int
case_firmware(struct diag *d, const struct vm *vm, const struct qemu_facts *facts, const char *path,
    struct firmware *ret)
{
	struct firmware_descriptor list[DESCRIPTORS_MAX];
	const struct firmware_descriptor *chosen = NULL;
	const struct firmware_wish wish = { firmware_kind(vm, facts->arch), facts->arch,
		vm_machine_type(vm, target_find(facts->arch)), facts->version };
	char *dir = xasprintf("/var/lib/vmrun/nvram/%s", vm->name);
	size_t n = read_descriptors(d, path, list);

	if (firmware_is_sought(vm, facts->arch)) {
		chosen = firmware_choose(list, n, &wish);
		if (chosen == NULL)
			fail(d, "no descriptor suits");
	}
	firmware_decide(vm, facts->arch, chosen, dir, ret);
	for (size_t i = 0; i < n; i++)
		firmware_descriptor_free(&list[i]);
	free(dir);
	return d->count == 0 ? 0 : -1;
}
