/* The keys of the first boot; see internal.h. */
#include "vm/internal.h"

#define KEY_EXAMPLE "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBx0 me@desk"

static const struct conf_key user_keys[] = {
	{ "name", CONF_STRING, AT(vm_cloud_user, name), .required = true, .min = 1, .max = 32,
	    .example = "anna", .help = "The user's name" },
	{ "ssh_authorized_keys", CONF_STRINGS, AT(vm_cloud_user, ssh_authorized_keys),
	    COUNT(vm_cloud_user, nssh_authorized_keys), .single = true, .max = 100,
	    .example = KEY_EXAMPLE,
	    .help = "Public keys that log the user in, one line each, as in id_ed25519.pub" },
	{ "sudo", CONF_STRING, AT(vm_cloud_user, sudo), .min = 1, .max = 1000,
	    .example = "ALL=(ALL) NOPASSWD:ALL", .help = "A rule for sudo, as in sudoers(5)" },
	{ "password_hash", CONF_STRING, AT(vm_cloud_user, password_hash), .min = 1, .max = 1000,
	    .example = "$6$salt$hash",
	    .help = "The hash of a password, as 'openssl passwd -6' makes it; without one nobody "
		    "can log in by a password" },
	{ "groups", CONF_STRINGS, AT(vm_cloud_user, groups), COUNT(vm_cloud_user, ngroups),
	    .single = true, .max = 100, .example = "adm, docker",
	    .help = "Groups that the user is in as well" },
	{ "shell", CONF_STRING, AT(vm_cloud_user, shell), .min = 1, .max = 1000,
	    .example = "/bin/bash", .help = "The login shell; the guest's default if not given" },
	{ 0 },
};

const struct conf_key cloud_init_keys[] = {
	{ "enabled", CONF_BOOL, AT(vm_cloud_init, enabled), .def = "true",
	    .help = "Whether there is one, where anything of it is said, here or in the defaults "
		    "for all VMs" },
	{ "hostname", CONF_STRING, AT(vm_cloud_init, hostname), .min = 1, .max = 253,
	    .example = "web1.example.net", .help = "The guest's name; the VM's if not given" },
	{ "ssh_authorized_keys", CONF_STRINGS, AT(vm_cloud_init, ssh_authorized_keys),
	    COUNT(vm_cloud_init, nssh_authorized_keys), .single = true, .max = 100,
	    .example = KEY_EXAMPLE,
	    .help = "Public keys that log in the image's own user (debian, ubuntu, …)" },
	{ "users", CONF_LIST, AT(vm_cloud_init, users), COUNT(vm_cloud_init, nusers),
	    .elem_size = sizeof(struct vm_cloud_user), .sub = user_keys, .single = true, .max = 100,
	    .help = "Users that are made beside the image's own" },
	{ "packages", CONF_STRINGS, AT(vm_cloud_init, packages), COUNT(vm_cloud_init, npackages),
	    .single = true, .max = 1000, .example = "nginx, qemu-guest-agent",
	    .help = "Packages that are installed" },
	{ "run_commands", CONF_STRINGS, AT(vm_cloud_init, run_commands),
	    COUNT(vm_cloud_init, nrun_commands), .single = true, .max = 1000,
	    .example = "systemctl enable --now nginx",
	    .help = "Lines that a shell executes at the end, as root, in this order" },
	{ "user_data", CONF_PATH, AT(vm_cloud_init, user_data), .access = ACCESS_OWN,
	    .alternative = true, .example = "/etc/vmrun/web1.user-data",
	    .help = "A file with the user data, in place of users, keys, packages and commands" },
	{ "meta_data", CONF_PATH, AT(vm_cloud_init, meta_data), .access = ACCESS_OWN,
	    .alternative = true, .example = "/etc/vmrun/web1.meta-data",
	    .help = "A file with the meta data, in place of hostname; it has to name an "
		    "instance-id, and another one when the rest is to be done again" },
	{ "network_config", CONF_PATH, AT(vm_cloud_init, network_config), .access = ACCESS_OWN,
	    .example = "/etc/vmrun/web1.network-config",
	    .help =
		"A file with the network's configuration, of version 1 or 2; the first NIC asks "
		"by DHCP if not given" },
	{ 0 },
};
