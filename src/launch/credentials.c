/* Credentials for systemd in the guest; see credentials.h. */
#include "launch/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "launch/plan.h"
#include "launch/runtime.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

/* The tables of a PC hold 64 KB in all. */
#define SMBIOS_MAX 49152
/* What systemd takes of one. */
#define CREDENTIAL_MAX (1 << 20)

static char *
copy_name(size_t i)
{
	return xasprintf(RUNTIME_COPY "credentials[%zu]", i);
}

void
credentials_name(const struct context *c, const struct plan *p, struct plan_facts *pf)
{
	const struct vm *vm = &p->member.vm;

	pf->f.credentials = xcalloc(vm->ncredentials, sizeof(*pf->f.credentials));
	for (size_t i = 0; i < vm->ncredentials; i++) {
		char *name = copy_name(i);

		pf->f.credentials[i] = (struct qemu_handle){ -1,
			plan_keep_name(pf, xasprintf("%s/.%s/%s", c->run_dir, vm->name, name)) };
		free(name);
	}
}

static void
wipe(char *s, size_t n)
{
	if (s != NULL)
		explicit_bzero(s, n);
	free(s);
}

/* As the guest's firmware tells it: a string of the SMBIOS, or the bare content of a file. */
static int
read_one(struct diag *d, const struct vm_credential *credential, bool smbios, struct buf *ret)
{
	char *content = NULL;
	size_t n = 0;

	if (credential->file == NULL) {
		content = xstrdup(credential->value);
		n = strlen(content);
	} else if (file_read(d, credential->file, CREDENTIAL_MAX, &content, &n) == -1) {
		return -1;
	}
	if (smbios) {
		buf_addf(ret, "io.systemd.credential.binary:%s=", credential->name);
		buf_add_base64(ret, content, n);
	} else {
		buf_addn(ret, content, n);
	}
	wipe(content, n);
	return 0;
}

static int
hand_over(struct diag *d, struct os_copy_place *place, const struct buf *text,
    struct plan_facts *pf, struct qemu_handle *h)
{
	struct os_copy copy = { .fd = -1 };

	if (os_copy(d, place, text->s, text->len, &copy) == -1)
		return -1;
	h->fd = plan_keep_fd(pf, copy.fd);
	if (copy.path != NULL)
		h->name = plan_keep_name(pf, copy.path);
	return 0;
}

int
credentials_open(
    struct diag *d, const struct plan *p, struct os_copy_place *place, struct plan_facts *pf)
{
	const struct vm *vm = &p->member.vm;
	bool smbios = credentials_in_smbios(vm, p->qemu.arch);
	size_t total = 0;
	int result = 0;

	for (size_t i = 0; i < vm->ncredentials && result == 0; i++) {
		struct buf text = { 0 };
		char *name = copy_name(i);

		place->name = name;
		result = read_one(d, &vm->credentials[i], smbios, &text);
		total += text.len;
		if (result == 0 && smbios && total > SMBIOS_MAX)
			result = fail(d,
			    "too long: all credentials together have at most %d bytes "
			    "in the SMBIOS, where three bytes take four",
			    SMBIOS_MAX);
		if (result == 0)
			result = hand_over(d, place, &text, pf, &pf->f.credentials[i]);
		if (result == -1)
			diag_wrap(d, d->count - 1, "credentials[%zu]", i);
		free(name);
		if (text.s != NULL)
			explicit_bzero(text.s, text.len);
		buf_free(&text);
	}
	return result;
}
