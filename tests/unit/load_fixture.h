/* What the programs that test vm/ share: VM files from memory, and what is said about them. */
#ifndef VMRUN_TESTS_UNIT_LOAD_FIXTURE_H
#define VMRUN_TESTS_UNIT_LOAD_FIXTURE_H

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/vm.h"

static inline struct conf_doc *
opened(const char *name, const char *text)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;

	if (conf_open_text(&d, name, "/vms", text, strlen(text), &doc) == -1)
		fail_msg("%s", d.text);
	return doc;
}

/* The messages about a VM file, "" if there are none; host may be NULL. */
static inline char *
load(const char *host, const char *text, struct vm *vm)
{
	struct conf_doc *host_doc = host != NULL ? opened("vmrun.conf", host) : NULL;
	struct conf_doc *doc = opened("web1.conf", text);
	struct diag d = { 0 };
	char *messages;
	int result = vm_load(&d, "web1", doc, host_doc, vm);

	assert_int_equal(result, d.count > 0 ? -1 : 0);
	messages = xstrdup(d.text != NULL ? d.text : "");
	diag_free(&d);
	conf_close(doc);
	conf_close(host_doc);
	return messages;
}

static inline struct vm
accepted(const char *host, const char *text)
{
	struct vm vm;
	char *messages = load(host, text, &vm);

	assert_string_equal(messages, "");
	free(messages);
	return vm;
}

static inline void
says(const char *host, const char *text, const char *expected)
{
	struct vm vm;
	char *messages = load(host, text, &vm);

	assert_string_equal(messages, expected);
	free(messages);
	vm_free(&vm);
}

#endif
