/* Disks on FreeBSD, which has no block devices: they are character devices that know a media size
 * (disk(9), <sys/disk.h>); fills os.h. */
#include <sys/types.h>

#include <sys/disk.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "os/os.h"

_Static_assert(DIOCGMEDIASIZE == 0x40086481, "DIOCGMEDIASIZE");

bool
os_is_disk(int fd)
{
	struct stat st;
	off_t size;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && ioctl(fd, DIOCGMEDIASIZE, &size) == 0;
}
