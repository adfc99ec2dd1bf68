/*
 * A small and strict reader of libconfig's language, for a program that has rights: no library, no
 * other file, no value that is computed. It knows the whole grammar, so that whatever it does not
 * want is skipped for what it is, and it refuses whatever vmrun refuses to read: names given twice,
 * brackets and strings that are not closed, and for itself @include and numbers with a point, which
 * no key of vmrun takes.
 */
#ifndef VMRUN_PROTO_TEXT_H
#define VMRUN_PROTO_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct diag;

#define TEXT_MAX          (1u << 20) /* bytes */
#define TEXT_NEST_MAX     32         /* brackets inside one another */
#define TEXT_SETTINGS_MAX 5000

enum text_kind { TEXT_GROUP, TEXT_LIST, TEXT_ARRAY, TEXT_STRING, TEXT_NUMBER, TEXT_TRUTH };

struct text_value {
	char *name; /* of a setting; NULL: an element, or the whole */
	enum text_kind kind;
	unsigned line;
	char *string;
	int64_t number;           /* TEXT_TRUTH: 0 or 1 */
	struct text_value *value; /* what is in a group, a list or an array */
	size_t n;
};

/* The whole as a TEXT_GROUP; shown stands for the file in messages: "FILE:LINE: …". */
int text_read(
    struct diag *d, const char *shown, const char *text, size_t len, struct text_value *ret);
void text_free(struct text_value *v);
/* A setting of a group; NULL: there is none. */
const struct text_value *text_find(const struct text_value *group, const char *name);

#endif
