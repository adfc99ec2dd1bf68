/* Writes a forward to a VM file, or takes it out, and leaves all else of the file alone. */
#include "cmd/forward_save.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/edit.h"
#include "launch/layers.h"
#include "launch/context.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/vm.h"

struct change {
	const struct context *c;
	const struct vm *vm; /* as the file says it before */
	size_t nic;
	const struct vm_forward *f;
	bool add;
};

struct clash {
	char *path; /* of the new forward */
	bool found;
};

/* Where vm has the same port of the host forwarded; its number of forwards: nowhere. */
static size_t
find(const struct vm *vm, size_t nic, const struct vm_forward *f)
{
	size_t i = 0;

	while (nic < vm->nnics && i < vm->nics[nic].nforwards &&
	       !forward_same_port(&vm->nics[nic].forwards[i], f))
		i++;
	return i;
}

static int
change(struct diag *d, struct buf *text, void *arg)
{
	const struct change *ch = arg;
	char form[FORWARD_TEXT], *path = xasprintf("nics[%zu].forward", ch->nic), *element;
	struct buf value = { 0 };
	int result;

	element = xasprintf("%s[%zu]", path, find(ch->vm, ch->nic, ch->f));
	buf_add_conf_string(&value, forward_format(ch->f, form));
	result =
	    ch->add ? conf_edit_append(d, text, path, value.s) : conf_edit_remove(d, text, element);
	buf_free(&value);
	free(element);
	free(path);
	return result;
}

/* Another VM's port, or one that some other key of this VM has. */
static void
add_clash(const char *path, void *arg)
{
	struct clash *c = arg;

	c->found = c->found || strcmp(path, c->path) == 0;
}

static int
check_fleet(struct diag *d, const struct change *ch, const struct fleet_member *m)
{
	struct clash clash = { .path = xasprintf("nics[%zu].forward[%zu]", ch->nic,
				   find(&m->vm, ch->nic, ch->f)) };
	struct diag others = { 0 };
	struct fleet f;
	int result = 0;

	/* What is wrong with other files is not asked here. */
	if (context_fleet(&others, ch->c, &f) == 0) {
		fleet_each_clash(&f, m, add_clash, &clash);
		if (clash.found)
			result = fleet_check(d, &f, m);
		fleet_free(&f);
	}
	diag_free(&others);
	free(clash.path);
	return result;
}

/* The one forward more or less, and the others as before. */
static int
check(struct diag *d, struct conf_doc *doc, void *arg)
{
	const struct change *ch = arg;
	size_t before = ch->vm->nics[ch->nic].nforwards;
	int result = layers_inherit(d, ch->c, doc);
	struct fleet_member m = { .doc = doc, .loaded = true };
	const struct vm *vm = &m.vm;

	if (vm_load(d, ch->vm->name, doc, ch->c->host_doc, &m.vm) == -1)
		result = -1;
	if (result == 0 && (vm->nnics != ch->vm->nnics ||
			       vm->nics[ch->nic].nforwards != (ch->add ? before + 1 : before - 1) ||
			       (find(vm, ch->nic, ch->f) < vm->nics[ch->nic].nforwards) != ch->add))
		result = fail(d, "the change did not come out as it was meant: edit it by hand");
	if (result == 0 && ch->add)
		result = check_fleet(d, ch, &m);
	vm_free(&m.vm);
	return result;
}

/* Is its file that of other instances as well? */
static bool
is_shared(const struct vm *vm)
{
	char *base = context_name_of(vm->file);
	bool result = vm_is_instance_file(base);

	free(base);
	return result;
}

int
forward_save(struct diag *d, const struct context *c, const char *word, size_t nic,
    const struct vm_forward *f, bool add)
{
	struct change ch = { c, NULL, nic, f, add };
	const struct conf_edit edit = { change, check, &ch };
	struct fleet_member m;
	char form[FORWARD_TEXT];
	int result = context_load(d, c, word, &m);
	size_t i;

	ch.vm = &m.vm;
	if (result == 0 && is_shared(&m.vm))
		result = fail(d, "%s is the file of all its instances: change it there by hand",
		    m.vm.file);
	else if (result == 0 && nic >= m.vm.nnics) {
		result = fail(d, "%s has no nics[%zu]", m.vm.file, nic);
	} else if (result == 0) {
		const struct vm_nic *n = &m.vm.nics[nic];

		i = find(&m.vm, nic, f);
		if (add && i < n->nforwards && !forward_equal(&n->forwards[i], f))
			result = fail(d, "its file has that port as %s",
			    forward_format(&n->forwards[i], form));
		else if ((i < n->nforwards) != add)
			result = conf_edit_file(d, m.vm.file, &edit) == 0 ? 1 : -1;
	}
	fleet_member_free(&m);
	return result;
}
