/* FreeBSD's <getopt.h>, getopt_long(3). */
#ifndef _GETOPT_H_
#define _GETOPT_H_

#define no_argument       0
#define required_argument 1

struct option {
	const char *name;
	int has_arg;
	int *flag;
	int val;
};

extern char *optarg;
extern int optind, opterr, optopt, optreset;
int getopt_long(int, char *const *, const char *, const struct option *, int *);

#endif
