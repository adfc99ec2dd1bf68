/* The values in a VM file that have a syntax of their own: MAC, uuid, PCI address, VNC display,
 * WWN, release; and vmnet, which has no word for none. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "util/num.h"
#include "vm/internal.h"

static const struct mac qemu_default_mac = { { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 } };

int
parse_mac(const char *s, void *field, const char **ret_expected)
{
	struct mac m;

	if (mac_parse(s, &m) == -1)
		*ret_expected = "a MAC address (six pairs of hex digits, as in 52:54:00:9b:01:77)";
	else if (mac_is_zero(m))
		*ret_expected = "a MAC address that a NIC can have: it is all zero";
	else if (mac_is_multicast(m))
		*ret_expected = "a MAC address that a NIC can have: it is a multicast address, as "
				"its first byte is odd";
	else if (mac_equal(m, qemu_default_mac))
		*ret_expected = "a MAC address of its own: QEMU gives it to every NIC that is told "
				"none";
	else {
		*(struct mac *)field = m;
		return 0;
	}
	return -1;
}

static int
hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

int
parse_uuid(const char *s, void *field, const char **ret_expected)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	struct vm_uuid uuid = { .set = true };
	size_t n = 0;

	*ret_expected = "a UUID (as in 0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60)";
	if (strlen(s) != sizeof(form) - 1)
		return -1;
	for (size_t i = 0; form[i] != '\0'; i++) {
		int digit = hex_digit(s[i]);

		if (form[i] == '-' ? s[i] != '-' : digit == -1)
			return -1;
		if (form[i] != '-') {
			uuid.b[n / 2] = (uint8_t)(uuid.b[n / 2] << 4 | digit);
			n++;
		}
	}
	*(struct vm_uuid *)field = uuid;
	return 0;
}

int
parse_smbios_release(const char *s, void *field, const char **ret_expected)
{
	const char *dot = strchr(s, '.');
	char first[4] = "";
	int64_t major, minor;

	*ret_expected = "a release (two numbers up to 255, as in \"1.0\")";
	if (dot == NULL || dot - s >= (ptrdiff_t)sizeof(first))
		return -1;
	memcpy(first, s, (size_t)(dot - s));
	if (int_parse(first, 0, UINT8_MAX, &major) == -1 ||
	    int_parse(dot + 1, 0, UINT8_MAX, &minor) == -1)
		return -1;
	*(struct vm_smbios_release *)field =
	    (struct vm_smbios_release){ true, (uint8_t)major, (uint8_t)minor };
	return 0;
}

int
parse_vmnet(const char *s, void *field, const char **ret_expected)
{
	bool shared = strcmp(s, "shared") == 0;

	*ret_expected = "one of \"shared\", \"host\"";
	if (!shared && strcmp(s, "host") != 0)
		return -1;
	*(int *)field = shared ? VMNET_SHARED : VMNET_HOST;
	return 0;
}

/* A number in hexadecimal up to max, with nothing but its digits. */
static int
hex_parse(const char *s, size_t n, unsigned max, unsigned *ret)
{
	unsigned value = 0;

	if (n == 0 || n > 4)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int digit = hex_digit(s[i]);

		if (digit == -1)
			return -1;
		value = value * 16 + (unsigned)digit;
	}
	if (value > max)
		return -1;
	*ret = value;
	return 0;
}

int
parse_pci_address(const char *s, void *field, const char **ret_expected)
{
	struct vm_pci_address address = { .set = true };
	const char *dot = strchr(s, '.');
	size_t n = dot != NULL ? (size_t)(dot - s) : strlen(s);

	*ret_expected = "a PCI address within the guest (SLOT or SLOT.FUNCTION in hexadecimal, 01 "
			"to 1f and 0 to 7, as in \"05.0\")";
	if (hex_parse(s, n, 0x1f, &address.slot) == -1 || address.slot == 0 ||
	    (dot != NULL && hex_parse(dot + 1, strlen(dot + 1), 7, &address.function) == -1))
		return -1;
	*(struct vm_pci_address *)field = address;
	return 0;
}

int
parse_host_pci(const char *s, void *field, const char **ret_expected)
{
	struct vm_host_pci pci = { .set = true };
	const char *colon = strchr(s, ':'), *dot = strrchr(s, '.');
	const char *second = colon != NULL ? strchr(colon + 1, ':') : NULL;

	*ret_expected = "a PCI address of the host as lspci shows it (BUS:SLOT.FUNCTION in "
			"hexadecimal, as in \"01:00.0\", perhaps with DOMAIN: before it)";
	if (second != NULL && hex_parse(s, (size_t)(colon - s), 0xffff, &pci.domain) == -1)
		return -1;
	if (second != NULL) {
		s = colon + 1;
		colon = second;
	}
	if (colon == NULL || dot == NULL || dot < colon ||
	    hex_parse(s, (size_t)(colon - s), 0xff, &pci.bus) == -1 ||
	    hex_parse(colon + 1, (size_t)(dot - colon) - 1, 0x1f, &pci.slot) == -1 ||
	    hex_parse(dot + 1, strlen(dot + 1), 7, &pci.function) == -1)
		return -1;
	*(struct vm_host_pci *)field = pci;
	return 0;
}

/* "1-2.3": numbers with a point between them, behind the bus. */
static bool
is_port(const char *s)
{
	if (*s == '\0' || strspn(s, "0123456789.") != strlen(s))
		return false;
	for (const char *p = s; *p != '\0'; p++) {
		if (*p == '.' && (p == s || p[1] == '.' || p[1] == '\0'))
			return false;
	}
	return true;
}

int
parse_usb_host(const char *s, void *field, const char **ret_expected)
{
	const char *colon = strchr(s, ':'), *dash = strchr(s, '-');
	struct vm_usb_host host = { .set = true, .by_port = colon == NULL };
	char bus[4] = "";
	int64_t number;

	*ret_expected = "a USB device (VENDOR:PRODUCT as in \"046d:c52b\", or BUS-PORT as in "
			"\"1-2.3\")";
	if (colon != NULL) {
		if (hex_parse(s, (size_t)(colon - s), UINT16_MAX, &host.vendor) == -1 ||
		    hex_parse(colon + 1, strlen(colon + 1), UINT16_MAX, &host.product) == -1)
			return -1;
	} else {
		if (dash == NULL || dash - s >= (ptrdiff_t)sizeof(bus) || !is_port(dash + 1) ||
		    strlen(dash + 1) >= sizeof(host.port))
			return -1;
		memcpy(bus, s, (size_t)(dash - s));
		if (int_parse(bus, 1, 255, &number) == -1)
			return -1;
		host.bus = (unsigned)number;
		strlcpy(host.port, dash + 1, sizeof(host.port));
	}
	*(struct vm_usb_host *)field = host;
	return 0;
}

/* A host name, an IPv4 address, or an IPv6 address in brackets. */
static bool
is_address(const char *s)
{
	char inner[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	size_t n = strlen(s);

	if (s[0] != '[')
		return is_word(s);
	if (n < 3 || n - 2 >= sizeof(inner) || s[n - 1] != ']')
		return false;
	memcpy(inner, s + 1, n - 2);
	inner[n - 2] = '\0';
	return inet_pton(AF_INET6, inner, &in6) == 1;
}

/* ADDRESS:NUMBER, or without the address. */
static int
listen_parse(const char *s, int64_t min, int64_t max, struct vm_listen *ret)
{
	const char *colon = strrchr(s, ':');
	struct vm_listen listen = { .set = true };
	int64_t number;
	size_t n;

	if (colon == NULL)
		return -1;
	n = (size_t)(colon - s);
	if (n >= sizeof(listen.address) || int_parse(colon + 1, min, max, &number) == -1 ||
	    colon[1] == '-')
		return -1;
	memcpy(listen.address, s, n);
	if (n > 0 && !is_address(listen.address))
		return -1;
	listen.number = (unsigned)number;
	*ret = listen;
	return 0;
}

int
parse_vnc(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "a VNC display (ADDRESS:NUMBER or :NUMBER, as in \":5\" for TCP port 5905)";
	return listen_parse(s, 0, UINT16_MAX - VNC_PORT, field);
}

int
parse_spice(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "an address for SPICE (ADDRESS:PORT or :PORT, as in \":5930\")";
	return listen_parse(s, 1, UINT16_MAX, field);
}

int
parse_resolution(const char *s, void *field, const char **ret_expected)
{
	const char *x = strchr(s, 'x');
	char width[8] = "";
	int64_t w, h;

	*ret_expected = "a resolution (WIDTHxHEIGHT, as in \"1920x1080\", up to 16384x16384)";
	if (x == NULL || (size_t)(x - s) >= sizeof(width))
		return -1;
	memcpy(width, s, (size_t)(x - s));
	if (int_parse(width, 320, 16384, &w) == -1 || int_parse(x + 1, 200, 16384, &h) == -1)
		return -1;
	*(struct vm_resolution *)field =
	    (struct vm_resolution){ .width = (unsigned)w, .height = (unsigned)h };
	return 0;
}

/* All of a network or one address; one with a length could mean either. */
int
parse_addresses(const char *s, void *field, const char **ret_expected)
{
	struct ip_net net;
	struct ip first;

	*ret_expected = "an address (as in \"10.0.0.5\" or \"2001:db8::5\") or a network (as in "
			"\"10.0.0.16/28\", without bits beyond its length)";
	if (ip_parse(s, &net.ip) == 0)
		net.bits = (unsigned)net.ip.len * 8;
	else if (ip_net_parse(s, &net) == -1 || net.bits == 0)
		return -1;
	first = ip_first(&net);
	if (!ip_equal(&first, &net.ip) || ip_is_multicast(&net.ip))
		return -1;
	*(struct ip_net *)field = net;
	return 0;
}

int
parse_intset(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "a list of numbers below 4096 without a space, as in \"0-3,7\"";
	return intset_parse(s, field);
}

int
parse_wwn(const char *s, void *field, const char **ret_expected)
{
	const char *digits = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? s + 2 : s;
	uint64_t wwn = 0;

	*ret_expected = "a World Wide Name (16 hex digits, as in 5000c500a1b2c3d4)";
	if (strlen(digits) != 16)
		return -1;
	for (size_t i = 0; i < 16; i++) {
		if (hex_digit(digits[i]) == -1)
			return -1;
		wwn = wwn << 4 | (uint64_t)hex_digit(digits[i]);
	}
	if (wwn == 0)
		return -1;
	*(uint64_t *)field = wwn;
	return 0;
}

bool
is_interface_name(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '/' || *s == ':' || (unsigned char)*s <= 0x20 ||
		    (unsigned char)*s == 0x7f)
			return false;
	}
	return true;
}

bool
is_word(const char *s)
{
	for (const char *p = s; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x80 || (!isalnum(c) && c != '-' && c != '_' && c != '.'))
			return false;
	}
	return *s != '\0';
}

bool
same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}
