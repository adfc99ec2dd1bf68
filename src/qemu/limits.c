/* What disks may take at most: a throttle group, and a node on top of each disk that is in it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/disk.h"
#include "util/mem.h"

/* QEMU's words for them, and in block_set_io_throttle(QMP). */
static const struct {
	const char *name, *old;
} rates[NRATES] = {
	[RATE_BPS] = { "bps-total", "bps" },
	[RATE_BPS_READ] = { "bps-read", "bps_rd" },
	[RATE_BPS_WRITE] = { "bps-write", "bps_wr" },
	[RATE_IOPS] = { "iops-total", "iops" },
	[RATE_IOPS_READ] = { "iops-read", "iops_rd" },
	[RATE_IOPS_WRITE] = { "iops-write", "iops_wr" },
};

static void
add_number(struct buf *b, const char *name, const char *suffix, uint64_t n)
{
	if (n != 0)
		buf_addf(
		    b, "%s\"%s%s\":%" PRIu64, b->s[b->len - 1] == '{' ? "" : ",", name, suffix, n);
}

/* In JSON: as plain options its numbers have names that QEMU calls experimental. */
static void
group(struct composer *c, const char *id, const struct vm_limits *limits)
{
	struct buf b = { 0 };

	buf_addf(&b, "{\"qom-type\":\"throttle-group\",\"id\":\"%s\",\"limits\":{", id);
	for (int i = 0; i < NRATES; i++) {
		const struct vm_limit *limit = &limits->of[i];

		add_number(&b, rates[i].name, "", limit->rate);
		add_number(&b, rates[i].name, "-max", limit->burst);
		add_number(&b, rates[i].name, "-max-length", (uint64_t)limit->burst_length);
	}
	add_number(&b, "iops-size", "", limits->iops_size);
	buf_add(&b, "}}");
	compose(c, "-object", &b);
}

static void
set_number(json_t *object, const char *name, const char *suffix, uint64_t n)
{
	char key[40];

	snprintf(key, sizeof(key), "%s%s", name, suffix);
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

json_t *
qemu_limits(const struct vm_limits *limits)
{
	json_t *all = json_object();

	for (int i = 0; i < NRATES; i++) {
		const struct vm_limit *limit = &limits->of[i];
		int64_t length = limit->burst_length != 0 ? limit->burst_length : 1;

		set_number(all, rates[i].name, "", limit->rate);
		set_number(all, rates[i].name, "-max", limit->burst);
		set_number(all, rates[i].name, "-max-length", (uint64_t)length);
	}
	set_number(all, "iops-size", "", limits->iops_size);
	return all;
}

json_t *
qemu_throttle(const struct vm_limits *limits)
{
	json_t *all = json_object();

	for (int i = 0; i < NRATES; i++) {
		const struct vm_limit *limit = &limits->of[i];

		set_number(all, rates[i].old, "", limit->rate);
		if (limit->burst != 0)
			set_number(all, rates[i].old, "_max", limit->burst);
		if (limit->burst_length != 0)
			set_number(
			    all, rates[i].old, "_max_length", (uint64_t)limit->burst_length);
	}
	if (limits->iops_size != 0)
		set_number(all, "iops_size", "", limits->iops_size);
	return all;
}

char *
qemu_limits_id(const struct vm_disk *disk, size_t i)
{
	return disk->limits.group != NULL ? xasprintf("limits-%s", disk->limits.group)
					  : xasprintf("disk%zu-limits", i);
}

static bool
group_is_there(const struct composer *c, size_t disk)
{
	const char *name = c->vm->disks[disk].limits.group;

	for (size_t i = 0; i < disk && name != NULL; i++) {
		const char *other = c->vm->disks[i].limits.group;

		if (other != NULL && strcmp(other, name) == 0)
			return true;
	}
	return false;
}

char *
compose_limits(struct composer *c, size_t disk, const char *drive, const struct node_options *o)
{
	const struct vm_disk *self = &c->vm->disks[disk], *giver = vm_limits_giver(c->vm, self);
	struct buf b = { 0 };
	char *id;

	if (giver == NULL)
		return xstrdup(drive);
	id = qemu_limits_id(self, disk);
	if (!group_is_there(c, disk))
		group(c, id, &giver->limits);
	buf_addf(&b, "driver=throttle,node-name=%s-throttle,throttle-group=%s,file=%s", drive, id,
	    drive);
	if (o->readonly)
		buf_add(&b, ",read-only=on");
	else if (o->unmap)
		buf_add(&b, ",discard=unmap");
	compose(c, "-blockdev", &b);
	free(id);
	return xasprintf("%s-throttle", drive);
}
