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

#define TEXT_MAX 32 /* mappings of program text: ours and a few libraries' */

struct range {
	void *start;
	size_t len;
};

/* A line of /proc/self/maps: is it text mapped from a file? The kernel's own ("[vdso]") is not. */
static bool
text_parse(const char *line, struct range *ret)
{
	uintptr_t start, end;
	char perms[5];

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, perms) != 3)
		return false;
	if (strcmp(perms, "r-xp") != 0 || strchr(line, '/') == NULL)
		return false;
	*ret = (struct range){ (void *)start, end - start };
	return true;
}

static size_t
text_find(struct range ret[TEXT_MAX])
{
	char buf[4096];
	size_t n = 0, have = 0;
	ssize_t got;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	while ((got = read(fd, buf + have, sizeof(buf) - 1 - have)) > 0) {
		char *line = buf, *end;

		have += (size_t)got;
		buf[have] = '\0';
		for (; n < TEXT_MAX && (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			n += text_parse(line, &ret[n]);
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
	}
	fd_close(&fd);
	return n;
}

/* The text that reading configs and starting QEMU ran through stays mapped, and is counted to us,
 * until somebody needs the memory. A supervisor that waits for months says now that it does not:
 * its pages are clean copies of a file, and the few that the event loop needs are mapped again as
 * it runs. */
void
os_memory_trim(void)
{
	struct range text[TEXT_MAX];
	size_t n;

	malloc_trim(0);
	n = text_find(text);
	for (size_t i = 0; i < n; i++)
		(void)madvise(text[i].start, text[i].len, MADV_DONTNEED);
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
os_memory_file(struct diag *d, const char *name, const void *p, size_t n)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || fd_write_all(fd, p, n) == -1 || memory_file_seal(fd) == -1) {
		fail_sys(d, "%s: cannot make a file in memory", name);
		fd_close(&fd);
		return -1;
	}
	return fd;
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
os_memory_file_copy(struct diag *d, const char *name, int from)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1 || copy_to_end(fd, from) == -1 || memory_file_seal(fd) == -1) {
		fail_sys(d, "%s: cannot copy it to memory", name);
		fd_close(&fd);
		return -1;
	}
	return fd;
}
