/* FreeBSD's <langinfo.h>, nl_langinfo(3); only what src/ names. */
#ifndef _LANGINFO_H_
#define _LANGINFO_H_

typedef int nl_item;

#define CODESET 0

char *nl_langinfo(nl_item);

#endif
