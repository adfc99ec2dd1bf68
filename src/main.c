/* vmrun: options, the verb, its exit status. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "os/os.h"
#include "util/fd.h"
#include "util/num.h"

#define TIMEOUT_MAX (365 * 86400000LL) /* ms */

enum { OPT_ROOT = 256, OPT_JSON, OPT_FOREGROUND, OPT_HOST, OPT_FOR, OPT_OS, OPT_DOT, OPT_SVG, OPT_SAVE,
	OPT_FORCE, OPT_PERSIST, OPT_YES, OPT_VERSION };

static const struct option long_options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "config", required_argument, NULL, 'c' },
	{ "dot", no_argument, NULL, OPT_DOT },
	{ "follow", no_argument, NULL, 'f' },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "foreground", no_argument, NULL, OPT_FOREGROUND },
	{ "help", no_argument, NULL, 'h' },
	{ "host", no_argument, NULL, OPT_HOST },
	{ "jobs", required_argument, NULL, 'j' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "lines", required_argument, NULL, 'n' },
	{ "os", required_argument, NULL, OPT_OS },
	{ "persist", no_argument, NULL, OPT_PERSIST },
	{ "quiet", no_argument, NULL, 'q' },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "save", no_argument, NULL, OPT_SAVE },
	{ "svg", no_argument, NULL, OPT_SVG },
	{ "timeout", required_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "yes", no_argument, NULL, OPT_YES },
	{ NULL, 0, NULL, 0 },
};

/* The letter by which a verb's row says that it takes an option; 0: one of the whole program. */
static char
letter_of(int opt)
{
	switch (opt) {
	case 'a':
	case 'f':
	case 'j':
	case 'n':
	case 't':
		return (char)opt;
	case OPT_FOREGROUND:
		return 'F';
	case OPT_HOST:
		return 'H';
	case OPT_FOR:
		return 'u';
	case OPT_OS:
		return 'o';
	case OPT_DOT:
		return 'D';
	case OPT_SVG:
		return 'S';
	case OPT_FORCE:
		return 'X';
	case OPT_PERSIST:
		return 'P';
	case OPT_YES:
		return 'y';
	case OPT_SAVE:
		return 's';
	}
	return '\0';
}

static int
set_number(struct cmd *cmd, int opt, const char *s)
{
	switch (opt) {
	case 'j':
		if (int_parse(s, 1, 1024, &cmd->o.jobs) == -1)
			return usage(cmd, "-j takes a number from 1 to 1024, not \"%s\"", s);
		break;
	case 'n':
		if (int_parse(s, 0, 1000000, &cmd->o.lines) == -1)
			return usage(cmd, "-n takes a number of lines, not \"%s\"", s);
		break;
	case 't':
		if (duration_parse(s, &cmd->o.timeout) == -1 || cmd->o.timeout > TIMEOUT_MAX)
			return usage(cmd,
			    "-t takes seconds, or a time as in \"90s\" or \"2m\", not \"%s\"", s);
		break;
	}
	return 0;
}

/* 0, or an exit status. */
static int
set_option(struct cmd *cmd, int opt)
{
	struct options *o = &cmd->o;
	char letter = letter_of(opt);

	if (letter != '\0' && (cmd->verb == NULL || strchr(cmd->verb->options, letter) == NULL)) {
		return usage(cmd, "%s does not take that option",
		    cmd->verb != NULL ? cmd->verb->name : "vmrun without a verb");
	}
	switch (opt) {
	case 'a':
		o->all = true;
		break;
	case 'c':
		o->host_file = optarg;
		break;
	case 'f':
		o->follow = true;
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'v':
		o->verbose = true;
		break;
	case OPT_ROOT:
		o->root = optarg;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_FOREGROUND:
		o->foreground = true;
		break;
	case OPT_HOST:
		o->host = true;
		break;
	case OPT_SAVE:
		o->save = true;
		break;
	case OPT_FOR:
		o->until = optarg;
		break;
	case OPT_OS:
		o->os = optarg;
		break;
	case OPT_DOT:
		o->dot = true;
		break;
	case OPT_SVG:
		o->svg = true;
		break;
	case OPT_FORCE:
		o->force = true;
		break;
	case OPT_PERSIST:
		o->persist = true;
		break;
	case OPT_YES:
		o->yes = true;
		break;
	case 'j':
	case 'n':
	case 't':
		return set_number(cmd, opt, optarg);
	case 'h':
		cmd->verb = verb_find("help");
		break;
	case OPT_VERSION:
		cmd->verb = verb_find("version");
		break;
	}
	return 0;
}

/* What getopt_long() says of an option that it does not take, in our own words. */
static int
bad_option(const struct cmd *cmd, int opt, char **argv)
{
	const char *word = argv[optind - 1];

	if (opt == ':')
		return usage(cmd, "%s needs a value", word);
	if (optopt != 0 && optopt < OPT_ROOT)
		return usage(cmd, "there is no option -%c", optopt);
	return usage(cmd, "%s is not an option, or takes no value", word);
}

/* Options before the verb, the verb, then its options and words in any order. A "+" ends the
 * options at the first word: before the verb, and for verbs whose words are another language's. */
static int
parse(struct cmd *cmd, int argc, char **argv)
{
	static const char before[] = "+:ac:fhj:n:qt:v", after[] = ":ac:fhj:n:qt:v";
	int opt, status;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, before, long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return bad_option(cmd, opt, argv);
		if ((status = set_option(cmd, opt)) != 0)
			return status;
		if (opt == 'h' || opt == OPT_VERSION)
			return 0;
	}
	if (optind == argc)
		return usage(cmd, NULL);
	cmd->verb = verb_find(argv[optind]);
	if (cmd->verb == NULL)
		return usage(cmd, "there is no verb %s", argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0; /* begin anew, in another order: so in glibc, and understood by the BSDs */
	while ((opt = getopt_long(
		    argc, argv, cmd->verb->words ? before : after, long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return bad_option(cmd, opt, argv);
		if (opt == 'h') {
			static char *help[2];

			help[0] = (char *)cmd->verb->name;
			cmd->verb = verb_find("help");
			cmd->argc = 1;
			cmd->argv = help;
			return 0;
		}
		if ((status = set_option(cmd, opt)) != 0)
			return status;
	}
	cmd->argc = argc - optind;
	cmd->argv = argv + optind;
	return 0;
}

/* With a standard descriptor closed, the next file that is opened would take its place, and be
 * written to as if it were the terminal. */
static void
open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv, char **envp)
{
	struct cmd cmd = {
		.o = { .root = getenv("VMRUN_ROOT"), .jobs = 8, .timeout = -1, .lines = -1 }
	};
	struct diag d = { 0 };
	uid_t foreign;
	int status;

	open_standard_descriptors();
	os_title_init(argc, argv, envp);
	signal(SIGPIPE, SIG_IGN);
	status = parse(&cmd, argc, argv);
	if (status != 0)
		return status;
	if (cmd.o.root != NULL && cmd.o.root[0] == '\0')
		cmd.o.root = NULL;
	if (geteuid() == 0 && os_foreign_root(&foreign))
		path_trust_uid(foreign);
	if (!cmd.verb->bare && context_open(&d, cmd.o.root, cmd.o.host_file, &cmd.c) == -1) {
		complain(&cmd, NULL, &d);
		return cmd.status;
	}
	status = cmd.verb->run(&cmd);
	context_close(&cmd.c);
	if (fflush(stdout) == EOF || ferror(stdout))
		return status != 0 ? status : DIAG_FAILED;
	return status;
}
