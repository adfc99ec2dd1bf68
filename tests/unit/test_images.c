/* Images, their backing files, and what may not be opened. */
#include "vm_fixture.h"

#include "launch/images.h"
#include "vm/vm.h"

static void
store32(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* The first bytes of a qcow2 version 2 or, where the backing format is said, 3. */
static void
qcow2(const struct place *p, const char *path, const char *backing, const char *format)
{
	uint8_t image[1024] = { 'Q', 'F', 'I', 0xfb };
	char *whole = in_root(p, path);
	size_t at = 104;
	int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	store32(image + 4, 3);
	store32(image + 20, 16);
	store32(image + 100, 104);
	if (format != NULL) {
		store32(image + at, 0xe2792aca);
		store32(image + at + 4, (uint32_t)strlen(format));
		memcpy(image + at + 8, format, strlen(format));
		at += 8 + (strlen(format) + 7) / 8 * 8;
	}
	at += 8;
	if (backing != NULL) {
		store32(image + 12, (uint32_t)at);
		store32(image + 16, (uint32_t)strlen(backing));
		memcpy(image + at, backing, strlen(backing));
	}
	assert_true(fd != -1);
	assert_int_equal(fd_write_all(fd, image, sizeof(image)), 0);
	fd_close(&fd);
	free(whole);
}

static int
open_image(struct place *p, const char *path, int format, struct qemu_disk_chain *ret)
{
	char *whole = in_root(p, path);
	int result = images_open(&p->d, &p->c.host, whole, format, false, false, ret);

	free(whole);
	return result;
}

static void
assert_chain(struct place *p, struct qemu_disk_chain *chain, const char *const names[])
{
	char real[4096];

	assert_non_null(realpath(p->root, real));
	for (size_t i = 0; i < chain->n || names[i] != NULL; i++) {
		assert_true(i < chain->n && names[i] != NULL);
		assert_true(chain->image[i].handle.fd != -1);
		assert_string_equal(
		    strrchr(chain->image[i].handle.name, '/') + 1, strrchr(names[i], '/') + 1);
		assert_int_equal(fcntl(chain->image[i].handle.fd, F_GETFL) & O_ACCMODE,
		    i == 0 ? O_RDWR : O_RDONLY);
		assert_int_equal(fcntl(chain->image[i].handle.fd, F_GETFL) & O_NONBLOCK, 0);
		assert_int_equal(fcntl(chain->image[i].handle.fd, F_GETFD), FD_CLOEXEC);
	}
	images_close(chain);
}

static void
refused(struct place *p, const char *path, const char *part)
{
	struct qemu_disk_chain chain = { 0 };
	bool before[FDS_MAX];

	descriptors(before);
	assert_refused(p, open_image(p, path, FORMAT_QCOW2, &chain), part);
	assert_int_equal(chain.n, 0);
	assert_same_descriptors(before);
}

static void
a_chain_is_opened_from_top_to_bottom(void **state)
{
	struct place *p = *state;
	struct qemu_disk_chain chain;
	const char *three[] = { "/top.qcow2", "/middle.qcow2", "/base.img", NULL };
	char *base = in_root(p, "base.img");

	put(p, "base.img", 0600, "raw");
	qcow2(p, "middle.qcow2", base, "raw");       /* by its whole path */
	qcow2(p, "top.qcow2", "middle.qcow2", NULL); /* beside it */
	assert_done(p, open_image(p, "top.qcow2", FORMAT_QCOW2, &chain));
	assert_int_equal(chain.image[0].format, FORMAT_QCOW2);
	assert_int_equal(chain.image[1].format, FORMAT_QCOW2);
	assert_int_equal(chain.image[2].format, FORMAT_RAW);
	assert_chain(p, &chain, three);
	free(base);
}

static void
a_raw_image_that_looks_like_qcow2_has_no_backing_file(void **state)
{
	struct place *p = *state;
	struct qemu_disk_chain chain;
	const char *one[] = { "/forged.img", NULL };

	qcow2(p, "forged.img", "/etc/shadow", "raw");
	assert_done(p, open_image(p, "forged.img", FORMAT_RAW, &chain));
	assert_chain(p, &chain, one);
}

static void
a_backing_file_elsewhere_is_refused_unless_image_dirs_names_its_folder(void **state)
{
	struct place *p = *state;
	struct qemu_disk_chain chain;
	const char *two[] = { "/top.qcow2", "/base.img", NULL };
	char *dirs[1] = { in_root(p, "templates") };
	struct host *host = &p->c.host;

	folder(p, "vm");
	folder(p, "templates");
	folder(p, "templates2");
	put(p, "templates/base.img", 0600, "raw");
	put(p, "templates2/base.img", 0600, "raw");
	qcow2(p, "vm/top.qcow2", "../templates/base.img", "raw");
	refused(p, "vm/top.qcow2", "lies neither in the image's folder nor");
	host->image_dirs = dirs;
	host->nimage_dirs = 1;
	assert_done(p, open_image(p, "vm/top.qcow2", FORMAT_QCOW2, &chain));
	assert_chain(p, &chain, two);
	/* A folder whose name only begins the same is another folder. */
	qcow2(p, "vm/top.qcow2", "../templates2/base.img", "raw");
	refused(p, "vm/top.qcow2", "lies neither");
	host->image_dirs = NULL;
	host->nimage_dirs = 0;
	free(dirs[0]);
}

static void
a_link_leads_no_backing_file_out_of_the_folder(void **state)
{
	struct place *p = *state;
	char *secret = in_root(p, "secret.img"), *link = in_root(p, "vm/base.img");

	folder(p, "vm");
	put(p, "secret.img", 0600, "secret");
	assert_int_equal(symlink(secret, link), 0);
	qcow2(p, "vm/top.qcow2", "base.img", "raw");
	refused(p, "vm/top.qcow2", "lies neither");
	free(secret);
	free(link);
}

static void
an_image_behind_a_link_has_its_backing_file_in_either_folder(void **state)
{
	struct place *p = *state;
	struct qemu_disk_chain chain;
	const char *two[] = { "/top.qcow2", "/base.img", NULL };
	char *target = in_root(p, "pool/top.qcow2"), *link = in_root(p, "vm/top.qcow2");

	folder(p, "vm");
	folder(p, "pool");
	put(p, "pool/base.img", 0600, "raw");
	char *base = in_root(p, "pool/base.img");

	qcow2(p, "pool/top.qcow2", base, "raw");
	assert_int_equal(symlink(target, link), 0);
	assert_done(p, open_image(p, "vm/top.qcow2", FORMAT_QCOW2, &chain));
	assert_chain(p, &chain, two);
	free(base);
	free(target);
	free(link);
}

static void
a_loop_ends(void **state)
{
	struct place *p = *state;

	qcow2(p, "a.qcow2", "b.qcow2", "qcow2");
	qcow2(p, "b.qcow2", "a.qcow2", "qcow2");
	refused(p, "a.qcow2", "a loop?");
}

static void
what_is_no_image_is_refused_without_waiting(void **state)
{
	struct place *p = *state;
	struct qemu_disk_chain chain;
	char *fifo = in_root(p, "fifo.qcow2");

	assert_int_equal(mkfifo(fifo, 0600), 0);
	folder(p, "dir.qcow2");
	refused(p, "fifo.qcow2", "neither a regular file nor a disk");
	assert_refused(p, open_image(p, "dir.qcow2", FORMAT_RAW, &chain), "directory");
	refused(p, "missing.qcow2", "No such file or directory");
	put(p, "text.qcow2", 0600, "not a qcow2 at all");
	refused(p, "text.qcow2", "text.qcow2: ");
	qcow2(p, "top.qcow2", "fifo.qcow2", "qcow2");
	refused(p, "top.qcow2", "neither a regular file nor a disk");
	qcow2(p, "top.qcow2", "gone.qcow2", "qcow2");
	refused(p, "top.qcow2", "its backing file");
	free(fifo);
}

static void
a_format_that_nobody_said_is_taken_from_the_name_or_refused(void **state)
{
	struct place *p = *state;
	struct qemu_disk_chain chain;

	put(p, "base.iso", 0600, "raw");
	qcow2(p, "top.qcow2", "base.iso", NULL);
	assert_done(p, open_image(p, "top.qcow2", FORMAT_QCOW2, &chain));
	assert_int_equal(chain.image[1].format, FORMAT_RAW);
	images_close(&chain);
	put(p, "base.what", 0600, "raw");
	qcow2(p, "top.qcow2", "base.what", NULL);
	refused(p, "top.qcow2", "is not said");
	qcow2(p, "top.qcow2", "base.iso", "host_device");
	refused(p, "top.qcow2", "is not said");
}

static void
a_preview_keeps_nothing_open_and_misses_nothing(void **state)
{
	struct place *p = *state;
	struct qemu_disk_chain chain;
	char *top = in_root(p, "top.qcow2"), *missing = in_root(p, "missing.img");
	bool before[FDS_MAX];

	put(p, "base.img", 0600, "raw");
	qcow2(p, "top.qcow2", "base.img", "raw");
	descriptors(before);
	assert_done(p, images_open(&p->d, &p->c.host, top, FORMAT_QCOW2, false, true, &chain));
	assert_same_descriptors(before);
	assert_int_equal(chain.n, 2);
	assert_int_equal(chain.image[0].handle.fd, -1);
	assert_int_equal(chain.image[1].handle.fd, -1);
	images_close(&chain);
	assert_done(p, images_open(&p->d, &p->c.host, missing, FORMAT_RAW, false, true, &chain));
	assert_int_equal(chain.n, 1);
	assert_string_equal(chain.image[0].handle.name, missing);
	images_close(&chain);
	free(top);
	free(missing);
}

static void
what_the_world_may_not_read_is_handed_over_as_a_copy(void **state)
{
	struct place *p = *state;
	struct {
		const char *name;
		mode_t mode;
		bool secret;
		const char *text;
	} file[] = { { "vmlinuz", 0644, false, "kernel\n" }, { "initrd", 0600, false, "initrd\n" },
		{ "password", 0644, true, "secret" } };
	char text[64];

	put(p, "vmlinuz", 0644, "kernel\n");
	put(p, "initrd", 0600, "initrd\n");
	put(p, "password", 0644, "secret\r\n");
	for (size_t i = 0; i < sizeof(file) / sizeof(file[0]); i++) {
		char *path = in_root(p, file[i].name);
		struct stat own, there;
		struct os_copy_place place = { .dir = "/nonexistent", .name = "copy" };
		struct qemu_handle h = { .fd = -1 };
		char *copy = NULL;
		ssize_t n;
		int fd;

		assert_int_equal(readable_open(&p->d, path, file[i].secret, &place, &h, &copy), 0);
		assert_null(copy);
		fd = h.fd;
		assert_true(fd != -1);
		n = read(fd, text, sizeof(text));
		assert_int_equal(n, strlen(file[i].text));
		assert_memory_equal(text, file[i].text, (size_t)n);
		assert_int_equal(fstat(fd, &own), 0);
		assert_int_equal(stat(path, &there), 0);
		assert_int_equal(own.st_ino == there.st_ino, i == 0);
		fd_close(&fd);
		free(path);
	}
}

static void
a_secret_that_is_too_long_is_refused(void **state)
{
	struct place *p = *state;
	const struct os_copy_place place = { .dir = "/nonexistent", .name = "copy" };
	char text[5000], *path = in_root(p, "password"), *copy = NULL;
	struct qemu_handle h = { .fd = -1 };

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put(p, "password", 0600, text);
	assert_refused(
	    p, readable_open(&p->d, path, true, &place, &h, &copy), "too long for a secret");
	assert_int_equal(h.fd, -1);
	free(path);
}

#define test(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_chain_is_opened_from_top_to_bottom),
		test(a_raw_image_that_looks_like_qcow2_has_no_backing_file),
		test(a_backing_file_elsewhere_is_refused_unless_image_dirs_names_its_folder),
		test(a_link_leads_no_backing_file_out_of_the_folder),
		test(an_image_behind_a_link_has_its_backing_file_in_either_folder),
		test(a_loop_ends),
		test(what_is_no_image_is_refused_without_waiting),
		test(a_format_that_nobody_said_is_taken_from_the_name_or_refused),
		test(a_preview_keeps_nothing_open_and_misses_nothing),
		test(what_the_world_may_not_read_is_handed_over_as_a_copy),
		test(a_secret_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
