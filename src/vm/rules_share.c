/* Rules of shared folders; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "vm/internal.h"

#define TAG_9P_MAX 31 /* bytes; QEMU's MAX_TAG_LEN with its NUL */

static bool
is_9p(const struct vm *vm, size_t i)
{
	return vm->shares[i].type == SHARE_9P;
}

static bool
cached_9p(const struct vm *vm, size_t i)
{
	return is_9p(vm, i) && vm->shares[i].cache != SHARE_CACHE_AUTO;
}

static bool
xattr_9p(const struct vm *vm, size_t i)
{
	return is_9p(vm, i) && vm->shares[i].xattr;
}

static bool
mapped_virtiofs(const struct vm *vm, size_t i)
{
	return !is_9p(vm, i) && vm->shares[i].security_model != SECURITY_MAPPED_XATTR;
}

static bool
long_tag_9p(const struct vm *vm, size_t i)
{
	return is_9p(vm, i) && vm->shares[i].tag != NULL && strlen(vm->shares[i].tag) > TAG_9P_MAX;
}

static bool
same_tag(const struct vm *vm, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (same_text(vm->shares[k].tag, vm->shares[i].tag))
			return true;
	}
	return false;
}

static const struct rule rules[] = {
	{ "cache", cached_9p, "is of virtiofs; a 9p guest chooses with mount -o cache=" },
	{ "xattr", xattr_9p, "is of virtiofs" },
	{ "security_model", mapped_virtiofs,
	    "is of 9p; with virtiofs owner and mode of a file are what they are" },
	{ "tag", long_tag_9p, "is too long for 9p, which takes at most 31 bytes" },
	{ "tag", same_tag, "is that of another share as well: which would the guest mount?" },
	{ 0 },
};

void
rules_shares(struct rules *r)
{
	for (size_t i = 0; i < r->vm->nshares; i++) {
		struct vm_share *share = &r->vm->shares[i];

		if (share->tag == NULL)
			share->tag = xasprintf("share%zu", i);
	}
	for (size_t i = 0; i < r->vm->nshares; i++)
		rules_check(r, rules, "shares", i);
}
