/* FreeBSD's <ctype.h>, ctype(3); only what src/ names. */
#ifndef _CTYPE_H_
#define _CTYPE_H_

int isalnum(int);
int isalpha(int);
int isdigit(int);
int isxdigit(int);
int toupper(int);

#endif
