# Two real guests on a bridge: they answer the host and each other, with the MACs of the ledger.
load ../lib/common

setup_file() {
	world
	export ROOT
	guest one 10.99.0.11
	guest two 10.99.0.12
	vmrun start one two
	wait_for 60 page 10.99.0.11
	wait_for 60 page 10.99.0.12
}

teardown_file() {
	end_world
}

@test "a guest answers ping from the host's side of the bridge" {
	net ping -c 1 -W 5 10.99.0.11
	net ping -c 1 -W 5 10.99.0.12
}

@test "a guest serves its page from its own address" {
	run page 10.99.0.11
	[[ $output == *"Hello from one"* && $output == *"address 10.99.0.11/24"* ]]
}

@test "a guest reports the MAC that the ledger gave" {
	local name address mac
	for name in one two; do
		[[ $name == one ]] && address=10.99.0.11 || address=10.99.0.12
		mac=$(macs "$name")
		[[ $mac == 52:54:00:??:??:?? && $mac != 52:54:00:12:34:56 ]]
		run page "$address"
		[[ $output == *"mac $mac"* ]]
	done
}

@test "guests ping and fetch from each other through the bridge" {
	run page 10.99.0.11 'cgi-bin/peer.cgi?10.99.0.12'
	[[ $output == *"ping 10.99.0.12 answered"* && $output == *"Hello from two"* ]]
	run page 10.99.0.12 'cgi-bin/peer.cgi?10.99.0.11'
	[[ $output == *"ping 10.99.0.11 answered"* && $output == *"Hello from one"* ]]
}

@test "each tap is a port of the bridge, up, with a MAC that begins with fe:" {
	local tap
	[[ $(ports br0 | wc -l) == 2 ]]
	for tap in $(ports br0); do
		[[ $(net ip -o link show "$tap") == *"UP"*"link/ether fe:"* ]]
	done
}

@test "a tap is no persistent one: it is held by QEMU alone" {
	run net ip -d -o link show type tun
	[[ $output != *"persist on"* ]]
	[[ $output == *"vnet_hdr on"* ]]
}

@test "net draws the bridge with its ports, VMs and MACs" {
	run vmrun net
	[[ $status == 0 && $output == *br0* && $output == *one* && $output == *two* ]]
	[[ $output == *"$(macs one)"* ]]
}
