/* The options of the command line, as rows; see options.h. */
#include "cmd/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "util/mem.h"
#include "util/num.h"

#define TIMEOUT_MAX (365 * 86400000LL) /* ms */
#define LONG_ONLY   256                /* getopt's value of the first row; above any letter */
#define ROWS_MAX    128

#define AT(member) offsetof(struct options, member)

const struct option_row option_rows[] = {
	{ "all", 'a', OPTION_FLAG, AT(all), .help = "every VM" },
	{ "bridge", 0, OPTION_TEXT, AT(bridge), .arg = "BRIDGE", .help = "a NIC on this bridge" },
	{ "config", 'c', OPTION_TEXT, AT(host_file), .common = true, .arg = "FILE",
	    .help = "the host config" },
	{ "cpus", 0, OPTION_TEXT, AT(cpus), .arg = "N", .help = "this many CPUs" },
	{ "device", 0, OPTION_TEXT, AT(device), .arg = "ID", .help = "that of this device, by default the first" },
	{ "disk", 0, OPTION_TEXTS, AT(disk), .arg = "SIZE|FILE",
	    .help = "a new disk of that size, or an image that is there; may be given again" },
	{ "disks", 0, OPTION_FLAG, AT(disks), .help = "its images as well, but for those that others use" },
	{ "dot", 0, OPTION_FLAG, AT(dot), .help = "as a graph for Graphviz" },
	{ "dry-run", 0, OPTION_FLAG, AT(dry_run), .help = "say what would be done, and do nothing" },
	{ "enabled", 0, OPTION_FLAG, AT(enabled), .help = "every VM whose file says autostart = true" },
	{ "events", 0, OPTION_FLAG, AT(events), .help = "what happened to VMs, from the events file" },
	{ "follow", 'f', OPTION_FLAG, AT(follow), .help = "go on as the log grows" },
	{ "for", 0, OPTION_TEXT, AT(until), .arg = "STATE", .help = "ready, running, paused or stopped (default)" },
	{ "force", 0, OPTION_FLAG, AT(force), .help = "also while guests are on the bridge, a filter names the NIC, or the VM runs; over a file that is there" },
	{ "foreground", 0, OPTION_FLAG, AT(foreground), .help = "stay in the foreground as the VM's supervisor" },
	{ "from", 0, OPTION_TEXT, AT(from), .arg = "FILE",
	    .help = "begin with this file's text, or what comes on standard input (-)" },
	{ "full", 0, OPTION_FLAG, AT(full), .help = "with copies of its images (default)" },
	{ "head", 0, OPTION_NUMBER, AT(head), .max = 255, .arg = "N", .help = "that of this head, from 0" },
	{ "help", 'h', OPTION_VERB, .common = true, .help = "how it is used" },
	{ "host", 0, OPTION_FLAG, AT(host), .help = "what this host has: tap, KVM, QEMU, bridges" },
	{ "interval", 0, OPTION_DURATION, AT(interval), .max = 86400000, .arg = "TIME",
	    .help = "seconds, or \"500ms\", between two looks" },
	{ "iso", 0, OPTION_TEXT, AT(iso), .arg = "FILE", .help = "an ISO image in a CD-ROM drive" },
	{ "jobs", 'j', OPTION_NUMBER, AT(jobs), .min = 1, .max = 1024, .arg = "N",
	    .help = "VMs worked on at the same time (default 8)" },
	{ "json", 0, OPTION_FLAG, AT(json), .common = true, .help = "one JSON document" },
	{ "lines", 'n', OPTION_NUMBER, AT(lines), .max = 1000000, .arg = "N",
	    .help = "this many lines (default 20), or tables" },
	{ "linked", 0, OPTION_FLAG, AT(linked), .help = "with overlays of its images, which become the base of both" },
	{ "listen", 0, OPTION_TEXT, AT(listen), .arg = "SOCKET", .help = "give them out on this UNIX socket, by HTTP" },
	{ "memory", 0, OPTION_TEXT, AT(memory), .arg = "SIZE", .help = "this much memory" },
	{ "mode", 0, OPTION_TEXT, AT(mode), .arg = "MODE", .help = "of the socket, as in 660 (default 600)" },
	{ "once", 0, OPTION_FLAG, AT(once), .help = "one table, and the end" },
	{ "os", 0, OPTION_TEXT, AT(os), .arg = "SYSTEM", .help = "linux, freebsd or darwin instead of this system" },
	{ "output", 0, OPTION_TEXT, AT(output), .arg = "FILE", .help = "into this file, at once and whole" },
	{ "persist", 0, OPTION_FLAG, AT(persist), .help = "also at boot: in the files of what configures the host" },
	{ "prune", 0, OPTION_FLAG, AT(prune), .help = "stop VMs that run without a file" },
	{ "quiet", 'q', OPTION_FLAG, AT(quiet), .common = true, .help = "no word of success" },
	{ "ready", 0, OPTION_FLAG, AT(ready), .help = "return when they are up, as ready in their files says" },
	{ "restart", 0, OPTION_FLAG, AT(restart), .help = "restart VMs for what cannot be changed while they run" },
	{ "root", 0, OPTION_TEXT, AT(root), .common = true, .arg = "DIR",
	    .help = "everything below this folder" },
	{ "save", 0, OPTION_FLAG, AT(save), .help = "in the VM's file as well" },
	{ "set", 0, OPTION_TEXTS, AT(set), .arg = "KEY=VALUE",
	    .help = "a key of the file, as in nics[0].bridge=br1; may be given again" },
	{ "sort", 0, OPTION_TEXT, AT(sort), .arg = "COLUMN",
	    .help = "in the order of this column; -COLUMN: the other way round" },
	{ "start", 0, OPTION_FLAG, AT(start), .help = "and start it" },
	{ "svg", 0, OPTION_FLAG, AT(svg), .help = "as a picture" },
	{ "template", 0, OPTION_TEXT, AT(template), .arg = "NAME[,NAME...]",
	    .help = "what templates say holds, where the file does not say otherwise" },
	{ "timeout", 't', OPTION_DURATION, AT(timeout), .max = TIMEOUT_MAX, .arg = "TIME",
	    .help = "seconds, or \"90s\", \"2m\"" },
	{ "unset", 0, OPTION_TEXTS, AT(unset), .arg = "KEY",
	    .help = "take a key out of the file; may be given again" },
	{ "verbose", 'v', OPTION_FLAG, AT(verbose), .common = true, .help = "more words" },
	{ "version", 0, OPTION_VERB, .common = true, .help = "which vmrun this is" },
	{ "yes", 0, OPTION_FLAG, AT(yes), .help = "agree to what would be asked" },
	{ 0 },
};

/* Is name one of the words in list? */
static bool
among(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; (at = strstr(at, name)) != NULL; at += len) {
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

bool
option_taken(const struct verb *verb, const struct option_row *row)
{
	return row->common || (verb != NULL && among(verb->options, row->name));
}

static void *
field(struct cmd *cmd, const struct option_row *row)
{
	return (char *)&cmd->o + row->offset;
}

static void
append(struct option_texts *texts, const char *s)
{
	texts->v = xreallocarray(texts->v, texts->n + 1, sizeof(*texts->v));
	texts->v[texts->n++] = s;
}

static int
set_number(struct cmd *cmd, const struct option_row *row, const char *s)
{
	if (int_parse(s, row->min, row->max, field(cmd, row)) == 0)
		return 0;
	return usage(cmd, "--%s takes a number from %lld to %lld, not \"%s\"", row->name,
	    (long long)row->min, (long long)row->max, s);
}

static int
set_duration(struct cmd *cmd, const struct option_row *row, const char *s)
{
	int64_t *ms = field(cmd, row);

	if (duration_parse(s, ms) == 0 && *ms <= row->max)
		return 0;
	return usage(cmd, "--%s takes seconds, or a time as in \"90s\" or \"2m\", not \"%s\"",
	    row->name, s);
}

/* 0, or an exit status. */
static int
set_option(struct cmd *cmd, const struct option_row *row, const char *value)
{
	if (!option_taken(cmd->verb, row))
		return usage(cmd, "%s does not take --%s",
		    cmd->verb != NULL ? cmd->verb->name : "vmrun without a verb", row->name);
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field(cmd, row) = true;
		break;
	case OPTION_TEXT:
		*(const char **)field(cmd, row) = value;
		break;
	case OPTION_TEXTS:
		append(field(cmd, row), value);
		break;
	case OPTION_NUMBER:
		return set_number(cmd, row, value);
	case OPTION_DURATION:
		return set_duration(cmd, row, value);
	case OPTION_VERB:
		break;
	}
	return 0;
}

/* The rows in getopt's own terms. */
struct getopt_rows {
	struct option names[ROWS_MAX];
	char letters[2 * ROWS_MAX + 2]; /* from the second character on; the first is for '+' */
};

static void
getopt_rows(struct getopt_rows *g)
{
	char *letter = g->letters + 1;

	*letter++ = ':';
	for (size_t i = 0; option_rows[i].name != NULL && i < ROWS_MAX - 1; i++) {
		const struct option_row *row = &option_rows[i];

		g->names[i] = (struct option){ row->name,
			row->arg != NULL ? required_argument : no_argument, NULL,
			LONG_ONLY + (int)i };
		if (row->letter == '\0')
			continue;
		*letter++ = row->letter;
		if (row->arg != NULL)
			*letter++ = ':';
	}
	*letter = '\0';
}

static const struct option_row *
row_of(int opt)
{
	const struct option_row *row = option_rows;

	if (opt >= LONG_ONLY)
		return &option_rows[opt - LONG_ONLY];
	while (row->letter != opt)
		row++;
	return row;
}

/* What getopt_long() says of an option that it does not take, in our own words. */
static int
bad_option(const struct cmd *cmd, int opt, char **argv)
{
	const char *word = argv[optind - 1];

	if (opt == ':')
		return usage(cmd, "%s needs a value", word);
	if (optopt != 0 && optopt < LONG_ONLY)
		return usage(cmd, "there is no option -%c", optopt);
	return usage(cmd, "%s is not an option, or takes no value", word);
}

/* Help of one verb is the verb help with that word. */
static void
turn_into(struct cmd *cmd, const char *name)
{
	static char *words[2];

	words[0] = cmd->verb != NULL ? (char *)cmd->verb->name : NULL;
	cmd->argc = cmd->verb != NULL && strcmp(name, "help") == 0 ? 1 : 0;
	cmd->argv = words;
	cmd->verb = verb_find(name);
}

/* Until the first word, or with ordered false, until the end. *ret_turned: another verb is meant,
 * and nothing more is to be read. */
static int
take(struct cmd *cmd, const struct getopt_rows *g, bool ordered, int argc, char **argv,
    bool *ret_turned)
{
	const char *letters = ordered ? g->letters : g->letters + 1;
	int opt, status;

	while ((opt = getopt_long(argc, argv, letters, g->names, NULL)) != -1) {
		const struct option_row *row;

		if (opt == '?' || opt == ':')
			return bad_option(cmd, opt, argv);
		row = row_of(opt);
		if ((status = set_option(cmd, row, optarg)) != 0)
			return status;
		if (row->kind == OPTION_VERB) {
			turn_into(cmd, row->name);
			*ret_turned = true;
			return 0;
		}
	}
	return 0;
}

/* A "+" ends the options at the first word: before the verb, and for verbs whose words are another
 * language's. */
int
options_parse(struct cmd *cmd, int argc, char **argv)
{
	struct getopt_rows g = { .letters = "+" };
	bool turned = false;
	int status;

	getopt_rows(&g);
	opterr = 0;
	status = take(cmd, &g, true, argc, argv, &turned);
	if (status != 0 || turned)
		return status;
	if (optind == argc)
		return usage(cmd, NULL);
	cmd->verb = verb_find(argv[optind]);
	if (cmd->verb == NULL)
		return usage(cmd, "there is no verb %s", argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0; /* begin anew, in another order: so in glibc, and understood by the BSDs */
	status = take(cmd, &g, cmd->verb->words, argc, argv, &turned);
	if (status != 0 || turned)
		return status;
	if (cmd->o.json && cmd->verb->plain)
		return usage(cmd, "%s does not print JSON", cmd->verb->name);
	cmd->argc = argc - optind;
	cmd->argv = argv + optind;
	return 0;
}

void
options_free(struct cmd *cmd)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->kind == OPTION_TEXTS)
			free(((struct option_texts *)field(cmd, row))->v);
	}
}
