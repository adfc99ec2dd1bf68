/* Disks on macOS: block devices, and their raw twins (/dev/rdisk2), which know a block count
 * (<sys/disk.h>); fills os.h. */
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "os/os.h"

#define BLOCK_COUNT _IOR('d', 25, uint64_t) /* DKIOCGETBLOCKCOUNT of <sys/disk.h> */

bool
os_is_disk(int fd)
{
	struct stat st;
	uint64_t blocks;

	if (fstat(fd, &st) == -1)
		return false;
	return S_ISBLK(st.st_mode) || (S_ISCHR(st.st_mode) && ioctl(fd, BLOCK_COUNT, &blocks) == 0);
}
