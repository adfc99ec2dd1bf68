# The host's network is restarted under running VMs: what it dropped is seen, and gc puts it back.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

master() {
	net ip -j link show "$1" | jq -r '.[0].master // "none"'
}

@test "a port that was dropped is seen by status and start, and put back as it was by gc, also by a new supervisor" {
	guest one 10.99.0.11
	sed -i 's/bridge = "br0";/bridge = "br0"; isolated = true; guard = true; addresses = [ "10.99.0.11" ];/' "$ROOT/etc/vms/one.conf"
	vmrun start one
	wait_for 60 page 10.99.0.11
	run -0 vmrun gc
	[[ $output == "nothing to put right" ]]
	net ip link set one.0 nomaster
	for verb in status start; do
		run -0 --separate-stderr vmrun "$verb" one
		[[ $stderr == "vmrun: one: nic 0, tap one.0: should be on br0, is on none (vmrun gc puts it back)" ]]
	done
	run -0 --separate-stderr vmrun gc
	[[ $output == "one: nic 0, tap one.0, is on bridge br0 again" && -z $stderr ]]
	[[ $(master one.0) == br0 && $(net ip -d -o link show one.0) == *" isolated on"*" locked on"* ]]
	wait_for 20 page 10.99.0.11
	run -0 vmrun gc
	[[ $output == "nothing to put right" ]]

	kill -KILL "$(supervisor_pid one)"
	net ip link set one.0 nomaster
	run -0 vmrun --json gc
	jq -e 'map(select(.name == "one" and .nic == 0 and .ok and .state == "running")) | length == 1' <<<"$output"
	[[ $(master one.0) == br0 && $(net ip -d -o link show one.0) == *" isolated on"*" locked on"* ]]
	wait_for 20 page 10.99.0.11
	run -0 vmrun log one
	[[ $output == *"nic 0 was off its bridge br0, and is on it again"* ]]
	run -0 --separate-stderr vmrun status one
	[[ -z $stderr ]]
	vmrun kill one
	nothing_left
}

@test "a bridge that was deleted and made anew gets its ports back, with the MTU that the guest was told" {
	net ip link set br0 mtu 9000
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	net ip link del br0
	run -1 --separate-stderr vmrun gc
	[[ $stderr == "vmrun: one: nic 0: bridge br0: there is no such interface"* ]]
	bridge br0 10.99.0.1/24
	net ip link set one.0 mtu 1500
	run -0 vmrun gc
	[[ $(master one.0) == br0 ]]
	[[ $(net ip -o link show one.0) == *" mtu 9000 "* && $(net ip -o link show br0) == *" mtu 9000 "* ]]
	wait_for 20 page 10.99.0.11
	run -0 vmrun stop -t 60 one
	nothing_left
}

@test "a port that somebody put on another bridge is left there, and said" {
	bridge br1
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; }, { bridge = "br0"; } );'
	vmrun start one
	net ip link set one.0 master br1
	net ip link set one.1 nomaster
	run -1 --separate-stderr vmrun gc
	[[ $stderr == "vmrun: one: nic 0: tap one.0 is on another bridge than br0, and is left there"* ]]
	[[ $output == "one: nic 1, tap one.1, is on bridge br0 again" ]]
	[[ $(master one.0) == br1 && $(master one.1) == br0 ]]
	vmrun kill one
	nothing_left
}

@test "a bridge that has lost its uplink is said by start, status and gc" {
	local lost="vmrun: bridge br0 has lost its uplink eth0: nothing on it reaches the network (ip link set eth0 master br0)"
	net ip link add eth0 type veth peer name wire
	net ip link set eth0 master br0 up
	echo 'bridges = ( { name = "br0"; uplink = "eth0"; } );' >>"$ROOT/etc/vmrun.conf"
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; } );'
	run -0 --separate-stderr vmrun start one
	[[ -z $stderr ]]
	net ip link set eth0 nomaster
	for verb in "status one" "start one" gc; do
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr vmrun $verb
		[[ $stderr == "$lost" && $output != *"nothing to put right"* ]]
	done
	vmrun kill one
	run -0 --separate-stderr vmrun gc
	[[ $stderr == "$lost" && -z $output ]]
	# With addresses of its own it would be reached no more by what else helps.
	net ip addr add 192.0.2.1/24 dev eth0
	run -0 --separate-stderr vmrun gc
	[[ $stderr == *"(vmrun net up br0 moves the addresses of eth0 as well)" ]]
	net ip addr del 192.0.2.1/24 dev eth0
	net ip link set wire up
	run -1 --separate-stderr vmrun net up br0
	[[ $stderr == "vmrun: br0: it has the address 10.99.0.1/24, and eth0, which has none, is not on it"*"ip link set eth0 master br0)" ]]
	run -0 --separate-stderr vmrun start one
	[[ $stderr == "$lost" ]]
	vmrun kill one
	nothing_left
}
