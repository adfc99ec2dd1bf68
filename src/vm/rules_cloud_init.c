/* Rules of the first boot; see internal.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"

/* RFC 1123: labels of letters, digits and hyphens, between dots. */
static bool
is_hostname(const char *s)
{
	for (size_t n;; s += n + 1) {
		n = strcspn(s, ".");
		if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
			return false;
		for (size_t i = 0; i < n; i++) {
			if (!isalnum((unsigned char)s[i]) && s[i] != '-')
				return false;
		}
		if (s[n] == '\0')
			return true;
	}
}

/* What no hostname can have in the VM's own name, as %n is, becomes a hyphen in the seed. */
static bool
bad_hostname(const struct vm *vm, size_t i)
{
	char *name, *own;
	bool bad;

	if (vm->cloud_init.hostname == NULL)
		return false;
	name = xstrdup(vm->cloud_init.hostname);
	own = vm->name != NULL && vm->name[0] != '\0' ? strstr(name, vm->name) : NULL;
	for (size_t k = 0; own != NULL && k < strlen(vm->name); k++) {
		if (own[k] == '@' || own[k] == '_')
			own[k] = '-';
	}
	bad = !is_hostname(name);
	free(name);
	return bad;
}

static bool
two_user_data(const struct vm *vm, size_t i)
{
	const struct vm_cloud_init *c = &vm->cloud_init;

	return c->user_data != NULL && (c->nusers > 0 || c->nssh_authorized_keys > 0 ||
					   c->npackages > 0 || c->nrun_commands > 0);
}

static bool
two_meta_data(const struct vm *vm, size_t i)
{
	return vm->cloud_init.meta_data != NULL && vm->cloud_init.hostname != NULL;
}

static bool
bad_user(const struct vm *vm, size_t i)
{
	const char *name = vm->cloud_init.users[i].name;

	return name != NULL &&
	       (!is_word(name) || (!isalpha((unsigned char)name[0]) && name[0] != '_'));
}

static bool
user_twice(const struct vm *vm, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (same_text(vm->cloud_init.users[i].name, vm->cloud_init.users[k].name))
			return true;
	}
	return false;
}

static bool
bad_hash(const struct vm *vm, size_t i)
{
	const char *hash = vm->cloud_init.users[i].password_hash;

	return hash != NULL &&
	       (hash[0] != '$' || strchr(hash + 1, '$') == NULL || strpbrk(hash, ": \t\n") != NULL);
}

static const struct rule rules[] = {
	{ "cloud_init.hostname", bad_hostname,
	    "is not a hostname: letters, digits and hyphens, in parts between dots" },
	{ "cloud_init.user_data", two_user_data,
	    "is the whole user data; users, ssh_authorized_keys, packages and run_commands would "
	    "be other" },
	{ "cloud_init.meta_data", two_meta_data,
	    "is the whole meta data; hostname would be in another" },
	{ 0 },
};
static const struct rule user_rules[] = {
	{ "name", bad_user,
	    "is not a user's name: letters, digits, '-', '_' and '.', the first a letter or '_'" },
	{ "name", user_twice, "is already that of a user before" },
	{ "password_hash", bad_hash,
	    "is not a hash as 'openssl passwd -6' makes it ($6$…); a password itself is never in "
	    "this file" },
	{ 0 },
};

/* A line of an authorized_keys file without options: its type, and the key. */
static bool
is_public_key(const char *s)
{
	static const char *const types[] = { "ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-" };
	const char *space = strchr(s, ' ');

	if (space == NULL || space[1] == '\0' || strpbrk(s, "\r\n") != NULL)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strncmp(s, types[i], strlen(types[i])) == 0)
			return true;
	}
	return false;
}

static void
rule_keys(struct rules *r, const char *where, char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *path = xasprintf("%s.ssh_authorized_keys[%zu]", where, i);

		if (!is_public_key(keys[i]))
			rule_broken(r, path,
			    "is not a public key of one line, as in id_ed25519.pub (ssh-ed25519 "
			    "AAAA…)");
		free(path);
	}
}

void
rules_cloud_init(struct rules *r)
{
	struct vm_cloud_init *c = &r->vm->cloud_init;

	if (!rule_given(r, "cloud_init"))
		c->enabled = false;
	rules_check(r, rules, NULL, 0);
	rule_keys(r, "cloud_init", c->ssh_authorized_keys, c->nssh_authorized_keys);
	for (size_t i = 0; i < c->nusers; i++) {
		char *where = xasprintf("cloud_init.users[%zu]", i);

		rules_check(r, user_rules, "cloud_init.users", i);
		rule_keys(
		    r, where, c->users[i].ssh_authorized_keys, c->users[i].nssh_authorized_keys);
		free(where);
	}
}
