/*
 * A terminal that is painted anew again and again, and whose keys are taken as they are pressed. One of two
 * bodies is built: terminal_curses.c, or, without curses, terminal_plain.c, which knows the words that every
 * terminal of today understands.
 */
#ifndef VMRUN_CMD_TERMINAL_H
#define VMRUN_CMD_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TERMINAL_TIME = 0,       /* the time has come, and no key */
	TERMINAL_UP = 256,       /* others are characters */
	TERMINAL_DOWN,
	TERMINAL_PAGE_UP,
	TERMINAL_PAGE_DOWN,
	TERMINAL_HOME,
	TERMINAL_END,
	TERMINAL_LEFT,
	TERMINAL_RIGHT,
	TERMINAL_RESIZED,
	TERMINAL_INTERRUPTED, /* SIGINT, SIGTERM, SIGHUP, or the terminal is gone */
};

/* false: this terminal cannot be painted on. */
bool terminal_open(void);
void terminal_close(void);
void terminal_size(int *ret_lines, int *ret_columns);
/* Lines longer than the screen are cut. reversed: index of the one that stands out; -1: none. */
void terminal_paint(const char *const *lines, size_t n, int reversed);
/* Until now_ms() is deadline. */
int terminal_key(int64_t deadline);

/* --- what both bodies share: terminal.c --- */

void terminal_signals_catch(void);
void terminal_signals_restore(void);
/* What happened first: TERMINAL_TIME, TERMINAL_INTERRUPTED, TERMINAL_RESIZED, or 1: there is something to read. */
int terminal_wait(int64_t deadline);

#endif
