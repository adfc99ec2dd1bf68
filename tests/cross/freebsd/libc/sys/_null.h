/* FreeBSD's <sys/_null.h>: NULL, for the headers of ISO C that define it. */
#ifndef NULL
#define NULL ((void *)0)
#endif
