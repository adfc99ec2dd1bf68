/* Changes that QEMU makes when it is told: the balloon, passwords, limits, actions; see change.h. */
#include <stdlib.h>
#include <string.h>

#include "qemu/argv.h"
#include "super/change.h"
#include "util/fd.h"
#include "util/mem.h"

#define PASSWORD_MAX 4096

int
change_limits(struct change_work *w, struct diag *d, size_t i)
{
	static const struct vm_limits none;
	const struct vm *vm = &w->now->member.vm;
	const struct vm_disk *giver = vm_limits_giver(vm, &vm->disks[i]);
	const struct vm_limits *limits = giver != NULL ? &giver->limits : &none;
	char *id = qemu_limits_id(&vm->disks[i], i);
	json_t *args = json_pack("{s:o,s:s,s:o}", "path", json_sprintf("/objects/%s", id),
	    "property", "limits", "value", qemu_limits(limits));
	struct diag missing = { 0 };
	int result = super_qmp_do(w->s, &missing, "qom-set", args);

	/* Started without limits it has no such object, and QEMU makes one by itself. */
	if (result == -1 && missing.status != DIAG_BUSY &&
	    strstr(missing.text, "not found") != NULL) {
		diag_free(&missing);
		args = qemu_throttle(limits);
		json_object_set_new(args, "id", json_sprintf("disk%zu", i));
		if (vm->disks[i].limits.group != NULL)
			json_object_set_new(args, "group", json_string(id));
		result = super_qmp_do(w->s, d, "block_set_io_throttle", args);
	}
	diag_move(d, &missing);
	free(id);
	return result;
}

int
change_actions(struct change_work *w, struct diag *d, size_t i)
{
	return super_qmp_do(w->s, d, "set-action", qemu_actions(&w->now->member.vm));
}

/* A file ends in a newline, which is not part of the password. */
static json_t *
read_password(struct diag *d, const char *path)
{
	json_t *password;
	char *text;
	size_t n;

	if (file_read(d, path, PASSWORD_MAX, &text, &n) == -1)
		return NULL;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	password = json_stringn(text, n);
	explicit_bzero(text, n);
	free(text);
	if (password == NULL)
		fail(d, "%s: is not UTF-8", path);
	return password;
}

static int
set_password(struct change_work *w, struct diag *d, const char *protocol, json_t *password)
{
	return super_qmp_do(w->s, d, "set_password",
	    json_pack("{s:s,s:O}", "protocol", protocol, "password", password));
}

int
change_password(struct change_work *w, struct diag *d, size_t i)
{
	const struct vm_display *display = &w->now->member.vm.display;
	json_t *password = read_password(d, display->password_file);
	int result = 0;

	if (password == NULL)
		return -1;
	if (display->vnc.on)
		result = set_password(w, d, "vnc", password);
	if (result == 0 && display->spice.on)
		result = set_password(w, d, "spice", password);
	json_decref(password);
	return result;
}
