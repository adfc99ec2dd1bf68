/* Keys of when a VM starts: of itself, and after whom; and what "up" means to those that wait. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/num.h"
#include "vm/internal.h"

#define PORT_MAX 65535

const struct conf_key ready_keys[] = {
	{ "by", CONF_CUSTOM, AT(vm_ready, sign), .parse = parse_ready, .number = true,
	    .unit = "qmp, tcp:[ADDRESS:]PORT, ping[:ADDRESS], agent or a time", .def = "qmp",
	    .example = "tcp:22",
	    .help =
		"The sign of it: its QEMU runs (qmp), a TCP port of the guest takes "
		"connections, the guest answers ping, its agent answers, or it has run for so "
		"many seconds. The guest's address is what 'vmrun ip' finds, or given here; on a "
		"network in user mode a forward leads to the port" },
	{ "timeout", CONF_DURATION, AT(vm_ready, timeout), .min = 1, .max = DAY, .def = "5m",
	    .help = "How long after its start the others wait for it: then those that require it "
		    "are not started, and those that only come after it are" },
	{ 0 },
};

/* "[ADDRESS:]PORT", with an IPv6 address in brackets. */
static int
parse_target(const char *s, struct vm_ready_sign *ret)
{
	const char *colon = strrchr(s, ':');
	size_t n = colon != NULL ? (size_t)(colon - s) : 0;
	bool brackets = n > 2 && s[0] == '[' && s[n - 1] == ']';
	char *address = brackets ? xstrndup(s + 1, n - 2) : xstrndup(s, n);
	int64_t port;
	int result = -1;

	if (int_parse(colon != NULL ? colon + 1 : s, 1, PORT_MAX, &port) == 0 &&
	    (colon == NULL ||
		(ip_parse(address, &ret->address) == 0 && (ret->address.len == IP6) == brackets))) {
		ret->port = (unsigned)port;
		result = 0;
	}
	free(address);
	return result;
}

int
parse_ready(const char *s, void *field, const char **ret_expected)
{
	struct vm_ready_sign sign = { .by = READY_QMP };
	int wrong = 0;

	if (strncmp(s, "tcp:", 4) == 0) {
		sign.by = READY_TCP;
		wrong = parse_target(s + 4, &sign);
	} else if (strncmp(s, "ping:", 5) == 0) {
		sign.by = READY_PING;
		wrong = ip_parse(s + 5, &sign.address);
	} else if (strcmp(s, "ping") == 0) {
		sign.by = READY_PING;
	} else if (strcmp(s, "agent") == 0) {
		sign.by = READY_AGENT;
	} else if (strcmp(s, "qmp") != 0) {
		sign.by = READY_AFTER;
		wrong = duration_parse(s, &sign.after);
	}
	if (wrong != 0 || sign.after > DAY) {
		*ret_expected =
		    "\"qmp\", \"tcp:PORT\", \"ping\", \"agent\" or a time of at most a day "
		    "(seconds, or as in \"90s\")";
		return -1;
	}
	*(struct vm_ready_sign *)field = sign;
	return 0;
}

int
vm_ready_parse(const char *text, struct vm_ready_sign *ret)
{
	const char *expected;

	return parse_ready(text, ret, &expected);
}

const char *
vm_ready_text(const struct vm_ready_sign *sign, char text[READY_TEXT])
{
	char address[IP_TEXT] = "";
	bool six = sign->address.len == IP6, given = sign->address.len != 0;

	if (given)
		ip_format(&sign->address, address);
	switch (sign->by) {
	case READY_QMP:
		snprintf(text, READY_TEXT, "qmp");
		return text;
	case READY_AGENT:
		snprintf(text, READY_TEXT, "agent");
		return text;
	case READY_TCP:
		snprintf(text, READY_TEXT, "tcp:%s%s%s%s%u", six ? "[" : "", address,
		    six ? "]" : "", given ? ":" : "", sign->port);
		return text;
	case READY_PING:
		snprintf(text, READY_TEXT, "ping%s%s", given ? ":" : "", address);
		return text;
	case READY_AFTER:
		break;
	}
	if (sign->after % 1000 == 0)
		snprintf(text, READY_TEXT, "%llds", (long long)(sign->after / 1000));
	else
		snprintf(text, READY_TEXT, "%lldms", (long long)sign->after);
	return text;
}
