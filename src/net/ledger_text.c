/* The ledger as text: reads every line strictly, in one pass, and prints it. */
#include <inttypes.h>
#include <string.h>

#include "net/ledger_internal.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/num.h"
#include "vm/vm.h"

#define HEADER "vmrun-ledger 1"
#define MIN_ENTRY                                                                                  \
	26 /* bytes of the shortest mac line; only a guess at how many lines there are             \
	    */

struct reader {
	struct diag *d;
	struct ledger *l;
	const char *last_vm; /* checked already; the lines of a VM mostly follow each other */
	bool ended;
};

/* Cuts *s at its first space; *s is then the rest, NULL if there was none. Returns the part before.
 */
static char *
field(char **s)
{
	char *start = *s, *space = strchr(start, ' ');

	if (space != NULL)
		*space++ = '\0';
	*s = space;
	return start;
}

static int
read_salt(struct reader *r, const char *line)
{
	static const char digits[] = "0123456789abcdef";

	if (strncmp(line, "salt ", 5) != 0 || strlen(line) != 5 + 2 * LEDGER_SALT ||
	    strspn(line + 5, digits) != 2 * LEDGER_SALT)
		return fail(r->d, "expected \"salt\" and %d hexadecimal digits", 2 * LEDGER_SALT);
	for (unsigned i = 0; i < 2 * LEDGER_SALT; i++) {
		int digit = (int)(strchr(digits, line[5 + i]) - digits);

		r->l->salt[i / 2] = (uint8_t)(r->l->salt[i / 2] << 4 | digit);
	}
	r->l->has_salt = true;
	return 0;
}

static int
add(struct reader *r, const char *vm, uint32_t nic, uint64_t number, const char *text)
{
	const struct entry *other;

	if (r->last_vm == NULL || strcmp(vm, r->last_vm) != 0) {
		struct diag why = { 0 };
		int checked = vm_name_check(&why, vm);

		diag_free(&why); /* says "config error", which this is not */
		if (checked == -1)
			return fail(r->d, "\"%s\" is not a VM's name", vm);
		r->last_vm = vm;
	}
	other = index_add(r->l, vm, nic, number);
	if (other == NULL)
		return 0;
	if (other->number == number)
		return fail(r->d, "%s was given to %s already", text, other->vm);
	return fail(r->d, "a second %s of %s", nic == NIC_UID ? "uid" : "MAC of a NIC", vm);
}

static int
read_mac(struct reader *r, char *rest)
{
	const char *vm, *text;
	struct mac mac;
	int64_t nic;

	vm = field(&rest);
	if (rest == NULL)
		return fail(r->d, "expected \"mac VM NIC MAC\"");
	text = field(&rest);
	if (rest == NULL || int_parse(text, 0, LEDGER_NIC_MAX, &nic) == -1)
		return fail(
		    r->d, "expected a NIC from 0 to %d after the VM's name", LEDGER_NIC_MAX);
	if (mac_parse(rest, &mac) == -1)
		return fail(r->d, "\"%s\" is not a MAC", rest);
	if (!mac_can_be_given(mac))
		return fail(r->d, "%s is a MAC that is never given", rest);
	return add(r, vm, (uint32_t)nic, mac_number(mac), rest);
}

static int
read_uid(struct reader *r, char *rest)
{
	const char *vm = field(&rest);
	int64_t uid;

	if (rest == NULL)
		return fail(r->d, "expected \"uid VM UID\"");
	if (int_parse(rest, LEDGER_UID_FIRST, LEDGER_UID_LAST, &uid) == -1)
		return fail(r->d, "expected a uid from %u to %u, not \"%s\"", LEDGER_UID_FIRST,
		    LEDGER_UID_LAST, rest);
	return add(r, vm, NIC_UID, (uint64_t)uid, rest);
}

static int
read_end(struct reader *r, const char *rest)
{
	int64_t count;

	if (int_parse(rest, 0, INT64_MAX, &count) == -1)
		return fail(r->d, "expected \"end\" and a count");
	if ((uint64_t)count != r->l->n)
		return fail(r->d, "%" PRId64 " mac and uid lines were written, %zu are here", count,
		    r->l->n);
	r->ended = true;
	return 0;
}

static int
read_line(struct reader *r, unsigned number, char *line, size_t len)
{
	if (strlen(line) != len)
		return fail(r->d, "a zero byte");
	if (number == 1)
		return strcmp(line, HEADER) == 0 ? 0 : fail(r->d, "expected \"" HEADER "\"");
	if (number == 2)
		return read_salt(r, line);
	if (r->ended)
		return fail(r->d, "something follows the last line");
	if (strncmp(line, "mac ", 4) == 0)
		return read_mac(r, line + 4);
	if (strncmp(line, "uid ", 4) == 0)
		return read_uid(r, line + 4);
	if (strncmp(line, "end ", 4) == 0)
		return read_end(r, line + 4);
	return fail(r->d, "expected \"mac\", \"uid\" or \"end\"");
}

int
ledger_parse(struct diag *d, struct ledger *l, char *text, size_t len)
{
	struct reader r = { .d = d, .l = l };
	unsigned number = 0, before = d->count;
	char *p = text, *end = text + len;

	l->text = text;
	index_reserve(l, len / MIN_ENTRY);
	while (p < end) {
		char *newline = memchr(p, '\n', (size_t)(end - p));

		number++;
		if (newline == NULL) {
			fail(d, "the line has no end: the file was cut short");
			goto damaged;
		}
		*newline = '\0';
		if (read_line(&r, number, p, (size_t)(newline - p)) == -1)
			goto damaged;
		p = newline + 1;
	}
	if (r.ended)
		return 0;
	number++;
	fail(d, "the last line, \"end\", is missing: the file was cut short");
damaged:
	diag_wrap(d, before, "%s:%u: damaged", l->path, number);
	return -1;
}

/* By hand: printf would take ten times as long, and that is felt with 100,000 lines. */
static void
print_entry(struct buf *b, const struct entry *e)
{
	char digits[24], mac[MAC_TEXT], *p = digits + sizeof(digits) - 1;
	uint64_t n = e->nic == NIC_UID ? e->number : e->nic;

	*p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_add(b, e->nic == NIC_UID ? "uid " : "mac ");
	buf_add(b, e->vm);
	buf_addc(b, ' ');
	buf_add(b, p);
	if (e->nic != NIC_UID) {
		buf_addc(b, ' ');
		buf_add(b, mac_format(mac_from_number(e->number), mac));
	}
	buf_addc(b, '\n');
}

void
ledger_print(struct buf *b, const struct ledger *l)
{
	buf_add(b, HEADER "\nsalt ");
	for (unsigned i = 0; i < LEDGER_SALT; i++)
		buf_addf(b, "%02x", l->salt[i]);
	buf_addc(b, '\n');
	for (size_t i = 0; i < l->n; i++) {
		if (l->entry[i].vm != NULL)
			print_entry(b, &l->entry[i]);
	}
	buf_addf(b, "end %zu\n", l->live);
}
