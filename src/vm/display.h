/* What a VM file says of the screen and of its graphics card; part of vm.h. */
#ifndef VMRUN_VM_DISPLAY_H
#define VMRUN_VM_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vm_display_kind {
	DISPLAY_VNC,
	DISPLAY_NONE,
	DISPLAY_COCOA,
	DISPLAY_SPICE,
	DISPLAY_GTK,
	DISPLAY_SDL
};
enum vm_vnc_share { SHARE_ALLOW_EXCLUSIVE, SHARE_FORCE_SHARED, SHARE_IGNORE };
enum vm_video_model {
	VIDEO_AUTO,
	VIDEO_STD,
	VIDEO_VIRTIO,
	VIDEO_VIRTIO_GL,
	VIDEO_QXL,
	VIDEO_BOCHS,
	VIDEO_CIRRUS,
	VIDEO_VMWARE,
	VIDEO_RAMFB,
	VIDEO_NONE
};

/* QEMU's words for enum vm_vnc_share; ended by NULL. */
extern const char *const vm_vnc_shares[];

/* A TCP address to listen on. */
struct vm_listen {
	bool set;         /* else a UNIX socket in the VM's runtime folder */
	char address[64]; /* an IPv6 address in brackets; "": 127.0.0.1 is used */
	unsigned number;  /* of a VNC display: TCP port 5900 + number; of SPICE the TCP port */
};
#define VNC_PORT 5900 /* of display 0, RFC 6143 appendix */

struct vm_vnc {
	bool on;
	struct vm_listen listen;
	int64_t websocket; /* TCP port; 0: none */
	int share;         /* enum vm_vnc_share */
};

struct vm_spice {
	bool on;
	struct vm_listen listen;
	bool agent, clipboard, file_transfer;
};

struct vm_display {
	int kind; /* enum vm_display_kind; a window may go together with vnc and spice */
	struct vm_vnc vnc;
	struct vm_spice spice;
	char *password_file; /* NULL: no password */
	char *tls;           /* folder with the server's certificate; NULL: no TLS */
	bool tls_verify;     /* only who has a certificate of the same authority may connect */
	char *keymap;        /* NULL: the client's keys as they are */
};

struct vm_resolution {
	unsigned width, height; /* 0: not said */
};

struct vm_video {
	int model;     /* enum vm_video_model; VIDEO_AUTO: what goes with the machine */
	int64_t heads; /* screens */
	struct vm_resolution resolution;
	uint64_t memory;   /* bytes; 0: QEMU's own */
	char *render_node; /* of virtio-gl, where no window brings one */
};

#endif
