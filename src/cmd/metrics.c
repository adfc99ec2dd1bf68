/* vmrun metrics: figures of VMs for Prometheus, printed, in a file, or on a socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/metrics.h"
#include "util/fd.h"

#define SOCKET_MODE 0600

/* node_exporter passes over files of other names without a word. */
static bool
is_for_collector(const char *path)
{
	static const char suffix[] = ".prom";
	size_t len = strlen(path), n = sizeof(suffix) - 1;

	return len > n && strcmp(path + len - n, suffix) == 0 && path[len - n - 1] != '/';
}

static int
parse_mode(const char *s, mode_t *ret)
{
	char *end;
	unsigned long mode;

	if (s == NULL)
		return 0;
	mode = strtoul(s, &end, 8);
	if (s[0] < '0' || s[0] > '7' || *end != '\0' || mode > 0777)
		return -1;
	*ret = (mode_t)mode;
	return 0;
}

static int
run(struct cmd *cmd)
{
	const char *output = cmd->o.output, *listens = cmd->o.listen;
	mode_t mode = SOCKET_MODE;
	struct diag d = { 0 };
	struct buf text = { 0 };

	if (output != NULL && listens != NULL)
		return usage(cmd, "--output and --listen exclude each other");
	if (cmd->o.mode != NULL && listens == NULL)
		return usage(cmd, "--mode is that of the socket of --listen");
	if (parse_mode(cmd->o.mode, &mode) == -1)
		return usage(cmd, "--mode takes octal digits, as in 660, not \"%s\"", cmd->o.mode);
	if (output != NULL && !is_for_collector(output))
		return usage(cmd,
		    "%s: node_exporter's textfile collector reads files whose names end in .prom",
		    output);
	if (listens != NULL) {
		(void)metrics_serve(cmd, &d, listens, mode);
		complain(cmd, NULL, &d);
		return cmd->status;
	}
	if (metrics_text(cmd, true, &text) == 0) {
		if (output != NULL)
			(void)file_write(&d, output, 0644, text.s, text.len);
		else
			fputs(text.s, stdout);
		complain(cmd, NULL, &d);
	}
	buf_free(&text);
	return cmd->status;
}

const struct verb verb_metrics = {
	.name = "metrics",
	.options = "all listen mode output",
	.args = "[NAME...]",
	.help = "figures of VMs for Prometheus: printed, in a file (--output), on a socket (--listen)",
	.run = run,
	.plain = true,
};
