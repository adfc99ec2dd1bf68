/* How the base is called that a linked clone and its source share. */
#ifndef VMRUN_LAUNCH_CLONE_NAME_H
#define VMRUN_LAUNCH_CLONE_NAME_H

#include <stdbool.h>

/* "/srv/vm/web1.frozen-1.qcow2" for "/srv/vm/web1.qcow2": the first that is not there; to be freed. */
char *clone_base_name(const char *image);
bool clone_is_base_name(const char *path);

#endif
