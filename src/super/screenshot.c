/*
 * The request "screenshot": what a screen shows, written into the descriptor that the client has handed over
 * with its request.
 *
 *	{"do": "screenshot", "device": ID, "head": N}      both may be missing
 *
 * QEMU's uid can open no file, so QEMU is given one in memory, once for a connection: it keeps what it is
 * given for as long as the guest is paused, and forgets to forget that it has written there. What it has
 * written is copied to the client's, which QEMU never gets to know. One at a time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/mem.h"

#define FDSET_FIRST INT64_C(1000000) /* beyond those of QEMU's command line */
#define PICTURE_MAX (64u << 20)      /* bytes; QEMU is not believed */

struct shot {
	struct os_scratch file;
	json_int_t set; /* QEMU's name for it */
	bool busy;
	const char *error; /* that the one under way ends in; NULL: none */
	char text[200];
};

static unsigned sets; /* that were there before */

/* The file, given to QEMU. */
static int
prepare(struct super *s, struct diag *d)
{
	struct shot *shot = s->shot;

	if (shot == NULL) {
		shot = xcalloc(1, sizeof(*shot));
		if (os_scratch_open(d, s->runtime.dir, &shot->file) == -1) {
			free(shot);
			return -1;
		}
		/* Another supervisor of this QEMU may have had sets of its own. */
		shot->set = FDSET_FIRST + (json_int_t)getpid() * 1000 + sets++ % 1000;
		if (super_qmp_send_fd(s, "add-fd", json_pack("{s:I}", "fdset-id", shot->set), ID_IGNORE,
			shot->file.write) == -1) {
			fail_sys(d, "its QEMU cannot be handed a file");
			os_scratch_close(&shot->file);
			free(shot);
			return -1;
		}
		s->shot = shot;
	}
	/* QEMU writes through the same open file. */
	if (ftruncate(shot->file.write, 0) == -1 || lseek(shot->file.write, 0, SEEK_SET) == -1)
		return fail_sys(d, "the picture");
	return 0;
}

static int
copy(int from, int to)
{
	char part[16384];
	struct stat st;
	off_t at = 0;

	if (fstat(from, &st) == -1)
		return -1;
	errno = EFBIG;
	if (st.st_size > (off_t)PICTURE_MAX)
		return -1;
	while (at < st.st_size) {
		off_t left = st.st_size - at;
		ssize_t n = pread(from, part, left < (off_t)sizeof(part) ? (size_t)left : sizeof(part), at);

		if (n <= 0 || fd_write_all(to, part, (size_t)n) == -1)
			return -1;
		at += n;
	}
	return 0;
}

static json_t *
answer(struct client *k)
{
	const struct shot *shot = client_super(k)->shot;

	if (shot->error == NULL && copy(shot->file.read, client_descriptor(k)) == 0)
		return json_pack("{s:b}", "ok", 1);
	return json_pack("{s:b,s:s}", "ok", 0, "error",
	    shot->error != NULL ? shot->error : "the picture cannot be copied");
}

static void
end(struct super *s, const char *error)
{
	s->shot->busy = false;
	s->shot->error = error;
	control_answer_all(s, control_screenshot_request, answer);
	(void)ftruncate(s->shot->file.write, 0);
}

void
shot_told(struct super *s, const json_t *m)
{
	const json_t *error = json_object_get(m, "error");
	const char *why = json_string_value(json_object_get(error, "desc"));

	if (s->shot == NULL)
		return;
	snprintf(s->shot->text, sizeof(s->shot->text), "%s", why != NULL ? why : "QEMU refused");
	end(s, error != NULL ? s->shot->text : NULL);
}

void
shot_forget(struct super *s)
{
	if (s->shot == NULL)
		return;
	end(s, "the connection to its QEMU broke, try again");
	os_scratch_close(&s->shot->file);
	free(s->shot);
	s->shot = NULL;
}

static json_t *
arguments(const struct shot *shot, const json_t *request)
{
	json_t *device = json_object_get(request, "device"), *head = json_object_get(request, "head");
	json_t *args = json_pack("{s:o,s:s}", "filename",
	    json_sprintf("/dev/fdset/%lld", (long long)shot->set), "format", "png");

	if (json_is_string(device))
		json_object_set(args, "device", device);
	if (json_is_integer(head))
		json_object_set(args, "head", head);
	return args;
}

void
control_screenshot_request(struct client *k, const json_t *request)
{
	struct super *s = client_super(k);
	struct diag d = { 0 };

	if (client_descriptor(k) == -1) {
		client_error(k, "no file was handed over");
	} else if (!client_can_ask(k)) {
		return;
	} else if (s->shot != NULL && s->shot->busy) {
		client_error(k, "another picture is being taken, try again");
	} else if (prepare(s, &d) == -1) {
		d.text[d.len - 1] = '\0';
		client_error(k, d.text);
	} else {
		s->shot->busy = true;
		client_wait_for(k, control_screenshot_request);
		super_qmp_send(s, "screendump", arguments(s->shot, request), ID_SHOT);
	}
	diag_free(&d);
}
