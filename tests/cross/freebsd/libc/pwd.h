/* FreeBSD's <pwd.h>, getpwent(3); only what src/ names. */
#ifndef _PWD_H_
#define _PWD_H_

#include <sys/_types.h>

typedef __gid_t gid_t;
typedef __time_t time_t;
typedef __uid_t uid_t;

struct passwd {
	char *pw_name;
	char *pw_passwd;
	uid_t pw_uid;
	gid_t pw_gid;
	time_t pw_change;
	char *pw_class;
	char *pw_gecos;
	char *pw_dir;
	char *pw_shell;
	time_t pw_expire;
	int pw_fields;
};

struct passwd *getpwnam(const char *);
struct passwd *getpwuid(uid_t);

#endif
