/* What the screen of a VM needs of the host: a folder for its sockets, copies of its certificates,
 * the desktop of the user. */
#ifndef VMRUN_LAUNCH_SCREEN_H
#define VMRUN_LAUNCH_SCREEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct context;
struct diag;
struct plan;
struct plan_facts;
struct runtime;
struct vm;

/* Folders within the runtime folder. In the one QEMU makes its sockets, so that only whoever may
 * enter the other reaches them; the other holds copies of what the key tls names. */
#define SCREEN_SOCKETS "display"
#define SCREEN_TLS     "tls"

/* Is the desktop there, and QEMU's uid one that reaches it, and what else it is to show? */
int screen_check(struct diag *d, const struct plan *p);
/* Names for the facts, as QEMU would be told without descriptors. */
void screen_name(const struct context *c, const struct vm *vm, struct plan_facts *pf);
/* Makes the folders, and gives QEMU what it cannot open itself. */
int screen_open(
    struct diag *d, const struct plan *p, const struct runtime *r, struct plan_facts *pf);
/* Removes a folder that it made, and what is in it, below the open runtime folder. False: not all
 * of it. */
bool screen_remove(int runtime, const char *folder);
/* The VM's environment, and what of ours leads to the desktop if it has a window there; *ret is
 * freed by the caller, the strings in it are lent. */
void screen_environment(const struct vm *vm, char ***ret, size_t *ret_n);
/* "vnc" and "spice": where the screen can be seen. */
void screen_record(json_t *record, const struct context *c, const struct vm *vm);

#endif
