/* FreeBSD's <fnmatch.h>, fnmatch(3); only what src/ names. */
#ifndef _FNMATCH_H_
#define _FNMATCH_H_

int fnmatch(const char *, const char *, int);

#endif
