/* The live view of a command that works on many VMs; see progress.h. */
#include "cmd/progress.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/loop.h"
#include "util/mem.h"

#define FIRST_MS 100 /* what is over sooner is not drawn */
#define TICK_MS  100
#define BAR      24 /* columns */
#define NARROW   40 /* columns, below which there is no bar */
#define ROWS_MAX 200

enum part { ABSENT, WAITING, ACTIVE, DONE, FAILED };

struct row {
	const char *name, *words;
	int64_t since, until; /* until 0: not known */
	unsigned char part;   /* enum part */
};

struct progress {
	struct loop *loop;
	const char *done_word, *title;
	struct row *row;
	size_t n, count[FAILED + 1];
	int64_t begun;
	bool live, utf8, color;
	unsigned tick;
	size_t drawn;           /* lines that are on the terminal, */
	size_t width[ROWS_MAX]; /* and how wide each is */
};

static void on_tick(void *arg);
static void hide(void *arg);
static void show(void *arg);

static bool
locale_is_utf8(void)
{
	bool result =
	    setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

	setlocale(LC_CTYPE, "C"); /* as everything else expects it */
	return result;
}

static bool
wants_live(const struct cmd *cmd)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && !cmd->o.quiet && !cmd->o.json && term != NULL &&
	       term[0] != '\0' && strcmp(term, "dumb") != 0;
}

struct progress *
progress_new(struct cmd *cmd, struct loop *loop, size_t n, const char *done_word)
{
	struct progress *p = xcalloc(1, sizeof(*p));
	const char *no_color = getenv("NO_COLOR");

	p->loop = loop;
	p->done_word = done_word;
	p->row = xcalloc(n, sizeof(*p->row));
	p->n = n;
	p->begun = now_ms();
	p->live = wants_live(cmd);
	if (!p->live)
		return p;
	p->utf8 = locale_is_utf8();
	p->color = no_color == NULL || no_color[0] == '\0';
	say_above(hide, show, p);
	loop_timer(loop, p->begun + FIRST_MS, on_tick, p);
	return p;
}

void
progress_forget(struct progress *p)
{
	free(p->row);
	free(p);
}

void
progress_free(struct progress *p)
{
	if (p->live) {
		loop_timer_cancel(p->loop, on_tick, p);
		hide(p);
		say_above(NULL, NULL, NULL);
	}
	progress_forget(p);
}

static void
set_part(struct progress *p, size_t i, enum part part)
{
	p->count[p->row[i].part]--;
	p->row[i].part = (unsigned char)part;
	p->count[part]++;
}

void
progress_add(struct progress *p, size_t i, const char *name)
{
	if (p->row[i].part != ABSENT)
		return;
	p->row[i] = (struct row){ .name = name, .words = "waits", .part = WAITING };
	p->count[WAITING]++;
}

void
progress_say(struct progress *p, size_t i, const char *words, int64_t until_ms)
{
	struct row *row = &p->row[i];

	if (row->part == ABSENT)
		return;
	if (row->part != ACTIVE)
		row->since = now_ms();
	set_part(p, i, ACTIVE);
	row->words = words;
	row->until = until_ms > 0 ? now_ms() + until_ms : 0;
}

void
progress_done(struct progress *p, size_t i, bool ok)
{
	if (p->row[i].part != ABSENT)
		set_part(p, i, ok ? DONE : FAILED);
}

void
progress_title(struct progress *p, const char *words)
{
	p->title = words;
}

bool
progress_is_over(const struct progress *p)
{
	return p->count[WAITING] == 0 && p->count[ACTIVE] == 0;
}

/* --- drawing --- */

static void
add_time(struct buf *b, int64_t ms)
{
	int64_t s = ms / 1000;

	if (s < 10)
		buf_addf(b, "%lld.%llds", (long long)s, (long long)(ms % 1000 / 100));
	else if (s < 60)
		buf_addf(b, "%llds", (long long)s);
	else
		buf_addf(b, "%lldm%02llds", (long long)(s / 60), (long long)(s % 60));
}

static void
add_color(const struct progress *p, struct buf *b, const char *code)
{
	if (p->color)
		buf_addf(b, "\033[%sm", code);
}

/* One line of ASCII behind a mark of one column, no wider than the terminal. */
static void
add_line(struct progress *p, struct buf *b, const char *mark, const char *text, size_t columns)
{
	size_t n = strlen(text), room = columns > 3 ? columns - 3 : 0;

	if (n > room)
		n = room;
	add_color(p, b, "36");
	buf_add(b, mark);
	add_color(p, b, "0");
	buf_addc(b, ' ');
	buf_addn(b, text, n);
	buf_add(b, "\033[K\n");
	p->width[p->drawn++] = n + 2;
}

static void
add_row(struct progress *p, struct buf *b, const struct row *row, int name_width, size_t columns)
{
	static const char *const dots[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" };
	static const char *const strokes[] = { "|", "/", "-", "\\" };
	const char *mark = " ";
	struct buf text = { 0 };

	if (row->part == ACTIVE)
		mark = p->utf8 ? dots[p->tick % 10] : strokes[p->tick % 4];
	buf_addf(&text, "%-*s  %s", name_width, row->name, row->words);
	if (row->part == ACTIVE) {
		int64_t now = now_ms();

		buf_add(&text, "  ");
		add_time(&text, now - row->since);
		if (row->until > now) {
			buf_add(&text, ", ");
			add_time(&text, row->until - now);
			buf_add(&text, " left");
		}
	}
	add_line(p, b, mark, text.s, columns);
	buf_free(&text);
}

static size_t
total(const struct progress *p)
{
	return p->count[WAITING] + p->count[ACTIVE] + p->count[DONE] + p->count[FAILED];
}

static void
add_bar(struct progress *p, struct buf *b, size_t columns)
{
	size_t all = total(p), over = p->count[DONE] + p->count[FAILED];
	size_t filled = all > 0 ? BAR * over / all : 0, bar = columns < NARROW ? 0 : BAR + 2;
	struct buf text = { 0 };
	size_t n;

	if (bar > 0) {
		buf_add(b, p->utf8 ? " " : "[");
		add_color(p, b, "32");
		for (size_t i = 0; i < BAR; i++) {
			if (i == filled)
				add_color(p, b, "0");
			buf_add(b, i < filled ? (p->utf8 ? "█" : "#") : (p->utf8 ? "░" : "-"));
		}
		add_color(p, b, "0");
		buf_add(b, p->utf8 ? " " : "]");
	}
	buf_addf(&text, " %zu of %zu %s", p->count[DONE], all, p->done_word);
	if (p->count[FAILED] > 0)
		buf_addf(&text, ", %zu failed", p->count[FAILED]);
	buf_add(&text, "  ");
	add_time(&text, now_ms() - p->begun);
	if (p->title != NULL)
		buf_addf(&text, "  %s", p->title);
	n = text.len;
	if (n + bar + 1 > columns)
		n = columns > bar + 1 ? columns - bar - 1 : 0;
	buf_addn(b, text.s, n);
	buf_add(b, "\033[K\n");
	p->width[p->drawn++] = n + bar;
	buf_free(&text);
}

/* Those of one part, at most room of them; how many they are. */
static size_t
add_rows(struct progress *p, struct buf *b, enum part part, size_t room, size_t columns)
{
	size_t shown = 0, widest = 0;

	for (size_t i = 0; i < p->n && p->count[part] > 0; i++) {
		if (p->row[i].part != ABSENT && strlen(p->row[i].name) > widest)
			widest = strlen(p->row[i].name);
	}
	for (size_t i = 0; i < p->n && shown < room && shown < p->count[part]; i++) {
		if (p->row[i].part != (unsigned char)part)
			continue;
		add_row(p, b, &p->row[i], (int)widest, columns);
		shown++;
	}
	return shown;
}

static void
draw(struct progress *p)
{
	struct winsize size = { 0 };
	size_t lines, columns, shown, open = p->count[ACTIVE] + p->count[WAITING], room;
	struct buf b = { 0 };

	(void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	lines = size.ws_row > 0 ? size.ws_row : 24;
	columns = size.ws_col > 0 ? size.ws_col : 80;
	/* The bar, the line below it with the cursor, and one for what they are not enough for. */
	room = lines > 4 ? lines - 3 : 1;
	if (room > ROWS_MAX - 2)
		room = ROWS_MAX - 2;
	shown = add_rows(p, &b, ACTIVE, open > room ? room - 1 : room, columns);
	if (shown < room)
		shown += add_rows(
		    p, &b, WAITING, open > room ? room - 1 - shown : room - shown, columns);
	if (shown < open) {
		struct buf more = { 0 };

		buf_addf(&more, "and %zu more", open - shown);
		add_line(p, &b, " ", more.s, columns);
		buf_free(&more);
	}
	add_bar(p, &b, columns);
	fwrite(b.s, 1, b.len, stderr);
	buf_free(&b);
}

/* Up to the first of the lines, and all from there on away. A terminal that has become narrower has
 * broken them. */
static void
hide(void *arg)
{
	struct progress *p = arg;
	struct winsize size = { 0 };
	size_t up = 0;

	if (p->drawn == 0)
		return;
	(void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	for (size_t i = 0; i < p->drawn; i++)
		up += size.ws_col > 0 && p->width[i] > size.ws_col
			  ? (p->width[i] + size.ws_col - 1) / size.ws_col
			  : 1;
	fprintf(stderr, "\r\033[%zuA\033[J", up);
	p->drawn = 0;
}

/* After a message: only if it had been there before. */
static void
show(void *arg)
{
	struct progress *p = arg;

	if (p->tick > 0 && !progress_is_over(p))
		draw(p);
}

static void
on_tick(void *arg)
{
	struct progress *p = arg;

	p->tick++;
	hide(p);
	if (!progress_is_over(p))
		draw(p);
	loop_timer(p->loop, now_ms() + TICK_MS, on_tick, p);
}
