/* Names of VMs, and of instances: many VMs of one file. */
#include <stdlib.h>
#include <string.h>

#include "util/braces.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/internal.h"

/* One side of the '@', or a name without one. */
static bool
is_part(const char *s, size_t n)
{
	char part[VM_NAME_MAX + 1];

	if (n == 0 || n > VM_NAME_MAX || strchr("-_.", s[0]) != NULL)
		return false;
	memcpy(part, s, n);
	part[n] = '\0';
	return is_word(part);
}

int
vm_name_check(struct diag *d, const char *name)
{
	const char *at = strchr(name, '@');
	size_t n = at != NULL ? (size_t)(at - name) : strlen(name);

	if (*name == '\0')
		return fail_as(d, DIAG_CONFIG, "a VM's name cannot be empty");
	if (strlen(name) > VM_NAME_MAX)
		return fail_as(d, DIAG_CONFIG, "\"%.*s…\": a VM's name has at most %d bytes",
		    VM_NAME_MAX, name, VM_NAME_MAX);
	if (at != NULL && at[1] == '\0' && is_part(name, n))
		return fail_as(
		    d, DIAG_CONFIG, "\"%s\" stands for instances: name one, as in %s1", name, name);
	if (!is_part(name, n) || (at != NULL && !is_part(at + 1, strlen(at + 1))))
		return fail_as(d, DIAG_CONFIG,
		    "\"%s\": a VM's name consists of letters, digits, '-', '_' and '.', and begins "
		    "with a letter or a digit%s",
		    name, at != NULL ? "; so does an instance, behind the one '@' of a name" : "");
	return 0;
}

const char *
vm_instance(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at[1] != '\0' ? at + 1 : NULL;
}

char *
vm_instance_file(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at[1] != '\0' ? xstrndup(name, (size_t)(at + 1 - name)) : NULL;
}

bool
vm_is_instance_file(const char *name)
{
	size_t n = strlen(name);

	return n > 1 && name[n - 1] == '@' && is_part(name, n - 1);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* How many a range such as "1..40" or "01..40..3" stands for; 0: it is none. */
static size_t
range_length(const char *word)
{
	uint64_t n[3] = { 0, 0, 1 };
	size_t k = 0;

	for (;; k++) {
		size_t digits = strspn(word, "0123456789");

		if (digits == 0 || digits > 9 || k == 3)
			return 0;
		n[k] = strtoul(word, NULL, 10);
		word += digits;
		if (*word == '\0')
			break;
		if (strncmp(word, "..", 2) != 0)
			return 0;
		word += 2;
	}
	if (k == 0 || n[2] == 0)
		return 0;
	return (size_t)((n[0] > n[1] ? n[0] - n[1] : n[1] - n[0]) / n[2] + 1);
}

size_t
vm_instances_count(const char *word)
{
	return strstr(word, "..") != NULL ? range_length(word) : is_part(word, strlen(word));
}

int
vm_instances_of(const char *word, size_t max, char ***ret, size_t *ret_n)
{
	char *whole = strstr(word, "..") != NULL ? xasprintf("{%s}", word) : xstrdup(word);
	int result = vm_instances_count(word) > 0 ? braces_expand(whole, max, ret, ret_n) : -1;

	free(whole);
	return result;
}

int
vm_instances(const struct vm *vm, char ***ret, size_t *ret_n)
{
	char **all = NULL;
	size_t n = 0, kept = 0;
	int result = 0;

	for (size_t i = 0; i < vm->ninstances; i++) {
		char **words;
		size_t nwords;

		if (vm_instances_of(vm->instances[i], VM_INSTANCES_MAX - n, &words, &nwords) ==
		    -1) {
			result = -1;
			continue;
		}
		all = xreallocarray(all, n + nwords, sizeof(*all));
		memcpy(all + n, words, nwords * sizeof(*all));
		n += nwords;
		free(words);
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), by_text);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && strcmp(all[kept - 1], all[i]) == 0)
			free(all[i]);
		else
			all[kept++] = all[i];
	}
	*ret = all;
	*ret_n = kept;
	return result;
}
