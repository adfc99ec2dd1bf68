/* What this Linux host can do for guests: accelerator, architecture, traps; fills os.h. */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "os/os_linux_host.h"
#include "util/diag.h"
#include "util/fd.h"

const struct os_facts *
os_here(void)
{
	return os_facts("linux");
}

const char *
os_arch(void)
{
	/* Where QEMU and the kernel say it differently. */
	static const struct {
		const char *kernel, *qemu;
	} names[] = {
		{ "i686", "i386" },
		{ "armv7l", "arm" },
		{ "ppc64le", "ppc64" },
	};
	static struct utsname host;

	if (host.machine[0] == '\0')
		(void)uname(&host);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(host.machine, names[i].kernel) == 0)
			return names[i].qemu;
	}
	return host.machine;
}

const char *
file_head(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
	fd_close(&fd);
	return ret;
}

unsigned
os_first_port(void)
{
	char text[16];

	file_head("/proc/sys/net/ipv4/ip_unprivileged_port_start", text, sizeof(text));
	return text[0] != '\0' ? (unsigned)strtoul(text, NULL, 10) : 1024;
}

/* In a VM without nested virtualization /dev/kvm may open and then run nothing. One read is one
 * processor or a few: not the whole of a big host. */
static bool
cpu_virtualizes(void)
{
	char text[8192], *flags, *rest;

	file_head("/proc/cpuinfo", text, sizeof(text));
	flags = strstr(text, "\nflags");
	if (flags == NULL)
		return false;
	flags[1 + strcspn(flags + 1, "\n")] = '\0';
	for (char *word = strtok_r(flags, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (strcmp(word, "vmx") == 0 || strcmp(word, "svm") == 0)
			return true;
	}
	return false;
}

static bool
arch_is_ours(const char *arch)
{
	const char *host = os_arch();

	return strcmp(arch, host) == 0 ||
	       (strcmp(arch, "i386") == 0 && strcmp(host, "x86_64") == 0);
}

/* Whether a QEMU that is not root will be able to open /dev/kvm: NULL, or why not. */
static const char *
kvm_closed(bool privileged, struct os_accel *accel)
{
	struct stat st;
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd == -1 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
		return "there is no /dev/kvm (kernel module kvm, and virtualization in the "
		       "firmware)";
	if (fd == -1 && (errno == EACCES || errno == EPERM))
		return "this user may not open /dev/kvm (join the group kvm)";
	if (fd == -1 || fstat(fd, &st) == -1) {
		fd_close(&fd);
		return "/dev/kvm does not open";
	}
	fd_close(&fd);
	if (!privileged || (st.st_mode & 0006) == 0006)
		return NULL;
	if ((st.st_mode & 0060) != 0060 || st.st_gid == 0)
		return "only root may open /dev/kvm (give it the group kvm and mode 0660)";
	accel->has_group = true;
	accel->group = st.st_gid;
	return NULL;
}

void
os_accel(const char *arch, bool privileged, struct os_accel *ret)
{
	bool x86 = strcmp(os_arch(), "x86_64") == 0 || strcmp(os_arch(), "i386") == 0;
	const char *why = NULL;

	*ret = (struct os_accel){ .name = "tcg" };
	if (!arch_is_ours(arch)) {
		snprintf(ret->why, sizeof(ret->why), "a guest of %s on a host of %s is emulated",
		    arch, os_arch());
		return;
	}
	/* The group is looked up in any case: a VM file may insist on kvm. */
	why = kvm_closed(privileged, ret);
	/* Where the CPU cannot do it, no right on the device would help. */
	if (x86 && !cpu_virtualizes())
		why = "the CPU shows neither vmx nor svm, so KVM cannot work";
	if (why == NULL) {
		ret->name = "kvm";
		why = x86 ? "/dev/kvm opens and the CPU virtualizes" : "/dev/kvm opens";
	}
	strlcpy(ret->why, why, sizeof(ret->why));
}

static void
check_tun(struct findings *f)
{
	const char *what = "/dev/net/tun";
	int fd = open(what, O_RDWR | O_CLOEXEC);

	if (fd == -1 && (errno == EACCES || errno == EPERM))
		finding_add(
		    f, FINDING_NOTE, what, "this user may not open it: user-mode networking only");
	else if (fd == -1)
		finding_add(f, FINDING_BAD, what, "%s: no taps, so no bridged NICs (modprobe tun)",
		    strerror(errno));
	else
		finding_add(f, FINDING_OK, what, "opens");
	fd_close(&fd);
}

static void
check_accel(struct findings *f)
{
	struct os_accel accel;

	os_accel(os_arch(), os_uid_available(1), &accel);
	if (strcmp(accel.name, "kvm") == 0)
		finding_add(f, FINDING_OK, "accelerator", "kvm: %s", accel.why);
	else
		finding_add(f, FINDING_NOTE, "accelerator", "tcg, many times slower than kvm: %s",
		    accel.why);
}

static void
check_privilege(struct findings *f)
{
	if (!os_privileged())
		finding_add(f, FINDING_NOTE, "privileges",
		    "not root: others make the ports on bridges, and QEMU runs as the caller");
	else if (!os_uid_available(1))
		finding_add(f, FINDING_NOTE, "privileges",
		    "this user namespace maps no other uid: QEMU runs as the caller");
	else
		finding_add(f, FINDING_OK, "privileges", "each QEMU can have a uid of its own");
}

/* A laptop: bridging, which the examples begin with, cannot work there. */
static void
check_wireless(struct findings *f)
{
	struct diag ignored = { 0 };
	struct os_link *links = NULL;
	const char *wireless = NULL;
	bool wired = false;
	size_t n = 0;

	(void)os_links(&ignored, &links, &n);
	for (size_t i = 0; i < n; i++) {
		if (os_is_wireless(links[i].name, ""))
			wireless = links[i].name;
		else if (links[i].kind[0] == '\0' && links[i].up && links[i].carrier &&
			 strcmp(links[i].name, "lo") != 0)
			wired = true;
	}
	if (wireless != NULL && !wired)
		finding_add(f, FINDING_NOTE, "uplink",
		    "%s is Wi-Fi, and no other interface has a carrier: an access point takes "
		    "frames "
		    "from its stations' own MACs only, so that no bridge leads there (a bridge "
		    "with "
		    "address and nat = true in vmrun.conf; or user = true of a NIC)",
		    wireless);
	free(links);
	diag_free(&ignored);
}

size_t
os_check(struct os_finding *ret, size_t max)
{
	struct findings f = { .list = ret, .max = max };

	check_tun(&f);
	check_accel(&f);
	check_privilege(&f);
	findings_filter(&f);
	check_wireless(&f);
	findings_bridges(&f);
	return f.n;
}
