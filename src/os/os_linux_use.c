/* What processes and their threads take of the host on Linux; fills os.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_linux_proc.h"

#define LINE_MAX_BYTES 1024
#define FIELD_FIRST    3 /* of those that follow the name in a stat line; see proc(5) */
#define FIELD_LAST     24

enum { STAT_UTIME = 14, STAT_STIME = 15, STAT_START = 22, STAT_RSS = 24 };

/* The fields of a stat line that are numbers. The name in field 2 may hold anything, so that only the
 * last parenthesis ends it. -1: it is not such a line. */
static int
stat_numbers(const char *line, char *ret_state, uint64_t ret[FIELD_LAST + 1])
{
	const char *p = strrchr(line, ')');

	if (p == NULL || p[1] != ' ' || p[2] == '\0')
		return -1;
	*ret_state = p[2];
	p += 2;
	for (int field = FIELD_FIRST + 1; field <= FIELD_LAST; field++) {
		p = strchr(p, ' ');
		if (p == NULL)
			return -1;
		p++;
		ret[field] = strtoull(p, NULL, 10);
	}
	return 0;
}

/* Nothing of a process that has ended, also where its parent has not looked yet. */
static int
stat_read(const char *path, uint64_t ret[FIELD_LAST + 1])
{
	char line[LINE_MAX_BYTES], state;

	if (linux_proc_read(path, line, sizeof(line)) == -1) {
		errno = errno == ENOENT ? ESRCH : errno;
		return -1;
	}
	if (stat_numbers(line, &state, ret) == -1) {
		errno = EINVAL;
		return -1;
	}
	if (state == 'Z' || state == 'X') {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

static uint64_t
cpu_of(const uint64_t numbers[FIELD_LAST + 1])
{
	return (numbers[STAT_UTIME] + numbers[STAT_STIME]) *
	       (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK));
}

int
os_proc_use(pid_t pid, struct os_use *ret)
{
	uint64_t numbers[FIELD_LAST + 1];
	char path[64];

	errno = ESRCH;
	if (pid <= 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (stat_read(path, numbers) == -1)
		return -1;
	*ret = (struct os_use){ .start = numbers[STAT_START],
		.cpu = cpu_of(numbers),
		.resident = numbers[STAT_RSS] * (uint64_t)sysconf(_SC_PAGESIZE) };
	return 0;
}

int
os_thread_cpu(pid_t pid, int64_t thread, uint64_t *ret)
{
	uint64_t numbers[FIELD_LAST + 1];
	char path[96];

	errno = ESRCH;
	if (pid <= 0 || thread <= 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/task/%" PRId64 "/stat", (int)pid, thread);
	if (stat_read(path, numbers) == -1)
		return -1;
	*ret = cpu_of(numbers);
	return 0;
}
