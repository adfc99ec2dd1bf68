/* What cloud-init reads, made of the keys of a VM file; see cloud_init.h. Every value is a quoted
 * scalar, so that none can become something else. */
#include <stdlib.h>

#include "util/buf.h"
#include "vm/vm.h"

static void
add_scalar(struct buf *b, const char *indent, const char *key, const char *value)
{
	if (value == NULL)
		return;
	buf_addf(b, "%s%s: ", indent, key);
	buf_add_yaml(b, value);
	buf_addc(b, '\n');
}

static void
add_list(struct buf *b, const char *indent, const char *key, char *const *values, size_t n)
{
	if (n == 0)
		return;
	buf_addf(b, "%s%s:\n", indent, key);
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s  - ", indent);
		buf_add_yaml(b, values[i]);
		buf_addc(b, '\n');
	}
}

static void
add_user(struct buf *b, const struct vm_cloud_user *user)
{
	add_scalar(b, "  - ", "name", user->name);
	add_list(b, "    ", "groups", user->groups, user->ngroups);
	add_scalar(b, "    ", "shell", user->shell);
	add_scalar(b, "    ", "sudo", user->sudo);
	if (user->password_hash != NULL)
		buf_add(b, "    lock_passwd: false\n");
	add_scalar(b, "    ", "passwd", user->password_hash);
	add_list(b, "    ", "ssh_authorized_keys", user->ssh_authorized_keys,
	    user->nssh_authorized_keys);
}

void
cloud_user_data(struct buf *b, const struct vm_cloud_init *c)
{
	buf_add(b, "#cloud-config\n");
	if (c->nusers > 0)
		buf_add(b, "users:\n  - default\n");
	for (size_t i = 0; i < c->nusers; i++)
		add_user(b, &c->users[i]);
	add_list(b, "", "ssh_authorized_keys", c->ssh_authorized_keys, c->nssh_authorized_keys);
	/* An image's own lists of packages are as old as the image. */
	if (c->npackages > 0)
		buf_add(b, "package_update: true\n");
	add_list(b, "", "packages", c->packages, c->npackages);
	add_list(b, "", "runcmd", c->run_commands, c->nrun_commands);
}

/* What no hostname can have becomes a hyphen. */
static void
add_hostname(struct buf *b, const char *name)
{
	struct buf text = { 0 };

	buf_add(&text, name);
	for (char *s = text.s; *s != '\0'; s++) {
		if (*s == '_' || *s == '@')
			*s = '-';
	}
	add_scalar(b, "", "local-hostname", text.s);
	buf_free(&text);
}

void
cloud_meta_data(struct buf *b, const struct vm *vm, const char *instance_id)
{
	add_scalar(b, "", "instance-id", instance_id);
	add_hostname(b, vm->cloud_init.hostname != NULL ? vm->cloud_init.hostname : vm->name);
}
