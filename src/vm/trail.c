/* What each key of a VM file comes to; see trail.h. */
#include "vm/trail.h"

#include "vm/internal.h"

void
vm_trail(const char *name, struct conf_doc *doc, struct conf_doc *host_doc, struct conf_trail *ret)
{
	const struct conf_vars vars = { .name = name, .instance = vm_instance(name) };
	struct conf_layer layers[CONF_LAYERS_MAX];
	size_t n = 0;

	if (host_doc != NULL)
		layers[n++] = (struct conf_layer){ host_doc, "defaults" };
	for (size_t i = 0; i < conf_inherited(doc) && n < CONF_LAYERS_MAX - 1; i++)
		layers[n++] = (struct conf_layer){ conf_below(doc, i), NULL };
	layers[n++] = (struct conf_layer){ doc, NULL };
	vm_expand(doc, &vars);
	conf_trail(layers, n, vm_keys, ret);
	vm_expand(doc, NULL);
	for (size_t i = 0; i < ret->n; i++)
		ret->v[i].idle =
		    ret->v[i].where != NULL && conf_is_idle(doc, ret->v[i].path);
}
