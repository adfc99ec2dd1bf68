/* Rules of the other devices; see internal.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "util/num.h"
#include "vm/internal.h"

int
parse_gdb(const char *s, void *field, const char **ret_expected)
{
	static const struct {
		const char *word, *address;
	} loopback[] = { { "", "127.0.0.1" }, { "127.0.0.1", "127.0.0.1" },
		{ "localhost", "127.0.0.1" }, { "[::1]", "::1" } };
	const char *colon = strrchr(s, ':');
	struct vm_gdb gdb = { .kind = GDB_TCP };
	int64_t port;

	*ret_expected =
	    "\"socket\", or a port of this host alone, as in \":1234\" or \"[::1]:1234\": "
	    "whoever reaches it can do everything to the guest";
	if (strcmp(s, "socket") == 0) {
		*(struct vm_gdb *)field = (struct vm_gdb){ .kind = GDB_SOCKET };
		return 0;
	}
	if (colon == NULL || !isdigit((unsigned char)colon[1]) ||
	    int_parse(colon + 1, 1, UINT16_MAX, &port) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++) {
		if (strlen(loopback[i].word) != (size_t)(colon - s) ||
		    strncmp(s, loopback[i].word, (size_t)(colon - s)) != 0)
			continue;
		strlcpy(gdb.address, loopback[i].address, sizeof(gdb.address));
		gdb.port = (unsigned)port;
		*(struct vm_gdb *)field = gdb;
		return 0;
	}
	return -1;
}

static bool
rng_is_off(const struct vm *vm, size_t i)
{
	return !vm->rng.enabled && vm->rng.source != NULL;
}

static bool
rng_off_limit(const struct vm *vm, size_t i)
{
	return !vm->rng.enabled && vm->rng.max_bytes != 0;
}

static bool
rng_limit_small(const struct vm *vm, size_t i)
{
	return vm->rng.max_bytes != 0 && vm->rng.max_bytes < 16;
}

/* As QEMU's migrate-incoming takes it, but for what the sandbox denies. */
static bool
incoming_unknown(const struct vm *vm, size_t i)
{
	const char *s = vm->incoming;

	return s != NULL && strcmp(s, "defer") != 0 && strncmp(s, "tcp:", 4) != 0 &&
	       strncmp(s, "unix:/", 6) != 0;
}

static const struct rule rules[] = {
	{ "rng.source", rng_is_off, "is of a source of random numbers that is not enabled" },
	{ "rng.max_bytes", rng_off_limit, "is of a source of random numbers that is not enabled" },
	{ "rng.max_bytes", rng_limit_small,
	    "at least 16, or 0 for no limit: a guest would wait for ever" },
	{ "incoming", incoming_unknown,
	    "is \"defer\", \"tcp:ADDRESS:PORT\" or \"unix:/PATH\"; what runs a program is denied "
	    "to QEMU" },
	{ 0 },
};

static bool
ivshmem_nowhere(const struct vm *vm, size_t i)
{
	return vm->ivshmem[i].file == NULL && vm->ivshmem[i].socket == NULL;
}

static bool
ivshmem_twice(const struct vm *vm, size_t i)
{
	return vm->ivshmem[i].file != NULL && vm->ivshmem[i].socket != NULL;
}

static bool
ivshmem_size(const struct vm *vm, size_t i)
{
	uint64_t size = vm->ivshmem[i].size;

	return vm->ivshmem[i].file != NULL && (size == 0 || (size & (size - 1)) != 0);
}

static bool
ivshmem_no_size(const struct vm *vm, size_t i)
{
	return vm->ivshmem[i].file == NULL && vm->ivshmem[i].size != 0;
}

static const struct rule ivshmem_rules[] = {
	{ "file", ivshmem_nowhere, "is missing: it, or socket, says where the memory is" },
	{ "socket", ivshmem_twice, "and file exclude each other" },
	{ "size", ivshmem_size, "of a file has to be given, as a power of two" },
	{ "size", ivshmem_no_size, "is that of a file, and a server has the memory" },
	{ 0 },
};

static bool
is_pattern(const char *s)
{
	for (; *s != '\0'; s++) {
		if (!isalnum((unsigned char)*s) && strchr("_*?", *s) == NULL)
			return false;
	}
	return true;
}

void
rules_devices(struct rules *r)
{
	struct vm *vm = r->vm;

	/* Whoever says anything of it wants one. */
	if (!rule_given(r, "watchdog.model") && conf_is_group(r->doc, "watchdog"))
		vm->watchdog.model = WATCHDOG_I6300ESB;
	if (vm->vsock.cid != 0 && !rule_given(r, "vsock.enabled") && !rule_bare(r, "vsock"))
		vm->vsock.enabled = true;
	else if (vm->vsock.cid != 0 && !vm->vsock.enabled && rule_insists(r, "vsock.cid"))
		rule_broken(r, "vsock.enabled", "false, and a cid is given");
	rules_check(r, rules, NULL, 0);
	for (size_t i = 0; i < vm->nivshmem; i++)
		rules_check(r, ivshmem_rules, "ivshmem", i);
	for (size_t i = 0; i < vm->ntrace; i++) {
		char *path = xasprintf("trace[%zu]", i);

		if (vm->trace[i][0] == '\0' || !is_pattern(vm->trace[i]))
			rule_broken(r, path,
			    "\"%.60s\" is not the name of a trace event, or a pattern of names (as "
			    "in "
			    "virtio_*)",
			    vm->trace[i]);
		free(path);
	}
}
