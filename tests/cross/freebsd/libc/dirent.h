/* FreeBSD's <dirent.h> (sys/sys/dirent.h), directory(3); the layout since FreeBSD 12. */
#ifndef _DIRENT_H_
#define _DIRENT_H_

#include <stdint.h>
#include <sys/_types.h>

typedef __ino_t ino_t;
typedef __off_t off_t;
typedef struct _dirdesc DIR;

struct dirent {
	ino_t d_fileno;
	off_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	uint8_t d_pad0;
	uint16_t d_namlen;
	uint16_t d_pad1;
	char d_name[256];
};

int closedir(DIR *);
int dirfd(DIR *);
DIR *fdopendir(int);
DIR *opendir(const char *);
struct dirent *readdir(DIR *);

#endif
