/* What a VM file says of the screen; part of vm.h. */
#ifndef VMRUN_VM_DISPLAY_H
#define VMRUN_VM_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vm_display_kind { DISPLAY_VNC, DISPLAY_NONE, DISPLAY_COCOA };

struct vm_vnc {
	bool on;
	char address[64]; /* an IPv6 address in brackets; "": 127.0.0.1 is used */
	unsigned number;  /* display; TCP port 5900 + number */
};

struct vm_display {
	int kind; /* enum vm_display_kind; a window may go together with vnc */
	struct vm_vnc vnc;
	char *password_file; /* NULL: no password */
};

#endif
