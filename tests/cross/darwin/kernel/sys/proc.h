/* macOS's <sys/proc.h>; only what src/os names. The real structure has more, and another size. */
#ifndef _SYS_PROC_H_
#define _SYS_PROC_H_

#include <sys/time.h>
#include <sys/types.h>

#define SRUN  2
#define SSTOP 4
#define SZOMB 5

struct extern_proc {
	struct timeval p_starttime;
	char p_stat;
	pid_t p_pid;
};

#endif
