/* FreeBSD's <sys/procctl.h> (sys/sys/procctl.h), procctl(2), and of <sys/wait.h>, which it
 * includes, the kinds of an ID; of FreeBSD 13, which has no PROC_NO_NEW_PRIVS_CTL. */
#ifndef _SYS_PROCCTL_H_
#define _SYS_PROCCTL_H_

#include <sys/types.h>

typedef enum idtype { P_PID } idtype_t;

#define PROC_TRACE_CTL              7
#define PROC_TRACE_CTL_DISABLE_EXEC 3

int procctl(idtype_t, id_t, int, void *);

#endif
