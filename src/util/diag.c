/* Collects failure messages; see diag.h. */
#include "util/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

static int
append(struct diag *d, int status, int err, const char *fmt, va_list ap)
{
	struct buf raw = { 0 }, line = { 0 };

	buf_addv(&raw, fmt, ap);
	if (err != 0)
		buf_addf(&raw, ": %s", strerror(err));
	buf_add_visible(&line, raw.s, raw.len);
	buf_addc(&line, '\n');
	d->text = xreallocarray(d->text, d->len + line.len + 1, 1);
	memcpy(d->text + d->len, line.s, line.len + 1);
	d->len += line.len;
	d->count++;
	if (d->status == 0)
		d->status = status;
	buf_free(&raw);
	buf_free(&line);
	return -1;
}

int
fail(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(d, DIAG_FAILED, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
fail_as(struct diag *d, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(d, status, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
fail_sys(struct diag *d, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	append(d, err == EPERM || err == EACCES ? DIAG_DENIED : DIAG_FAILED, err, fmt, ap);
	va_end(ap);
	errno = err; /* callers tell a missing file from the rest */
	return -1;
}

void
diag_wrap(struct diag *d, unsigned from, const char *fmt, ...)
{
	struct buf raw = { 0 }, prefix = { 0 }, out = { 0 };
	unsigned line = 0;
	va_list ap;

	if (d->text == NULL || from >= d->count)
		return;
	va_start(ap, fmt);
	buf_addv(&raw, fmt, ap);
	va_end(ap);
	buf_add_visible(&prefix, raw.s, raw.len);
	for (const char *p = d->text, *end; *p != '\0'; p = end + 1, line++) {
		end = strchr(p, '\n');
		if (line >= from)
			buf_addf(&out, "%s: ", prefix.s);
		buf_addn(&out, p, (size_t)(end - p) + 1);
	}
	free(d->text);
	d->len = out.len;
	d->text = buf_steal(&out);
	buf_free(&raw);
	buf_free(&prefix);
}

void
diag_move(struct diag *d, struct diag *from)
{
	if (from->text != NULL) {
		d->text = xreallocarray(d->text, d->len + from->len + 1, 1);
		memcpy(d->text + d->len, from->text, from->len + 1);
		d->len += from->len;
		d->count += from->count;
		if (d->status == 0)
			d->status = from->status;
	}
	diag_free(from);
}

void
diag_free(struct diag *d)
{
	free(d->text);
	*d = (struct diag){ 0 };
}
