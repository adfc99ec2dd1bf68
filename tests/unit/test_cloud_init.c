/* What cloud-init reads, from the keys of a VM file. */
#include "unit.h"

#include <string.h>

#include "util/buf.h"
#include "vm/vm.h"

#define HOSTILE "x\"\nruncmd:\n  - evil"
#define ESCAPED "\"x\\\"\\x0aruncmd:\\x0a  - evil\""

static void
the_user_data_is_yaml_whatever_the_values_are(void **state)
{
	char *hostile[] = { (char *)HOSTILE };
	struct vm_cloud_user user = { .name = (char *)HOSTILE,
		.ssh_authorized_keys = hostile,
		.nssh_authorized_keys = 1,
		.sudo = (char *)HOSTILE,
		.password_hash = (char *)"$6$a$b",
		.groups = hostile,
		.ngroups = 1,
		.shell = (char *)HOSTILE };
	struct vm_cloud_init c = { .users = &user,
		.nusers = 1,
		.ssh_authorized_keys = hostile,
		.nssh_authorized_keys = 1,
		.packages = hostile,
		.npackages = 1,
		.run_commands = hostile,
		.nrun_commands = 1 };
	struct buf b = { 0 };

	cloud_user_data(&b, &c);
	assert_string_equal(b.s, "#cloud-config\n"
				 "users:\n"
				 "  - default\n"
				 "  - name: " ESCAPED "\n"
				 "    groups:\n"
				 "      - " ESCAPED "\n"
				 "    shell: " ESCAPED "\n"
				 "    sudo: " ESCAPED "\n"
				 "    lock_passwd: false\n"
				 "    passwd: \"$6$a$b\"\n"
				 "    ssh_authorized_keys:\n"
				 "      - " ESCAPED "\n"
				 "ssh_authorized_keys:\n"
				 "  - " ESCAPED "\n"
				 "package_update: true\n"
				 "packages:\n"
				 "  - " ESCAPED "\n"
				 "runcmd:\n"
				 "  - " ESCAPED "\n");
	buf_free(&b);
}

static void
without_keys_it_is_empty_but_for_its_head(void **state)
{
	struct vm_cloud_init c = { 0 };
	struct buf b = { 0 };

	cloud_user_data(&b, &c);
	assert_string_equal(b.s, "#cloud-config\n");
	buf_free(&b);
}

static void
the_hostname_is_the_vms_where_none_is_said(void **state)
{
	struct vm vm = { .name = (char *)"web_1" };
	struct buf b = { 0 };

	cloud_meta_data(&b, &vm, "iid-1");
	assert_string_equal(b.s, "instance-id: \"iid-1\"\nlocal-hostname: \"web-1\"\n");
	buf_free(&b);
	vm.cloud_init.hostname = (char *)"web1.example.net";
	cloud_meta_data(&b, &vm, "iid-1");
	assert_string_equal(b.s, "instance-id: \"iid-1\"\nlocal-hostname: \"web1.example.net\"\n");
	buf_free(&b);
	vm.cloud_init.hostname = (char *)"worker@1.example.net";
	cloud_meta_data(&b, &vm, "iid-1");
	assert_string_equal(b.s, "instance-id: \"iid-1\"\nlocal-hostname: \"worker-1.example.net\"\n");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_user_data_is_yaml_whatever_the_values_are),
		cmocka_unit_test(without_keys_it_is_empty_but_for_its_head),
		cmocka_unit_test(the_hostname_is_the_vms_where_none_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
