/* Names of network interfaces from patterns; see ifname.h. */
#include "util/ifname.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HASH 5 /* bytes: '~' and four hex digits */

uint32_t
ifname_hash(const char *s) /* FNV-1a */
{
	uint32_t h = 2166136261U;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619U;
	return h;
}

/* '~' is in no VM's name, so that a cut name is never another VM's whole one. It also stands for the
 * '@' of an instance, behind which programs look for another interface. */
static void
name_cut(const char *vm, size_t room, char ret[IFNAME_SIZE])
{
	char *at;

	if (strlen(vm) <= room)
		strlcpy(ret, vm, IFNAME_SIZE);
	else
		snprintf(ret, IFNAME_SIZE, "%.*s~%04x", (int)(room - HASH), vm,
		    (unsigned)(ifname_hash(vm) & 0xffff));
	at = strchr(ret, '@');
	if (at != NULL)
		*at = '~';
}

/* Bytes of the name beside the VM's, which may be in it once. -1: it is no pattern. */
static int
measure(const char *pattern, const char *number, bool *ret_named, char why[IFNAME_WHY])
{
	size_t n = 0;

	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p == '%' && p[1] == 'n' && !*ret_named) {
			*ret_named = true;
			p++;
		} else if (*p == '%' && p[1] == 'i') {
			n += strlen(number);
			p++;
		} else if (isalnum((unsigned char)*p) || strchr("-_.~", *p) != NULL) {
			n++;
		} else {
			strlcpy(why,
			    "is not made of letters, digits, '-', '_', '.', '~', %i and one %n",
			    IFNAME_WHY);
			return -1;
		}
	}
	return (int)n;
}

int
ifname_make(
    const char *pattern, const char *vm, unsigned nic, char ret[IFNAME_SIZE], char why[IFNAME_WHY])
{
	char number[12], name[IFNAME_SIZE] = "", made[IFNAME_SIZE] = "";
	bool named = false;
	int fixed, room;

	snprintf(number, sizeof(number), "%u", nic);
	fixed = measure(pattern, number, &named, why);
	if (fixed == -1)
		return -1;
	room = IFNAME_SIZE - 1 - fixed;
	if (room < 0 || (named && room <= HASH && strlen(vm) > (size_t)room)) {
		snprintf(why, IFNAME_WHY, "is too long: an interface's name has at most %d bytes%s",
		    IFNAME_SIZE - 1, named ? ", with the VM's in it" : "");
		return -1;
	}
	if (named)
		name_cut(vm, (size_t)room, name);
	for (const char *p = pattern; *p != '\0'; p++) {
		const char one[2] = { *p, '\0' };
		const char *part = *p != '%' ? one : *++p == 'n' ? name : number;

		strlcat(made, part, sizeof(made));
	}
	if (made[0] == '\0' || strcmp(made, ".") == 0 || strcmp(made, "..") == 0) {
		strlcpy(why, "is not the name of a network interface", IFNAME_WHY);
		return -1;
	}
	strlcpy(ret, made, IFNAME_SIZE);
	return 0;
}
