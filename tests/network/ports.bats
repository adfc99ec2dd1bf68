# What a NIC asks of its port of the bridge is what the kernel says of the port, and of nobody else's.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# port TAP: all that the kernel says of it as a port.
port() {
	net bridge -d link show dev "$1"
}

# nics NAME LIST: another list of NICs for a VM.
nics() {
	sed -i "s/nics = ( { bridge = \"br0\"; } )/nics = ( ${2//$'\n'/ } )/" "$ROOT/etc/vms/$1.conf"
}

@test "learning, stp and multicast are flags of the port" {
	guest one 10.99.0.11 "" vmrun.ip1=10.99.0.12/24
	nics one '{ bridge = "br0"; learning = false;
		stp = { cost = 77; priority = 9; bpdu_guard = true; root_block = true; };
		multicast = { flood = false; fast_leave = true; to_unicast = true; router = "never"; }; },
		{ bridge = "br0"; multicast = { router = "always"; }; }, { bridge = "br0"; }'
	vmrun start one
	local flags word mac
	flags=$(port one.0)
	for word in "learning off" "cost 77" "priority 9" "guard on" "root_block on" "mcast_flood off" \
		"fastleave on" "mcast_to_unicast on" "mcast_router 0"; do
		[[ $flags == *"$word "* ]] || { echo "no $word in $flags"; return 1; }
	done
	[[ $(port one.1) == *"mcast_router 2 "* ]]
	flags=$(port one.2)
	for word in "learning on" "guard off" "root_block off" "mcast_flood on" "fastleave off" \
		"mcast_to_unicast off" "mcast_router 1" "isolated off" "locked off"; do
		[[ $flags == *"$word "* ]] || { echo "no $word in $flags"; return 1; }
	done
	mac=$(macs one | head -n 1)
	[[ $(net bridge fdb show dev one.0) == *"$mac master br0 static"* ]]
	[[ $(net bridge fdb show dev one.2) != *static* ]]
	# The guest gets its frames all the same.
	wait_for 60 page 10.99.0.11
	[[ $(port one.0) == *"state forwarding"* ]]
	vmrun kill one
	nothing_left
}

@test "a trunk or a vlan on a bridge that keeps none apart is a start that failed" {
	guest one 10.99.0.11
	nics one '{ bridge = "br0"; trunk = [ 20, 30 ]; }'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"br0: "*"cannot keep the VLANs of trunk apart"* ]]
	nothing_left
}

@test "a tap that is a port already is not changed, so it cannot get what the NIC asks" {
	net ip tuntap add tap7 mode tap
	net ip link set tap7 master br0 up
	guest one 10.99.0.11
	nics one '{ bridge = "br0"; tap = "tap7"; isolated = true; }'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"tap tap7 is a port of br0 already"* ]]
	net ip link set tap7 nomaster
	vmrun start one
	[[ $(port tap7) == *"isolated on "* ]]
	vmrun kill one
	net ip link del tap7
	nothing_left
}

@test "ifname names the tap, whose alias says VM and NIC; a name that is taken is a start that failed" {
	vm one 'nics = ( { bridge = "br0"; }, { bridge = "br0"; ifname = "lan-%n"; } );'
	vm a-name-that-is-long 'nics = { bridge = "br0"; ifname = "vm-%n.%i"; };'
	vmrun start one a-name-that-is-long
	[[ $(net ip link show one.0) == *"alias vmrun one nic 0"* ]]
	[[ $(net ip link show lan-one) == *"alias vmrun one nic 1"* ]]
	local long
	long=$(taps | grep '^vm-a')
	[[ $long == vm-a-nam~????.0 && $(net ip link show "$long") == *"alias vmrun a-name-that-is-long nic 0"* ]]
	vmrun kill --all
	net ip link add lan-one type bridge
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"tap lan-one: another interface of this host has that name"* ]]
	nothing_left
	vm two 'nics = { bridge = "br0"; ifname = "lan-one"; };'
	run --separate-stderr vmrun check
	[[ $status == 78 && $stderr == *"lan-one: already that of one"* ]]
}
