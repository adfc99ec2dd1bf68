/* The credentials of a VM's systemd, in the form in which the guest reads them: each in a file that
 * QEMU alone can open, so that none is in its arguments. */
#ifndef VMRUN_LAUNCH_CREDENTIALS_H
#define VMRUN_LAUNCH_CREDENTIALS_H

struct context;
struct diag;
struct os_copy_place;
struct plan;
struct plan_facts;

/* Names for them, of files that a start would make. */
void credentials_name(const struct context *c, const struct plan *p, struct plan_facts *pf);
/* Makes them, and puts them into pf. place is where copies go. */
int credentials_open(
    struct diag *d, const struct plan *p, struct os_copy_place *place, struct plan_facts *pf);

#endif
