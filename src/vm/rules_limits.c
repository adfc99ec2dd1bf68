/* Rules of what a disk may take at most: those of QEMU, util/throttle.c; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define BURST_MAX UINT64_C(1000000000000000) /* a burst's rate multiplied with its length */

static const char *const rate_words[NRATES] = { [RATE_BPS] = "bps",
	[RATE_BPS_READ] = "bps_read",
	[RATE_BPS_WRITE] = "bps_write",
	[RATE_IOPS] = "iops",
	[RATE_IOPS_READ] = "iops_read",
	[RATE_IOPS_WRITE] = "iops_write" };

/* Of disks[i].limits.RATE_SUFFIX. */
static void
wrong(struct rules *r, size_t i, const char *rate, const char *suffix, const char *words)
{
	char *path = xasprintf("disks[%zu].limits.%s%s", i, rate, suffix);

	rule_broken(r, path, "%s", words);
	free(path);
}

static void
rule_rate(struct rules *r, size_t i, enum vm_rate rate)
{
	const struct vm_limit *limit = &r->vm->disks[i].limits.of[rate];
	const char *word = rate_words[rate];
	char *needs_rate, *needs_burst, *less;

	if (limit->burst == 0 && limit->burst_length == 0)
		return;
	needs_rate = xasprintf("needs %s, and none is given", word);
	needs_burst = xasprintf("needs %s_burst, and none is given", word);
	less = xasprintf("is less than %s", word);
	if (limit->burst != 0 && limit->rate == 0)
		wrong(r, i, word, "_burst", needs_rate);
	else if (limit->burst != 0 && limit->burst < limit->rate)
		wrong(r, i, word, "_burst", less);
	if (limit->burst_length != 0 && limit->burst == 0)
		wrong(r, i, word, "_burst_length", needs_burst);
	else if (limit->burst != 0 && (uint64_t)limit->burst_length > BURST_MAX / limit->burst)
		wrong(r, i, word, "_burst_length",
		    "the burst and its length make more than 10^15 together");
	free(needs_rate);
	free(needs_burst);
	free(less);
}

static bool
gives_limits(const struct vm_disk *disk)
{
	static const struct vm_limit none[NRATES];

	return memcmp(disk->limits.of, none, sizeof(none)) != 0 || disk->limits.iops_size != 0;
}

static bool
same_limits(const struct vm_disk *a, const struct vm_disk *b)
{
	return memcmp(a->limits.of, b->limits.of, sizeof(a->limits.of)) == 0 &&
	       a->limits.iops_size == b->limits.iops_size;
}

const struct vm_disk *
vm_limits_giver(const struct vm *vm, const struct vm_disk *disk)
{
	if (gives_limits(disk))
		return disk;
	for (size_t i = 0; i < vm->ndisks && disk->limits.group != NULL; i++) {
		if (same_text(vm->disks[i].limits.group, disk->limits.group) &&
		    gives_limits(&vm->disks[i]))
			return &vm->disks[i];
	}
	return NULL;
}

static void
rule_group(struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;
	const struct vm_disk *disk = &vm->disks[i];

	if (disk->limits.group == NULL)
		return;
	if (!is_word(disk->limits.group))
		wrong(
		    r, i, "group", "", "is not a group's name (letters, digits, '-', '_' and '.')");
	else if (vm_limits_giver(vm, disk) == NULL)
		wrong(r, i, "group", "", "no disk of this group gives a limit");
	for (size_t k = 0; k < i && gives_limits(disk); k++) {
		const struct vm_disk *other = &vm->disks[k];

		if (same_text(other->limits.group, disk->limits.group) && gives_limits(other) &&
		    !same_limits(other, disk)) {
			wrong(r, i, "group", "",
			    "another disk of this group gives other limits; one is to give them");
			break;
		}
	}
}

void
rules_limits(struct rules *r, size_t i)
{
	const struct vm_limits *limits = &r->vm->disks[i].limits;
	const struct vm_limit *of = limits->of;

	for (int rate = 0; rate < NRATES; rate++)
		rule_rate(r, i, (enum vm_rate)rate);
	if (of[RATE_BPS].rate != 0 && (of[RATE_BPS_READ].rate != 0 || of[RATE_BPS_WRITE].rate != 0))
		wrong(
		    r, i, "bps", "", "excludes bps_read and bps_write: give the one or the others");
	if (of[RATE_IOPS].rate != 0 &&
	    (of[RATE_IOPS_READ].rate != 0 || of[RATE_IOPS_WRITE].rate != 0))
		wrong(r, i, "iops", "",
		    "excludes iops_read and iops_write: give the one or the others");
	if (limits->iops_size != 0 && of[RATE_IOPS].rate == 0 && of[RATE_IOPS_READ].rate == 0 &&
	    of[RATE_IOPS_WRITE].rate == 0)
		wrong(r, i, "iops_size", "", "needs iops, iops_read or iops_write");
	rule_group(r, i);
}
