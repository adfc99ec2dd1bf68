/* What this FreeBSD host can do for guests: accelerator, architecture, traps; fills os.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <sys/module.h>
#include <sys/utsname.h>

#include "os/os_findings.h"
#include "os/os_freebsd.h"
#include "util/diag.h"

const struct os_facts *
os_here(void)
{
	return os_facts("freebsd");
}

const char *
os_arch(void)
{
	/* Where QEMU and the kernel say it differently. */
	static const struct {
		const char *kernel, *qemu;
	} names[] = {
		{ "amd64", "x86_64" },
		{ "arm64", "aarch64" },
		{ "powerpc", "ppc64" },
		{ "riscv", "riscv64" },
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

/* bhyve's hypervisor is no accelerator of QEMU's. */
void
os_accel(const char *arch, bool privileged, struct os_accel *ret)
{
	*ret = (struct os_accel){ .name = "tcg" };
	if (strcmp(arch, os_arch()) == 0)
		strlcpy(
		    ret->why, "QEMU has no accelerator on FreeBSD: it emulates", sizeof(ret->why));
	else
		snprintf(ret->why, sizeof(ret->why), "a guest of %s on a host of %s is emulated",
		    arch, os_arch());
}

static void
check_tap(struct findings *f)
{
	if (modfind("if_tuntap") == -1)
		finding_add(f, FINDING_BAD, "tap(4)",
		    "not in this kernel: no taps, so no bridged NICs (kldload if_tuntap)");
	else if (bsd_sysctl_int("net.link.tap.up_on_open") != 0)
		finding_add(f, FINDING_NOTE, "tap(4)",
		    "in the kernel; net.link.tap.up_on_open=1 raises a tap before it has its MAC "
		    "and bridge, and vmrun does not need it");
	else
		finding_add(f, FINDING_OK, "tap(4)", "in the kernel");
}

static void
check_if_bridge(struct findings *f)
{
	if (modfind("if_bridge") == -1)
		finding_add(f, FINDING_NOTE, "if_bridge(4)",
		    "not in this kernel: there can be no bridge (kldload if_bridge, or "
		    "if_bridge_load=\"YES\" in /boot/loader.conf)");
	else
		finding_add(f, FINDING_OK, "if_bridge(4)", "in the kernel");
}

static void
check_accel(struct findings *f)
{
	struct os_accel accel;

	os_accel(os_arch(), false, &accel);
	finding_add(f, FINDING_NOTE, "accelerator", "tcg: %s", accel.why);
}

static void
check_privilege(struct findings *f)
{
	if (!os_privileged())
		finding_add(f, FINDING_NOTE, "privileges",
		    "not root: no bridged NICs, and QEMU runs as the caller");
	else
		finding_add(f, FINDING_OK, "privileges", "each QEMU can have a uid of its own");
}

static void
check_jail(struct findings *f)
{
	if (bsd_sysctl_int("security.jail.jailed") == 0)
		return;
	if (bsd_sysctl_int("security.jail.vnet") == 0)
		finding_add(f, FINDING_BAD, "jail",
		    "this jail has no network of its own: no taps and no bridges (vnet in "
		    "jail.conf)");
	else
		finding_add(f, FINDING_NOTE, "jail",
		    "its devfs rules must show the taps that are made: add path 'tap*' unhide");
}

static const char *
firewall(void)
{
	static const char *const modules[] = { "pf", "ipfw", "ipfilter" };

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (modfind(modules[i]) != -1)
			return modules[i];
	}
	return NULL;
}

/* Both are on by default, and do nothing until a firewall is loaded. */
static void
check_filter(struct findings *f)
{
	bool members = bsd_sysctl_int("net.link.bridge.pfil_member") != 0;
	bool bridge = bsd_sysctl_int("net.link.bridge.pfil_bridge") != 0;
	const char *who = firewall();

	if (who == NULL || (!members && !bridge))
		finding_add(f, FINDING_OK, "pfil", "bridged frames pass no firewall rule");
	else
		finding_add(f, FINDING_NOTE, "pfil",
		    "bridged frames go through %s%s%s, and may be dropped there without a word%s: "
		    "sysctl net.link.bridge.pfil_member=0 net.link.bridge.pfil_bridge=0, or let "
		    "them pass",
		    who, members ? " at each port" : "", bridge ? " at the bridge" : "",
		    bsd_sysctl_int("net.link.bridge.pfil_onlyip") != 0
			? " (what is not IP is, by pfil_onlyip=1)"
			: "");
}

size_t
os_check(struct os_finding *ret, size_t max)
{
	struct findings f = { .list = ret, .max = max };

	check_tap(&f);
	check_if_bridge(&f);
	check_accel(&f);
	check_privilege(&f);
	check_jail(&f);
	check_filter(&f);
	findings_bridges(&f);
	return f.n;
}
