/*
 * Verbs. One a file, each exporting one const struct verb; verbs.c holds the list. Only this floor
 * prints: results on stdout, all else on stderr, once.
 */
#ifndef VMRUN_CMD_CMD_H
#define VMRUN_CMD_CMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/options.h"
#include "launch/context.h"
#include "util/diag.h"

/* Options, of the program and of verbs, parsed once. */
struct options {
	const char *root, *host_file;
	bool json, quiet, verbose;
	bool all;          /* -a, --all */
	int64_t jobs;      /* -j, --jobs */
	int64_t timeout;   /* -t, --timeout, in ms; -1: not given */
	bool events;       /* --events */
	bool follow;       /* -f, --follow */
	int64_t lines;     /* -n, --lines; -1: not given */
	int64_t interval;  /* --interval, in ms; -1: not given */
	bool once;         /* --once */
	const char *sort;  /* --sort */
	const char *device; /* --device */
	const char *output, *listen, *mode; /* --output, --listen, --mode */
	int64_t head;      /* --head; -1: not given */
	bool foreground;   /* --foreground */
	bool host;         /* --host */
	bool save;         /* --save */
	const char *until; /* --for */
	const char *os;    /* --os */
	bool dot, svg;     /* --dot, --svg */
	bool force;        /* --force */
	bool persist, yes; /* --persist, --yes */
	/* What a VM's file is to say: */
	const char *template, *from;       /* --template, --from */
	const char *memory, *cpus;         /* --memory, --cpus */
	const char *bridge, *iso;          /* --bridge, --iso */
	struct option_texts disk;          /* --disk */
	struct option_texts set, unset;    /* --set, --unset */
	bool start;                        /* --start */
	bool disks;                        /* --disks */
	bool enabled;      /* --enabled */
	bool ready;        /* --ready */
	bool linked, full;                 /* --linked, --full */
	bool dry_run;     /* --dry-run */
	bool prune, restart; /* --prune, --restart */
};

struct cmd {
	struct options o;
	struct context c;
	const struct verb *verb;
	int argc; /* words after the verb's name and options */
	char **argv;
	int status;      /* of the whole so far: 0, or how something failed */
	json_t *results; /* with --json: what say_result() collects */
};

/* The VMs that a verb has something to do with, and that completion offers. */
enum verb_suits { VERB_ANY, VERB_STOPPED, VERB_RUNNING };

struct verb {
	const char *name;
	const char *options;         /* names of those that it takes besides the common ones, with
					a space between: "all jobs" */
	const char *args;    /* as in the manual: "[soft|hard] NAME…" */
	const char *help;    /* one line */
	int (*run)(struct cmd *cmd); /* the exit status */
	bool bare;                   /* needs no host config */
	bool words; /* what follows the VM's name is another language's: no options in it */
	enum verb_suits suits;
	bool hidden; /* of programs, not of people: help does not list it */
	bool plain; /* what it prints is no result, and cannot be had as JSON: --json is refused */
};

extern const struct verb *const verbs[]; /* ended by NULL */
const struct verb *verb_find(const char *name);

/* --- messages --- */

/* Whatever stands on the terminal below the last line: hidden before each message, shown after it. NULL:
 * nothing. */
void say_above(void (*hide)(void *arg), void (*show)(void *arg), void *arg);
/* Every message of d on stderr, as "vmrun: web1: …" (name NULL: without it); d is emptied, and its
 * status becomes the program's: the first one, or 1 once two differ. */
void complain(struct cmd *cmd, const char *name, struct diag *d);
/* The same of messages that are not of the outcome. */
void show_messages(const char *name, const struct diag *d);
/* On a terminal. */
bool says_yes(const char *question);
void warn_user(const struct cmd *cmd, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* One VM's outcome of a verb: a line on stdout ("web1: running"), or with --json an object with
 * name, ok, state and what extra holds (taken over, may be NULL). */
void say_result(struct cmd *cmd, const char *name, const char *state, json_t *extra,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void say_failure(struct cmd *cmd, const char *name, struct diag *d);
/* With --json: print what was collected, as one document. Returns cmd->status. */
int end_results(struct cmd *cmd);
/* Print a document and release it. */
void print_json(json_t *document);
int usage(const struct cmd *cmd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- choosing VMs --- */

struct target {
	char *name;
	char *word; /* what the VM is loaded by: its name, or a path */
};

struct targets {
	struct target *v;
	size_t n;
};

enum universe {
	VMS_WITH_FILE, /* what can be started */
	VMS_CHECKED,   /* and files of instances that list none, called as the file, "worker@" */
	VMS_ALL,       /* what can be started, and what runs without a file */
};

/* The words of the command line, or --all, as VMs in order, each once; braces in a word are expanded
 * first. A word that names nothing, or means two things, is an error that is said, and the rest goes
 * on. -1: nothing was chosen at all. none_is_all: no word
 * means all. */
int choose(struct cmd *cmd, int argc, char **argv, enum universe universe, bool none_is_all,
    struct targets *ret);
/* Every VM whose file says autostart = true. */
int choose_enabled(struct cmd *cmd, struct targets *ret);
/* Every VM that has a runtime folder. */
int choose_running(struct cmd *cmd, struct targets *ret);
void targets_free(struct targets *t);

/* --- asking supervisors --- */

enum told {
	TOLD_ANSWER,  /* answer says it */
	TOLD_STOPPED, /* the VM is not running */
	TOLD_NOTHING, /* the supervisor does not answer */
	TOLD_FAILED,  /* d says why it could not be asked */
};

struct turn;

struct ask {
	const char *name;
	json_t *request;  /* owned by the caller, may be shared */
	int64_t patience; /* ms for the answer */
	const int *descriptor; /* sent along with the request; NULL: none */
	enum told told;
	json_t *answer; /* released by asks_free() */
	void *of;       /* the caller's own */
	struct turn *turn; /* of ask_begin(), while it is under way */
	struct diag d;
};

struct loop;
/* In the caller's loop; a VM whose supervisor died is put right first. done is called once it is known,
 * perhaps before this returns. */
void ask_begin(struct cmd *cmd, struct loop *loop, struct ask *ask,
    void (*done)(struct cmd *cmd, struct ask *ask));
/* What ask_begin() began is of no interest any more. */
void ask_drop(struct ask *ask);
/* All side by side, until each is known (done may be NULL). */
void ask_all(
    struct cmd *cmd, struct ask *asks, size_t n, void (*done)(struct cmd *cmd, struct ask *ask));
/* The same where only those are asked that are among the running ones (of context_run_names()), and the
 * rest is stopped. Both in the order of their names. */
void ask_running(
    struct cmd *cmd, struct ask *asks, size_t n, char **running, size_t nrunning);
struct ask *asks_for(const struct targets *t, json_t *request, int64_t patience);
void asks_free(struct ask *asks, size_t n);

/* What pause, resume, reset and link have in common: tell each VM to do it, and say that it is so. */
int tell_each(struct cmd *cmd, const char *what, const char *state, const char *done);
/* The same with the VMs of the first argc words, and a request of one's own, which is taken over.
 * state NULL: as the answer says. */
int tell_each_request(
    struct cmd *cmd, int argc, json_t *request, const char *state, const char *done);

/* Start these VMs, and those that they require, in their order: results are said as they come. */
void start_targets(struct cmd *cmd, const struct targets *t);
/* Stop these, and before them those that require them and run: mode NULL, "soft" or "hard". False:
 * somebody interrupted it, and not all have been asked. */
bool stop_targets(struct cmd *cmd, const struct targets *t, const char *mode);
/* The same, with the names of those that were not among t. */
bool stop_targets_also(
    struct cmd *cmd, const struct targets *t, const char *mode, struct targets *ret_also);
/* These and nobody else; those that require them stay. */
bool stop_targets_alone(struct cmd *cmd, const struct targets *t);
void targets_add(struct targets *t, const char *name, const char *word);
/* Those that would start, as far as their files and the host tell; of the others it is said why not. */
struct targets targets_that_start(
    struct cmd *cmd, const struct targets *t, const struct fleet *fleet);

/* --- small things --- */

/* Connect the terminal (or stdin and stdout) with a socket or a pty, until the escape character or
 * its end. One at a time: a lock beside the file turn says whose turn it is. */
int attach(
    struct cmd *cmd, const char *name, const char *path, const char *turn, const char *what);
const char *json_text(const json_t *object, const char *key); /* "" where there is none */

#endif
