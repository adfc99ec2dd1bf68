/* macOS's fsync(2) ends at the drive, whose cache a power cut empties; its manual names this call
 * for those who need more. A file system or device that does not know it gets the ordinary one. */
#include <fcntl.h>
#include <unistd.h>

int
fsync_disk(int fd)
{
	return fcntl(fd, F_FULLFSYNC) == -1 ? fsync(fd) : 0;
}
