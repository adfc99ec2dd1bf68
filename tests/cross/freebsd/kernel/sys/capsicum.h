/* FreeBSD's <sys/capsicum.h> and <sys/caprights.h> (sys/sys), cap_rights_limit(2), rights(4); only
 * what src/os names. */
#ifndef _SYS_CAPSICUM_H_
#define _SYS_CAPSICUM_H_

#include <stdint.h>
#include <sys/types.h>

#define CAP_RIGHTS_VERSION_00 0
#define CAP_RIGHTS_VERSION    CAP_RIGHTS_VERSION_00

typedef struct cap_rights {
	uint64_t cr_rights[CAP_RIGHTS_VERSION + 2];
} cap_rights_t;

#define CAPRIGHT(index, bit) ((1ULL << (57 + (index))) | (bit))
#define CAP_READ             CAPRIGHT(0, 0x0000000000000001ULL)
#define CAP_WRITE            CAPRIGHT(0, 0x0000000000000002ULL)
#define CAP_FCNTL            CAPRIGHT(0, 0x0000000000008000ULL)
#define CAP_FSTAT            CAPRIGHT(0, 0x0000000000080000ULL)
#define CAP_EVENT            CAPRIGHT(1, 0x0000000000000020ULL)

#define CAP_FCNTL_GETFL (1 << 3)
#define CAP_FCNTL_SETFL (1 << 4)

#define cap_rights_init(...) __cap_rights_init(CAP_RIGHTS_VERSION, __VA_ARGS__, 0ULL)
cap_rights_t *__cap_rights_init(int, cap_rights_t *, ...);
int cap_rights_limit(int, const cap_rights_t *);
int cap_fcntls_limit(int, uint32_t);

#endif
