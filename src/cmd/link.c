/* vmrun link */
#include <string.h>

#include "cmd/cmd.h"
#include "util/num.h"

#define NICS_MAX 1000000

/* NAME [NIC] up|down; with --all no NAME. */
static int
run(struct cmd *cmd)
{
	int names = cmd->o.all ? 0 : 1, argc = cmd->argc;
	const char *how = argc > 0 ? cmd->argv[argc - 1] : "";
	json_t *request;
	bool up = strcmp(how, "up") == 0;
	int64_t nic;

	if (argc < names + 1 || argc > names + 2 || (!up && strcmp(how, "down") != 0))
		return usage(cmd, "link takes a name, perhaps the number of a NIC, and up or down");
	request = json_pack("{s:s,s:b}", "do", "link", "up", (int)up);
	if (argc == names + 2) {
		if (int_parse(cmd->argv[argc - 2], 0, NICS_MAX, &nic) == -1) {
			json_decref(request);
			return usage(cmd, "%s is not the number of a NIC: they begin with 0",
			    cmd->argv[argc - 2]);
		}
		json_object_set_new(request, "nic", json_integer(nic));
	}
	return tell_each_request(cmd, names, request, NULL, up ? "link up" : "link down");
}

const struct verb verb_link = {
	.name = "link",
	.options = "all",
	.args = "NAME [NIC] up|down",
	.help = "put the cable of a NIC in, or pull it out; without NIC all of them",
	.run = run,
	.suits = VERB_RUNNING,
};
