/*
 * The runtime folder of one VM, run/NAME: its lock, its sockets, and the record of its QEMU.
 *
 * The lock (flock on run/NAME/lock) is held by whoever works on the VM: the command that starts it,
 * then, through the same open file, its supervisor. It ends with its holder, so a crash leaves
 * none. The record names the QEMU process for good (pid, start time, boot), so that a supervisor
 * that died can be replaced; it is written before QEMU is let go. Nothing in the folder outlives
 * the kernel, so nothing in it is fsynced.
 */
#ifndef VMRUN_LAUNCH_RUNTIME_H
#define VMRUN_LAUNCH_RUNTIME_H

#include <jansson.h>
#include <stdbool.h>

#include "os/os.h"

struct context;
struct diag;

struct runtime {
	char *dir;
	int lock;  /* -1: not held */
	bool keep; /* the record says what could not be put right yet: runtime_remove() leaves it */
};
#define RUNTIME_NONE                                                                               \
	{                                                                                          \
		.lock = -1                                                                         \
	}

/* Path of a file in the VM's folder; to be freed by the caller. */
char *runtime_path(const struct context *c, const char *name, const char *file);
/* Every file that there can be in the folder, beside those of channel_is_file(). */
#define RUNTIME_FILES                                                                              \
	"control.sock", "gdb.sock", "log.fifo", "monitor.sock", "monitor.sock.lock", "qemu", "qemu.new",       \
	    "qmp.sock", "resolved", "resolved.new", "supervisor.sock"

/* The folder beside it, run/.NAME, for what QEMU opens by path where it can be given no descriptor
 * (os_copy()); to be freed by the caller. Every file in it has a name that begins so. */
char *runtime_copies(const struct runtime *r);
#define RUNTIME_COPY "file-"
/* Remove the copies and their folder. */
void runtime_copies_remove(const struct runtime *r);

/* Is there a record of a QEMU? With the lock held: one that a supervisor that died has left. */
bool runtime_has_record(const struct runtime *r);
/* Does anybody hold the VM's lock just now? */
bool runtime_is_held(const struct context *c, const char *name);
/* Make the folder and take the lock. Held by another: -1, DIAG_BUSY, errno EWOULDBLOCK. */
int runtime_lock(struct diag *d, const struct context *c, const char *name, struct runtime *ret);
/* Remove the folder with all in it, the lock last, while holding it; then give it up. With keep the
 * folder stays, for the next command to try again. */
void runtime_remove(struct runtime *r);
/* Give up the lock and leave the folder. */
void runtime_release(struct runtime *r);

/* Put a file into the folder, in the place of the one of that name, whole or not at all. It is not
 * synced: nothing reads it after a crash of the host. */
int runtime_write(struct diag *d, const struct runtime *r, const char *name, const char *text);
/* What is known of a running QEMU: "pid", "start", "boot" and facts for status. record is borrowed.
 */
int record_write(struct diag *d, const struct runtime *r, const json_t *record);
/* *ret is owned by the caller. No record: -1 with errno ENOENT. */
int record_read(struct diag *d, const char *dir, json_t **ret);
struct os_proc record_proc(const json_t *record);
/* A string in a record, which is UTF-8: what is not is "?". NULL: nothing is added. */
void record_string(json_t *object, const char *key, const char *value);

#endif
