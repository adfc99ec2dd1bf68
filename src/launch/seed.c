/* What cloud-init reads, from the keys or from files, as an image for QEMU; see seed.h. */
#include "launch/seed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "launch/iso.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "net/ledger.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define LABEL    "cidata" /* what NoCloud looks for */
#define FILE_MAX (1u << 20)

struct seed {
	struct buf user_data, meta_data, network_config;
};

static void
seed_free(struct seed *s)
{
	/* A password's hash can be in it. */
	if (s->user_data.s != NULL)
		explicit_bzero(s->user_data.s, s->user_data.len);
	buf_free(&s->user_data);
	buf_free(&s->meta_data);
	buf_free(&s->network_config);
}

static int
add_file(struct diag *d, const char *key, const char *path, struct buf *b)
{
	char *text;
	size_t n;

	if (file_read(d, path, FILE_MAX, &text, &n) == -1) {
		diag_wrap(d, d->count - 1, "cloud_init.%s", key);
		return -1;
	}
	if (strlen(text) == n)
		buf_addn(b, text, n);
	else
		fail(d, "cloud_init.%s: %s: not a text: it has a NUL byte", key, path);
	explicit_bzero(text, n);
	free(text);
	return b->s != NULL ? 0 : -1;
}

/* The same for the same VM with the same data, and another for any other. */
static void
instance_id(const struct plan *p, const struct seed *s, struct buf *ret)
{
	struct buf all = { 0 };
	uint8_t id[16];

	cloud_meta_data(&all, &p->member.vm, "");
	buf_addf(&all, "%zu\n%s%zu\n%s", s->user_data.len, s->user_data.s, s->network_config.len,
	    s->network_config.s != NULL ? s->network_config.s : "");
	uuid_of_vm(p->given.uuid, all.s, id);
	buf_add(ret, "iid-");
	for (size_t i = 0; i < sizeof(id); i++)
		buf_addf(ret, "%02x", id[i]);
	explicit_bzero(all.s, all.len);
	buf_free(&all);
}

static int
seed_make(struct diag *d, const struct plan *p, struct seed *s)
{
	const struct vm_cloud_init *c = &p->member.vm.cloud_init;
	struct buf id = { 0 };

	if (c->user_data == NULL)
		cloud_user_data(&s->user_data, c);
	else if (add_file(d, "user_data", c->user_data, &s->user_data) == -1)
		return -1;
	if (c->network_config != NULL &&
	    add_file(d, "network_config", c->network_config, &s->network_config) == -1)
		return -1;
	if (c->meta_data != NULL)
		return add_file(d, "meta_data", c->meta_data, &s->meta_data);
	instance_id(p, s, &id);
	cloud_meta_data(&s->meta_data, &p->member.vm, id.s);
	buf_free(&id);
	return 0;
}

/* A copy in memory can be written by whoever has its descriptor: QEMU gets one that only reads. */
static int
only_reading(struct diag *d, int *fd)
{
	char path[32];
	int reading = open(os_fd_path(*fd, path), O_RDONLY | O_CLOEXEC);

	if (reading == -1)
		fail_sys(d, "cloud_init");
	fd_close(fd);
	*fd = reading;
	return reading == -1 ? -1 : 0;
}

static int
hand_over(
    struct diag *d, struct os_copy_place *place, const struct buf *image, struct plan_facts *pf)
{
	struct os_copy copy = { .fd = -1 };

	place->name = RUNTIME_COPY "cloud_init";
	if (os_copy(d, place, image->s, image->len, &copy) == -1 ||
	    (copy.fd != -1 && only_reading(d, &copy.fd) == -1))
		return -1;
	pf->f.seed.handle.fd = plan_keep_fd(pf, copy.fd);
	if (copy.path != NULL)
		pf->f.seed.handle.name = plan_keep_name(pf, copy.path);
	return 0;
}

int
seed_open(struct diag *d, const struct plan *p, struct os_copy_place *place, struct plan_facts *pf)
{
	struct seed s = { 0 };
	struct buf image = { 0 };
	int result = -1;

	if (!p->member.vm.cloud_init.enabled)
		return 0;
	if (seed_make(d, p, &s) == 0) {
		const struct iso_file files[] = {
			{ "user-data", s.user_data.s, s.user_data.len },
			{ "meta-data", s.meta_data.s, s.meta_data.len },
			{ "network-config", s.network_config.s, s.network_config.len },
		};

		if (iso_make(d, LABEL, files, s.network_config.s != NULL ? 3 : 2, &image) == 0)
			result = hand_over(d, place, &image, pf);
		else
			diag_wrap(d, d->count - 1, "cloud_init");
	}
	if (image.s != NULL)
		explicit_bzero(image.s, image.len);
	buf_free(&image);
	seed_free(&s);
	return result;
}
