/* How VMs stand: what runs, what their files say, and what lies between; for diff and apply. */
#ifndef VMRUN_CMD_STANDING_H
#define VMRUN_CMD_STANDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "cmd/cmd.h"
#include "launch/differs.h"
#include "util/buf.h"

enum stand {
	STAND_OFF,     /* does not run, and is not to */
	STAND_SAME,    /* runs as its file says */
	STAND_DIFFERS, /* runs otherwise */
	STAND_NO_FILE, /* runs, and has no file any more, or is none of its file's instances any more */
	STAND_DOWN,    /* does not run, and is to */
	STAND_WRONG,   /* its file or its order is wrong, or clashes with another: d says where */
	STAND_UNKNOWN, /* it cannot be said how it runs: d says why */
};

struct standing {
	const char *name;
	const char *word;    /* what it is loaded by */
	enum stand stand;
	bool runs;           /* also if its file is wrong */
	char state[16];      /* "running", "paused", … */
	const struct fleet_member *file; /* NULL: none, or it cannot be read */
	struct fleet_member own; /* where that is none of the fleet's */
	struct differs differs;  /* of STAND_DIFFERS */
	char *needed_by;         /* of STAND_NO_FILE: who runs and requires it, and where that is said */
	struct diag d;
};

struct standings {
	struct targets targets;
	struct fleet fleet;
	struct standing *v; /* in the order of the targets */
	size_t n;
};

/* The VMs that the words of the command line name, or all of them, files and running ones. -1: it has
 * been said why not. */
int standings_look(struct cmd *cmd, struct standings *ret);
void standings_free(struct standings *s);
/* A part of it: what the order says. */
void standings_order(struct cmd *cmd, struct standings *s);

/* What differs, for people: called with each line, "nics[0].vlan: 10 -> 20", or of an element that is
 * new "nics[1]: added { bridge = "br1"; }", and whether that takes a restart. */
typedef void standing_line(void *arg, const char *text, bool restart);
void standing_lines(const struct standing *s, standing_line *fn, void *arg);
/* The same for programs: [{"key", "runs", "file", "how"}], owned by the caller. */
json_t *standing_changes(const struct standing *s);
/* Of STAND_NO_FILE: "has no file any more", or what else it is. */
const char *standing_why_gone(const struct standing *s);
/* Is there anything that can be done at once? That takes a restart? */
bool standing_live(const struct standing *s);
bool standing_waits(const struct standing *s);

#endif
