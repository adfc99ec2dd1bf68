/* What each key of a VM file comes to; see trail.h. */
#include "vm/trail.h"

#include "vm/vm.h"

void
vm_trail(const char *name, struct conf_doc *doc, struct conf_doc *host_doc, struct conf_trail *ret)
{
	struct conf_layer layers[CONF_LAYERS_MAX];
	size_t n = 0;

	(void)name;
	if (host_doc != NULL)
		layers[n++] = (struct conf_layer){ host_doc, "defaults" };
	layers[n++] = (struct conf_layer){ doc, NULL };
	conf_trail(layers, n, vm_keys, ret);
}
