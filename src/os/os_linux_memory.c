/* Memory on Linux: giving back what only start-up needed, and files that live in memory; fills
 * os.h. */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/diag.h"
#include "util/fd.h"
#include "util/idle.h"

#define RANGES_MAX 64 /* mappings of files: ours and a few libraries' */

#define STACK_DEPTH (256u << 10) /* bytes: more than any call here goes down */

struct range {
	void *start;
	size_t len;
};

struct ranges {
	struct range list[RANGES_MAX];
	size_t n;
	bool candidate; /* is list[n] one that can be given back, as far as it has been read? */
};

/* A line of /proc/self/smaps. A mapping can be given back if it is of a file, cannot be written and
 * holds no page of our own, in memory or in swap: relocated tables are read-only too, and are not
 * in the file. */
static void
smaps_line(struct ranges *r, const char *line)
{
	uintptr_t start, end;
	unsigned long kib;
	char perms[5];

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, perms) == 3) {
		r->candidate = perms[0] == 'r' && perms[1] == '-' && strchr(line, '/') != NULL &&
			       r->n < RANGES_MAX;
		if (r->candidate)
			r->list[r->n] = (struct range){ (void *)start, end - start };
	} else if (sscanf(line, "Anonymous: %lu", &kib) == 1 ||
		   sscanf(line, "Swap: %lu", &kib) == 1) {
		r->candidate = r->candidate && kib == 0;
	} else if (strncmp(line, "VmFlags:", 8) == 0) { /* the last line of each */
		r->n += r->candidate;
		r->candidate = false;
	}
}

static void
clean_ranges(struct ranges *ret)
{
	char buf[4096];
	size_t have = 0;
	ssize_t got;
	int fd = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);

	while (fd != -1 && (got = read(fd, buf + have, sizeof(buf) - 1 - have)) > 0) {
		char *line = buf, *end;

		have += (size_t)got;
		buf[have] = '\0';
		for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			smaps_line(ret, line);
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
	}
	fd_close(&fd);
}

/* The text and constants that reading configs and starting QEMU went through stay mapped, and are
 * counted to us, until somebody needs the memory. A supervisor that waits for months says now that
 * it does not: these pages are clean copies of files, and the few that the event loop needs are
 * mapped again as it runs. */
/* Stack that deeper calls have been through: dirty, and of no use to anybody. A function of its
 * own, so that nothing of a caller's lies below its frame, whose page and the next are left for the
 * call; the kernel passes over what is not mapped. */
IDLE_PATH __attribute__((noinline)) static void
stack_trim(uintptr_t page)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(page - 1);

	(void)madvise((void *)(here - page - STACK_DEPTH), STACK_DEPTH, MADV_DONTNEED);
}

IDLE_PATH void
os_memory_trim(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	struct ranges clean = { 0 };

	malloc_trim(0);
	clean_ranges(&clean);
	for (size_t i = 0; i < clean.n; i++)
		(void)madvise(clean.list[i].start, clean.list[i].len, MADV_DONTNEED);
	stack_trim(page);
}

int
os_scratch_open(struct diag *d, const char *dir, struct os_scratch *ret)
{
	struct os_scratch s = { memfd_create("vmrun", MFD_CLOEXEC), -1 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", s.read);
	if (s.read != -1)
		s.write = open(path, O_WRONLY | O_CLOEXEC);
	if (s.write == -1) {
		fail_sys(d, "cannot make a file in memory");
		os_scratch_close(&s);
		return -1;
	}
	*ret = s;
	return 0;
}

void
os_scratch_close(struct os_scratch *s)
{
	fd_close(&s->read);
	fd_close(&s->write);
}

/* Others may read it and nobody may change it: it is the same for QEMU as it was for us. */
static int
memory_file_seal(int fd)
{
	if (lseek(fd, 0, SEEK_SET) == -1 || fchmod(fd, 0444) == -1)
		return -1;
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

int
os_copy(
    struct diag *d, const struct os_copy_place *where, const void *p, size_t n, struct os_copy *ret)
{
	int fd = memfd_create("vmrun", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || fd_write_all(fd, p, n) == -1 || memory_file_seal(fd) == -1) {
		fail_sys(d, "%s: cannot make a file in memory", where->name);
		fd_close(&fd);
		return -1;
	}
	*ret = (struct os_copy){ .fd = fd };
	return 0;
}

static int
copy_to_end(int to, int from)
{
	ssize_t n;

	while ((n = sendfile(to, from, NULL, 1 << 30)) != 0) {
		if (n == -1 && errno != EINTR)
			return -1;
	}
	return 0;
}

int
os_copy_file(struct diag *d, const struct os_copy_place *where, int from, struct os_copy *ret)
{
	int fd = memfd_create("vmrun", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || copy_to_end(fd, from) == -1 || memory_file_seal(fd) == -1) {
		fail_sys(d, "%s: cannot copy it to memory", where->name);
		fd_close(&fd);
		return -1;
	}
	*ret = (struct os_copy){ .fd = fd };
	return 0;
}

bool
os_is_disk(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);
}
