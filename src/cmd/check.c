/* vmrun check: all that is wrong with VM files, with the fleet, with the host; nothing is touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/check.h"
#include "cmd/cmd.h"
#include "cmd/lineup.h"
#include "conf/conf.h"
#include "launch/companion.h"
#include "launch/demands.h"
#include "launch/firmware.h"
#include "launch/forwards.h"
#include "launch/media.h"
#include "launch/plan.h"
#include "launch/probe.h"
#include "launch/quota.h"
#include "launch/virtiofsd.h"
#include "os/os.h"
#include "super/super.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"

static void
check_file(struct conf_doc *doc, const char *key, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1 || fstat(fd, &st) == -1)
		conf_fail(doc, key, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) && !os_is_disk(fd))
		conf_fail(doc, key, "%s: neither a regular file nor a disk", path);
	fd_close(&fd);
}

static int
check_named_file(void *doc, const char *where, const char *path, enum conf_access access)
{
	check_file(doc, where, path);
	return 0;
}

static void
check_disk(const struct context *c, const struct fleet_member *m, size_t i)
{
	struct diag d = { 0 };
	char key[48];

	snprintf(key, sizeof(key), "disks[%zu].file", i);
	if (disk_check(&d, c, &m->vm.disks[i]) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	diag_free(&d);
}

/* file NULL: the drive is empty. */
static void
check_medium(const struct fleet_member *m, const char *list, size_t i, const char *file)
{
	char key[48];

	snprintf(key, sizeof(key), "%s[%zu].file", list, i);
	if (file != NULL)
		check_file(m->doc, key, file);
}

static void
check_program(
    const struct fleet_member *m, const char *key, const char *program, const char *package)
{
	struct diag missing = { 0 };
	char *path = NULL;

	if (companion_find(&missing, program, package, &path) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(missing.text, "\n"), missing.text);
	diag_free(&missing);
	free(path);
}

static void
check_share(const struct fleet_member *m, size_t i)
{
	const struct vm_share *share = &m->vm.shares[i];
	int dir = open(share->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct virtiofsd v = { 0 };
	struct diag problem = { 0 };
	char key[48];

	snprintf(key, sizeof(key), "shares[%zu].path", i);
	if (dir == -1)
		conf_fail(m->doc, key, "%s: %s", share->path, strerror(errno));
	fd_close(&dir);
	snprintf(key, sizeof(key), "shares[%zu].type", i);
	if (share->type == SHARE_VIRTIOFS && os_here()->virtiofs &&
	    (virtiofsd_find(&problem, &v) == -1 ||
		virtiofsd_check(&problem, &v, share, geteuid() == 0) == -1))
		conf_fail(m->doc, key, "%.*s", (int)strcspn(problem.text, "\n"), problem.text);
	virtiofsd_free(&v);
	diag_free(&problem);
}

static void
check_companions(const struct fleet_member *m)
{
	if (m->vm.tpm.version != TPM_NONE)
		check_program(m, "tpm", "swtpm", "swtpm");
	for (size_t i = 0; i < m->vm.nshares; i++)
		check_share(m, i);
	for (size_t i = 0; i < m->vm.nnics && os_here()->passt; i++) {
		char key[48];

		snprintf(key, sizeof(key), "nics[%zu].passt", i);
		if (m->vm.nics[i].passt.enabled)
			check_program(m, key, "passt", "passt");
	}
}

static void
check_usb(const struct fleet_member *m, size_t i)
{
	struct os_usb_wish wish = vm_usb_wish(&m->vm.usb.devices[i].host);
	struct diag missing = { 0 };
	char path[OS_USB_PATH], key[48];

	snprintf(key, sizeof(key), "usb.devices[%zu]", i);
	if (os_usb_find(&missing, &wish, path) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(missing.text, "\n"), missing.text);
	else if (access(path, R_OK | W_OK) == -1)
		conf_fail(m->doc, key, "%s: %s", path, strerror(errno));
	diag_free(&missing);
}

static void
check_firmware(const struct context *c, const struct fleet_member *m, const struct qemu_binary *q)
{
	static const size_t key = sizeof("firmware: ") - 1; /* it begins with it */
	struct firmware found;
	struct diag d = { 0 };

	if (firmware_find(&d, c, &m->vm, q, &found) == 0)
		firmware_free(&found);
	else
		conf_fail(
		    m->doc, "firmware", "%.*s", (int)strcspn(d.text + key, "\n"), d.text + key);
	diag_free(&d);
}

/* What only the whole line of arguments shows. That something is missing for it is said by the
 * other checks. */
static void
check_line(const struct context *c, const struct fleet *fleet, const char *word,
    const struct fleet_member *m)
{
	struct diag missing = { 0 }, d = { 0 };
	struct plan p;
	struct plan_facts facts;
	struct argv argv = { 0 };
	char *note = NULL;

	if (plan_preview(&missing, c, word, fleet, NULL, &p, &note) == 0) {
		if (plan_facts(&missing, c, &p, true, &facts) == 0) {
			if (qemu_argv(&d, &p.member.vm, &facts.f, &argv) == -1)
				conf_fail(m->doc, "", "%.*s", (int)strcspn(d.text, "\n"), d.text);
			plan_facts_free(&facts);
		}
		plan_free(&p);
	}
	argv_free(&argv);
	free(note);
	diag_free(&missing);
	diag_free(&d);
}

static void
check_hostdev(const struct fleet_member *m, size_t i)
{
	const struct vm_hostdev *dev = &m->vm.hostdevs[i];
	char key[48], name[VM_HOSTDEV_TEXT];
	struct diag problem = { 0 };
	struct os_vfio vfio;

	snprintf(key, sizeof(key), "hostdevs[%zu].%s", i, dev->pci.set ? "pci" : "mdev");
	if (os_vfio_find(&problem, vm_hostdev_text(dev, name), &vfio) == -1)
		conf_fail(m->doc, key, "%.*s", (int)strcspn(problem.text, "\n"), problem.text);
	diag_free(&problem);
}

static bool
runs(const struct context *c, const char *name)
{
	char *file = super_file(c, name);
	bool result = file != NULL;

	free(file);
	return result;
}

void
check_against_host(struct diag *d, const struct context *c, const struct fleet *fleet,
    const char *word, const struct fleet_member *m)
{
	const struct vm *vm = &m->vm;
	bool running = runs(c, vm->name);
	struct qemu_binary qemu;
	struct diag missing = { 0 };

	/* What the system has not need not be looked for. */
	if (vm_system_check(m->doc, vm, os_here()) == 0)
		(void)demands_check(m->doc, vm, false);
	if (qemu_probe(&missing, c, vm, false, &qemu) == 0) {
		if (qemu_check(m->doc, vm, qemu.arch, qemu.version) == 0) {
			check_firmware(c, m, &qemu);
			if (!slots_suffice(vm, qemu.arch))
				check_line(c, fleet, word, m);
		}
		qemu_binary_free(&qemu);
	} else {
		conf_fail(m->doc, "qemu", "%.*s", (int)strcspn(missing.text, "\n"), missing.text);
	}
	diag_free(&missing);
	check_companions(m);
	for (size_t i = 0; i < vm->ndisks; i++)
		check_disk(c, m, i);
	for (size_t i = 0; i < vm->ncdroms; i++)
		check_medium(m, "cdrom", i, vm->cdroms[i].file);
	for (size_t i = 0; i < vm->nfloppies; i++)
		check_medium(m, "floppy", i, vm->floppies[i].file);
	/* Its own forwards, while it runs, are nobody else's. */
	if (!running)
		(void)forwards_check(m->doc, vm);
	conf_each_file(vm_keys, vm, check_named_file, m->doc);
	check_devices(m);
	for (size_t i = 0; i < vm->nnics; i++)
		check_nic(c, m, i, running);
	for (size_t i = 0; os_here()->vfio && i < vm->nhostdevs; i++)
		check_hostdev(m, i);
	for (size_t i = 0; os_here()->usb_devices && i < vm->usb.ndevices; i++)
		check_usb(m, i);
	conf_report(d, m->doc);
}

/* Which limits the VM has, and what would hold them here; NULL: it has none. */
static json_t *
limits_here(const struct context *c, const struct vm *vm, struct buf *text)
{
	json_t *record, *limits;

	if (!vm_has_quota(vm))
		return NULL;
	record = json_object();
	quota_record(record, c, vm, false);
	quota_text(record, text);
	limits = json_pack("{s:O}", "limits", json_object_get(json_object_get(record, "limits"), "by"));
	json_decref(record);
	return limits;
}

static void
say(struct cmd *cmd, const struct vm *vm, const char *name, struct diag *d)
{
	struct buf text = { 0 };

	if (d->count > 0) {
		say_failure(cmd, name, d);
	} else {
		json_t *limits = limits_here(&cmd->c, vm, &text);

		say_result(cmd, name, "ok", limits, "ok%s%s", limits != NULL ? "; limits here: " : "",
		    text.s != NULL ? text.s : "");
	}
	buf_free(&text);
}

/* The VM among the others. A name in after that is nobody's is no error: nobody has to be waited
 * for. */
static void
check_order(struct cmd *cmd, struct diag *d, const struct lineup *l, const char *name)
{
	const char *idle;
	size_t i;

	if (!order_find(l->order, name, &i))
		return;
	(void)order_check(d, l->order, i);
	idle = order_idle_word(l->order, i);
	if (idle != NULL && !order_is_pattern(idle))
		warn_user(cmd, name, "after: \"%s\" means no VM", idle);
}

static void
check_vms(struct cmd *cmd, const struct targets *t, struct fleet *fleet)
{
	struct lineup lineup;

	fleet_claim(fleet);
	lineup_make(cmd, fleet, t, &lineup);
	for (size_t i = 0; i < t->n; i++) {
		struct fleet_member m;
		struct diag d = { 0 };

		if (context_load(&d, &cmd->c, t->v[i].word, &m) == 0) {
			/* What a file of instances is looked at with may be another VM's. */
			if (!vm_is_instance_file(t->v[i].name))
				fleet_check(&d, fleet, &m);
			check_order(cmd, &d, &lineup, t->v[i].name);
			check_against_host(&d, &cmd->c, fleet, t->v[i].word, &m);
		}
		say(cmd, &m.vm, t->v[i].name, &d);
		fleet_member_free(&m);
	}
	lineup_free(&lineup);
}

static void
say_accel(struct cmd *cmd)
{
	struct os_accel accel;

	os_accel(os_arch(), os_privileged(), &accel);
	if (!cmd->o.json && !cmd->o.quiet)
		printf("accel = \"auto\" is %s here: %s\n", accel.name, accel.why);
}

static int
run(struct cmd *cmd)
{
	struct diag d = { 0 };
	struct fleet fleet;
	struct targets t;

	if (cmd->o.host)
		return cmd->argc == 0 ? check_host(cmd) : usage(cmd, "--host takes no name");
	if (choose(cmd, cmd->argc, cmd->argv, VMS_CHECKED, true, &t) == -1)
		return cmd->status;
	/* What is wrong inside each file is said when it is checked itself. */
	if (context_fleet(&d, &cmd->c, &fleet) == -1) {
		complain(cmd, NULL, &d);
	} else {
		diag_free(&d);
		check_vms(cmd, &t, &fleet);
		fleet_free(&fleet);
		say_accel(cmd);
	}
	targets_free(&t);
	return end_results(cmd);
}

const struct verb verb_check = {
	.name = "check",
	.options = "all host",
	.args = "[--host | NAME...]",
	.help = "all that is wrong with VM files, the fleet or the host; nothing is touched",
	.run = run,
};
