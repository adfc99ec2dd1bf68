/* What this Mac can do for guests: accelerator, architecture, vmnet and its traps; fills os.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "os/os_bsd.h"
#include "os/os_darwin.h"
#include "os/os_findings.h"
#include "util/buf.h"
#include "util/diag.h"

const struct os_facts *
os_here(void)
{
	return os_facts("darwin");
}

/* uname(3) tells a program for Intel that Rosetta runs on Apple silicon that it is on Intel. QEMU
 * and Hypervisor.framework are of the host as it is. */
const char *
os_arch(void)
{
	static struct utsname host;

	if (bsd_sysctl_int("sysctl.proc_translated") == 1)
		return "aarch64";
	if (host.machine[0] == '\0')
		(void)uname(&host);
	return strcmp(host.machine, "arm64") == 0 ? "aarch64" : host.machine;
}

static bool
arch_is_ours(const char *arch)
{
	const char *host = os_arch();

	return strcmp(arch, host) == 0 ||
	       (strcmp(arch, "i386") == 0 && strcmp(host, "x86_64") == 0);
}

/* No device and no group: Hypervisor.framework asks for an entitlement of QEMU's file. */
void
os_accel(const char *arch, bool privileged, struct os_accel *ret)
{
	*ret = (struct os_accel){ .name = "tcg" };
	if (!arch_is_ours(arch)) {
		snprintf(ret->why, sizeof(ret->why), "a guest of %s on a host of %s is emulated",
		    arch, os_arch());
	} else if (bsd_sysctl_int("kern.hv_support") != 1) {
		strlcpy(ret->why,
		    "sysctl kern.hv_support is not 1: Hypervisor.framework cannot run here (an old "
		    "CPU, or a VM without nested virtualization)",
		    sizeof(ret->why));
	} else {
		ret->name = "hvf";
		strlcpy(ret->why, "sysctl kern.hv_support is 1", sizeof(ret->why));
	}
}

static void
check_version(struct findings *f)
{
	char text[32] = "", kernel[32] = "";
	int darwin;

	/* Darwin 19 is macOS 10.15, 20 is macOS 11. The product's own version may be told as 10.16
	 * to a program that was built long ago. */
	(void)darwin_sysctl_text("kern.osproductversion", text, sizeof(text));
	(void)darwin_sysctl_text("kern.osrelease", kernel, sizeof(kernel));
	darwin = atoi(kernel);
	if (darwin < 19)
		finding_add(f, FINDING_NOTE, "macOS",
		    "%s (Darwin %s): vmnet's modes that QEMU uses need macOS 10.15", text, kernel);
	else if (darwin < 20)
		finding_add(f, FINDING_NOTE, "macOS",
		    "%s: vmnet works, but isolated guests need macOS 11", text);
	else
		finding_add(f, FINDING_OK, "macOS", "%s (Darwin %s)", text, kernel);
}

static void
check_accel(struct findings *f)
{
	struct os_accel accel;

	os_accel(os_arch(), os_privileged(), &accel);
	if (strcmp(accel.name, "hvf") != 0) {
		finding_add(f, FINDING_NOTE, "accelerator", "tcg, many times slower than hvf: %s",
		    accel.why);
		return;
	}
	finding_add(f, FINDING_OK, "accelerator", "hvf: %s", accel.why);
	finding_add(f, FINDING_NOTE, "entitlement",
	    "whether the QEMU was signed with com.apple.security.hypervisor cannot be seen from "
	    "here "
	    "(codesign -d --entitlements - FILE shows it); one that was not ends with HV_DENIED "
	    "under hvf");
	if (strcmp(os_arch(), "aarch64") == 0 && bsd_sysctl_int("sysctl.proc_translated") == 1)
		finding_add(f, FINDING_NOTE, "rosetta",
		    "this vmrun was built for Intel and runs translated; hvf needs a QEMU built "
		    "for "
		    "Apple silicon");
}

static void
check_vmnet(struct findings *f)
{
	char(*names)[OS_IFNAME];
	struct diag d = { 0 };
	struct buf list = { 0 };
	enum bridgeable how;
	size_t n;

	if (darwin_bridgeable(&d, &names, &n, &how) == -1) {
		finding_add(f, FINDING_BAD, "vmnet", "%.*s", (int)strcspn(d.text, "\n"), d.text);
		diag_free(&d);
		return;
	}
	for (size_t i = 0; i < n; i++)
		buf_addf(&list, "%s%s", i == 0 ? "" : ", ", names[i]);
	if (how == BRIDGEABLE_UNASKED)
		finding_add(f, FINDING_NOTE, "vmnet",
		    "there is no vmnet.framework that lists interfaces (macOS 10.15 has the "
		    "first)");
	else if (n == 0)
		finding_add(f, FINDING_NOTE, "vmnet", "no interface that it could bridge");
	else
		finding_add(f, FINDING_OK, "vmnet", "can bridge %s%s (with QEMU 7.1 or later)",
		    list.s, how == BRIDGEABLE_GUESSED ? ", by the look of them" : "");
	buf_free(&list);
	free(names);
}

static void
check_privilege(struct findings *f)
{
	if (os_privileged())
		finding_add(f, FINDING_OK, "privileges",
		    "root: NICs on vmnet can be had, and each QEMU a uid of its own, which one "
		    "with "
		    "vmnet takes only after it has started");
	else
		finding_add(f, FINDING_NOTE, "privileges",
		    "not root: bridge and vmnet of a NIC need root (QEMU would say \"cannot create "
		    "vmnet interface: general failure (possibly not enough privileges)\"); socket "
		    "= "
		    "\"PATH\" of a socket_vmnet daemon needs none");
}

/* Where Homebrew for Apple silicon and for Intel, and MacPorts or hand, start the daemon; a bridged
 * one has the interface's name at the end. */
static void
check_socket_vmnet(struct findings *f)
{
	static const char *const paths[] = {
		"/opt/homebrew/var/run/socket_vmnet",
		"/opt/homebrew/var/run/socket_vmnet.bridged.en0",
		"/usr/local/var/run/socket_vmnet",
		"/usr/local/var/run/socket_vmnet.bridged.en0",
		"/var/run/socket_vmnet",
		"/var/run/socket_vmnet.bridged.en0",
	};
	unsigned found = 0;
	struct stat st;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (stat(paths[i], &st) == -1 || !S_ISSOCK(st.st_mode))
			continue;
		found++;
		finding_add(f, FINDING_OK, "socket_vmnet",
		    "for a NIC: socket = \"%s\", with QEMU 7.2 or later and without root",
		    paths[i]);
	}
	if (found == 0)
		finding_add(f, FINDING_NOTE, "socket_vmnet",
		    "no socket of it where Homebrew puts one: it would let QEMU run without root");
}

/* Since 10.14 every port is everybody's, unless an address is named with it. */
unsigned
os_first_port(void)
{
	return 0;
}

/* Homebrew gives its folders to the user who installed it and to the group admin. */
static void
check_homebrew(struct findings *f)
{
	static const char *const folders[] = { "/opt/homebrew/bin", "/usr/local/bin" };
	struct stat st;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (stat(folders[i], &st) == -1 ||
		    (st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0))
			continue;
		finding_add(f, FINDING_NOTE, "homebrew",
		    "%s can be changed by others than root: a vmrun run by root takes its config "
		    "from "
		    "/etc/vmrun only, and a QEMU from there is one that they can replace",
		    folders[i]);
	}
}

size_t
os_check(struct os_finding *ret, size_t max)
{
	struct findings f = { .list = ret, .max = max };

	check_version(&f);
	check_accel(&f);
	check_privilege(&f);
	check_vmnet(&f);
	check_socket_vmnet(&f);
	check_homebrew(&f);
	return f.n;
}
