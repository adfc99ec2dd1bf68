/* closefrom(3), which macOS lacks. Async-signal-safe. */
#include <unistd.h>

void
closefrom(int lowest)
{
	int end = getdtablesize();

	for (int fd = lowest; fd < end; fd++)
		close(fd);
}
