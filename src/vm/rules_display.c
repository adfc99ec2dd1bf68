/* Rules of the screen; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "vm/internal.h"

void
rules_display(struct rules *r)
{
	struct vm_display *display = &r->vm->display;
	bool none = display->kind == DISPLAY_NONE;

	if (none && rule_own(r, "display.vnc"))
		rule_broken(r, "display.kind", "\"none\" and vnc exclude each other");
	else if (none)
		display->vnc.on = false;
	else if (display->kind == DISPLAY_VNC && !display->vnc.on && !rule_given(r, "display.vnc"))
		rule_broken(
		    r, "display", "\"vnc\" needs a display number, as in { vnc = \":5\"; }");
	if ((none || (display->kind == DISPLAY_COCOA && !display->vnc.on &&
			 !rule_given(r, "display.vnc"))) &&
	    rule_own(r, "display.password_file"))
		rule_broken(r, "display.password_file", "needs vnc, and none is given");
}
