/* Replaces a configuration file by a changed one, once that has been checked; see edit.h. */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "conf/doc.h"
#include "conf/edit.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"

static int
check(struct diag *d, const char *path, const struct buf *text, const struct conf_edit *edit)
{
	char *dir = folder_of(path);
	struct conf_doc *doc = NULL;
	int result = -1;

	if (conf_open_text(d, path, dir, text->s, text->len, &doc) == 0)
		result = edit->check(d, doc, edit->arg);
	conf_close(doc);
	free(dir);
	return result;
}

int
conf_edit_file(struct diag *d, const char *path, const struct conf_edit *edit)
{
	char *content = NULL, real[PATH_MAX];
	struct buf text = { 0 };
	struct stat st;
	size_t len;
	int result = -1;

	if (realpath(path, real) == NULL || stat(real, &st) == -1) {
		fail_sys(d, "%s", path);
		goto cleanup;
	}
	if (file_read(d, real, CONF_FILE_MAX, &content, &len) == -1)
		goto cleanup;
	buf_addn(&text, content, len);
	if (edit->change(d, &text, edit->arg) == -1 || check(d, real, &text, edit) == -1) {
		diag_wrap(d, d->count - 1, "%s is left as it is", path);
		goto cleanup;
	}
	result = file_put(d, real,
	    &(struct file_as){ st.st_mode & 07777, st.st_uid, st.st_gid, false }, text.s, text.len);
cleanup:
	buf_free(&text);
	free(content);
	return result;
}
