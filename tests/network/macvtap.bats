# NICs on the wire of an interface of the host, without a bridge.
load ../lib/common

# A host at the far end of the wire: a namespace of its own behind far, with eth0 at this end.
setup() {
	world
	net ip link add eth0 type veth peer name far
	net ip link set eth0 up
	touch "$ROOT/far"
	unshare --net="$ROOT/far" true
	net ip link set far netns "$ROOT/far"
	far ip addr add 10.99.0.2/24 dev far
	far ip link set far up
}

teardown() {
	umount "$ROOT/far" || :
	finish_test
}

far() {
	nsenter --net="$ROOT/far" -- "$@" 3>&-
}

# on_eth0 NAME ADDRESS [SETTINGS]
on_eth0() {
	guest "$1" "$2"
	sed -i "s/^.*nics = .*/nics = ( { macvtap = ${3:-\"eth0\"}; } );/" "$ROOT/etc/vms/$1.conf"
}

links() {
	net ip -o link show type macvtap | sed 's/^[0-9]*: \([^:@]*\).*/\1/'
}

@test "guests on one interface are reached from the far end and by each other, and nothing is left" {
	on_eth0 one 10.99.0.11
	on_eth0 two 10.99.0.12
	vmrun start one two
	[[ $(links | sort | xargs) == "one.0 two.0" ]]
	[[ $(net ip -o link show one.0) == *"$(macs one)"* ]]
	[[ $(net ip -o link show one.0) == *"alias vmrun one nic 0"* ]]
	run -0 vmrun status one
	[[ $output == *"macvtap one.0 on eth0"* ]]
	[[ $(vmrun --json status one | jq -c '.[0].nics[0] | [.network, .uplink, .tap]') == '["macvtap","eth0","one.0"]' ]]
	wait_for 120 far ping -c 1 -W 1 10.99.0.11
	wait_for 120 far ping -c 1 -W 1 10.99.0.12
	run -0 far curl -fs -m 5 http://10.99.0.11/
	[[ $output == *"$(macs one)"* ]]
	run -0 in_guest one 'ping -c 1 -w 5 10.99.0.12'
	# QEMU has no more than it needs for that.
	[[ $(stat -c %u "/proc/$(qemu_pid one)") != 0 ]]
	vmrun stop -t 60 one
	[[ $(links) == two.0 ]]
	# Both of the other at once: the next command removes what they left.
	kill -KILL "$(supervisor_pid two)" "$(qemu_pid two)"
	wait_for 10 no_processes
	[[ $(links) == two.0 ]]
	run vmrun gc
	[[ -z $(links) ]]
	nothing_left
}

@test "with passthru the guest has the interface for itself, with queues, a rate and a MTU of its own" {
	local before
	net ip link set eth0 mtu 9000
	before=$(net ip -o link show eth0 | grep -o 'link/ether [^ ]*')
	on_eth0 one 10.99.0.11 '{ uplink = "eth0"; mode = "passthru"; }; queues = 2; mtu = 4000; rate = { in = "8M"; out = "8M"; }'
	sed -i 's/vmrun.host=one/& vmrun.power=ignore/; $a cpus = 2;' "$ROOT/etc/vms/one.conf"
	vmrun start one
	[[ $(net ip -o link show eth0) == *"$(macs one)"* ]]
	[[ $(net tc qdisc show dev one.0) == *tbf*ingress* ]]
	wait_for 120 far ping -c 1 -W 1 10.99.0.11
	[[ $(in_guest one 'cat /sys/class/net/eth0/mtu; ls -d /sys/class/net/eth0/queues/rx-* | wc -l' | xargs) == "4000 2" ]]
	on_eth0 two 10.99.0.12
	run -1 --separate-stderr vmrun start two
	[[ $stderr == *"nics[0]: eth0 cannot be shared: another macvtap has it for itself (passthru)"* ]]
	[[ $(links) == one.0 ]]
	vmrun kill one
	[[ $(net ip -o link show eth0 | grep -o 'link/ether [^ ]*') == "$before" ]]
	[[ -z $(net ip -o link show type ifb) ]]
	nothing_left
}

@test "each mode is that of the link" {
	local mode
	for mode in bridge private vepa passthru; do
		vm one "args = [ \"-S\" ]; nics = ( { macvtap = { uplink = \"eth0\"; mode = \"$mode\"; }; } );"
		vmrun start one
		[[ $(net ip -d link show one.0) == *"macvtap mode $mode "* ]]
		vmrun kill one
	done
	nothing_left
}

@test "an interface that is missing, down, too small or a bridge fails the start" {
	on_eth0 one 10.99.0.11 '"eth7"'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: eth7: there is no such interface"* ]]
	on_eth0 one 10.99.0.11 '"br0"'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *'br0 is a bridge: a NIC joins it with bridge = "br0"'* ]]
	on_eth0 one 10.99.0.11 '"eth0"; mtu = 9000'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"eth0: its MTU is 1500, and the NIC wants 9000"* ]]
	net ip link set eth0 down
	on_eth0 one 10.99.0.11
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"eth0 is down"*"ip link set eth0 up"* ]]
	nothing_left
}
