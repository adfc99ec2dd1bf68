/*
 * Other media in drives of a running VM; see change.h.
 *
 * The new medium is opened first, by nodes that have names of their own, so that one that cannot be
 * opened leaves the old one where it is. A guest that has locked the door of its drive is asked to
 * open it, and is not overruled: what it has mounted would be torn out from under it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch/images.h"
#include "super/change.h"
#include "util/loop.h"
#include "util/mem.h"

#define UNLOCK_MS    200 /* between looks at a door that the guest was asked to open */
#define UNLOCK_TRIES 6

struct drive {
	char id[16];      /* of the device, and of the nodes that QEMU was started with: "cdrom0" */
	char node[40];    /* what is to be in it: "cdrom0-2" */
	const char *file; /* NULL: nothing */
	bool readonly;
};

/* Names are never used twice; the record counts. */
static void
name_node(struct change_work *w, struct drive *v)
{
	json_t *record = w->s->launch.record, *media = json_object_get(record, "media");
	json_int_t n;

	if (media == NULL) {
		media = json_object();
		json_object_set_new(record, "media", media);
	}
	n = json_integer_value(json_object_get(media, v->id)) + 1;
	json_object_set_new(media, v->id, json_integer(n));
	snprintf(v->node, sizeof(v->node), "%s-%lld", v->id, (long long)n);
}

/* The descriptor that QEMU has of a node's file; and there is none, which is no error. */
static void
remove_fd(struct change_work *w, const char *node)
{
	struct diag ignored = { 0 };
	json_t *sets = super_qmp_ask(w->s, &ignored, "query-fdsets", NULL, -1), *set, *fd;
	size_t i, k;

	json_array_foreach(sets, i, set)
	{
		json_int_t id = json_integer_value(json_object_get(set, "fdset-id"));

		json_array_foreach(json_object_get(set, "fds"), k, fd)
		{
			const char *opaque = json_string_value(json_object_get(fd, "opaque"));

			if (opaque != NULL && strcmp(opaque, node) == 0)
				(void)super_qmp_do(w->s, &ignored, "remove-fd",
				    json_pack("{s:I}", "fdset-id", id));
		}
	}
	json_decref(sets);
	diag_free(&ignored);
}

static void
remove_nodes(struct change_work *w, const char *node)
{
	struct diag ignored = { 0 };

	(void)super_qmp_do(w->s, &ignored, "blockdev-del", json_pack("{s:s}", "node-name", node));
	(void)super_qmp_do(w->s, &ignored, "blockdev-del",
	    json_pack("{s:o}", "node-name", json_sprintf("%s-file", node)));
	remove_fd(w, node);
	diag_free(&ignored);
}

/* The number of the set that QEMU has put it into; -1. */
static json_int_t
add_fd(struct change_work *w, struct diag *d, const struct drive *v, int fd)
{
	json_t *value = super_qmp_ask(
	    w->s, d, "add-fd", json_pack("{s:s}", "opaque", v->node), fd);
	json_int_t set = value != NULL ? json_integer_value(json_object_get(value, "fdset-id")) : -1;

	json_decref(value);
	return set;
}

/* As the composer says it of a drive that QEMU is started with: qemu/nodes.c. */
static int
add_nodes(struct change_work *w, struct diag *d, const struct drive *v, bool device, json_int_t set)
{
	json_t *file = json_pack("{s:s,s:o,s:o}", "driver", device ? "host_device" : "file",
	    "node-name", json_sprintf("%s-file", v->node), "filename",
	    json_sprintf("/dev/fdset/%lld", (long long)set));
	json_t *format = json_pack("{s:s,s:s,s:o}", "driver", "raw", "node-name", v->node, "file",
	    json_sprintf("%s-file", v->node));

	json_object_set_new(file, v->readonly ? "read-only" : "discard",
	    v->readonly ? json_true() : json_string("unmap"));
	if (v->readonly) {
		json_object_set_new(file, "auto-read-only", json_false());
		json_object_set_new(format, "read-only", json_true());
	}
	if (super_qmp_do(w->s, d, "blockdev-add", file) == -1) {
		json_decref(format);
		return -1;
	}
	return super_qmp_do(w->s, d, "blockdev-add", format);
}

static int
open_medium(struct change_work *w, struct diag *d, const struct drive *v)
{
	struct qemu_disk_chain chain = { 0 };
	json_int_t set = -1;
	int result = -1;

	if (images_open(d, &w->c->host, v->file, FORMAT_RAW, v->readonly, false, &chain) == -1)
		return -1;
	set = add_fd(w, d, v, chain.image[0].handle.fd);
	if (set != -1)
		result = add_nodes(w, d, v, chain.image[0].device, set);
	if (set != -1 && result == -1)
		remove_nodes(w, v->node);
	images_close(&chain);
	return result;
}

/* The node that is in the drive now, to be freed; NULL: the drive is empty. */
static char *
node_in(struct change_work *w, const char *id)
{
	struct diag ignored = { 0 };
	json_t *drive = change_drive(w, &ignored, id);
	const char *name = json_string_value(
	    json_object_get(json_object_get(drive, "inserted"), "node-name"));
	char *node = name != NULL ? xstrdup(name) : NULL;

	json_decref(drive);
	diag_free(&ignored);
	return node;
}

/* QEMU asks a guest that has locked the door to open it, and says that it is locked. */
static int
open_tray(struct change_work *w, struct diag *d, const char *id)
{

	for (int i = 0; i < UNLOCK_TRIES; i++) {
		struct diag why = { 0 };

		if (i > 0)
			sleep_ms(UNLOCK_MS);
		if (super_qmp_do(w->s, &why, "blockdev-open-tray", json_pack("{s:s}", "id", id)) ==
		    0)
			return 0;
		if (why.text == NULL || strstr(why.text, "locked") == NULL) {
			diag_move(d, &why);
			return -1;
		}
		diag_free(&why);
	}
	return fail(d, "the guest has locked the drive and does not open it (it may have to unmount "
		       "what is in it)");
}

static int
insert(struct change_work *w, struct diag *d, const char *id, const char *node)
{
	return super_qmp_do(w->s, d, "blockdev-insert-medium",
	    json_pack("{s:s,s:s}", "id", id, "node-name", node));
}

static int
exchange(struct change_work *w, struct diag *d, const struct drive *v, const char *old)
{
	struct diag back = { 0 };
	int result = open_tray(w, d, v->id);

	if (result == -1)
		return -1;
	if (old != NULL)
		result = super_qmp_do(
		    w->s, d, "blockdev-remove-medium", json_pack("{s:s}", "id", v->id));
	if (result == 0 && v->file != NULL && insert(w, d, v->id, v->node) == -1) {
		result = -1;
		if (old != NULL && insert(w, &back, v->id, old) == -1)
			fail(d, "and the drive is empty now");
	}
	diag_free(&back);
	/* An empty drive is left closed as well: that is how one is when QEMU starts. */
	if (super_qmp_do(w->s, &back, "blockdev-close-tray", json_pack("{s:s}", "id", v->id)) == -1)
		log_diag(&w->s->log, &back);
	diag_free(&back);
	return result;
}

static int
change_medium(struct change_work *w, struct diag *d, struct drive *v)
{
	char *old;
	int result;

	name_node(w, v);
	if (v->file != NULL && open_medium(w, d, v) == -1)
		return -1;
	old = node_in(w, v->id);
	result = exchange(w, d, v, old);
	if (result == 0 && old != NULL)
		remove_nodes(w, old);
	if (result == -1 && v->file != NULL)
		remove_nodes(w, v->node);
	free(old);
	return result;
}

int
change_cdrom(struct change_work *w, struct diag *d, size_t i)
{
	struct drive v = { .file = w->now->member.vm.cdroms[i].file, .readonly = true };

	snprintf(v.id, sizeof(v.id), "cdrom%zu", i);
	return change_medium(w, d, &v);
}

int
change_floppy(struct change_work *w, struct diag *d, size_t i)
{
	const struct vm_floppy *floppy = &w->now->member.vm.floppies[i];
	struct drive v = { .file = floppy->file, .readonly = floppy->readonly };

	snprintf(v.id, sizeof(v.id), "floppy%zu", i);
	return change_medium(w, d, &v);
}
