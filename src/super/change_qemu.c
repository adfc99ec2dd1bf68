/* Changes that QEMU makes when it is told: the balloon, passwords, limits, actions; see change.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch/record.h"
#include "qemu/argv.h"
#include "super/change.h"
#include "util/fd.h"
#include "util/mem.h"

#define PASSWORD_MAX 4096

/* By its name, or by the path of the part that has the disk: "/machine/peripheral/disk0/virtio-backend". */
static bool
is_called(const char *qdev, const char *id)
{
	size_t n = strlen(id);
	const char *at = strstr(qdev, id);

	return at != NULL && (at == qdev || at[-1] == '/') && (at[n] == '\0' || at[n] == '/');
}

json_t *
change_drive(struct change_work *w, struct diag *d, const char *id)
{
	json_t *drives = super_qmp_ask(w->s, d, "query-block", NULL, -1), *drive, *found = NULL;
	size_t i;

	json_array_foreach(drives, i, drive)
	{
		const char *qdev = json_string_value(json_object_get(drive, "qdev"));

		if (qdev != NULL && is_called(qdev, id))
			found = json_incref(drive);
	}
	if (drives != NULL && found == NULL)
		fail(d, "QEMU does not know its %s", id);
	json_decref(drives);
	return found;
}

/* What QEMU does by itself, where a disk was started without the object that limits. */
static int
throttle(struct change_work *w, struct diag *d, size_t i, const struct vm_limits *limits,
    const char *group)
{
	json_t *args = qemu_throttle(limits), *drive;
	char id[24];
	int result = -1;

	snprintf(id, sizeof(id), "disk%zu", i);
	drive = change_drive(w, d, id);
	if (drive != NULL) {
		json_object_set(args, "id", json_object_get(drive, "qdev"));
		if (group != NULL)
			json_object_set_new(args, "group", json_string(group));
		result = super_qmp_do(w->s, d, "block_set_io_throttle", json_incref(args));
	}
	json_decref(drive);
	json_decref(args);
	return result;
}

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

	if (result == -1 && missing.status != DIAG_BUSY &&
	    strstr(missing.text, "not found") != NULL) {
		diag_free(&missing);
		result =
		    throttle(w, d, i, limits, vm->disks[i].limits.group != NULL ? id : NULL);
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

/* 0 for the guest's whole memory. */
static json_t *
balloon_args(const json_t *record)
{
	json_int_t target = json_integer_value(json_object_get(record, "balloon"));

	if (target == 0)
		target = json_integer_value(json_object_get(record, "memory"));
	return json_pack("{s:I}", "value", target);
}

int
change_balloon(struct change_work *w, struct diag *d, size_t i)
{
	json_t *record = w->s->launch.record;
	int result;

	record_balloon(record, &w->now->member.vm);
	result = super_qmp_do(w->s, d, "balloon", balloon_args(record));
	if (result == -1)
		record_balloon(record, &w->was->member.vm);
	return result;
}

void
super_balloon(struct super *s)
{
	if (json_object_get(s->launch.record, "balloon") != NULL)
		super_qmp_send(s, "balloon", balloon_args(s->launch.record), ID_IGNORE);
}
