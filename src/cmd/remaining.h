/* What those of a fleet have to do with one that is removed: who uses an image of it, and who names it. All of
 * it is looked up once for one VM after another. */
#ifndef VMRUN_CMD_REMAINING_H
#define VMRUN_CMD_REMAINING_H

struct cmd;
struct diag;
struct fleet_now;
struct image_users;
struct remaining;

struct remaining *remaining_new(struct cmd *cmd);
void remaining_free(struct remaining *r);
struct fleet_now *remaining_fleet(const struct remaining *r);

/* Of all VMs, and of those that run from files of elsewhere; lent until the next call. NULL: d says why not. */
struct image_users *remaining_images(struct diag *d, struct remaining *r);
/* Tells the user which VMs come after that one, or cannot be without it. */
void remaining_warn(struct remaining *r, const char *name);

#endif
