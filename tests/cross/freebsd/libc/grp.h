/* FreeBSD's <grp.h>, getgrent(3); only what src/ names. */
#ifndef _GRP_H_
#define _GRP_H_

#include <sys/_types.h>

typedef __gid_t gid_t;

struct group {
	char *gr_name;
	char *gr_passwd;
	gid_t gr_gid;
	char **gr_mem;
};

#endif
