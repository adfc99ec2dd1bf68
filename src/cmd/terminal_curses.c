/* A terminal by curses; see terminal.h. */
#include "cmd/terminal.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static SCREEN *screen;

/* One that cannot go to a place gets everything in one line. */
static bool
can_be_painted(void)
{
	static char word[] = "cup";
	const char *place = tigetstr(word);

	return place != NULL && place != (const char *)-1;
}

bool
terminal_open(void)
{
	/* newterm() fails where initscr() would end the program. */
	screen = isatty(STDIN_FILENO) ? newterm(NULL, stdout, stdin) : NULL;
	if (screen == NULL)
		return false;
	if (!can_be_painted()) {
		endwin();
		delscreen(screen);
		screen = NULL;
		return false;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	set_escdelay(50);
	terminal_signals_catch();
	return true;
}

void
terminal_close(void)
{
	if (screen == NULL)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
	terminal_signals_restore();
}

void
terminal_size(int *ret_lines, int *ret_columns)
{
	*ret_lines = LINES;
	*ret_columns = COLS;
}

void
terminal_paint(const char *const *lines, size_t n, int reversed)
{
	erase();
	for (size_t i = 0; i < n && (int)i < LINES; i++) {
		if ((int)i == reversed)
			attron(A_REVERSE);
		mvaddnstr((int)i, 0, lines[i], COLS);
		for (int k = (int)strlen(lines[i]); (int)i == reversed && k < COLS; k++)
			addch(' ');
		if ((int)i == reversed)
			attroff(A_REVERSE);
	}
	refresh();
}

/* Our own handler has the signal that tells curses of a new size. */
static void
resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
}

int
terminal_key(int64_t deadline)
{
	static const struct {
		int curses, ours;
	} keys[] = { { KEY_UP, TERMINAL_UP }, { KEY_DOWN, TERMINAL_DOWN }, { KEY_PPAGE, TERMINAL_PAGE_UP },
		{ KEY_NPAGE, TERMINAL_PAGE_DOWN }, { KEY_HOME, TERMINAL_HOME }, { KEY_END, TERMINAL_END },
		{ KEY_LEFT, TERMINAL_LEFT }, { KEY_RIGHT, TERMINAL_RIGHT }, { KEY_RESIZE, TERMINAL_RESIZED } };

	for (;;) {
		int key = getch(), happened;

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			if (keys[i].curses == key)
				return keys[i].ours;
		}
		if (key != ERR)
			return key < 256 ? key : '?';
		happened = terminal_wait(deadline);
		if (happened == TERMINAL_RESIZED)
			resize();
		if (happened != 1)
			return happened;
	}
}
