/*
 * The table of what a test machine lacks, and what stands in for it; see replace.h. A row is one
 * kind of value of one option: how it begins (or, if it is JSON, which driver it names), when it is
 * to be replaced, and by what. The id stays, so that whatever refers to it finds it.
 */
#include "replace.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"

struct replacement {
	const char *flag;
	const char *begin;                 /* of the value */
	bool (*needed)(const char *value); /* NULL: always */
	char *(*by)(const char *value);
	const char *why;
};

/* The end of the part of an option list that begins at s: a comma in a value is written twice. */
static size_t
part_length(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0' && (s[n] != ',' || s[n + 1] == ','))
		n += s[n] == ',' ? 2 : 1;
	return n;
}

static bool
is_key(const char *part, size_t n, const char *key)
{
	size_t len = strlen(key);

	return n > len && strncmp(part, key, len) == 0 && part[len] == '=';
}

/* ",key=value" for each of the keys (ended by NULL) that value has, after first. */
static char *
with_only(const char *first, const char *value, const char *const *keys)
{
	struct buf b = { 0 };

	buf_add(&b, first);
	for (size_t n; *value != '\0'; value += n + (value[n] == ',')) {
		n = part_length(value);
		for (const char *const *key = keys; *key != NULL; key++) {
			if (is_key(value, n, *key)) {
				buf_addc(&b, ',');
				buf_addn(&b, value, n);
			}
		}
	}
	return buf_steal(&b);
}

/* value without some of its keys. */
static char *
without(const char *value, const char *const *keys)
{
	struct buf b = { 0 };

	for (size_t n; *value != '\0'; value += n + (value[n] == ',')) {
		bool stays = true;

		n = part_length(value);
		for (const char *const *key = keys; *key != NULL; key++)
			stays = stays && !is_key(value, n, *key);
		if (stays) {
			buf_add(&b, b.len > 0 ? "," : "");
			buf_addn(&b, value, n);
		}
	}
	return buf_steal(&b);
}

static bool
to_group(const char *value)
{
	return strstr(value, "remote.host=230.") != NULL;
}

static char *
user_netdev(const char *value)
{
	return with_only("user", value, (const char *const[]){ "id", NULL });
}

static char *
no_screen(const char *value)
{
	return xstrdup("none");
}

static char *
silent_audio(const char *value)
{
	return with_only("none", value, (const char *const[]){ "id", NULL });
}

static char *
test_device(const char *value)
{
	static const char *const keys[] = { "id", "bus", "addr", "multifunction", NULL };

	return with_only("pci-testdev", value, keys);
}

static char *
small_pages(const char *value)
{
	return without(value, (const char *const[]){ "hugetlb", "hugetlbsize", NULL });
}

static char *
empty_disk(const char *value)
{
	static const char empty[] = "driver=null-co,read-zeroes=on,size=16777216";
	static const char *const keys[] = { "node-name", "read-only", NULL };
	json_t *old, *new;
	char *text;

	if (*value != '{')
		return with_only(empty, value, keys);
	old = json_loads(value, 0, NULL);
	new = json_pack("{s:s, s:b, s:i, s:O}", "driver", "null-co", "read-zeroes", 1, "size",
	    16 << 20, "node-name", json_object_get(old, "node-name"));
	if (json_object_get(old, "read-only") != NULL)
		json_object_set(new, "read-only", json_object_get(old, "read-only"));
	text = json_dumps(new, JSON_COMPACT);
	json_decref(old);
	json_decref(new);
	return text;
}

static bool
lacks_hugepages(const char *value)
{
	char text[32] = "";
	int fd = open("/proc/sys/vm/nr_hugepages", O_RDONLY | O_CLOEXEC);
	bool none =
	    fd == -1 || read(fd, text, sizeof(text) - 1) <= 0 || strtoul(text, NULL, 10) == 0;

	close(fd);
	return none && strstr(value, ",hugetlb=on") != NULL;
}

static bool
lacks_vhost_vsock(const char *value)
{
	return access("/dev/vhost-vsock", R_OK | W_OK) == -1;
}

static bool
lacks_vhost_net(const char *value)
{
	return strstr(value, ",vhost=on") != NULL && access("/dev/vhost-net", R_OK | W_OK) == -1;
}

static char *
without_vhost(const char *value)
{
	return without(value, (const char *const[]){ "vhost", "vhostfd", "vhostfds", NULL });
}

static char *
older_card(const char *value)
{
	return xasprintf("e1000e%s", strchr(value, ','));
}

static char *
older_sound(const char *value)
{
	return xasprintf("AC97%s", strchr(value, ','));
}

static char *
flat_card(const char *value)
{
	return xasprintf("virtio-vga%s", strchr(value, ','));
}

static char *
other_tablet(const char *value)
{
	return with_only("usb-tablet", value, (const char *const[]){ "id", "bus", NULL });
}

static const struct replacement table[] = {
	{ "-netdev", "vde,", NULL, user_netdev, "no vde_switch is running" },
	{ "-netdev", "dgram,", to_group, user_netdev, "its network has no route to a group" },
	{ "-netdev", "vmnet-", NULL, user_netdev, "only macOS has vmnet" },
	{ "-netdev", "tap,", lacks_vhost_net, without_vhost, "there is no /dev/vhost-net" },
	{ "-device", "virtio-sound-pci,", NULL, older_sound, "only QEMU 8.2 and later has it" },
	{ "-device", "igb,", NULL, older_card, "only QEMU 8.0 and later has igb" },
	{ "-device", "usb-host,", NULL, other_tablet, "no device can be given away" },
	{ "-display", "cocoa", NULL, no_screen, "only macOS has cocoa" },
	{ "-display", "gtk", NULL, no_screen, "there is no desktop" },
	{ "-display", "sdl", NULL, no_screen, "there is no desktop" },
	{ "-display", "egl-headless", NULL, no_screen, "there is no card to render on" },
	{ "-device", "virtio-vga-gl,", NULL, flat_card, "there is no card to render on" },
	{ "-audiodev", "pa,", NULL, silent_audio, "there is no sound server" },
	{ "-audiodev", "pipewire,", NULL, silent_audio, "there is no sound server" },
	{ "-audiodev", "alsa,", NULL, silent_audio, "there is no sound card" },
	{ "-audiodev", "oss,", NULL, silent_audio, "there is no sound card" },
	{ "-audiodev", "coreaudio,", NULL, silent_audio, "only macOS has coreaudio" },
	{ "-object", "memory-backend-memfd,", lacks_hugepages, small_pages,
	    "no hugepages are set aside" },
	{ "-device", "vfio-pci,", NULL, test_device, "no device can be given away" },
	{ "-device", "ivshmem-doorbell,", NULL, test_device, "there is no ivshmem-server" },
	{ "-device", "vhost-vsock-pci,", lacks_vhost_vsock, test_device,
	    "there is no /dev/vhost-vsock" },
	{ "-blockdev", "driver=host_device,", NULL, empty_disk, "no block device is free" },
	{ "-blockdev", "driver=nbd,", NULL, empty_disk, "there is no server" },
	{ "-blockdev", "driver=ssh,", NULL, empty_disk, "there is no server" },
	{ "-blockdev", "driver=iscsi,", NULL, empty_disk, "there is no server" },
	{ "-blockdev", "driver=http,", NULL, empty_disk, "there is no server" },
	{ "-blockdev", "driver=https,", NULL, empty_disk, "there is no server" },
	{ "-blockdev", "driver=ftp,", NULL, empty_disk, "there is no server" },
	{ "-blockdev", "driver=ftps,", NULL, empty_disk, "there is no server" },
};

/* {"driver":"nbd",…} begins as driver=nbd,… does. */
static bool
begins(const char *value, const char *begin)
{
	json_t *object;
	const char *driver;
	bool same = false;

	if (*value != '{')
		return strncmp(value, begin, strlen(begin)) == 0;
	object = json_loads(value, 0, NULL);
	driver = json_string_value(json_object_get(object, "driver"));
	if (driver != NULL) {
		char *text = xasprintf("driver=%s,", driver);

		same = strcmp(text, begin) == 0;
		free(text);
	}
	json_decref(object);
	return same;
}

static void
replace(struct argv *argv, size_t i, const struct replacement *r)
{
	char *by = r->by(argv->v[i]);

	printf("%s %s replaced by %s: %s\n", r->flag, argv->v[i], by, r->why);
	free(argv->v[i]);
	argv->v[i] = by;
}

void
replace_missing(struct argv *argv)
{
	for (size_t i = 1; i < argv->n; i++) {
		for (size_t k = 0; k < sizeof(table) / sizeof(*table); k++) {
			const struct replacement *r = &table[k];

			if (strcmp(argv->v[i - 1], r->flag) == 0 && begins(argv->v[i], r->begin) &&
			    (r->needed == NULL || r->needed(argv->v[i]))) {
				replace(argv, i, r);
				break;
			}
		}
	}
}
