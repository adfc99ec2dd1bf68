/* Rules of the machine itself: names, clock, environment, kernel; see internal.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"
#include "vm/target.h"

static void
rule_words(struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->machine.type != NULL && !is_word(vm->machine.type))
		rule_broken(r, rule_scalar(r, "machine", "machine.type"),
		    "\"%s\" is not a machine type (letters, digits, '-', '_' and '.', as in q35)",
		    vm->machine.type);
	if (vm->qemu != NULL && strchr(vm->qemu, '/') != NULL && vm->qemu[0] != '/')
		rule_broken(r, "qemu", "\"%.60s\" is neither a program's name nor an absolute path",
		    vm->qemu);
	for (size_t i = 0; i < vm->ntags; i++) {
		char *path = xasprintf("tags[%zu]", i);

		if (!is_word(vm->tags[i]))
			rule_broken(r, path,
			    "\"%.60s\" is not a tag (letters, digits, '-', '_' and '.')",
			    vm->tags[i]);
		free(path);
	}
}

/* The binary's name says an architecture, too. */
static void
rule_arch(struct rules *r)
{
	const struct vm *vm = r->vm;
	const char *binary = vm->qemu != NULL ? qemu_arch_of(vm->qemu) : NULL;
	const char *arch = vm_arch_name(vm);

	if (binary != NULL && strcmp(binary, arch) != 0)
		rule_broken(r, "qemu", "it is for guests of %s, and arch says %s: leave one out",
		    binary, arch);
}

/* "2026-01-31T12:00:00", where only digits can stand for digits. */
static bool
is_time(const char *s)
{
	static const char form[] = "0000-00-00T00:00:00";
	struct tm tm;
	const char *end;

	if (strlen(s) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == '0' ? !isdigit((unsigned char)s[i]) : s[i] != form[i])
			return false;
	}
	end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	return end != NULL && *end == '\0';
}

static void
rule_rtc(struct rules *r)
{
	const char *base = r->vm->rtc.base;

	if (strcmp(base, "utc") != 0 && strcmp(base, "localtime") != 0 && !is_time(base))
		rule_broken(r, rule_scalar(r, "rtc", "rtc.base"),
		    "\"%s\" is neither utc nor localtime nor a time (as in 2026-01-31T12:00:00)",
		    base);
}

static bool
is_variable(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && s[n] == '=' && !isdigit((unsigned char)s[0]);
}

static void
rule_environment(struct rules *r)
{
	for (size_t i = 0; i < r->vm->nenvironment; i++) {
		char *path = xasprintf("environment[%zu]", i);

		if (!is_variable(r->vm->environment[i]))
			rule_broken(r, path, "\"%.60s\" is not NAME=VALUE", r->vm->environment[i]);
		free(path);
	}
}

static void
rule_kernel(struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->kernel != NULL || rule_given(r, "kernel"))
		return;
	if (vm->initrd != NULL)
		rule_broken(r, "initrd", "needs a kernel, and none is given");
	if (vm->cmdline != NULL)
		rule_broken(r, "cmdline", "needs a kernel, and none is given");
}

void
rules_machine(struct rules *r)
{
	rule_words(r);
	rule_arch(r);
	rule_rtc(r);
	rule_environment(r);
	rule_kernel(r);
}
