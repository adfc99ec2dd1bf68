/* The keys of serial ports, consoles and virtio ports; see internal.h. */
#include "vm/internal.h"

static const char *const to_words[] = { [TO_SOCKET] = "socket",
	[TO_PTY] = "pty",
	[TO_FILE] = "file",
	[TO_DEVICE] = "device",
	[TO_STDIO] = "stdio",
	NULL };
static const char *const serial_to_words[] = { [TO_SOCKET] = "socket",
	[TO_PTY] = "pty",
	[TO_FILE] = "file",
	[TO_DEVICE] = "device",
	[TO_STDIO] = "stdio",
	[TO_NONE] = "none",
	NULL };

#define TO_HELP                                                                                    \
	"Where it leads: a socket in the VM's runtime folder, which 'vmrun console' connects to; " \
	"a pty that QEMU makes and 'vmrun status' names; a file that what the guest says is "      \
	"added to; a device of the host, such as its own serial port; or stdio, the terminal of "  \
	"'vmrun start --foreground', which Ctrl-A x leaves"
#define PATH_KEY                                                                                   \
	{                                                                                          \
		"path", CONF_PATH, AT(vm_channel, path),                                           \
		    .example = "/var/log/web1.serial",                                             \
		    .help =                                                                        \
			"The file or the device; vmrun opens it, so that QEMU itself needs no "    \
			"right to it"                                                              \
	}
#define LOG_KEY                                                                                    \
	{                                                                                          \
		"log", CONF_PATH, AT(vm_channel, log),                                             \
		    .example = "/var/log/web1.console",                                            \
		    .help =                                                                        \
			"A file that what the guest says is added to as well, also while nobody "  \
			"is connected"                                                             \
	}

const struct conf_key serial_keys[] = {
	{ "to", CONF_CHOICE, AT(vm_channel, to), .choices = serial_to_words, .def = "socket",
	    .example = "file", .help = TO_HELP "; none, alone, is a VM without a serial port" },
	PATH_KEY,
	LOG_KEY,
	{ 0 },
};

const struct conf_key console_keys[] = {
	{ "to", CONF_CHOICE, AT(vm_channel, to), .choices = to_words, .def = "socket",
	    .help = "As in serial" },
	{ "path", CONF_PATH, AT(vm_channel, path), .alternative = true,
	    .example = "/var/log/web1.hvc0", .help = "As in serial" },
	{ "log", CONF_PATH, AT(vm_channel, log), .example = "/var/log/web1.hvc0",
	    .help = "As in serial" },
	{ 0 },
};

const struct conf_key port_keys[] = {
	{ "name", CONF_STRING, AT(vm_channel, name), .required = true, .min = 1, .max = 64,
	    .example = "org.example.data.0",
	    .help = "The port's name: the guest has it as /dev/virtio-ports/NAME" },
	{ "to", CONF_CHOICE, AT(vm_channel, to), .choices = to_words, .def = "socket",
	    .help = "As in serial" },
	{ "path", CONF_PATH, AT(vm_channel, path), .alternative = true,
	    .example = "/var/log/web1.port", .help = "As in serial" },
	{ "log", CONF_PATH, AT(vm_channel, log), .example = "/var/log/web1.port",
	    .help = "As in serial" },
	{ 0 },
};
