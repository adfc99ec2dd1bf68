/* A golden case from its file; see argv_case.h. */
#include "argv_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/target.h"

#define CASE_MAX  65536 /* bytes of a case's file */
#define CHAIN_MAX 8     /* images of a disk */

/* The words behind the i-th line "#! name …" of the file, or NULL; to be freed by the caller. */
static char *
directive(const struct argv_case *c, const char *name, unsigned i)
{
	char *prefix = xasprintf("#! %s", name), *found = NULL;
	size_t n = strlen(prefix);

	for (const char *line = c->text; line != NULL && found == NULL;) {
		const char *end = strchr(line, '\n');

		if (strncmp(line, prefix, n) == 0 && strchr(" \n", line[n]) != NULL && i-- == 0) {
			const char *value = line + n + (line[n] == ' ');

			found =
			    end != NULL ? xstrndup(value, (size_t)(end - value)) : xstrdup(value);
		}
		line = end != NULL ? end + 1 : NULL;
	}
	free(prefix);
	return found;
}

static bool
has_directive(const struct argv_case *c, const char *name)
{
	char *value = directive(c, name, 0);

	free(value);
	return value != NULL;
}

static int
format_of(const char *file)
{
	const char *dot = strrchr(file, '.');

	return dot != NULL && strcmp(dot, ".qcow2") == 0 ? FORMAT_QCOW2 : FORMAT_RAW;
}

/* What a chain is made of. */
struct chain_wish {
	size_t disk; /* of the directives; SIZE_MAX: of none */
	const char *file;
	int format;
	bool readonly, temporary, encrypted;
};

/* The image of a disk, perhaps an overlay on top, and the files that the directives put below it.
 */
static void
get_chain(struct argv_case *c, struct handle_source *s, const struct chain_wish *w,
    struct qemu_disk_chain *ret)
{
	char *files[CHAIN_MAX + 2] = { NULL }, *line;
	int formats[CHAIN_MAX + 2];
	size_t n = 0, image;

	if (w->temporary) {
		files[n] = xasprintf("/var/lib/vmrun/%s.disk%zu.temporary", c->vm.name, w->disk);
		formats[n++] = FORMAT_QCOW2;
	}
	image = n;
	files[n] = xstrdup(w->file);
	formats[n++] = w->format;
	for (unsigned i = 0; n < CHAIN_MAX && (line = directive(c, "backing", i)) != NULL; i++) {
		char *name = strchr(line, ' ');

		if (name != NULL && strtoul(line, NULL, 10) == w->disk) {
			files[n] = xstrdup(name + 1);
			formats[n++] = format_of(name + 1);
		}
		free(line);
	}
	ret->image = xcalloc(n, sizeof(*ret->image));
	ret->n = n;
	for (size_t i = n; i-- > 0;) {
		s->format = formats[i];
		s->readonly = w->readonly || i > 0;
		s->encrypted = w->encrypted && i == image;
		s->backing = files[i + 1];
		s->backing_format = i + 1 < n ? formats[i + 1] : FORMAT_RAW;
		ret->image[i].format = s->format;
		ret->image[i].handle = s->get(s, HANDLE_IMAGE, files[i]);
	}
	s->encrypted = false;
	for (size_t i = 0; i < n; i++)
		free(files[i]);
}

static void
get_remote(
    struct handle_source *s, const struct vm_url *url, int format, struct qemu_disk_chain *ret)
{
	ret->image = xcalloc(1, sizeof(*ret->image));
	ret->n = 1;
	ret->image[0] = (struct qemu_image){ .handle = { .fd = -1 }, .format = format, .url = url };
	if (url->scheme == URL_NBD_UNIX)
		ret->image[0].handle = s->get(s, HANDLE_STREAM, url->socket);
}

static struct qemu_handle
get_file(struct handle_source *s, enum handle_kind kind, const char *file)
{
	return file != NULL ? s->get(s, kind, file) : (struct qemu_handle){ .fd = -1 };
}

struct file_getter {
	struct qemu_facts *facts;
	struct handle_source *source;
};

static int
get_named_file(void *arg, const char *where, const char *path, enum conf_access access)
{
	struct file_getter *g = arg;
	enum handle_kind kind = strcmp(where, "kernel") == 0 ? HANDLE_KERNEL
				: strcmp(where, "dtb") == 0  ? HANDLE_DTB
				: access == ACCESS_SECRET    ? HANDLE_PASSWORD
							     : HANDLE_FILE;
	struct qemu_facts *f = g->facts;

	if (access == ACCESS_OWN)
		return 0;
	if (strcmp(where, "firmware.code") == 0)
		kind = HANDLE_FIRMWARE;
	f->files = xreallocarray(f->files, f->nfiles + 1, sizeof(*f->files));
	f->files[f->nfiles++] =
	    (struct qemu_file){ .path = path, .handle = get_file(g->source, kind, path) };
	return 0;
}

/* The same of all but the firmware, which get_firmware() has got. */
static int
get_other_file(void *arg, const char *where, const char *path, enum conf_access access)
{
	return strcmp(where, "firmware.code") == 0 ? 0 : get_named_file(arg, where, path, access);
}

/* The sizes that boards ask for. */
static const char *
flash_size(const char *arch)
{
	return strcmp(arch, "riscv64") == 0 ? "32M" : arch[0] == 'a' ? "64M" : "1M";
}

static void
get_firmware(struct argv_case *c, struct handle_source *s)
{
	struct qemu_firmware *f = &c->facts.firmware;

	f->code = c->firmware.code.path;
	f->format = s->format = c->firmware.code.format;
	f->flash = c->firmware.flash;
	f->smm = c->firmware.smm;
	s->size = flash_size(c->arch);
	s->readonly = true;
	s->backing = NULL;
	if (f->code != NULL)
		get_named_file(
		    &(struct file_getter){ &c->facts, s }, "firmware.code", f->code, ACCESS_READ);
	if (c->firmware.store.path != NULL)
		get_chain(c, s,
		    &(struct chain_wish){
			SIZE_MAX, c->firmware.store.path, c->firmware.store.format },
		    f->vars);
	s->size = NULL;
}

static struct qemu_handle
get_runtime(struct argv_case *c, struct handle_source *s, enum handle_kind kind, const char *file)
{
	char *path = xasprintf("/run/vmrun/%s/%s", c->vm.name, file);
	struct qemu_handle h = s->get(s, kind, path);

	free(path);
	return h;
}

static struct qemu_handle
get_socket(struct argv_case *c, struct handle_source *s, const char *file)
{
	return get_runtime(c, s, HANDLE_SOCKET, file);
}

static struct qemu_handle
get_nic_socket(struct argv_case *c, struct handle_source *s, size_t nic)
{
	char *file = xasprintf("nic%zu.sock", nic);
	struct qemu_handle h = get_socket(c, s, file);

	free(file);
	return h;
}

static struct qemu_handle
get_peer(struct argv_case *c, struct handle_source *s, const struct vm_nic *nic)
{
	bool listens = nic->stream.listen.kind == PEER_UNIX;

	return get_file(s, listens ? HANDLE_SOCKET : HANDLE_STREAM, vm_nic_socket(nic));
}

static void
get_channels(struct argv_case *c, struct handle_source *s)
{
	struct vm_channel_ref ref;
	size_t n = 0;

	while (vm_channel(&c->vm, n, &ref))
		n++;
	c->facts.channels = xcalloc(n, sizeof(*c->facts.channels));
	for (size_t i = 0; vm_channel(&c->vm, i, &ref); i++) {
		struct qemu_channel *f = &c->facts.channels[i];
		int to = ref.channel->to;

		f->end.fd = f->log.fd = -1;
		if (to == TO_SOCKET)
			f->end =
			    get_socket(c, s, strcmp(ref.id, "serial0") == 0 ? "serial" : ref.id);
		else if (to == TO_FILE || to == TO_DEVICE)
			f->end = s->get(
			    s, to == TO_FILE ? HANDLE_OUTPUT : HANDLE_TERMINAL, ref.channel->path);
		if (ref.channel->log != NULL)
			f->log = s->get(s, HANDLE_OUTPUT, ref.channel->log);
	}
}

static void
get_queues(struct argv_case *c, struct handle_source *s, size_t i)
{
	struct qemu_nic_facts *f = &c->facts.nics[i];
	size_t n = (size_t)c->vm.nics[i].queues;

	f->vhost = has_directive(c, "vhost") || c->vm.nics[i].vhost == SWITCH_ON;
	if (f->tap.fd == -1)
		return;
	f->queues = xcalloc(n, sizeof(*f->queues));
	f->queues[0] = f->tap.fd;
	for (size_t k = 1; k < n; k++)
		f->queues[k] = s->get(s, HANDLE_QUEUE, f->tap.name).fd;
	if (f->vhost)
		f->vhosts = xcalloc(n, sizeof(*f->vhosts));
	for (size_t k = 0; f->vhost && k < n; k++)
		f->vhosts[k] = s->get(s, HANDLE_VHOST, "/dev/vhost-net").fd;
}

static void
get_nics(struct argv_case *c, struct handle_source *s)
{
	char *mtu = directive(c, "mtu", 0), name[64];

	c->facts.nics = xcalloc(c->vm.nnics, sizeof(*c->facts.nics));
	for (size_t i = 0; i < c->vm.nnics; i++) {
		const struct vm_nic *nic = &c->vm.nics[i];
		struct qemu_nic_facts *f = &c->facts.nics[i];

		/* The system numbers taps that outlive their descriptors. */
		if (c->facts.os->taps_outlive)
			snprintf(name, sizeof(name), "tap%zu", i);
		else
			snprintf(name, sizeof(name), "%.10s.%zu", c->vm.name, i);
		s->multi_queue = nic->queues > 1;
		f->tap = get_file(s, HANDLE_TAP,
		    !vm_nic_has_port(nic, c->facts.os) ? NULL
		    : nic->tap != NULL                 ? nic->tap
						       : name);
		if (vm_nic_has_port(nic, c->facts.os))
			get_queues(c, s, i);
		f->socket = vm_nic_listens(nic) ? get_nic_socket(c, s, i)
						: get_peer(c, s, nic);
		f->mac = mac_is_zero(nic->mac) ? mac_from_number(0x525400000001 + i) : nic->mac;
		f->mtu = nic->mtu != 0 ? (unsigned)nic->mtu : 0;
		if (f->mtu == 0 && mtu != NULL)
			f->mtu = (unsigned)strtoul(mtu, NULL, 10);
	}
	free(mtu);
}

/* A descriptor is of a device that this machine does not have; see replace.c. */
static void
get_hostdevs(struct argv_case *c, struct handle_source *s)
{
	const struct vm *vm = &c->vm;
	bool later = s->descriptors && qemu_has(c->facts.version, QEMU_IOMMUFD);

	c->facts.iommufd = -1;
	c->facts.hostdevs = xcalloc(vm->nhostdevs, sizeof(*c->facts.hostdevs));
	for (size_t i = 0; i < vm->nhostdevs; i++) {
		bool open = later && vm->hostdevs[i].iommufd;

		if (open && c->facts.iommufd == -1)
			c->facts.iommufd = s->get(s, HANDLE_FILE, "/dev/iommu").fd;
		c->facts.hostdevs[i].fd =
		    open ? s->get(s, HANDLE_FILE, "/dev/vfio/devices/vfio0").fd : -1;
	}
}

static struct qemu_handle
get_socket_folder(struct argv_case *c, struct handle_source *s)
{
	const struct vm_display *d = &c->vm.display;
	bool needed = (d->vnc.on && !d->vnc.listen.set) || (d->spice.on && !d->spice.listen.set);
	char *path = xasprintf("/run/vmrun/%s/display", c->vm.name);
	struct qemu_handle h = get_file(s, HANDLE_OWN_FOLDER, needed ? path : NULL);

	free(path);
	return h;
}

static void
get_shares(struct argv_case *c, struct handle_source *s)
{
	const struct vm *vm = &c->vm;

	c->facts.shares = xcalloc(vm->nshares, sizeof(*c->facts.shares));
	for (size_t i = 0; i < vm->nshares; i++) {
		char *file = xasprintf("virtiofsd%zu.sock", i);

		s->share = &vm->shares[i];
		if (s->share->type == SHARE_VIRTIOFS)
			c->facts.shares[i].socket = get_runtime(c, s, HANDLE_VIRTIOFSD, file);
		else
			c->facts.shares[i].dir = s->get(s, HANDLE_FOLDER, s->share->path);
		free(file);
	}
}

static void
get_credentials(struct argv_case *c, struct handle_source *s)
{
	c->facts.credentials = xcalloc(c->vm.ncredentials, sizeof(*c->facts.credentials));
	for (size_t i = 0; i < c->vm.ncredentials; i++) {
		char *path = xasprintf("/run/vmrun/.%s/file-credentials[%zu]", c->vm.name, i);

		c->facts.credentials[i] = s->get(s, HANDLE_PASSWORD, path);
		free(path);
	}
}

static void
get_handles(struct argv_case *c, struct handle_source *s)
{
	struct qemu_facts *f = &c->facts;
	const struct vm *vm = &c->vm;

	get_nics(c, s);
	f->display_dir = get_socket_folder(c, s);
	f->tls_dir = get_file(s, HANDLE_TLS, vm->display.tls);
	f->render_node = (struct qemu_handle){ -1, vm->video.render_node };
	f->usb = xcalloc(vm->usb.ndevices, sizeof(*f->usb));
	for (size_t i = 0; i < vm->usb.ndevices; i++)
		f->usb[i] = s->descriptors ? s->get(s, HANDLE_USB, "/dev/null")
					   : (struct qemu_handle){ .fd = -1 };
	f->disks = xcalloc(vm->ndisks + vm->ncdroms + vm->nfloppies + 1, sizeof(*f->disks));
	f->cdroms = f->disks + vm->ndisks;
	f->floppies = f->cdroms + vm->ncdroms;
	f->firmware.vars = f->floppies + vm->nfloppies;
	get_firmware(c, s);
	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct vm_disk *disk = &vm->disks[i];

		if (disk->url.scheme != URL_NONE) {
			get_remote(s, &disk->url, disk->format, &f->disks[i]);
			continue;
		}
		get_chain(c, s,
		    &(struct chain_wish){ i, disk->file, disk->format, disk->readonly,
			disk->temporary, disk->secret_file != NULL },
		    &f->disks[i]);
	}
	for (size_t i = 0; i < vm->ncdroms; i++) {
		if (vm->cdroms[i].url.scheme != URL_NONE)
			get_remote(s, &vm->cdroms[i].url, FORMAT_RAW, &f->cdroms[i]);
		else if (vm->cdroms[i].file != NULL)
			get_chain(c, s,
			    &(struct chain_wish){
				SIZE_MAX, vm->cdroms[i].file, FORMAT_RAW, .readonly = true },
			    &f->cdroms[i]);
	}
	for (size_t i = 0; i < vm->nfloppies; i++) {
		if (vm->floppies[i].file != NULL)
			get_chain(c, s,
			    &(struct chain_wish){ SIZE_MAX, vm->floppies[i].file, FORMAT_RAW,
				.readonly = vm->floppies[i].readonly },
			    &f->floppies[i]);
	}
	get_credentials(c, s);
	conf_each_file(vm_keys, vm, get_other_file, &(struct file_getter){ f, s });
	f->qmp = get_socket(c, s, "qmp");
	f->qmp_user = get_socket(c, s, "qmp-user");
	f->monitor = get_socket(c, s, "monitor");
	get_channels(c, s);
	get_hostdevs(c, s);
	get_shares(c, s);
	f->gdb.fd = f->rng.fd = f->vsock.fd = -1;
	if (vm->gdb.kind == GDB_SOCKET)
		f->gdb = get_socket(c, s, "gdb");
	if (vm->rng.source != NULL)
		f->rng = s->get(s, HANDLE_RANDOM, vm->rng.source);
	if (vm->vsock.enabled)
		f->vsock = s->get(s, HANDLE_VSOCK, f->os->vsock);
	if (vm->cloud_init.enabled) {
		struct qemu_disk_chain seed = { 0 };
		char *path = xasprintf("/run/vmrun/%s/seed.iso", vm->name);

		get_chain(c, s,
		    &(struct chain_wish){ SIZE_MAX, path, FORMAT_RAW, .readonly = true }, &seed);
		f->seed = seed.image[0];
		free(seed.image);
		free(path);
	}
	f->ivshmem = xcalloc(vm->nivshmem, sizeof(*f->ivshmem));
	for (size_t i = 0; i < vm->nivshmem; i++)
		f->ivshmem[i] = vm->ivshmem[i].file != NULL
				    ? s->get(s, HANDLE_FILE, vm->ivshmem[i].file)
				    : s->get(s, HANDLE_STREAM, vm->ivshmem[i].socket);
	f->cid = vm->vsock.cid != 0 ? (uint32_t)vm->vsock.cid : 1900000001;
	s->tpm2 = vm->tpm.version == TPM_2_0;
	if (vm->tpm.version != TPM_NONE)
		f->tpm = get_runtime(c, s, HANDLE_SWTPM, "swtpm.sock");
}

static void
get_version(struct argv_case *c)
{
	char *text = directive(c, "version", 0);
	struct qemu_version *v = &c->facts.version;

	*v = (struct qemu_version){ 7, 2 };
	if (text != NULL)
		sscanf(text, "%d.%d", &v->major, &v->minor);
	free(text);
}

static void
get_run_as(struct argv_case *c)
{
	char *text = directive(c, "run-as", 0);
	unsigned uid, gid;

	c->facts.run_as.on = text != NULL && sscanf(text, "%u %u", &uid, &gid) == 2;
	if (c->facts.run_as.on) {
		c->facts.run_as.uid = uid;
		c->facts.run_as.gid = gid;
	}
	free(text);
}

/* The system, which must be one that can have such a VM. */
static int
get_system(struct diag *d, struct argv_case *c)
{
	char *name = directive(c, "os", 0);
	int result = 0;

	c->facts.os = os_facts(name != NULL ? name : "linux");
	if (c->facts.os == NULL)
		result = fail(d, "there is no system %s", name);
	else if (vm_system_check(c->doc, &c->vm, c->facts.os) == -1)
		result = conf_report(d, c->doc);
	free(name);
	return result;
}

static void
get_facts(struct argv_case *c)
{
	static const uint8_t uuid[16] = { 0xd0, 0x6f, 0x00, 0x0d, 0xba, 0xad, 0x81, 0x23, 0x9a,
		0xbc, 1, 2, 3, 4, 5, 6 };
	struct qemu_facts *f = &c->facts;

	c->arch =
	    vm_arch_name(&c->vm) != NULL ? xstrdup(vm_arch_name(&c->vm)) : directive(c, "arch", 0);
	if (c->arch == NULL)
		c->arch = xstrdup("x86_64");
	c->accel = directive(c, "accel", 0);
	if (c->accel == NULL)
		c->accel = xstrdup("tcg");
	c->binary = c->vm.qemu != NULL ? xstrdup(c->vm.qemu)
				       : xasprintf("/usr/bin/qemu-system-%s", c->arch);
	f->binary = c->binary;
	f->arch = c->arch;
	f->accel = c->accel;
	get_version(c);
	f->sandbox = f->os->seccomp && !has_directive(c, "no-sandbox");
	get_run_as(c);
	memcpy(f->uuid, c->vm.uuid.set ? c->vm.uuid.b : uuid, sizeof(f->uuid));
}

/* "web1" from "…/web1.conf"; of a file of instances one of them. */
static char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;

	const int n = (int)strcspn(base, ".");

	return xasprintf("%.*s%s", n, base, n > 0 && base[n - 1] == '@' ? "1" : "");
}

/* c has text and doc, if all went well so far; it is taken over. path NULL: it is from memory,
 * where there are no descriptors of firmware. */
static int
load(struct diag *d, const char *name, const char *path, struct argv_case *c,
    struct handle_source *s, struct argv_case *ret)
{
	if (c->doc == NULL || vm_load(d, name, c->doc, NULL, &c->vm) == -1 ||
	    get_system(d, c) == -1) {
		argv_case_free(c);
		return -1;
	}
	get_facts(c);
	if (path != NULL && case_firmware(d, &c->vm, &c->facts, path, &c->firmware) == -1) {
		argv_case_free(c);
		return -1;
	}
	s->descriptors = has_directive(c, "descriptors");
	get_handles(c, s);
	*ret = *c;
	return 0;
}

int
argv_case_load(struct diag *d, const char *path, struct handle_source *s, struct argv_case *ret)
{
	struct argv_case c = { 0 };
	char *name = name_of(path);
	int result;
	size_t n;

	if (file_read(d, path, CASE_MAX, &c.text, &n) == 0)
		conf_open(d, path, &c.doc);
	result = load(d, name, path, &c, s, ret);
	free(name);
	return result;
}

int
argv_case_text(struct diag *d, const char *name, const char *text, size_t n,
    struct handle_source *s, struct argv_case *ret)
{
	struct argv_case c = { .text = xstrndup(text, n) };

	conf_open_text(d, name, NULL, text, n, &c.doc);
	return load(d, name, NULL, &c, s, ret);
}

void
argv_case_free(struct argv_case *c)
{
	size_t nchains = c->vm.ndisks + c->vm.ncdroms + c->vm.nfloppies + 1;

	for (size_t i = 0; c->facts.disks != NULL && i < nchains; i++)
		free(c->facts.disks[i].image);
	for (size_t i = 0; c->facts.nics != NULL && i < c->vm.nnics; i++) {
		free(c->facts.nics[i].queues);
		free(c->facts.nics[i].vhosts);
	}
	free(c->facts.disks);
	free(c->facts.nics);
	free(c->facts.hostdevs);
	free(c->facts.shares);
	free(c->facts.channels);
	free(c->facts.ivshmem);
	free(c->facts.usb);
	free(c->facts.files);
	free(c->facts.credentials);
	firmware_free(&c->firmware);
	free(c->binary);
	free(c->arch);
	free(c->accel);
	free(c->text);
	vm_free(&c->vm);
	if (c->doc != NULL)
		conf_close(c->doc);
	*c = (struct argv_case){ 0 };
}
