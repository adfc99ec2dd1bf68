/* Which VM uses which image, as a disk, a base, a medium or a store, whatever it is called: a file is known by
 * its inode. What an image is based on is read from its header. */
#ifndef VMRUN_LAUNCH_IMAGE_USERS_H
#define VMRUN_LAUNCH_IMAGE_USERS_H

#include <stddef.h>
#include <sys/stat.h>

#include "vm/fleet.h"

struct image_users;

struct image_users *image_users_of(const struct fleet *f);
/* One that is not of the fleet. All are lent; those that have gone meanwhile are passed over. */
void image_users_add(struct image_users *u, const struct fleet_member *m);
void image_users_free(struct image_users *u);
/* A VM other than `except` that uses the file; NULL: none. */
const char *image_user(struct image_users *u, const struct stat *st, const char *except);

/* Calls fn with each file that the image at path is based on, the nearest first. */
void image_each_base(const char *path, int format, void (*fn)(const char *base, void *arg), void *arg);
/* Does a process hold QEMU's lock on the image? */
bool image_is_held(const char *path);

#endif
