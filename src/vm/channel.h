/* What a VM file says of the channels into a guest: serial ports, virtio consoles, virtio ports;
 * part of vm.h. */
#ifndef VMRUN_VM_CHANNEL_H
#define VMRUN_VM_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vm_channel_to { TO_SOCKET, TO_PTY, TO_FILE, TO_DEVICE, TO_STDIO, TO_NONE };
enum vm_channel_kind { CHANNEL_SERIAL, CHANNEL_CONSOLE, CHANNEL_PORT, CHANNEL_AGENT };

struct vm_channel {
	char *name; /* of a virtio port, as the guest sees it; NULL for the others */
	int to;     /* enum vm_channel_to; after vm_load() never TO_NONE */
	char *path; /* of TO_FILE and TO_DEVICE; absolute */
	char *log;  /* a file that what the guest says is added to as well; NULL: none */
};

#define VM_CHANNEL_ID 32                       /* bytes of an id with its NUL */
#define VM_AGENT_PORT "org.qemu.guest_agent.0" /* the name that the agent looks for */

/* One of them, whichever list it is in. */
struct vm_channel_ref {
	enum vm_channel_kind kind;
	char id[VM_CHANNEL_ID]; /* "serial0", "console1", "port0", "agent0" */
	const struct vm_channel *channel;
};

struct vm;

/* The i-th of all, from 0: serial ports, consoles, the agent's, ports; false: there are fewer. */
bool vm_channel(const struct vm *vm, size_t i, struct vm_channel_ref *ret);
/* What people call it: the name of a port, else the id. */
const char *vm_channel_name(const struct vm_channel_ref *ref);
/* Its number in its list, as text: "0" of "serial0". */
const char *vm_channel_number(const struct vm_channel_ref *ref);
/* Does one of them need the terminal that vmrun was started on? */
bool vm_uses_stdio(const struct vm *vm);

#endif
