/* FreeBSD's <sys/user.h> (sys/sys/user.h), and of <sys/proc.h>, which it includes, the states; the
 * layout since FreeBSD 12 on LP64, as far as it is named. */
#ifndef _SYS_USER_H_
#define _SYS_USER_H_

#include <stdint.h>
#if __has_include(<sys/_timeval.h>)
#include <sys/_timeval.h>
#else
#include <sys/time.h>
#endif

#define SSTOP 4
#define SZOMB 5

#define KINFO_PROC_SIZE 1088

struct kinfo_proc {
	int ki_structsize;
	int ki_layout;
	void *ki_pointers[8];
	pid_t ki_pid;
	pid_t ki_ppid;
	pid_t ki_pgid;
	pid_t ki_tpgid;
	pid_t ki_sid;
	pid_t ki_tsid;
	short ki_jobc;
	short ki_spare_short1;
	uint32_t ki_tdev_freebsd11;
	uint32_t ki_signals[4][4];
	uid_t ki_uid;
	uid_t ki_ruid;
	uid_t ki_svuid;
	gid_t ki_rgid;
	gid_t ki_svgid;
	short ki_ngroups;
	short ki_spare_short2;
	gid_t ki_groups[16];
	unsigned long ki_size;
	long ki_rssize; /* pages */
	long ki_swrss;
	long ki_tsize;
	long ki_dsize;
	long ki_ssize;
	unsigned short ki_xstat;
	unsigned short ki_acflag;
	uint32_t ki_pctcpu;
	unsigned int ki_estcpu;
	unsigned int ki_slptime;
	unsigned int ki_swtime;
	unsigned int ki_cow;
	uint64_t ki_runtime;
	struct timeval ki_start;
	struct timeval ki_childtime;
	long ki_flag;
	long ki_kiflag;
	int ki_traceflag;
	char ki_stat;
	char ki_strings[171]; /* nice to ki_sparestrings, with the hole behind them */
	uint64_t ki_tdev;
	int ki_numbers[8]; /* ki_oncpu to ki_numthreads */
	int32_t ki_tid;
	char ki_rest[KINFO_PROC_SIZE - 604];
};

#endif
