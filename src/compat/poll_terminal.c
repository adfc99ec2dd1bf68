/* macOS's poll(2) does not support devices (its manual's BUGS), terminals among them: it says
 * POLLNVAL at once. Its select(2) does. */
#include <errno.h>
#include <poll.h>
#include <sys/select.h>

int
poll_terminal(struct pollfd *fds, unsigned n, int ms)
{
	struct timeval limit = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	fd_set in, out;
	int most = -1, ready;

	FD_ZERO(&in);
	FD_ZERO(&out);
	for (unsigned i = 0; i < n; i++) {
		fds[i].revents = 0;
		if (fds[i].fd >= FD_SETSIZE) {
			errno = EINVAL;
			return -1;
		}
		if (fds[i].fd < 0)
			continue;
		if ((fds[i].events & POLLIN) != 0)
			FD_SET(fds[i].fd, &in);
		if ((fds[i].events & POLLOUT) != 0)
			FD_SET(fds[i].fd, &out);
		most = fds[i].fd > most ? fds[i].fd : most;
	}
	ready = select(most + 1, &in, &out, NULL, ms < 0 ? NULL : &limit);
	if (ready <= 0)
		return ready;
	ready = 0;
	for (unsigned i = 0; i < n; i++) {
		if (fds[i].fd >= 0 && FD_ISSET(fds[i].fd, &in))
			fds[i].revents |= POLLIN;
		if (fds[i].fd >= 0 && FD_ISSET(fds[i].fd, &out))
			fds[i].revents |= POLLOUT;
		ready += fds[i].revents != 0;
	}
	return ready;
}
