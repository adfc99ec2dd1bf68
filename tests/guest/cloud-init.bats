# The image that cloud-init finds at the first boot: by its label, with the files that it reads.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# seeded NAME SETTINGS: the small guest without a NIC.
seeded() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet\";
		$2"
	vmrun start "$1"
}

# seed NAME FILE: what the guest reads in its image.
seed() {
	in_guest "$1" "mkdir -p /seed; mount -r -t iso9660 \"\$(findfs LABEL=cidata)\" /seed 2>/dev/null; cat /seed/$2"
}

@test "the guest finds the image by its label, with what the keys say" {
	seeded web1 '
		cloud_init = {
			ssh_authorized_keys = "ssh-ed25519 AAAAC3Nza me@desk";
			users = { name = "anna"; sudo = "ALL=(ALL) NOPASSWD:ALL"; groups = [ "adm" ]; };
			packages = [ "nginx" ];
			run_commands = [ "echo \"a: b\" > /x" ];
		};'
	run -0 seed web1 user-data
	[[ $output == '#cloud-config
users:
  - default
  - name: "anna"
    groups:
      - "adm"
    sudo: "ALL=(ALL) NOPASSWD:ALL"
ssh_authorized_keys:
  - "ssh-ed25519 AAAAC3Nza me@desk"
package_update: true
packages:
  - "nginx"
runcmd:
  - "echo \"a: b\" > /x"' ]]
	run -0 seed web1 meta-data
	[[ $output == 'instance-id: "iid-'*$'"\nlocal-hostname: "web1"' ]]
	run -0 in_guest web1 'ls /seed; touch /seed/x 2>&1 || echo refused; lsblk 2>/dev/null || cat /sys/block/vda/ro'
	[[ $output == *meta-data*user-data*refused* && $output != *network-config* ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "files are given as they are" {
	printf '#!/bin/sh\necho "first boot" >/dev/console\n' >"$ROOT/user"
	printf 'instance-id: mine\n' >"$ROOT/meta"
	printf 'version: 2\nethernets: {}\n' >"$ROOT/network"
	seeded web1 "cloud_init = { user_data = \"$ROOT/user\"; meta_data = \"$ROOT/meta\"; network_config = \"$ROOT/network\"; };"
	for name in user meta network; do
		[[ $name == network ]] && file=network-config || file=$name-data
		[[ $(seed web1 "$file") == "$(cat "$ROOT/$name")" ]]
	done
	vmrun stop -t 1 web1
	nothing_left
	rm "$ROOT/meta"
	run -1 vmrun start web1
	[[ $output == *"cloud_init.meta_data: $ROOT/meta: No such file"* ]]
	run -78 vmrun check web1
	[[ $output == *"cloud_init.meta_data: $ROOT/meta: No such file"* ]]
	nothing_left
}

@test "the instance is the same at each start, and another once the data is" {
	local first second third
	seeded web1 'cloud_init = { packages = "nginx"; };'
	first=$(seed web1 meta-data)
	vmrun restart -t 1 web1
	second=$(seed web1 meta-data)
	vmrun stop -t 1 web1
	seeded web1 'cloud_init = { packages = "apache2"; };'
	third=$(seed web1 meta-data)
	vmrun stop -t 1 web1
	[[ $first == *instance-id* && $first == "$second" && $first != "$third" ]]
	nothing_left
}

@test "hostile values stay values" {
	command -v python3 >/dev/null
	seeded web1 'cloud_init = { run_commands = [ "a\"\nruncmd:\n  - evil", "\\", "#", "{}: [", "\x7f\x1b", "ä😀" ]; };'
	seed web1 user-data >"$ROOT/user-data"
	python3 - "$ROOT/user-data" <<-'END'
		import json, sys
		lines = open(sys.argv[1], encoding='utf-8').read().split('\n')
		at = lines.index('runcmd:')
		assert lines[:at] == ['#cloud-config'], lines
		# In these values the escapes of YAML are those of JSON but for \x.
		values = [json.loads(line[4:].replace('\\x', '\\u00')) for line in lines[at + 1:at + 6]]
		assert values == ['a"\nruncmd:\n  - evil', '\\', '#', '{}: [', '\x7f\x1b'], values
		assert lines[at + 6] == '  - "\\xe4\\U0001f600"', lines
	END
	vmrun stop -t 1 web1
	nothing_left
}

@test "defaults for all VMs make an image for each, but where a file says no" {
	cat >"$ROOT/etc/vmrun.conf" <<-END
		defaults = { accel = "tcg"; memory = "64M"; cloud_init = { ssh_authorized_keys = "ssh-ed25519 AAAAC3Nza me@desk"; }; };
	END
	vm web1
	vm web2 'cloud_init = false;'
	vmrun start web1 web2
	run -0 vmrun monitor web1 info block
	[[ $output == *seed0* ]]
	run -0 vmrun monitor web2 info block
	[[ $output != *seed0* ]]
	# What QEMU has is a descriptor that cannot be written to.
	images=0
	for fd in /proc/"$(qemu_pid web1)"/fd/*; do
		[[ $(readlink "$fd") == */memfd:vmrun* ]] || continue
		images=$((images + 1))
		[[ $(sed -n 's/^flags:.*\(.\)$/\1/p' "${fd/fd/fdinfo}") == 0 ]]
	done
	((images > 0))
	vmrun stop --all hard
	nothing_left
}
