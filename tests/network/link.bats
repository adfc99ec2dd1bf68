# The cable of a NIC, pulled out and put in: at the start, while the guest runs, and after a crash.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

carrier() {
	[[ $(in_guest one "cat /sys/class/net/eth$1/carrier") == "$2" ]]
}

links() {
	vmrun --json status one | jq -c '[.[0].nics[].link]'
}

@test "a guest sees its cables pulled out and put in, also by a supervisor that came later" {
	bridge br1 10.98.0.1/24
	guest one 10.99.0.11 "" vmrun.ip1=10.98.0.11/24
	sed -i 's/^.*nics = .*/nics = ( { bridge = "br0"; }, { bridge = "br1"; link = false; } );/' "$ROOT/etc/vms/one.conf"
	vmrun start one
	wait_for 120 page 10.99.0.11
	[[ $(links) == '[true,false]' ]]
	run -0 vmrun status one
	[[ $output == *"on bridge br1, tap one.1, link down"* ]]
	carrier 1 0
	carrier 0 1
	run -0 vmrun link one 1 up
	[[ $output == "one: link up" ]]
	wait_for 10 carrier 1 1
	wait_for 30 page 10.98.0.11
	# Twice is as once.
	run -0 vmrun link one 0 down
	run -0 --separate-stderr vmrun --json link one 0 down
	[[ $(jq -c '.[0] // . | [.name, .ok, .state]' <<<"$output") == '["one",true,"running"]' ]]
	wait_for 10 carrier 0 0
	[[ $(links) == '[false,true]' ]]
	[[ $(vmrun net | grep one.0) == *"link down"* && $(vmrun net | grep one.1) != *"link down"* ]]
	run ! net ping -c 1 -W 1 10.99.0.11
	page 10.98.0.11
	# Behind its back somebody puts it in; the supervisor that comes after the next crash knows better.
	vmrun monitor one set_link net0 on
	wait_for 10 carrier 0 1
	kill -KILL "$(supervisor_pid one)"
	[[ $(links) == '[false,true]' ]]
	wait_for 10 carrier 0 0
	carrier 1 1
	run -0 vmrun link one down
	wait_for 10 carrier 1 0
	run -0 vmrun link one up
	wait_for 30 page 10.99.0.11
	[[ $(links) == '[true,true]' ]]
	run -1 --separate-stderr vmrun link one 2 down
	[[ $stderr == "vmrun: one: it has no NIC 2 (they are numbered from 0, and the last is 1)" ]]
	[[ $(links) == '[true,true]' ]]
	vmrun kill one
	nothing_left
}
