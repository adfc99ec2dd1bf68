/* What a VM file says of the guest's first boot; part of vm.h. */
#ifndef VMRUN_VM_CLOUD_INIT_H
#define VMRUN_VM_CLOUD_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct vm;

struct vm_cloud_user {
	char *name;
	char **ssh_authorized_keys;
	size_t nssh_authorized_keys;
	char *sudo;          /* a rule of sudoers(5); NULL: none */
	char *password_hash; /* crypt(5); NULL: no password */
	char **groups;
	size_t ngroups;
	char *shell; /* NULL: the guest's default */
};

struct vm_cloud_init {
	bool enabled; /* after vm_load() false where nothing is said of it */
	char *user_data, *meta_data,
	    *network_config; /* files; NULL: made of the rest, or left out */
	char *hostname;      /* NULL: the VM's name */
	struct vm_cloud_user *users;
	size_t nusers;
	char **ssh_authorized_keys;
	size_t nssh_authorized_keys;
	char **packages;
	size_t npackages;
	char **run_commands;
	size_t nrun_commands;
};

/* The user data that the keys make, in YAML: the format of cloud-init's cloud-config. */
void cloud_user_data(struct buf *b, const struct vm_cloud_init *c);
/* The meta data. */
void cloud_meta_data(struct buf *b, const struct vm *vm, const char *instance_id);

#endif
