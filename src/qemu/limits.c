/* What disks may take at most: a throttle group, and a node on top of each disk that is in it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/disk.h"
#include "util/mem.h"

static const char *const rates[NRATES] = { [RATE_BPS] = "bps-total",
	[RATE_BPS_READ] = "bps-read",
	[RATE_BPS_WRITE] = "bps-write",
	[RATE_IOPS] = "iops-total",
	[RATE_IOPS_READ] = "iops-read",
	[RATE_IOPS_WRITE] = "iops-write" };

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

		add_number(&b, rates[i], "", limit->rate);
		add_number(&b, rates[i], "-max", limit->burst);
		add_number(&b, rates[i], "-max-length", (uint64_t)limit->burst_length);
	}
	add_number(&b, "iops-size", "", limits->iops_size);
	buf_add(&b, "}}");
	compose(c, "-object", &b);
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
	id = self->limits.group != NULL ? xasprintf("limits-%s", self->limits.group)
					: xasprintf("%s-limits", drive);
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
