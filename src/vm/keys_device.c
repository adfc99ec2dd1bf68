/* The keys of the other devices; see internal.h. */
#include "vm/internal.h"

static const char *const model_words[] = { [WATCHDOG_NONE] = "none",
	[WATCHDOG_I6300ESB] = "i6300esb",
	[WATCHDOG_IB700] = "ib700",
	[WATCHDOG_ITCO] = "itco",
	NULL };
const char *const watchdog_words[] = { [WATCHDOG_RESET] = "reset",
	[WATCHDOG_SHUTDOWN] = "shutdown",
	[WATCHDOG_POWEROFF] = "poweroff",
	[WATCHDOG_PAUSE] = "pause",
	[WATCHDOG_NMI] = "inject-nmi",
	[WATCHDOG_IGNORE] = "none",
	NULL };

const struct conf_key watchdog_keys[] = {
	{ "model", CONF_CHOICE, AT(vm_watchdog, model), .choices = model_words, .def = "none",
	    .example = "i6300esb",
	    .help = "The card, i6300esb if only an action is given: it is on PCI, so every machine "
		    "with that can have it; ib700 is for old guests on a PC; itco is in each q35, "
		    "and this lets it do what it is for" },
	{ "action", CONF_CHOICE, AT(vm_watchdog, action), .choices = watchdog_words, .def = "reset",
	    .alternative = true, .help = "The same as on_watchdog, which is the better place" },
	{ 0 },
};

const struct conf_key rng_keys[] = {
	{ "enabled", CONF_BOOL, AT(vm_rng, enabled), .def = "true",
	    .help = "Whether there is one; without, a guest may wait long for its first keys" },
	{ "source", CONF_PATH, AT(vm_rng, source), .example = "/dev/hwrng",
	    .help = "A character device that the numbers come from; the kernel's own generator if "
		    "not given, which is as good and never runs dry" },
	{ "max_bytes", CONF_SIZE, AT(vm_rng, max_bytes), .max = TIB, .def = "0", .example = "1024",
	    .help = "What a guest may take in each period; 0 is no limit, as it is only the guest "
		    "itself that has to wait" },
	{ "period", CONF_DURATION, AT(vm_rng, period), .min = 1, .max = DAY, .def = "1s",
	    .help = "The time that max_bytes is for" },
	{ 0 },
};

const struct conf_key vsock_keys[] = {
	{ "enabled", CONF_BOOL, AT(vm_vsock, enabled), .def = "false", .example = "true",
	    .help = "Whether there is one; giving a cid says enough" },
	{ "cid", CONF_INT, AT(vm_vsock, cid), .min = 3, .max = VSOCK_CID_MAX, .example = "42",
	    .help = "The guest's address; if not given, one that no other VM has is given once and "
		    "kept, as a MAC is" },
	{ 0 },
};

const struct conf_key ivshmem_keys[] = {
	{ "file", CONF_PATH, AT(vm_ivshmem, file), .example = "/dev/shm/vms/frames",
	    .help =
		"The memory as a file, made if it is missing; who shares it opens it as its own "
		"user, so everybody may: put it into a folder that only those can enter" },
	{ "size", CONF_SIZE, AT(vm_ivshmem, size), .min = 4096, .max = TIB, .example = "32M",
	    .help = "Of the file: a power of two" },
	{ "socket", CONF_PATH, AT(vm_ivshmem, socket), .alternative = true,
	    .example = "/run/ivshmem.sock",
	    .help =
		"In place of a file: the socket of an ivshmem-server, which has the memory, and "
		"lets those who share it ring at each other's door" },
	{ "vectors", CONF_INT, AT(vm_ivshmem, vectors), .min = 1, .max = 64, .def = "1",
	    .help = "Interrupts of one with a socket, as many as its server says" },
	{ 0 },
};
