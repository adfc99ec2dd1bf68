/* ISO 9660 images by libarchive, its only user; see iso.h. */
#include "launch/iso.h"

#include <stdlib.h>

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

#ifdef HAVE_LIBARCHIVE

static la_ssize_t
take(struct archive *a, void *out, const void *p, size_t n)
{
	buf_addn(out, p, n);
	return (la_ssize_t)n;
}

static int
add_file(struct archive *a, const struct iso_file *file)
{
	struct archive_entry *e = archive_entry_new();
	int result;

	archive_entry_set_pathname(e, file->name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0444);
	archive_entry_set_size(e, (la_int64_t)file->n);
	archive_entry_set_mtime(e, 0, 0);
	result = archive_write_header(a, e);
	if (result == ARCHIVE_OK && archive_write_data(a, file->p, file->n) != (la_ssize_t)file->n)
		result = ARCHIVE_FATAL;
	archive_entry_free(e);
	return result;
}

int
iso_make(struct diag *d, const char *label, const struct iso_file *files, size_t n, struct buf *out)
{
	struct archive *a = archive_write_new();
	char *options = xasprintf("iso9660:volume-id=%s", label);
	int result = a != NULL ? archive_write_set_format_iso9660(a) : ARCHIVE_FATAL;

	if (result == ARCHIVE_OK)
		result = archive_write_set_options(a, options);
	if (result == ARCHIVE_OK)
		result = archive_write_open(a, out, NULL, take, NULL);
	for (size_t i = 0; i < n && result == ARCHIVE_OK; i++)
		result = add_file(a, &files[i]);
	if (result == ARCHIVE_OK)
		result = archive_write_close(a);
	if (result != ARCHIVE_OK)
		fail(d, "cannot make an ISO image: %s",
		    a != NULL && archive_error_string(a) != NULL ? archive_error_string(a)
								 : "libarchive says no more");
	archive_write_free(a);
	free(options);
	return result == ARCHIVE_OK ? 0 : -1;
}

#else

int
iso_make(struct diag *d, const char *label, const struct iso_file *files, size_t n, struct buf *out)
{
	return fail(d, "this vmrun was built without libarchive, which makes the image");
}

#endif
