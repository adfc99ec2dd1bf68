/* The keys of the screen; see internal.h. */
#include "vm/internal.h"

static const char *const display_words[] = {
	[DISPLAY_VNC] = "vnc", [DISPLAY_NONE] = "none", [DISPLAY_COCOA] = "cocoa", NULL
};

const struct conf_key display_keys[] = {
	{ "kind", CONF_CHOICE, AT(vm_display, kind), .choices = display_words, .def = "none",
	    .example = "vnc",
	    .help = "Whether there is a display; giving vnc says enough; cocoa is a window on the "
		    "desktop of macOS, perhaps with vnc as well" },
	{ "vnc", CONF_CUSTOM, AT(vm_display, vnc), .parse = parse_vnc, .unit = "ADDRESS:NUMBER",
	    .example = ":5",
	    .help = "Address and display number of the VNC server, TCP port 5900 + number; without "
		    "an address only this host can connect" },
	{ "password_file", CONF_PATH, AT(vm_display, password_file),
	    .access = ACCESS_SECRET,
	    .example = "/etc/vmrun/web1.password",
	    .help = "File with the VNC password; VNC uses its first 8 bytes only" },
	{ 0 },
};
