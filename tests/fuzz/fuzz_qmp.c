/* Any bytes from a QMP server: what comes out is a JSON object, or the line is bad. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qemu/qmp.h"
#include "util/diag.h"
#include "util/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
take_all(struct qmp *q)
{
	json_t *message;
	bool bad;

	while ((message = qmp_next(q, &bad)) != NULL || bad) {
		if (message != NULL && (bad || !json_is_object(message)))
			abort();
		json_decref(message);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d = { 0 };
	struct qmp *q;
	int fd[2];

	if (size > 65536 || socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		return 0;
	q = qmp_new(fd[0]);
	if (fd_write_all(fd[1], data, size) == -1)
		abort();
	fd_close(&fd[1]);
	while (qmp_fill(&d, q) == 1)
		take_all(q);
	if (d.count != 1)
		abort();
	qmp_free(q);
	diag_free(&d);
	return 0;
}
