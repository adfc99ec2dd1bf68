/* vmrun top on a terminal: painted anew each interval and after each key. */
#include "cmd/top.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/sample.h"
#include "cmd/terminal.h"

#include "util/buf.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define HEAD         4  /* lines above the rows */
#define SHARES_MS    60 /* of each interval, for counting pages */
#define NAME_MAX_LIVE 24
#define NAME_WIDE    100 /* columns of a screen on which names are shown whole */

struct live {
	struct cmd *cmd;
	struct top_order order;
	struct samples now, before;
	struct top_table table;
	bool compared; /* before is there */
	size_t first;  /* row at the top of the screen */
	bool help;
};

static const char *const help_lines[] = { "q        end", "n s c v i m p r w d o u",
	"         order by name, state, CPU, vCPUs, I/O threads, resident memory, its",
	"         proportional share, disk reads and writes, network in and out, time up",
	"< >      order by the column to the left or right (also the arrows)", "R        the other way round",
	"arrows   scroll, also page up, page down; home or g, end or G", "space    look now", "h        this, and back",
	"", "CPU% is of one CPU: VCPU% of it are the guest's own, IO% what QEMU does for it.",
	"PSS is measured in turns. A \"?\" is a VM that does not answer, a \"-\" what is not known." };

static void
look(struct live *l)
{
	struct samples now;

	if (samples_take(l->cmd, SAMPLE_RUNNING, false, false, &now) == -1)
		return;
	samples_inherit(&now, &l->now);
	samples_shares(&now, l->order.column == TOP_PSS ? 0 : SHARES_MS);
	top_table_free(&l->table);
	samples_free(&l->before);
	l->before = l->now;
	l->compared = l->before.at != 0;
	l->now = now;
	top_table_make(&l->now, l->compared ? &l->before : NULL, &l->table);
	top_table_sort(&l->table, l->order);
}

static size_t
rows_shown(void)
{
	int lines, columns;

	terminal_size(&lines, &columns);
	return lines > HEAD ? (size_t)(lines - HEAD) : 0;
}

static void
keep_in_sight(struct live *l)
{
	size_t shown = rows_shown();

	if (l->first + shown > l->table.n)
		l->first = l->table.n > shown ? l->table.n - shown : 0;
}

static void
add_head(const struct live *l, char **lines)
{
	struct buf b[3] = { 0 };
	char stamp[16];

	strftime(stamp, sizeof(stamp), "%H:%M:%S", localtime(&l->now.wall));
	buf_addf(&b[0], "vmrun top  %s  by %s%s, %s  (q ends, h helps)", stamp,
	    top_headings[l->order.column].word, l->order.backwards ? ", backwards" : "",
	    l->table.seconds > 0 ? "rates of the last interval" : "averages since each VM's start");
	top_add_summary(&b[1], &l->table);
	if (l->table.n > rows_shown())
		buf_addf(&b[2], "rows %zu to %zu of %zu", l->first + 1,
		    l->first + rows_shown() < l->table.n ? l->first + rows_shown() : l->table.n,
		    l->table.n);
	for (int i = 0; i < 3; i++)
		lines[i] = buf_steal(&b[i]);
}

static void
paint(struct live *l)
{
	int height, width, names;
	size_t n = HEAD, shown = rows_shown();
	char **lines;

	keep_in_sight(l);
	terminal_size(&height, &width);
	names = top_name_width(&l->table, width < NAME_WIDE + 20 ? NAME_MAX_LIVE : 0);
	lines = xcalloc(HEAD + shown + 1, sizeof(*lines));
	add_head(l, lines);
	for (size_t i = l->first; i < l->table.n && i < l->first + shown; i++) {
		struct buf b = { 0 };

		top_add_row(&b, &l->table.rows[i], names);
		lines[n++] = buf_steal(&b);
	}
	{
		struct buf b = { 0 };

		top_add_heading(&b, names);
		lines[HEAD - 1] = buf_steal(&b);
	}
	terminal_paint((const char *const *)lines, n, HEAD - 1);
	strings_free(lines, n);
}

static void
order_by(struct live *l, int column)
{
	if (column < 0 || column >= TOP_COLUMNS)
		return;
	l->order.backwards = (int)l->order.column == column && !l->order.backwards;
	l->order.column = (enum top_column)column;
	l->first = 0;
	if (l->order.column == TOP_PSS)
		samples_shares(&l->now, 0);
	top_table_free(&l->table);
	top_table_make(&l->now, l->compared ? &l->before : NULL, &l->table);
	top_table_sort(&l->table, l->order);
}

static void
scroll_by(struct live *l, long rows)
{
	if (rows < 0)
		l->first = l->first > (size_t)-rows ? l->first - (size_t)-rows : 0;
	else
		l->first += (size_t)rows;
}

/* false: it is the end. */
static bool
obey(struct live *l, int key, bool *ret_look)
{
	long page = (long)rows_shown();

	switch (key) {
	case 'q':
	case 'Q':
	case TERMINAL_INTERRUPTED:
		return false;
	case 'h':
	case '?':
		l->help = !l->help;
		break;
	case ' ':
	case TERMINAL_TIME:
		*ret_look = true;
		break;
	case TERMINAL_UP:
		scroll_by(l, -1);
		break;
	case TERMINAL_DOWN:
		scroll_by(l, 1);
		break;
	case TERMINAL_PAGE_UP:
		scroll_by(l, -page);
		break;
	case TERMINAL_PAGE_DOWN:
		scroll_by(l, page);
		break;
	case TERMINAL_HOME:
	case 'g':
		l->first = 0;
		break;
	case TERMINAL_END:
	case 'G':
		l->first = l->table.n;
		break;
	case TERMINAL_LEFT:
	case '<':
		order_by(l, (int)l->order.column - 1);
		break;
	case TERMINAL_RIGHT:
	case '>':
		order_by(l, (int)l->order.column + 1);
		break;
	case 'R':
		order_by(l, (int)l->order.column);
		break;
	default:
		for (int i = 0; i < TOP_COLUMNS; i++) {
			if (top_headings[i].key == key)
				order_by(l, i);
		}
	}
	return true;
}

/* What is said on stderr would be painted over, and paint over. */
static void
mute(int *ret)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	*ret = null != -1 ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
	if (*ret != -1)
		dup2(null, STDERR_FILENO);
	fd_close(&null);
}

static void
unmute(int *messages)
{
	if (*messages != -1)
		dup2(*messages, STDERR_FILENO);
	fd_close(messages);
}

bool
top_live(struct cmd *cmd, struct top_order order, int64_t interval, int64_t tables)
{
	struct live l = { .cmd = cmd, .order = order };
	bool due = true, goes_on = true;
	int64_t next = 0, shown = 0;
	int messages = -1;

	/* Words that mean nothing are said before the screen is painted on. */
	if (samples_take(cmd, SAMPLE_RUNNING, true, true, &l.now) == -1 || cmd->status != 0) {
		samples_free(&l.now);
		return true;
	}
	samples_free(&l.now);
	if (!terminal_open())
		return false;
	mute(&messages);
	while (goes_on) {
		if (due) {
			look(&l);
			next = now_ms() + interval;
			shown++;
		}
		due = false;
		if (l.help)
			terminal_paint(help_lines, sizeof(help_lines) / sizeof(help_lines[0]), -1);
		else
			paint(&l);
		goes_on = obey(&l, terminal_key(next), &due) && !(due && shown == tables);
	}
	unmute(&messages);
	terminal_close();
	top_table_free(&l.table);
	samples_free(&l.before);
	samples_free(&l.now);
	return true;
}
