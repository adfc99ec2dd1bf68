# Bridges that are missing, deleted, or of another MTU; and that the host's side is left as it was.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

@test "a bridge that is missing is a start that failed, with nothing left" {
	guest one 10.99.0.11
	sed -i 's/br0/br7/' "$ROOT/etc/vms/one.conf"
	run --separate-stderr vmrun start one
	[[ $status == 1 && -z $output && $stderr == "vmrun: one: "*br7* ]]
	nothing_left
}

@test "an interface that is no bridge is refused" {
	net ip link add dummy0 type bridge
	net ip link add veth0 type veth peer name veth1
	guest one 10.99.0.11
	sed -i 's/br0/veth0/' "$ROOT/etc/vms/one.conf"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *veth0* ]]
	nothing_left
}

@test "when the second of two NICs cannot join, the first one's tap goes as well" {
	guest one 10.99.0.11
	sed -i 's/( { bridge = "br0"; } )/( { bridge = "br0"; }, { bridge = "br7"; } )/' "$ROOT/etc/vms/one.conf"
	run -1 vmrun start one
	nothing_left
	[[ -z $(ports br0) ]]
}

@test "the bridge keeps its MAC, address and MTU while VMs come and go" {
	local before
	br0() {
		net ip addr show br0 | grep -o -e 'mtu [0-9]*' -e 'link/ether [^ ]*' -e 'inet .* scope'
	}
	net ip link set br0 mtu 1400
	# One that is not the highest that there is: the kernel's own choice may begin with fe as well.
	net ip link add veth0 address 02:00:00:00:00:10 type veth peer name veth1
	net ip link set veth0 mtu 1400 master br0 up
	net ip link set veth1 up
	before=$(br0)
	guest one 10.99.0.11
	vmrun start one
	[[ $(net ip -o link show "$(taps)") == *"mtu 1400"* ]]
	[[ $(br0) == "$before" ]]
	vmrun kill one
	[[ $(br0) == "$before" ]]
	nothing_left
}

@test "the guest is told the bridge's MTU" {
	net ip link set br0 mtu 1400
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	[[ $(page 10.99.0.11) == *"mtu 1400"* ]]
}

@test "a bridge that is deleted under a running VM: the VM lives, is seen, and can be stopped" {
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	net ip link del br0
	run -0 vmrun status one
	run -0 vmrun net
	run -0 vmrun stop -t 60 one
	nothing_left
}

@test "two NICs on two bridges, each with its own MAC" {
	bridge br1 10.98.0.1/24
	guest one 10.99.0.11 "" vmrun.ip1=10.98.0.11/24
	sed -i 's/( { bridge = "br0"; } )/( { bridge = "br0"; }, { bridge = "br1"; } )/' "$ROOT/etc/vms/one.conf"
	vmrun start one
	wait_for 60 page 10.98.0.11
	page 10.99.0.11
	[[ $(macs one | sort -u | wc -l) == 2 ]]
	local mac
	for mac in $(macs one); do
		[[ $(page 10.98.0.11) == *"$mac"* ]]
	done
}

@test "hooks are called with the tap's name, before and after" {
	printf '#!/bin/sh\necho "up $1" >>%s/hooks\n' "$ROOT" >"$ROOT/up"
	printf '#!/bin/sh\necho "down $1" >>%s/hooks\n' "$ROOT" >"$ROOT/down"
	chmod 755 "$ROOT/up" "$ROOT/down"
	guest one 10.99.0.11
	sed -i "s|( { bridge = \"br0\"; } )|( { bridge = \"br0\"; up = \"$ROOT/up\"; down = \"$ROOT/down\"; } )|" \
		"$ROOT/etc/vms/one.conf"
	vmrun start one
	local tap
	tap=$(taps)
	[[ $(cat "$ROOT/hooks") == "up $tap" ]]
	vmrun stop -t 1 one
	[[ $(cat "$ROOT/hooks") == "up $tap"$'\n'"down $tap" ]]
	nothing_left
}

@test "what a down hook says is in the log, at a stop and after a crash" {
	printf '#!/bin/sh\necho "$1 goes, of $VMRUN_VM"\nexit 3\n' >"$ROOT/down"
	chmod 755 "$ROOT/down"
	vm one "nics = ( { bridge = \"br0\"; down = \"$ROOT/down\"; } );"
	vmrun start one
	vmrun kill one
	wait_for 10 nothing_left
	run -0 vmrun log one
	[[ $output == *"hook: one.0 goes, of one"*"vmrun: $ROOT/down one.0: exit status 3 (vmrun log one: there is what it said)"* ]]
	vmrun start one
	local qemu
	qemu=$(qemu_pid one)
	kill -KILL "$(supervisor_pid one)" "$qemu"
	wait_for 10 gone "$qemu"
	run -0 vmrun gc
	[[ $(vmrun log one | grep -c 'hook: one.0 goes, of one') == 2 ]]
	nothing_left
}

@test "what hooks say when a running VM goes to another bridge is in the log" {
	bridge br1
	printf '#!/bin/sh\necho "$(basename "$0") of $VMRUN_BRIDGE"\n' | tee "$ROOT/up" >"$ROOT/down"
	chmod 755 "$ROOT/up" "$ROOT/down"
	vm one "nics = ( { bridge = \"br0\"; up = \"$ROOT/up\"; down = \"$ROOT/down\"; } );"
	vmrun start one
	sed -i s/br0/br1/ "$ROOT/etc/vms/one.conf"
	run -0 vmrun apply one
	run -0 vmrun log one
	[[ $output == *"hook: down of br0"*"hook: up of br1"* ]]
	vmrun kill one
}

@test "a hook that fails is a start that failed, with nothing left" {
	printf '#!/bin/sh\nexit 9\n' >"$ROOT/up"
	chmod 755 "$ROOT/up"
	guest one 10.99.0.11
	sed -i "s|( { bridge = \"br0\"; } )|( { bridge = \"br0\"; up = \"$ROOT/up\"; } )|" "$ROOT/etc/vms/one.conf"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"$ROOT/up"* ]]
	nothing_left
}
