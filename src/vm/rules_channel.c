/* Rules of serial ports, consoles and virtio ports; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define STDIO_PATH "/dev/stdio" /* what two channels to stdio have in common */

struct channel_list {
	const char *key;
	const struct vm_channel *list;
	size_t n;
};

static const char *
where(const struct channel_list *l, size_t i, const char *key, char **ret)
{
	free(*ret);
	*ret = xasprintf("%s[%zu].%s", l->key, i, key);
	return *ret;
}

static void
rule_path(const struct rules *r, const struct channel_list *l, size_t i)
{
	const struct vm_channel *channel = &l->list[i];
	bool wants = channel->to == TO_FILE || channel->to == TO_DEVICE;
	char *path = NULL;

	if (wants && channel->path == NULL && !rule_given(r, where(l, i, "path", &path)))
		rule_broken(r, where(l, i, "to", &path), "\"%s\" needs a path, and none is given",
		    channel->to == TO_FILE ? "file" : "device");
	if (!wants && channel->path != NULL)
		rule_broken(r, where(l, i, "path", &path),
		    "is that of a \"file\" or a \"device\", and the channel leads to neither");
	free(path);
}

/* What a channel has for itself: its path, its log, or the terminal. The k-th of them. */
static const char *
own(const struct vm_channel *channel, unsigned k)
{
	if (k == 1)
		return channel->log;
	return channel->to == TO_STDIO ? STDIO_PATH : channel->path;
}

/* Is it that of an earlier channel as well? */
static void
rule_twice(const struct rules *r, const struct channel_list *lists, size_t list, size_t i)
{
	static const char *const keys[] = { "path", "log" };
	const struct vm_channel *channel = &lists[list].list[i];
	char *path = NULL;

	for (size_t l = 0; l <= list; l++) {
		for (size_t k = 0; k < (l == list ? i : lists[l].n); k++) {
			for (unsigned mine = 0; mine < 2; mine++) {
				const char *what = own(channel, mine);
				const struct vm_channel *other = &lists[l].list[k];

				if (!same_text(what, own(other, 0)) &&
				    !same_text(what, own(other, 1)))
					continue;
				if (mine == 0 && channel->to == TO_STDIO)
					rule_broken(r, where(&lists[list], i, "to", &path),
					    "stdio is already that of %s[%zu]", lists[l].key, k);
				else
					rule_broken(r, where(&lists[list], i, keys[mine], &path),
					    "the same file as in %s[%zu]", lists[l].key, k);
			}
		}
	}
	free(path);
}

static void
rule_none(struct rules *r)
{
	struct vm *vm = r->vm;

	for (size_t i = 0; i < vm->nserials; i++) {
		char *path = xasprintf("serial[%zu].to", i);

		if (vm->serials[i].to == TO_NONE && vm->nserials > 1)
			rule_broken(
			    r, path, "\"none\" stands alone: the VM has no serial port then");
		free(path);
	}
	if (vm->nserials != 1 || vm->serials[0].to != TO_NONE)
		return;
	free(vm->serials[0].path);
	free(vm->serials[0].log);
	free(vm->serials);
	vm->serials = NULL;
	vm->nserials = 0;
}

static void
rule_port_name(const struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;
	const char *name = vm->ports[i].name;
	char *path = xasprintf("ports[%zu].name", i);

	if (name != NULL && !is_word(name))
		rule_broken(r, path,
		    "\"%.64s\" is not a port's name (letters, digits, '-', '_' and '.')", name);
	if (vm->agent && same_text(name, VM_AGENT_PORT))
		rule_broken(r, path, "is the port that agent = true makes");
	for (size_t k = 0; k < i; k++) {
		if (same_text(name, vm->ports[k].name))
			rule_broken(r, path, "is already that of ports[%zu]", k);
	}
	free(path);
}

void
rules_channels(struct rules *r)
{
	struct vm *vm = r->vm;

	rule_none(r);
	const struct channel_list lists[] = {
		{ "serial", vm->serials, vm->nserials },
		{ "consoles", vm->consoles, vm->nconsoles },
		{ "ports", vm->ports, vm->nports },
	};
	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
		for (size_t i = 0; i < lists[l].n; i++) {
			rule_path(r, &lists[l], i);
			rule_twice(r, lists, l, i);
		}
	}
	for (size_t i = 0; i < vm->nports; i++)
		rule_port_name(r, i);
	if (vm->nserials > 1 && same_text(vm->machine.type, "microvm"))
		rule_broken(r, "serial", "a microvm has one serial port, give consoles for more");
}
