/*
 * A growing string, and the one escaper of each output language.
 * A zeroed struct buf is empty and valid; s is NULL until something is added, then NUL-terminated.
 */
#ifndef VMRUN_UTIL_BUF_H
#define VMRUN_UTIL_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *s;
	size_t len, cap;
};

void buf_add(struct buf *b, const char *s);
void buf_addn(struct buf *b, const void *s, size_t n);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *fmt, va_list ap);
/* A word for a POSIX shell: as it is where that is safe, else in single quotes. */
void buf_add_shell(struct buf *b, const char *s);
/* A value inside a QEMU option list: each comma doubled. */
void buf_add_optarg(struct buf *b, const char *s);
/* Text for a terminal or a log: control characters and bytes that are not UTF-8 as \ooo or \n, \t. */
void buf_add_visible(struct buf *b, const char *s, size_t n);
/* Text of an mdoc macro line or paragraph. */
void buf_add_mdoc(struct buf *b, const char *s);
/* A quoted scalar of YAML, in ASCII; bytes that are not UTF-8 become U+FFFD. */
void buf_add_yaml(struct buf *b, const char *s);
/* A quoted string of Graphviz, whose lines it keeps. */
void buf_add_dot(struct buf *b, const char *s);
/* Character data or an attribute's value of XML 1.0, made visible. */
void buf_add_xml(struct buf *b, const char *s);
/* RFC 4648, with padding and in one line. */
void buf_add_base64(struct buf *b, const void *p, size_t n);
/* A libconfig string literal, quotes included. */
void buf_add_conf_string(struct buf *b, const char *s);
/* The string, to be freed by the caller ("" for an empty buf); b is empty after. */
char *buf_steal(struct buf *b);
void buf_free(struct buf *b);

#endif
