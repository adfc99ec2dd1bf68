/* The text of a clone's file. */
#ifndef VMRUN_CMD_CLONE_TEXT_H
#define VMRUN_CMD_CLONE_TEXT_H

#include <jansson.h>

struct buf;
struct clone;
struct diag;
struct fleet_now;
struct options;

/* text, which is that of the source's file, becomes the clone's: without MACs and uuid, with images of its own, whose
 * paths the text may have the last word on, and with other numbers where the source's are taken. Then what the
 * options say. ret_changes is an array of the settings that became others, each with key and value, which is null where it
 * is left out; to be freed. */
int clone_text(struct diag *d, struct fleet_now *fleet, const struct options *o, struct clone *cl,
    struct buf *text, json_t **ret_changes);

#endif
