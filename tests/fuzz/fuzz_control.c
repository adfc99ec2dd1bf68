/* Any bytes as control requests and as what QEMU says, into one supervisor on the fake kernel: it
 * survives them, and its state is one of the table. Up to the first zero byte they are QEMU's. */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os_fake.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define TURNS 4 /* of the loop, for each input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct context context;

static void
open_context(void)
{
	static char root[] = "/tmp/vmrun-fuzz.XXXXXX";
	struct diag d = { 0 };

	if (mkdtemp(root) == NULL || context_open(&d, root, NULL, &context) == -1 ||
	    dir_make(&d, context.log_dir, 0755) == -1)
		abort();
}

static void
no_report(struct super *s, struct diag *d)
{
	s->report = NULL;
}

static void
turn_over(void *arg)
{
	loop_stop(arg);
}

/* A client that says it in one piece; its end of the connection. */
static int
client(const struct super *s, const uint8_t *data, size_t size)
{
	char *path = runtime_path(s->c, s->name, "control.sock");
	int fd = unix_connect(path, true);

	(void)!send(fd, data, size, MSG_NOSIGNAL);
	free(path);
	return fd;
}

static void
drive(struct super *s, int qemu, const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	size_t of_qemu = end != NULL ? (size_t)(end - data) : size;
	int fd[2] = { -1, -1 };

	(void)!send(qemu, data, of_qemu, MSG_NOSIGNAL);
	if (end != NULL) {
		fd[0] = client(s, end + 1, size - of_qemu - 1);
		fd[1] = client(s, end + 1, size - of_qemu - 1);
	}
	for (int i = 0; i < TURNS && s->state < S_STOPPED; i++) {
		loop_timer(s->loop, 0, turn_over, s->loop);
		if (loop_run(s->loop) == -1)
			abort();
	}
	if (s->state >= S_COUNT || state_name(s->state) == NULL)
		abort();
	fd_close(&fd[0]);
	fd_close(&fd[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct runtime r = RUNTIME_NONE;
	struct diag d = { 0 };
	struct super s;
	int listener, qemu;
	char *path;

	if (size > 65536)
		return 0;
	if (context.run_dir == NULL)
		open_context();
	fake_reset();
	if (runtime_lock(&d, &context, "web1", &r) == -1)
		abort();
	super_init(&s, &context, "web1", &r);
	s.report = no_report;
	path = runtime_path(&context, "web1", "supervisor.sock");
	listener = unix_listen(path);
	if (listener == -1 || control_open(&s, &d) == -1)
		abort();
	super_qmp_try(&s);
	qemu = accept(listener, NULL, NULL);
	drive(&s, qemu, data, size);
	runtime_remove(&s.runtime);
	super_free(&s);
	fd_close(&qemu);
	fd_close(&listener);
	free(path);
	diag_free(&d);
	return 0;
}
