/* The bytes of a request and of an answer, checked; see request.h. */
#include "proto/request.h"

#include <ctype.h>
#include <string.h>

#include "util/diag.h"

_Static_assert(sizeof(struct port_request) == 256, "no byte of a request is nobody's");
_Static_assert(sizeof(struct port_answer) == 512, "no byte of an answer is nobody's");

static const struct mac qemu_default_mac = { { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 } };

void
request_begin(struct port_request *r)
{
	*r = (struct port_request){ .version = PROTO_VERSION };
	memcpy(r->magic, PROTO_MAGIC, sizeof(r->magic));
}

void
answer_begin(struct port_answer *a, enum answer_code code)
{
	*a = (struct port_answer){ .version = PROTO_VERSION, .code = code };
	memcpy(a->magic, PROTO_MAGIC, sizeof(a->magic));
}

struct mac
request_mac(const struct port_request *r)
{
	struct mac m;

	memcpy(m.b, r->mac, sizeof(m.b));
	return m;
}

static bool
is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		if (b[i] != 0)
			return false;
	}
	return true;
}

/* It ends within its field, and nothing hides behind its end. */
static bool
is_string(const char *field, size_t size)
{
	size_t n = strnlen(field, size);

	return n < size && is_zero(field + n, size - n);
}

static bool
is_plain(char c)
{
	return (unsigned char)c < 0x80 && isalnum((unsigned char)c);
}

static bool
is_made_of(const char *s, size_t max, const char *marks)
{
	size_t n = strlen(s);

	if (n == 0 || n > max || !is_plain(s[0]))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_plain(s[i]) && strchr(marks, s[i]) == NULL)
			return false;
	}
	return true;
}

bool
proto_interface(const char *name)
{
	return is_made_of(name, OS_IFNAME - 1, "._~-");
}

bool
proto_tap(const char *name)
{
	const char *dot = strrchr(name, '.');

	return proto_interface(name) && dot != NULL && dot[1] != '\0' &&
	       strspn(dot + 1, "0123456789") == strlen(dot + 1);
}

/* Those that the ledgers of users give out, and no others: what a network's owner may rely on. */
static int
check_mac(struct diag *d, struct mac m)
{
	static const uint8_t prefix[] = { 0x52, 0x54, 0x00 };
	char text[MAC_TEXT];

	if (memcmp(m.b, prefix, sizeof(prefix)) != 0)
		return fail(d, "MAC %s does not begin with 52:54:00", mac_format(m, text));
	if (mac_equal(m, qemu_default_mac))
		return fail(d, "MAC %s is what QEMU gives to every NIC that is told none",
		    mac_format(m, text));
	return 0;
}

static int
check_head(struct diag *d, const char magic[8], uint32_t version)
{
	if (memcmp(magic, PROTO_MAGIC, 8) != 0)
		return fail(d, "it is none of vmrun's");
	if (version != PROTO_VERSION)
		return fail(d,
		    "it is of version %u, and this is version %d (vmrun and vmrun-net are of "
		    "different releases)",
		    (unsigned)version, PROTO_VERSION);
	return 0;
}

static int
check_names(struct diag *d, const struct port_request *r)
{
	if (!is_string(r->bridge, sizeof(r->bridge)) || !is_string(r->tap, sizeof(r->tap)) ||
	    !is_string(r->vm, sizeof(r->vm)))
		return fail(d, "a name in it does not end");
	if (!proto_interface(r->bridge))
		return fail(d, "\"%s\" is not the name of a bridge", r->bridge);
	if (!proto_tap(r->tap))
		return fail(d,
		    "\"%s\" is not a name that a user's tap can have (it ends with a dot and a "
		    "number, as in web1.0)",
		    r->tap);
	if (!is_made_of(r->vm, PROTO_VM - 1, "._-"))
		return fail(d, "\"%s\" is not the name of a VM", r->vm);
	return 0;
}

int
request_check(struct diag *d, const struct port_request *r, size_t n)
{
	if (n != sizeof(*r))
		return fail(d, "it has %zu bytes, and a request has %zu", n, sizeof(*r));
	if (check_head(d, r->magic, r->version) == -1)
		return -1;
	if (!is_zero(r->zero, sizeof(r->zero)))
		return fail(d, "bytes that must be zero are not");
	if (check_names(d, r) == -1 || check_mac(d, request_mac(r)) == -1)
		return -1;
	if (r->nic > PROTO_NIC_MAX)
		return fail(
		    d, "NIC %u: a NIC's index is at most %d", (unsigned)r->nic, PROTO_NIC_MAX);
	if (r->mtu != 0 && (r->mtu < 68 || r->mtu > 65521))
		return fail(d, "MTU %u: it is none, or from 68 to 65521 bytes", (unsigned)r->mtu);
	if (r->vlan > 4094)
		return fail(d, "VLAN %u: it is none, or from 1 to 4094", (unsigned)r->vlan);
	if (r->queues < 1 || r->queues > PROTO_QUEUES_MAX)
		return fail(
		    d, "%u queues: there are from 1 to %d", (unsigned)r->queues, PROTO_QUEUES_MAX);
	if (r->isolated > 1 || r->guard > 1)
		return fail(d, "a port is isolated, or guarded, or it is not");
	return 0;
}

int
answer_check(struct diag *d, const struct port_answer *a, size_t n, size_t descriptors)
{
	if (n != sizeof(*a))
		return fail(d, "its answer has %zu bytes in place of %zu", n, sizeof(*a));
	if (check_head(d, a->magic, a->version) == -1)
		return -1;
	if (a->code >= ANSWER_CODES || a->isolated > 1 || a->guard > 1 ||
	    !is_zero(a->zero, sizeof(a->zero)) || !is_string(a->tap, sizeof(a->tap)) ||
	    !is_string(a->text, sizeof(a->text)) || a->queues != descriptors)
		return fail(d, "its answer makes no sense");
	if (a->code == ANSWER_OK ? !proto_interface(a->tap) || descriptors == 0 || a->index == 0
				 : descriptors != 0 || a->text[0] == '\0')
		return fail(d, "its answer makes no sense");
	return 0;
}
