/* What the files of vm/ share. */
#ifndef VMRUN_VM_INTERNAL_H
#define VMRUN_VM_INTERNAL_H

#include "vm/vm.h"

#define VM_CPUS_MAX 4096

/* values.c: CONF_CUSTOM parsers, see conf/conf.h. */
int parse_mac(const char *s, void *field, const char **ret_expected);   /* struct mac */
int parse_uuid(const char *s, void *field, const char **ret_expected);  /* struct vm_uuid */
int parse_vmnet(const char *s, void *field, const char **ret_expected); /* enum vm_vmnet as int */
int parse_vnc(const char *s, void *field, const char **ret_expected);   /* struct vm_vnc */
/* Only letters, digits and '-', '_', '.'. */
bool is_word(const char *s);

/* rules.c: what no single key can tell; also gives each disk its format. Notes problems in doc or,
 * for what comes from its `defaults`, in host_doc (may be NULL). */
void vm_rules(struct vm *vm, struct conf_doc *doc, struct conf_doc *host_doc);

#endif
