/* FreeBSD's <sys/file.h>: for programs no more than <fcntl.h> and <unistd.h>, flock(2). */
#ifndef _SYS_FILE_H_
#define _SYS_FILE_H_

#include <fcntl.h>
#include <unistd.h>

#endif
