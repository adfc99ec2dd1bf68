/* A terminal by the few words of ECMA-48 that all of them understand; see terminal.h. */
#include "cmd/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "util/loop.h"

#define REST_MS 50 /* that the rest of a key's characters may take */

static struct termios before;
static bool is_open;

bool
terminal_open(void)
{
	const char *term = getenv("TERM");
	struct termios now;

	if (term == NULL || strcmp(term, "dumb") == 0 || tcgetattr(STDIN_FILENO, &before) == -1)
		return false;
	now = before;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &now) == -1)
		return false;
	terminal_signals_catch();
	is_open = true;
	fputs("\033[2J", stdout);
	return true;
}

void
terminal_close(void)
{
	if (!is_open)
		return;
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	terminal_signals_restore();
	is_open = false;
}

void
terminal_size(int *ret_lines, int *ret_columns)
{
	struct winsize size;
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
		     size.ws_col > 0;

	*ret_lines = known ? size.ws_row : 24;
	*ret_columns = known ? size.ws_col : 80;
}

void
terminal_paint(const char *const *lines, size_t n, int reversed)
{
	int height, width;

	terminal_size(&height, &width);
	fputs("\033[H", stdout);
	for (size_t i = 0; i < n && (int)i < height; i++) {
		if (i > 0)
			fputs("\r\n", stdout);
		printf("%s%.*s%s\033[K", (int)i == reversed ? "\033[7m" : "", width - 1, lines[i],
		    (int)i == reversed ? "\033[0m" : "");
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

/* The rest of what an arrow sends after its escape. */
static int
escape(void)
{
	static const struct {
		const char *rest;
		int key;
	} keys[] = { { "[A", TERMINAL_UP }, { "[B", TERMINAL_DOWN }, { "[C", TERMINAL_RIGHT },
		{ "[D", TERMINAL_LEFT }, { "OA", TERMINAL_UP }, { "OB", TERMINAL_DOWN },
		{ "[5~", TERMINAL_PAGE_UP }, { "[6~", TERMINAL_PAGE_DOWN }, { "[H", TERMINAL_HOME },
		{ "[F", TERMINAL_END } };
	char rest[8] = "";
	ssize_t n;

	if (terminal_wait(now_ms() + REST_MS) != 1)
		return '\033';
	n = read(STDIN_FILENO, rest, sizeof(rest) - 1);
	rest[n > 0 ? n : 0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].rest, rest) == 0)
			return keys[i].key;
	}
	return '?';
}

int
terminal_key(int64_t deadline)
{
	int happened = terminal_wait(deadline);
	char c;

	if (happened != 1)
		return happened;
	if (read(STDIN_FILENO, &c, 1) != 1)
		return TERMINAL_INTERRUPTED;
	return c == '\033' ? escape() : (unsigned char)c;
}
