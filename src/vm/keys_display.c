/* The keys of the screen and of the graphics card; see internal.h. */
#include "vm/internal.h"

static const char *const display_words[] = { [DISPLAY_VNC] = "vnc",
	[DISPLAY_NONE] = "none",
	[DISPLAY_COCOA] = "cocoa",
	[DISPLAY_SPICE] = "spice",
	[DISPLAY_GTK] = "gtk",
	[DISPLAY_SDL] = "sdl",
	NULL };
const char *const vm_vnc_shares[] = { [SHARE_ALLOW_EXCLUSIVE] = "allow-exclusive",
	[SHARE_FORCE_SHARED] = "force-shared",
	[SHARE_IGNORE] = "ignore",
	NULL };
static const char *const video_words[] = { [VIDEO_AUTO] = "auto",
	[VIDEO_STD] = "std",
	[VIDEO_VIRTIO] = "virtio",
	[VIDEO_VIRTIO_GL] = "virtio-gl",
	[VIDEO_QXL] = "qxl",
	[VIDEO_BOCHS] = "bochs",
	[VIDEO_CIRRUS] = "cirrus",
	[VIDEO_VMWARE] = "vmware",
	[VIDEO_RAMFB] = "ramfb",
	[VIDEO_NONE] = "none",
	NULL };

static const struct conf_key vnc_keys[] = {
	{ "listen", CONF_CUSTOM, AT(vm_vnc, listen), .parse = parse_vnc, .unit = "ADDRESS:NUMBER",
	    .example = ":5",
	    .help = "Address and display number of the VNC server, TCP port 5900 + number; without "
		    "an address only this host can connect; without any of it the server is the "
		    "UNIX socket display/vnc.sock in the VM's runtime folder, which only whoever "
		    "started the VM reaches" },
	{ "websocket", CONF_INT, AT(vm_vnc, websocket), .min = 1, .max = 65535, .example = "5705",
	    .help = "TCP port of the same address for browsers, as noVNC connects to it" },
	{ "share", CONF_CHOICE, AT(vm_vnc, share), .choices = vm_vnc_shares,
	    .def = "allow-exclusive",
	    .help = "What becomes of the others when somebody connects: allow-exclusive, as the "
		    "newcomer asks, like other VNC servers; force-shared, they stay; ignore, they "
		    "stay even if he asked to be alone" },
	{ 0 },
};

static const struct conf_key spice_keys[] = {
	{ "listen", CONF_CUSTOM, AT(vm_spice, listen), .parse = parse_spice, .unit = "ADDRESS:PORT",
	    .example = ":5930",
	    .help = "Address and TCP port of the SPICE server; without an address only this host "
		    "can connect; without any of it the server is the UNIX socket "
		    "display/spice.sock in the VM's runtime folder, which only whoever started the "
		    "VM reaches" },
	{ "agent", CONF_BOOL, AT(vm_spice, agent), .def = "true",
	    .help = "A channel to spice-vdagent in the guest, which fits the screen to the "
		    "viewer's window and shares the clipboard" },
	{ "clipboard", CONF_BOOL, AT(vm_spice, clipboard), .def = "true",
	    .help = "Whether what is copied on one side can be pasted on the other" },
	{ "file_transfer", CONF_BOOL, AT(vm_spice, file_transfer), .def = "true",
	    .help = "Whether files dropped on the viewer's window go to the guest" },
	{ 0 },
};

const struct conf_key display_keys[] = {
	{ "kind", CONF_CHOICE, AT(vm_display, kind), .choices = display_words, .def = "none",
	    .yields = true, .example = "vnc",
	    .help = "Whether there is a display; giving vnc or spice says enough; cocoa (macOS), "
		    "gtk and sdl are a window on the desktop of the user who starts the VM, "
		    "perhaps with vnc or spice as well" },
	{ "vnc", CONF_GROUP, AT(vm_display, vnc), .sub = vnc_keys, .scalar = "listen",
	    .replaces = true,
	    .help = "A VNC server" },
	{ "spice", CONF_GROUP, AT(vm_display, spice), .sub = spice_keys, .scalar = "listen",
	    .replaces = true,
	    .help = "A SPICE server" },
	{ "password_file", CONF_PATH, AT(vm_display, password_file), .access = ACCESS_SECRET,
	    .example = "/etc/vmrun/web1.password",
	    .help = "File with the password for vnc and spice; VNC uses its first 8 bytes only" },
	{ "tls", CONF_PATH, AT(vm_display, tls), .example = "/etc/pki/vmrun",
	    .help = "Folder with ca-cert.pem, server-cert.pem and server-key.pem: VNC and SPICE "
		    "clients must encrypt" },
	{ "tls_verify", CONF_BOOL, AT(vm_display, tls_verify), .def = "false",
	    .help = "VNC clients must have a certificate of the same authority" },
	{ "keymap", CONF_STRING, AT(vm_display, keymap), .min = 1, .max = 16, .example = "de",
	    .help = "Keyboard of VNC clients that do not send the codes of their keys, as QEMU "
		    "calls it; it should not be needed" },
	{ 0 },
};

const struct conf_key video_keys[] = {
	{ "model", CONF_CHOICE, AT(vm_video, model), .choices = video_words, .def = "auto",
	    .example = "virtio",
	    .help = "Which card; auto is std on x86, whose driver every guest has, and virtio "
		    "elsewhere; virtio-gl computes 3D on the host's card" },
	{ "heads", CONF_INT, AT(vm_video, heads), .min = 1, .max = 16, .def = "1", .example = "2",
	    .help = "Screens of a virtio or qxl card" },
	{ "resolution", CONF_CUSTOM, AT(vm_video, resolution), .parse = parse_resolution,
	    .unit = "WIDTHxHEIGHT", .example = "1920x1080",
	    .help = "What the screen says it likes best; guests take it unless told otherwise" },
	{ "memory", CONF_SIZE, AT(vm_video, memory), .min = MIB, .max = 4096 * MIB,
	    .example = "32M",
	    .help = "Memory of the card, a power of two, for large screens: of std, qxl, bochs, "
		    "cirrus and vmware what the picture is in, of virtio what it may take on the "
		    "host" },
	{ "render_node", CONF_PATH, AT(vm_video, render_node), .def = "/dev/dri/renderD128",
	    .help = "The host's card for virtio-gl with vnc or spice" },
	{ 0 },
};
