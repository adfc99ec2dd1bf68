/* Sockets between NICs and what is at their other end; see peers.h. */
#include "launch/peers.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/plan.h"
#include "launch/runtime.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/inet.h"
#include "util/loop.h"

#define LOOK_MS   10
#define SILENT_MS 2000

static int
connect_path(struct diag *d, const char *path, size_t nic)
{
	int fd = unix_connect(path, false);

	if (fd == -1)
		fail_sys(d, "nics[%zu]: nobody answers on socket %s", nic, path);
	return fd;
}

/* QEMU would go on without a word, and without a network. */
static int
try_port(struct diag *d, const struct vm_peer *peer, size_t nic)
{
	char text[VM_PEER_TEXT];

	if (inet_connect_try(&peer->ip, peer->port) == 0)
		return 0;
	return fail_sys(d, "nics[%zu]: nobody answers on %s", nic, vm_peer_format(peer, text));
}

int
peers_connect(struct diag *d, const struct plan *p, struct plan_facts *pf)
{
	const struct vm *vm = &p->member.vm;

	for (size_t i = 0; i < vm->nnics; i++) {
		const struct vm_peer *peer = &vm->nics[i].stream.connect;
		const char *path = vm->nics[i].socket;
		int fd;

		if (peer->kind == PEER_INET && try_port(d, peer, i) == -1)
			return -1;
		if (peer->kind == PEER_UNIX)
			path = peer->path;
		if (path == NULL)
			continue;
		fd = connect_path(d, path, i);
		if (fd == -1)
			return -1;
		/* One of the caller's own connects by itself, and can do so again when the other
		 * comes back. */
		if (p->given.own_uid)
			pf->f.nics[i].socket.fd = plan_keep_fd(pf, fd);
		else
			fd_close(&fd);
	}
	return 0;
}

/* What another put there stays. */
static int
bind_path(struct diag *d, const char *path, size_t nic)
{
	struct stat st;
	int fd = unix_connect(path, true);

	if (fd != -1 || errno == EAGAIN || errno == EINPROGRESS || errno == EPROTOTYPE) {
		fd_close(&fd);
		return fail(d, "nics[%zu]: somebody has socket %s already", nic, path);
	}
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return fail(d, "nics[%zu]: %s is there, and is no socket", nic, path);
	fd = unix_listen(path);
	if (fd == -1)
		fail_sys(d, "nics[%zu]: %s", nic, path);
	return fd;
}

int
peers_bind(struct diag *d, const struct plan *p, struct plan_facts *pf)
{
	const struct vm *vm = &p->member.vm;

	for (size_t i = 0; i < vm->nnics; i++) {
		struct qemu_handle *socket = &pf->f.nics[i].socket;

		if (vm_nic_listens(&vm->nics[i])) {
			socket->fd = plan_keep_fd(pf, unix_listen(socket->name));
			if (socket->fd == -1)
				return fail_sys(d, "%s", socket->name);
		} else if (vm->nics[i].stream.listen.kind == PEER_UNIX) {
			socket->fd = plan_keep_fd(pf, bind_path(d, socket->name, i));
			if (socket->fd == -1)
				return -1;
		}
	}
	return 0;
}

/* Both ends of the link as the file has them, for who asks. */
static json_t *
ends_of(const struct vm_nic *n)
{
	const struct {
		const char *key;
		const struct vm_peer *peer;
	} ends[] = { { "listen", &n->stream.listen }, { "connect", &n->stream.connect },
		{ "local", &n->dgram.local }, { "remote", &n->dgram.remote } };
	json_t *o = json_object();
	char text[VM_PEER_TEXT];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends[i].peer->kind != PEER_NONE)
			record_string(o, ends[i].key, vm_peer_format(ends[i].peer, text));
	}
	return o;
}

void
peers_record(json_t *nic, const struct plan *p, size_t i)
{
	const struct vm_nic *n = &p->member.vm.nics[i];
	json_t *ends = ends_of(n);

	if (json_object_size(ends) > 0)
		json_object_set(nic, "ends", ends);
	json_decref(ends);
	if (n->stream.listen.kind == PEER_UNIX)
		record_string(nic, "listens", n->stream.listen.path);
	else if (n->dgram.local.kind == PEER_UNIX)
		record_string(nic, "listens", n->dgram.local.path);
}

/* Of a QEMU that was killed threads may live on for a moment, and its descriptors with them. */
static bool
falls_silent(const char *path)
{

	for (int waited = 0; waited < SILENT_MS; waited += LOOK_MS) {
		int fd = unix_connect(path, true);

		if (fd == -1 && errno == ECONNREFUSED)
			return true;
		fd_close(&fd);
		sleep_ms(LOOK_MS);
	}
	return false;
}

void
peers_leave(const json_t *record)
{
	const json_t *nic;
	size_t i;

	json_array_foreach(json_object_get(record, "nics"), i, nic)
	{
		const char *path = json_string_value(json_object_get(nic, "listens"));
		struct stat st;

		if (path != NULL && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
		    falls_silent(path))
			unlink(path);
	}
}
