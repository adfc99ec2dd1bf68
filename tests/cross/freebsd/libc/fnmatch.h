/* FreeBSD's <fnmatch.h>, fnmatch(3); only what src/ names. */
#ifndef _FNMATCH_H_
#define _FNMATCH_H_

#define FNM_NOMATCH  1
#define FNM_PATHNAME 0x02
#define FNM_PERIOD   0x04

int fnmatch(const char *, const char *, int);

#endif
