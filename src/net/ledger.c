/* The ledger's life: read or lock, find, choose and note, release, commit, close; see ledger.h. */
#include "net/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/ledger_internal.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/vm.h"

#define FILE_MAX (1u << 30) /* bytes: a line for each of 24 bits of MACs fits */
#define ATTEMPTS 64         /* hashes before the range is searched one by one */

struct ledger *
ledger_new(const char *path)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	l->path = xstrdup(path);
	l->lock = -1;
	return l;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	strings_free(l->names, l->nnames);
	free(l->text);
	free(l->entry);
	free(l->by_owner.slot);
	free(l->by_number.slot);
	free(l->path);
	fd_close(&l->lock);
	free(l);
}

static int
load(struct diag *d, struct ledger *l)
{
	struct diag mine = { 0 };
	size_t len;
	char *text;

	if (file_read(&mine, l->path, FILE_MAX, &text, &len) == 0)
		return ledger_parse(d, l, text, len);
	if (errno == ENOENT) {
		diag_free(&mine);
		return 0;
	}
	diag_move(d, &mine);
	return -1;
}

int
ledger_read(struct diag *d, const char *path, struct ledger **ret)
{
	struct ledger *l = ledger_new(path);

	if (load(d, l) == -1) {
		ledger_close(l);
		return -1;
	}
	*ret = l;
	return 0;
}

/* Is fd still the file at path? Not if the folder was exchanged while we waited for the lock. */
static bool
same_file(int fd, const char *path)
{
	struct stat held, there;

	return fstat(fd, &held) == 0 && stat(path, &there) == 0 && held.st_dev == there.st_dev &&
	       held.st_ino == there.st_ino;
}

static int
take_lock(struct diag *d, const char *path, int *ret)
{
	for (;;) {
		int result, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd == -1)
			return fail_sys(d, "%s", path);
		do
			result = flock(fd, LOCK_EX);
		while (result == -1 && errno == EINTR);
		if (result == -1) {
			fail_sys(d, "%s: cannot lock it", path);
			fd_close(&fd);
			return -1;
		}
		if (same_file(fd, path)) {
			*ret = fd;
			return 0;
		}
		fd_close(&fd);
	}
}

static int
make_folder_of(struct diag *d, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int result;

	if (slash == NULL || slash == path)
		return 0;
	folder = xstrndup(path, (size_t)(slash - path));
	result = dir_make(d, folder, 0755);
	free(folder);
	return result;
}

int
ledger_lock(struct diag *d, const char *path, struct ledger **ret)
{
	struct ledger *l = ledger_new(path);
	char *lock = xasprintf("%s.lock", path);
	int result = -1;

	if (make_folder_of(d, path) == -1 || take_lock(d, lock, &l->lock) == -1 || load(d, l) == -1)
		goto cleanup;
	file_sweep(path); /* we hold the lock: what is there was left by a crash */
	if (!l->has_salt) {
		arc4random_buf(l->salt, sizeof(l->salt));
		l->has_salt = true;
		l->changed = true;
	}
	*ret = l;
	l = NULL;
	result = 0;
cleanup:
	ledger_close(l);
	free(lock);
	return result;
}

int
ledger_commit(struct diag *d, struct ledger *l)
{
	struct buf text = { 0 };
	int result;

	if (l->lock == -1)
		return fail(d, "%s: cannot be written without its lock", l->path);
	if (!l->changed)
		return 0;
	ledger_print(&text, l);
	result = file_write(d, l->path, 0644, text.s, text.len);
	buf_free(&text);
	if (result == 0)
		l->changed = false;
	return result;
}

bool
ledger_has_salt(const struct ledger *l)
{
	return l->has_salt;
}

const uint8_t *
ledger_salt(const struct ledger *l)
{
	return l->salt;
}

struct mac
ledger_mac_find(const struct ledger *l, const char *vm, unsigned nic)
{
	const struct entry *e = nic > LEDGER_NIC_MAX ? NULL : index_by_owner(l, vm, nic);

	return mac_from_number(e != NULL ? e->number : 0);
}

const char *
ledger_mac_owner(const struct ledger *l, struct mac m, unsigned *ret_nic)
{
	const struct entry *e = index_by_number(l, 0, mac_number(m));

	if (e == NULL)
		return NULL;
	if (ret_nic != NULL)
		*ret_nic = e->nic;
	return e->vm;
}

uid_t
ledger_uid_find(const struct ledger *l, const char *vm)
{
	const struct entry *e = index_by_owner(l, vm, NIC_UID);

	return e != NULL ? (uid_t)e->number : (uid_t)-1;
}

/* A number that is wanted for an owner, and who else may have it. */
struct wish {
	const char *vm;
	uint32_t nic; /* NIC_UID: a uid */
	uint64_t first, last;
	bool (*mac_taken)(struct mac m, void *arg);
	bool (*uid_taken)(uid_t uid, void *arg);
	void *arg;
};

static bool
is_free(const struct ledger *l, const struct wish *w, uint64_t n)
{
	if (index_by_number(l, w->nic, n) != NULL)
		return false;
	if (w->nic == NIC_UID)
		return w->uid_taken == NULL || !w->uid_taken((uid_t)n, w->arg);
	return mac_can_be_given(mac_from_number(n)) &&
	       (w->mac_taken == NULL || !w->mac_taken(mac_from_number(n), w->arg));
}

static int
choose(const struct ledger *l, const struct wish *w, uint64_t *ret)
{
	uint64_t n, start = candidate(l->salt, w->vm, w->nic, 0, w->first, w->last);

	for (uint32_t attempt = 0; attempt < ATTEMPTS; attempt++) {
		n = candidate(l->salt, w->vm, w->nic, attempt, w->first, w->last);
		if (is_free(l, w, n)) {
			*ret = n;
			return 0;
		}
	}
	for (uint64_t i = 1; i <= w->last - w->first; i++) {
		n = w->first + (start - w->first + i) % (w->last - w->first + 1);
		if (is_free(l, w, n)) {
			*ret = n;
			return 0;
		}
	}
	return -1;
}

static void
note(struct ledger *l, const struct wish *w, uint64_t number)
{
	char *vm = xstrdup(w->vm);

	l->names = xreallocarray(l->names, l->nnames + 1, sizeof(*l->names));
	l->names[l->nnames++] = vm;
	index_add(l, vm, w->nic, number);
	l->changed = true;
}

int
ledger_mac_get(struct diag *d, struct ledger *l, const char *vm, unsigned nic, struct mac first,
    struct mac last, bool (*taken)(struct mac m, void *arg), void *arg, struct mac *ret)
{
	struct wish w = { .vm = vm,
		.nic = nic,
		.first = mac_number(first),
		.last = mac_number(last),
		.mac_taken = taken,
		.arg = arg };
	struct mac found = ledger_mac_find(l, vm, nic);
	char text[2][MAC_TEXT];
	uint64_t number;

	if (!mac_is_zero(found)) {
		*ret = found;
		return 0;
	}
	if (vm_name_check(d, vm) == -1)
		return -1;
	if (nic > LEDGER_NIC_MAX)
		return fail(d, "NIC %u: a NIC's index is at most %d", nic, LEDGER_NIC_MAX);
	if (w.first > w.last || choose(l, &w, &number) == -1)
		return fail(d, "no MAC is left for NIC %u of %s between %s and %s", nic, vm,
		    mac_format(first, text[0]), mac_format(last, text[1]));
	note(l, &w, number);
	*ret = mac_from_number(number);
	return 0;
}

int
ledger_uid_get(struct diag *d, struct ledger *l, const char *vm,
    bool (*taken)(uid_t uid, void *arg), void *arg, uid_t *ret)
{
	struct wish w = { .vm = vm,
		.nic = NIC_UID,
		.first = LEDGER_UID_FIRST,
		.last = LEDGER_UID_LAST,
		.uid_taken = taken,
		.arg = arg };
	uid_t found = ledger_uid_find(l, vm);
	uint64_t number;

	if (found != (uid_t)-1) {
		*ret = found;
		return 0;
	}
	if (vm_name_check(d, vm) == -1)
		return -1;
	if (choose(l, &w, &number) == -1)
		return fail(d, "no uid is left for %s between %u and %u", vm, LEDGER_UID_FIRST,
		    LEDGER_UID_LAST);
	note(l, &w, number);
	*ret = (uid_t)number;
	return 0;
}

unsigned
ledger_release(struct ledger *l, const char *vm)
{
	unsigned gone = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct entry *e = &l->entry[i];

		if (e->vm == NULL || strcmp(e->vm, vm) != 0)
			continue;
		e->vm = NULL; /* its slots stay, so that what was laid behind them is still found */
		gone++;
	}
	l->live -= gone;
	l->changed = l->changed || gone > 0;
	return gone;
}

bool
ledger_next(const struct ledger *l, size_t *i, struct ledger_entry *ret)
{
	while (*i < l->n) {
		const struct entry *e = &l->entry[(*i)++];

		if (e->vm == NULL || e->nic == NIC_UID)
			continue;
		*ret = (struct ledger_entry){ e->vm, e->nic, mac_from_number(e->number) };
		return true;
	}
	return false;
}
