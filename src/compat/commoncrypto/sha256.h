/* libmd's <sha256.h>, as FreeBSD and libmd have it, in terms of macOS's CommonCrypto (its manual page
 * CC_SHA256(3cc)). */
#ifndef VMRUN_COMPAT_SHA256_H
#define VMRUN_COMPAT_SHA256_H

#include <CommonCrypto/CommonDigest.h>
#include <stddef.h>

#define SHA256_DIGEST_LENGTH CC_SHA256_DIGEST_LENGTH

typedef CC_SHA256_CTX SHA256_CTX;

static inline void
SHA256_Init(SHA256_CTX *c)
{
	(void)CC_SHA256_Init(c);
}

static inline void
SHA256_Update(SHA256_CTX *c, const void *p, size_t n)
{
	(void)CC_SHA256_Update(c, p, (CC_LONG)n);
}

static inline void
SHA256_Final(unsigned char ret[SHA256_DIGEST_LENGTH], SHA256_CTX *c)
{
	(void)CC_SHA256_Final(ret, c);
}

#endif
