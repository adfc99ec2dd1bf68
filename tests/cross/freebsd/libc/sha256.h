/* FreeBSD's <sha256.h> (sys/crypto/sha2/sha256.h), libmd's sha256(3); only what src/ names. */
#ifndef _SHA256_H_
#define _SHA256_H_

#include <sys/types.h>

#define SHA256_BLOCK_LENGTH  64
#define SHA256_DIGEST_LENGTH 32

typedef struct SHA256Context {
	uint32_t state[8];
	uint64_t count;
	uint8_t buf[SHA256_BLOCK_LENGTH];
} SHA256_CTX;

#define SHA256_Init   _libmd_SHA256_Init
#define SHA256_Update _libmd_SHA256_Update
#define SHA256_Final  _libmd_SHA256_Final
void SHA256_Init(SHA256_CTX *);
void SHA256_Update(SHA256_CTX *, const void *, size_t);
void SHA256_Final(unsigned char[static SHA256_DIGEST_LENGTH], SHA256_CTX *);

#endif
