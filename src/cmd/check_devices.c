/* What channels and smaller devices of a VM file ask of this host; see check.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/check.h"
#include "conf/conf.h"
#include "os/os.h"
#include "util/mem.h"
#include "vm/fleet.h"

static void
check_device(const struct fleet_member *m, const char *key, const char *path, int mode)
{
	struct stat st;

	if (stat(path, &st) == -1 || access(path, mode) == -1)
		conf_fail(m->doc, key, "%s: %s", path, strerror(errno));
	else if (!S_ISCHR(st.st_mode))
		conf_fail(m->doc, key, "%s: not a character device", path);
}

/* A file that is written to, or its folder if it is to be made. */
static void
check_output(const struct fleet_member *m, const char *key, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = xstrndup(path, slash > path ? (size_t)(slash - path) : 1);
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		conf_fail(m->doc, key, "%s: not a regular file", path);
	else if (access(path, F_OK) == 0 ? access(path, W_OK) == -1 : access(folder, W_OK) == -1)
		conf_fail(m->doc, key, "%s: %s", path, strerror(errno));
	free(folder);
}

static void
check_channel(const struct fleet_member *m, const struct vm_channel_ref *ref)
{
	static const char *const lists[] = { [CHANNEL_SERIAL] = "serial",
		[CHANNEL_CONSOLE] = "consoles",
		[CHANNEL_PORT] = "ports" };
	const struct vm_channel *channel = ref->channel;
	const char *list = lists[ref->kind], *number = vm_channel_number(ref);
	char key[64];

	snprintf(key, sizeof(key), "%s[%s].path", list, number);
	if (channel->to == TO_DEVICE)
		check_device(m, key, channel->path, R_OK | W_OK);
	else if (channel->to == TO_FILE)
		check_output(m, key, channel->path);
	snprintf(key, sizeof(key), "%s[%s].log", list, number);
	if (channel->log != NULL)
		check_output(m, key, channel->log);
}

void
check_devices(const struct fleet_member *m)
{
	const struct vm *vm = &m->vm;
	const char *vsock = os_here()->vsock;
	struct vm_channel_ref ref;

	for (size_t i = 0; vm_channel(vm, i, &ref); i++) {
		if (ref.kind != CHANNEL_AGENT)
			check_channel(m, &ref);
	}
	if (vm->rng.enabled && vm->rng.source != NULL)
		check_device(m, "rng.source", vm->rng.source, R_OK);
	if (vm->vsock.enabled && vsock != NULL && access(vsock, F_OK) == -1)
		conf_fail(m->doc, "vsock", "%s: %s (modprobe vhost_vsock)", vsock, strerror(errno));
	for (size_t i = 0; i < vm->nhooks; i++) {
		char key[48];

		snprintf(key, sizeof(key), "hooks[%zu].run", i);
		check_hook(m, key, vm->hooks[i].run);
	}
	for (size_t i = 0; i < vm->nivshmem; i++) {
		char key[48];

		snprintf(key, sizeof(key), "ivshmem[%zu].%s", i,
		    vm->ivshmem[i].file != NULL ? "file" : "socket");
		if (vm->ivshmem[i].file != NULL)
			check_output(m, key, vm->ivshmem[i].file);
		else if (access(vm->ivshmem[i].socket, F_OK) == -1)
			conf_fail(m->doc, key, "%s: %s", vm->ivshmem[i].socket, strerror(errno));
	}
}
