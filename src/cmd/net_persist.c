/* vmrun net up --persist, vmrun net down --persist: files of the program that configures the host
 * are shown, agreed to, and written or removed. */
#include <stdio.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/net_up.h"
#include "net/persist.h"
#include "util/buf.h"

int
net_persist_agree(struct cmd *cmd, struct diag *d, const struct persist *p, bool up)
{
	struct buf b = { 0 };

	if (p->n == 0)
		return 0;
	persist_show(&b, p);
	if (!cmd->o.json && !cmd->o.quiet)
		printf("%s\n", b.s);
	fflush(stdout);
	buf_free(&b);
	if (cmd->o.yes)
		return 0;
	if (!isatty(STDIN_FILENO))
		return fail(d,
		    "--persist would %s these files: --yes agrees to it, where nobody "
		    "can be asked",
		    up ? "write" : "remove");
	if (says_yes(up ? "Write these files?" : "Remove these files?"))
		return 0;
	return fail(d, "not agreed to, and nothing is changed");
}

json_t *
net_persist_json(const struct persist *p)
{
	json_t *files = json_array();

	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(files, json_string(p->file[i].path));
	return files;
}

void
net_warn_managed(const struct cmd *cmd, const struct host_bridge *b)
{
	struct diag ignored = { 0 };
	struct os_managed managed;
	struct os_link link;

	if (os_link_find(&ignored, b->uplink.interface, &link) == 0) {
		os_link_managed(&link, cmd->c.host_root, &managed);
		if (managed.by != MANAGER_NONE)
			warn_user(cmd, b->name,
			    "%s configures %s and may do so again, which would undo this; "
			    "--persist writes the bridge into its files",
			    persist_manager(&managed), link.name);
		if (managed.dhcp != NULL)
			warn_user(cmd, b->name,
			    "the DHCP client %s renews the lease of %s and may put its address "
			    "back "
			    "there: end it, and start it on %s",
			    managed.dhcp, link.name, b->name);
	}
	diag_free(&ignored);
}
