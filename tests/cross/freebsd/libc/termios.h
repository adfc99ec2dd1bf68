/* FreeBSD's <termios.h> (sys/sys/_termios.h), termios(4), tcsetattr(3); only what src/ names. */
#ifndef _TERMIOS_H_
#define _TERMIOS_H_

typedef unsigned int tcflag_t;
typedef unsigned char cc_t;
typedef unsigned int speed_t;

struct termios {
	tcflag_t c_iflag;
	tcflag_t c_oflag;
	tcflag_t c_cflag;
	tcflag_t c_lflag;
	cc_t c_cc[20];
	speed_t c_ispeed;
	speed_t c_ospeed;
};

#define ECHO   0x00000008
#define ICANON 0x00000100
#define VMIN   16
#define VTIME  17

#define TCSANOW   0
#define TCSAFLUSH 2

void cfmakeraw(struct termios *);
int tcgetattr(int, struct termios *);
int tcsetattr(int, int, const struct termios *);

#endif
