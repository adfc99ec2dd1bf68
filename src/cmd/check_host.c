/* vmrun check --host: what this host can do for VMs, and the self-test; all of it is made to be
 * pasted into a report. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/check.h"
#include "cmd/cmd.h"
#include "launch/port_maker.h"
#include "launch/probe.h"
#include "launch/quota.h"
#include "net/selftest.h"
#include "os/os.h"
#include "proto/serve.h"
#include "util/buf.h"

static void
print_finding(struct cmd *cmd, int level, const char *what, const char *text)
{
	static const char *const levels[] = {
		[FINDING_OK] = "ok", [FINDING_NOTE] = "note", [FINDING_BAD] = "bad"
	};
	struct buf visible = { 0 };

	if (level == FINDING_BAD)
		cmd->status = DIAG_FAILED;
	/* Names of interfaces are whatever somebody wrote. */
	buf_add_visible(&visible, text, strlen(text));
	if (!cmd->o.json) {
		printf("%-5s %-18s %s\n", levels[level], what, visible.s);
	} else {
		if (cmd->results == NULL)
			cmd->results = json_array();
		json_array_append_new(
		    cmd->results, json_pack("{s:s,s:s,s:s}", "level", levels[level], "what", what,
				      "text", visible.s));
	}
	buf_free(&visible);
}

static void
print_findings(struct cmd *cmd, const struct os_finding *finding, size_t n)
{
	for (size_t i = 0; i < n; i++)
		print_finding(cmd, finding[i].level, finding[i].what, finding[i].text);
}

static void
check_versions(struct cmd *cmd)
{
	const char *title = os_here()->title;
	char text[sizeof(((struct os_finding *)0)->text)];
	struct utsname host;

	print_finding(cmd, FINDING_OK, "vmrun", "version " VMRUN_VERSION);
	if (uname(&host) == -1)
		return;
	snprintf(text, sizeof(text), "%s%s%s %s %s", title,
	    strcmp(title, host.sysname) == 0 ? "" : ", ",
	    strcmp(title, host.sysname) == 0 ? "" : host.sysname, host.release, host.machine);
	print_finding(cmd, FINDING_OK, "system", text);
}

static void
check_qemu(struct cmd *cmd)
{
	struct qemu_binary qemu;
	struct diag d = { 0 };
	char text[sizeof(((struct os_finding *)0)->text)];

	if (qemu_probe(&d, &cmd->c, NULL, false, &qemu) == 0) {
		snprintf(text, sizeof(text), "version %d.%d at %s, %s the seccomp sandbox",
		    qemu.version.major, qemu.version.minor, qemu.path,
		    qemu.sandbox ? "with" : "without");
		print_finding(cmd, qemu.sandbox ? FINDING_OK : FINDING_NOTE, "qemu", text);
		qemu_binary_free(&qemu);
	} else {
		d.text[strcspn(d.text, "\n")] = '\0';
		print_finding(cmd, FINDING_BAD, "qemu", d.text);
	}
	diag_free(&d);
}

/* What vmrun-net would say of its rules to whoever asks; "": nothing, or they cannot be read. */
static int
check_rules(char *ret, size_t size)
{
	struct serve_facts f;
	struct diag d = { 0 };
	const char *name;
	unsigned line = 0;
	int level = FINDING_NOTE;

	ret[0] = '\0';
	if (serve_load_rules(&d, port_maker_policy(), &f) == -1) {
		if (errno != EACCES)
			snprintf(ret, size, "; nobody is allowed anything: %.*s",
			    (int)strcspn(d.text, "\n"), d.text);
		diag_free(&d);
		return ret[0] != '\0' ? FINDING_BAD : FINDING_OK;
	}
	if ((name = policy_stranger(f.policy.deny, f.policy.ndeny, f.passwd, f.group, &line)) !=
	    NULL) {
		snprintf(ret, size,
		    "; nobody is allowed anything: line %u, deny: there is no \"%s\" in "
		    "/etc/passwd or /etc/group",
		    line, name);
		level = FINDING_BAD;
	} else if ((name = policy_stranger(
			f.policy.allow, f.policy.nallow, f.passwd, f.group, &line)) != NULL) {
		snprintf(ret, size,
		    "; line %u, allow: there is no \"%s\" in /etc/passwd or /etc/group", line,
		    name);
	} else if (f.policy.nallow == 0) {
		snprintf(ret, size, "; nobody is allowed anything: there is no allow rule");
	} else {
		level = FINDING_OK;
	}
	serve_facts_free(&f);
	return level;
}

/* How an ordinary user's NIC gets onto a bridge. */
static void
check_helper(struct cmd *cmd)
{
	struct port_maker maker = port_maker_find();
	int level = maker.name == NULL ? FINDING_NOTE : FINDING_OK;
	char rules[256];
	char text[sizeof(((struct os_finding *)0)->text)];

	if (!os_here()->helper)
		return;
	if (maker.name == NULL)
		snprintf(text, sizeof(text),
		    "none, so that only root's VMs can be on a bridge: build vmrun with "
		    "-Dhelper=setuid, or make QEMU's bridge helper setuid root");
	else if (strcmp(maker.name, MAKER_QEMU) == 0)
		snprintf(text, sizeof(text),
		    "%s, by /etc/qemu/bridge.conf: no VLANs, no isolated ports, one queue",
		    maker.path);
	else {
		level = check_rules(rules, sizeof(rules));
		snprintf(text, sizeof(text), "%s, by allow and deny in %s%s", maker.path,
		    port_maker_policy(), rules);
	}
	print_finding(cmd, level, "users' ports", text);
}

/* A folder of the state stays over a boot, and a login may have another one. */
static void
check_runtime(struct cmd *cmd)
{
	char text[sizeof(((struct os_finding *)0)->text)];

	if (geteuid() == 0 || cmd->c.root != NULL || !os_here()->helper ||
	    strncmp(cmd->c.run_dir, cmd->c.state_dir, strlen(cmd->c.state_dir)) != 0)
		return;
	snprintf(text, sizeof(text),
	    "XDG_RUNTIME_DIR is not set and there is no /run/user/%u, so locks and sockets are in "
	    "%s: a login that has one does not see the VMs started here (loginctl enable-linger "
	    "makes it stay)",
	    (unsigned)geteuid(), cmd->c.run_dir);
	print_finding(cmd, FINDING_NOTE, "runtime folder", text);
}

/* What holds memory_max and its kin here. */
static void
check_limits(struct cmd *cmd)
{
	struct os_limits_here here;
	struct buf text = { 0 };
	bool all = true;

	os_limits_here(&here);
	for (int i = 0; i < OS_NLIMITS; i++) {
		all = all && here.means[i] == OS_MEANS_GROUP;
		buf_addf(&text, "%s%s by %s", i > 0 ? ", " : "", quota_keys[i],
		    quota_means((enum os_limit)i, here.means[i]));
	}
	buf_addf(&text, " (%s)", here.why);
	print_finding(cmd, all ? FINDING_OK : FINDING_NOTE, "limits", text.s);
	buf_free(&text);
}

int
check_host(struct cmd *cmd)
{
	struct os_finding finding[64];

	check_versions(cmd);
	check_qemu(cmd);
	print_findings(cmd, finding, os_check(finding, sizeof(finding) / sizeof(finding[0])));
	check_helper(cmd);
	check_runtime(cmd);
	check_limits(cmd);
	fflush(stdout); /* the self-test may take its time */
	print_findings(cmd, finding, selftest(finding, sizeof(finding) / sizeof(finding[0])));
	return end_results(cmd);
}
