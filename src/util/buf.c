/* A growing string and the escapers of the languages that vmrun writes; see buf.h. */
#include "util/buf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static void
reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap > 0 ? b->cap : 64;

	while (cap - b->len <= more)
		cap *= 2;
	if (cap != b->cap) {
		b->s = xreallocarray(b->s, cap, 1);
		b->cap = cap;
	}
}

void
buf_addn(struct buf *b, const void *s, size_t n)
{
	reserve(b, n);
	if (n > 0)
		memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void
buf_add(struct buf *b, const char *s)
{
	buf_addn(b, s, strlen(s));
}

void
buf_addc(struct buf *b, char c)
{
	buf_addn(b, &c, 1);
}

void
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		reserve(b, (size_t)n);
		vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	} else {
		buf_addn(b, "", 0);
	}
	va_end(again);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void
buf_add_shell(struct buf *b, const char *s)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "@%_+=:,./-";

	if (*s != '\0' && strspn(s, safe) == strlen(s)) {
		buf_add(b, s);
		return;
	}
	buf_addc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_add(b, "'\\''");
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

void
buf_add_optarg(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == ',')
			buf_addc(b, ',');
		buf_addc(b, *s);
	}
}

/* Bytes of the UTF-8 character at p (RFC 3629), 0 if there is none; C1 controls count as none. */
static size_t
utf8_length(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char mask, lead, len;
		uint32_t least;
	} form[] = { { 0xe0, 0xc0, 2, 0x80 }, { 0xf0, 0xe0, 3, 0x800 },
		{ 0xf8, 0xf0, 4, 0x10000 } };

	for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		uint32_t c = p[0] & (uint32_t)(unsigned char)~form[i].mask;

		if ((p[0] & form[i].mask) != form[i].lead)
			continue;
		if (form[i].len > n)
			return 0;
		for (size_t k = 1; k < form[i].len; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[k] & 0x3f);
		}
		if (c < form[i].least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c < 0xa0)
			return 0;
		return form[i].len;
	}
	return 0;
}

void
buf_add_visible(struct buf *b, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	for (size_t i = 0, len; i < n; i += len) {
		len = 1;
		if (p[i] == '\n')
			buf_add(b, "\\n");
		else if (p[i] == '\t')
			buf_add(b, "\\t");
		else if (p[i] >= 0x20 && p[i] < 0x7f)
			buf_addc(b, s[i]);
		else if (p[i] >= 0x80 && (len = utf8_length(p + i, n - i)) > 0)
			buf_addn(b, s + i, len);
		else {
			len = 1;
			buf_addf(b, "\\%03o", p[i]);
		}
	}
	buf_addn(b, "", 0);
}

void
buf_add_mdoc(struct buf *b, const char *s)
{
	for (bool start = true; *s != '\0'; start = *s == '\n', s++) {
		if (*s == '\\')
			buf_add(b, "\\e");
		else if (start && (*s == '.' || *s == '\''))
			buf_addf(b, "\\&%c", *s);
		else
			buf_addc(b, *s);
	}
}

/* Backslashes begin Graphviz's own words (\l, \N), so each is doubled; a line's end is one. */
void
buf_add_dot(struct buf *b, const char *s)
{
	struct buf visible = { 0 };

	buf_addc(b, '"');
	for (const char *end; *s != '\0'; s = end + (*end != '\0')) {
		end = s + strcspn(s, "\n");
		buf_add_visible(&visible, s, (size_t)(end - s));
		for (const char *p = visible.s; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_addc(b, '\\');
			buf_addc(b, *p);
		}
		buf_free(&visible);
		if (*end != '\0')
			buf_add(b, "\\n");
	}
	buf_addc(b, '"');
}

/* XML has no way at all to say a control character, or U+FFFE and U+FFFF. */
void
buf_add_xml(struct buf *b, const char *s)
{
	struct buf visible = { 0 };

	buf_add_visible(&visible, s, strlen(s));
	for (const char *p = visible.s; *p != '\0'; p++) {
		if (*p == '&')
			buf_add(b, "&amp;");
		else if (*p == '<')
			buf_add(b, "&lt;");
		else if (*p == '>')
			buf_add(b, "&gt;");
		else if (*p == '"')
			buf_add(b, "&quot;");
		else if (strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0)
			buf_addf(b, "\\357\\277\\%03o", (unsigned char)*(p += 2));
		else
			buf_addc(b, *p);
	}
	buf_free(&visible);
}

void
buf_add_yaml(struct buf *b, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	buf_addc(b, '"');
	for (size_t i = 0, n = strlen(s), len; i < n; i += len) {
		uint32_t c = p[i];

		len = 1;
		if (c >= 0x20 && c < 0x7f) {
			buf_addf(b, c == '"' || c == '\\' ? "\\%c" : "%c", (int)c);
			continue;
		}
		if (c >= 0x80 && (len = utf8_length(p + i, n - i)) == 0) {
			buf_add(b, "\\ufffd");
			len = 1;
			continue;
		}
		if (len > 1)
			c &= 0x7fu >> len;
		for (size_t k = 1; k < len; k++)
			c = c << 6 | (p[i + k] & 0x3f);
		buf_addf(b,
		    c < 0x100     ? "\\x%02x"
		    : c < 0x10000 ? "\\u%04x"
				  : "\\U%08x",
		    (unsigned)c);
	}
	buf_addc(b, '"');
}

void
buf_add_base64(struct buf *b, const void *p, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = p;

	for (; n > 0; in += 3) {
		size_t here = n < 3 ? n : 3;
		unsigned bits = (unsigned)in[0] << 16 | (here > 1 ? (unsigned)in[1] << 8 : 0) |
				(here > 2 ? in[2] : 0);

		buf_addc(b, digits[bits >> 18]);
		buf_addc(b, digits[bits >> 12 & 63]);
		buf_addc(b, here > 1 ? digits[bits >> 6 & 63] : '=');
		buf_addc(b, here > 2 ? digits[bits & 63] : '=');
		n -= here;
	}
}

void
buf_add_conf_string(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_addf(b, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_addf(b, "\\x%02x", (unsigned char)*s);
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

char *
buf_steal(struct buf *b)
{
	char *s = b->s != NULL ? b->s : xstrdup("");

	*b = (struct buf){ 0 };
	return s;
}

void
buf_free(struct buf *b)
{
	free(b->s);
	*b = (struct buf){ 0 };
}
