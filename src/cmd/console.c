/* vmrun console, vmrun monitor, vmrun qmp: talking to a guest's serial line and to its QEMU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "launch/channels.h"
#include "launch/runtime.h"
#include "qemu/qmp.h"
#include "util/buf.h"
#include "util/loop.h"

#define PATIENCE_MS 10000

/* The one VM that these verbs take, if it runs. Its socket's path is owned by the caller. */
static char *
socket_of(struct cmd *cmd, const char *file)
{
	json_t *request;
	struct ask ask;
	struct diag d = { 0 };
	char *path = NULL;

	if (vm_name_check(&d, cmd->argv[0]) == -1) {
		complain(cmd, NULL, &d);
		return NULL;
	}
	request = json_pack("{s:s}", "do", "status");
	ask = (struct ask){ .name = cmd->argv[0], .request = request, .patience = PATIENCE_MS };
	ask_all(cmd, &ask, 1, NULL);
	/* A supervisor that does not answer does not keep people from its QEMU. */
	if (ask.told == TOLD_STOPPED)
		fail(&ask.d, "it is not running");
	/* Between two runs there is a supervisor and no QEMU. */
	if (strcmp(json_text(ask.answer, "state"), "restarting") == 0)
		fail(&ask.d, "it is not running: it is started again soon");
	if (ask.told == TOLD_STOPPED || ask.told == TOLD_FAILED || ask.d.text != NULL)
		complain(cmd, ask.name, &ask.d);
	else
		path = runtime_path(&cmd->c, ask.name, file);
	json_decref(ask.answer);
	json_decref(request);
	diag_free(&ask.d);
	return path;
}

/* Does the channel lead to where one can connect? */
static bool
is_open_to_people(const json_t *channel)
{
	const char *to = json_text(channel, "to");

	return strcmp(to, "socket") == 0 || strcmp(to, "pty") == 0;
}

static bool
is_called(const json_t *channel, const char *name)
{
	return strcmp(json_text(channel, "name"), name) == 0 ||
	       strcmp(json_text(channel, "id"), name) == 0;
}

/* The one of that name; without a name the first serial port or console that can be connected to.
 */
static const json_t *
find_channel(struct diag *d, const json_t *channels, const char *name)
{
	const json_t *found = NULL;
	struct buf names = { 0 };

	for (size_t i = 0; i < json_array_size(channels) && found == NULL; i++) {
		const json_t *channel = json_array_get(channels, i);
		const char *id = json_text(channel, "id");
		bool console = strncmp(id, "serial", 6) == 0 || strncmp(id, "console", 7) == 0;

		if (name != NULL ? is_called(channel, name) : console && is_open_to_people(channel))
			found = channel;
		buf_addf(&names, "%s%s", i > 0 ? ", " : "", json_text(channel, "name"));
	}
	if (found != NULL && !is_open_to_people(found)) {
		fail(d, "its %s leads to %s %s, not to a socket or a pty", name,
		    json_text(found, "to"), json_text(found, "path"));
		found = NULL;
	} else if (found == NULL && name == NULL) {
		fail(d, "it has no serial port or console that one can connect to");
	} else if (found == NULL) {
		fail(d, "it has no channel %s%s%s", name, names.len > 0 ? "; it has " : "",
		    names.len > 0 ? names.s : "");
	}
	buf_free(&names);
	return found;
}

static void
attach_channel(struct cmd *cmd, const char *vm, const json_t *channel)
{
	char *file = channel_file(json_text(channel, "id"));
	char *turn = runtime_path(&cmd->c, vm, file);

	attach(cmd, vm, json_text(channel, "path"), turn, json_text(channel, "name"));
	free(turn);
	free(file);
}

static int
run_console(struct cmd *cmd)
{
	const json_t *channel;
	json_t *record = NULL;
	struct diag d = { 0 };
	char *dir;

	if (cmd->argc != 1 && cmd->argc != 2)
		return usage(cmd, "console takes the name of one VM, and of one of its channels");
	dir = socket_of(cmd, "");
	if (dir == NULL)
		return cmd->status;
	if (record_read(&d, dir, &record) == 0) {
		channel = find_channel(
		    &d, json_object_get(record, "channels"), cmd->argc == 2 ? cmd->argv[1] : NULL);
		if (channel != NULL)
			attach_channel(cmd, cmd->argv[0], channel);
	}
	complain(cmd, cmd->argv[0], &d);
	json_decref(record);
	free(dir);
	return cmd->status;
}

/* argv[1], argv[2], … as one line. */
static char *
words(const struct cmd *cmd)
{
	struct buf b = { 0 };

	for (int i = 1; i < cmd->argc; i++)
		buf_addf(&b, "%s%s", i > 1 ? " " : "", cmd->argv[i]);
	return buf_steal(&b);
}

/* 0, and the answer's "return" in *ret (borrowed from *ret_answer), or -1, said. */
static int
call(struct cmd *cmd, const char *command, json_t *args, json_t **ret_answer, json_t **ret)
{
	char *path = socket_of(cmd, "qmp.sock");
	struct diag d = { 0 };
	json_t *answer = NULL;
	int result = -1;

	if (path == NULL) {
		json_decref(args);
		return -1;
	}
	if (qmp_call(&d, path, command, args, now_ms() + PATIENCE_MS, &answer) == 0) {
		const json_t *error = json_object_get(answer, "error");

		*ret = json_object_get(answer, "return");
		if (error != NULL)
			fail(&d, "%s: %s", json_text(error, "class"), json_text(error, "desc"));
		else
			result = 0;
	}
	if (result == -1) {
		complain(cmd, cmd->argv[0], &d);
		json_decref(answer);
	} else {
		*ret_answer = answer;
	}
	free(path);
	return result;
}

static int
run_monitor(struct cmd *cmd)
{
	json_t *answer, *value;
	char *line;

	if (cmd->argc == 0)
		return usage(cmd, "monitor takes the name of a VM");
	if (cmd->argc == 1) {
		char *path = socket_of(cmd, "monitor.sock");

		if (path != NULL)
			attach(cmd, cmd->argv[0], path, path, "QEMU monitor");
		free(path);
		return cmd->status;
	}
	line = words(cmd);
	if (call(cmd, "human-monitor-command", json_pack("{s:s}", "command-line", line), &answer,
		&value) == 0) {
		const char *text = json_string_value(value);

		/* HMP says everything in text, errors as well. */
		for (; text != NULL && *text != '\0'; text++) {
			if (*text != '\r')
				putchar(*text);
		}
		json_decref(answer);
	}
	free(line);
	return cmd->status;
}

/* "key=value" words as QMP arguments: a value that is JSON is taken as that, else as a string. */
static json_t *
qmp_arguments(const struct cmd *cmd, struct diag *d)
{
	json_t *args = json_object();

	for (int i = 2; i < cmd->argc; i++) {
		char *equals = strchr(cmd->argv[i], '=');
		json_t *value;

		if (equals == NULL || equals == cmd->argv[i]) {
			fail_as(d, DIAG_USAGE, "\"%s\" is not of the form KEY=VALUE", cmd->argv[i]);
			break;
		}
		value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
		if (value == NULL)
			value = json_string(equals + 1);
		*equals = '\0';
		json_object_set_new(args, cmd->argv[i], value);
		*equals = '=';
	}
	return args;
}

static int
run_qmp(struct cmd *cmd)
{
	json_t *args, *whole = NULL, *answer, *value;
	const char *command;
	struct diag d = { 0 };

	if (cmd->argc < 2)
		return usage(cmd, "qmp takes the name of a VM and a command");
	command = cmd->argv[1];
	if (command[0] == '{') {
		whole = json_loads(command, 0, NULL);
		command = json_string_value(json_object_get(whole, "execute"));
		args = json_deep_copy(json_object_get(whole, "arguments"));
		if (command == NULL)
			fail_as(&d, DIAG_USAGE, "that is not {\"execute\": COMMAND, …} in JSON");
	} else {
		args = qmp_arguments(cmd, &d);
	}
	if (d.count > 0) {
		complain(cmd, cmd->argv[0], &d);
		json_decref(args);
	} else if (call(cmd, command, args, &answer, &value) == 0) {
		json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
		putchar('\n');
		json_decref(answer);
	}
	json_decref(whole);
	return cmd->status;
}

const struct verb verb_console = {
	.name = "console",
	.options = "",
	.args = "NAME [CHANNEL]",
	.help = "connect to the guest's serial console, or another channel; Ctrl-] leaves",
	.run = run_console,
	.plain = true,
	.suits = VERB_RUNNING,
};

const struct verb verb_monitor = {
	.name = "monitor",
	.options = "",
	.args = "NAME [COMMAND...]",
	.help = "QEMU's human monitor: one command, or connected until Ctrl-]",
	.run = run_monitor,
	.words = true,
	.plain = true,
	.suits = VERB_RUNNING,
};

const struct verb verb_qmp = {
	.name = "qmp",
	.options = "",
	.args = "NAME COMMAND [KEY=VALUE...]",
	.help = "one QMP command and its answer in JSON",
	.run = run_qmp,
	.words = true,
	.suits = VERB_RUNNING,
};
