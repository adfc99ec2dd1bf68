/* Which MAC, uid and uuid a VM would like to have: pure functions of the ledger's salt and its
 * name. */
#include <sha256.h>
#include <string.h>

#include "net/ledger_internal.h"

/* The label keeps the three uses apart; the NUL after each text keeps any two inputs apart. */
static void
digest(const uint8_t salt[LEDGER_SALT], const char *label, const char *vm, uint32_t nic,
    uint32_t attempt, uint8_t ret[SHA256_DIGEST_LENGTH])
{
	uint8_t numbers[8];
	SHA256_CTX sha;

	for (unsigned i = 0; i < 4; i++) {
		numbers[i] = (uint8_t)(nic >> (24 - 8 * i));
		numbers[4 + i] = (uint8_t)(attempt >> (24 - 8 * i));
	}
	SHA256_Init(&sha);
	SHA256_Update(&sha, salt, LEDGER_SALT);
	SHA256_Update(&sha, (const uint8_t *)label, strlen(label) + 1);
	SHA256_Update(&sha, (const uint8_t *)vm, strlen(vm) + 1);
	SHA256_Update(&sha, numbers, sizeof(numbers));
	SHA256_Final(ret, &sha);
}

uint64_t
candidate(const uint8_t salt[LEDGER_SALT], const char *vm, uint32_t nic, uint32_t attempt,
    uint64_t first, uint64_t last)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	uint64_t n = 0;

	digest(salt, nic == NIC_UID ? "uid" : "mac", vm, nic, attempt, hash);
	for (unsigned i = 0; i < 8; i++)
		n = n << 8 | hash[i];
	/* At most 2^48 of 2^64: the bias of the remainder is below 2^-16, for 24 bits below 2^-40.
	 */
	return first + n % (last - first + 1);
}

struct mac
mac_candidate(const uint8_t salt[LEDGER_SALT], const char *vm, unsigned nic, unsigned attempt,
    struct mac first, struct mac last)
{
	return mac_from_number(
	    candidate(salt, vm, nic, attempt, mac_number(first), mac_number(last)));
}

uid_t
uid_candidate(const uint8_t salt[LEDGER_SALT], const char *vm, unsigned attempt)
{
	return (uid_t)candidate(salt, vm, NIC_UID, attempt, LEDGER_UID_FIRST, LEDGER_UID_LAST);
}

void
uuid_of_vm(const uint8_t salt[LEDGER_SALT], const char *vm, uint8_t ret[16])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	digest(salt, "uuid", vm, 0, 0, hash);
	memcpy(ret, hash, 16);
	ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x80); /* version 8 */
	ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80); /* variant 10 */
}

bool
mac_can_be_given(struct mac m)
{
	static const struct mac qemu_default = { { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 } };

	return !mac_is_zero(m) && !mac_is_multicast(m) && !mac_equal(m, qemu_default);
}
