/* FreeBSD's <time.h> (sys/sys/_clock_id.h), ctime(3), clock_gettime(2); only what src/ names. */
#ifndef _TIME_H_
#define _TIME_H_

#include <sys/_null.h>
#include <sys/_timespec.h>
#include <sys/_types.h>

typedef __clockid_t clockid_t;
typedef __size_t size_t;

#define CLOCK_REALTIME  0
#define CLOCK_MONOTONIC 4

struct tm {
	int tm_sec;
	int tm_min;
	int tm_hour;
	int tm_mday;
	int tm_mon;
	int tm_year;
	int tm_wday;
	int tm_yday;
	int tm_isdst;
	long tm_gmtoff;
	char *tm_zone;
};

int clock_gettime(clockid_t, struct timespec *);
struct tm *gmtime_r(const time_t *, struct tm *);
struct tm *localtime(const time_t *);
time_t timegm(struct tm *);
int nanosleep(const struct timespec *, struct timespec *);
size_t strftime(char *restrict, size_t, const char *restrict, const struct tm *restrict);
char *strptime(const char *restrict, const char *restrict, struct tm *restrict);
time_t time(time_t *);

#endif
