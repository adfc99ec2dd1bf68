/* Any bytes as a VM file and as the host config: open, load, place, free. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/edit.h"
#include "util/buf.h"
#include "util/diag.h"
#include "vm/vm.h"

const char *__lsan_default_suppressions(void);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 loses a string that a syntax error comes after. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\nleak:strbuf_append";
}

/* A text that can be read is one that can be changed, or it is told why not. */
static void
edit(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "nics[0].forward", "nics[1].user.search", "tags",
		"cpus" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char element[64];
		struct diag d = { 0 };
		struct buf text = { 0 };

		snprintf(element, sizeof(element), "%s[0]", paths[i]);
		buf_addn(&text, data, size);
		(void)conf_edit_append(&d, &text, paths[i], "\"tcp:22\"");
		(void)conf_edit_remove(&d, &text, element);
		(void)conf_edit_set(&d, &text, paths[i], "1");
		(void)conf_edit_remove(&d, &text, paths[i]);
		buf_free(&text);
		diag_free(&d);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;
	struct host host;
	struct vm vm;

	/* No folder: what @include names is not for a fuzzer to read. */
	if (conf_open_text(&d, "fuzz.conf", NULL, (const char *)data, size, &doc) == 0) {
		vm_load(&d, "fuzz", doc, doc, &vm);
		/* What is accepted must be whole. */
		for (size_t i = 0; d.count == 0 && i < vm.ndisks; i++) {
			bool local = vm.disks[i].file != NULL,
			     remote = vm.disks[i].url.scheme != URL_NONE;

			if (local == remote || vm.disks[i].format == FORMAT_AUTO)
				abort();
		}
		vm_free(&vm);
		host_load(&d, doc, &host);
		host_free(&host);
		conf_where(doc, "nics[0].mac");
		edit(data, size);
	}
	conf_close(doc);
	diag_free(&d);
	return 0;
}
