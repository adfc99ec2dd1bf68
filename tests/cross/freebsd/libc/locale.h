/* FreeBSD's <locale.h>, setlocale(3); only what src/ names. */
#ifndef _LOCALE_H_
#define _LOCALE_H_

#define LC_CTYPE 2

char *setlocale(int, const char *);

#endif
