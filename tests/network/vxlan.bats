# A network that spans two hosts: a namespace each, with nothing but a wire between them.
load ../lib/common

setup() {
	world
	mkdir -p "$ROOT/b/etc/vms"
	cp "$ROOT/etc/vmrun.conf" "$ROOT/b/etc/vmrun.conf"
	touch "$ROOT/b/net"
	unshare --net="$ROOT/b/net" true
	net ip link add wire type veth peer name wire_b
	net ip link set wire_b netns "$ROOT/b/net"
	net ip addr add 192.0.2.1/24 dev wire
	net ip link set wire up
	b net ip link set lo up
	b net ip addr add 192.0.2.2/24 dev wire_b
	b net ip link set wire_b up
}

teardown() {
	[[ ${BATS_TEST_COMPLETED:-} == 1 ]] || { explain; b explain; }
	b end_world
	end_world
}

# b COMMAND…: on the second host.
b() {
	local ROOT=$ROOT/b
	"$@"
}

# spans [KEYS]: the bridge of both hosts.
spans() {
	echo "bridges = ( { name = \"span\"; create = \"auto\"; ${1:-}
		uplink = { vxlan = 42; peers = [ \"192.0.2.1\", \"192.0.2.2\" ]; }; } );" >>"$ROOT/etc/vmrun.conf"
}

guest_on_span() {
	guest "$1" "$2"
	sed -i 's/"br0"/"span"/' "$ROOT/etc/vms/$1.conf"
	vmrun start "$1"
}

gone_again() {
	nothing_left
	[[ $(net ip -o link) != *span* ]] || { net ip link; return 1; }
}

@test "guests of two hosts reach each other through a VXLAN tunnel, which goes with the last of them" {
	spans 'address = "10.77.0.1/24"; dhcp = false; dns = false;'
	b spans
	guest_on_span one 10.77.0.11
	b guest_on_span two 10.77.0.12
	[[ $(net ip -d link show span.vxlan) == *"vxlan id 42 remote 192.0.2.2 "*"dstport 4789"* ]]
	[[ $(net ip link show span.vxlan) == *"mtu 1450"*"master span"*"alias vmrun network"* ]]
	[[ $(net bridge fdb show dev span.vxlan) != *"dst 192.0.2.1 "* ]]
	wait_for 60 page 10.77.0.12
	wait_for 60 page 10.77.0.11
	[[ $(page 10.77.0.12) == *"mtu 1450"* ]]
	in_guest one "ping -c 2 -s 1422 10.77.0.12"
	b in_guest two "ping -c 1 10.77.0.1"
	run -0 vmrun net
	[[ $output == *span.vxlan*uplink* ]]
	vmrun kill one
	gone_again
	b vmrun kill two
	b gone_again
}

@test "a tunnel that is killed with its VM, or changed, is put right by the next command" {
	spans
	vm one 'nics = { bridge = "span"; };'
	vmrun start one
	net ip link del span.vxlan
	vmrun gc
	[[ $(net ip link show span.vxlan) == *"master span"* ]]
	# Another peer in vmrun.conf is one when the next VM joins.
	sed -i 's/"192.0.2.2"/"192.0.2.2", "192.0.2.3"/' "$ROOT/etc/vmrun.conf"
	vm two 'nics = { bridge = "span"; };'
	vmrun start two
	[[ $(net bridge fdb show dev span.vxlan) == *"dst 192.0.2.3 "* ]]
	local pids
	pids="$(supervisor_pid one) $(qemu_pid one) $(supervisor_pid two) $(qemu_pid two)"
	# shellcheck disable=SC2086 # one word a process
	kill -KILL $pids
	wait_for 10 no_processes
	vmrun gc
	gone_again
}

@test "a tunnel without a way, or too narrow for the bridge, is a start that failed" {
	spans 'mtu = 1500;'
	vm one 'nics = { bridge = "span"; };'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"MTU is to be 1500"*"through wire"*"1450 at most"* ]]
	gone_again
	sed -i 's/mtu = 1500;//; s/"192.0.2.2"/"198.51.100.9"/' "$ROOT/etc/vmrun.conf"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"no way to its peer 198.51.100.9"* ]]
	gone_again
	sed -i 's/, "198.51.100.9"//' "$ROOT/etc/vmrun.conf"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"every peer is an address of this host"* ]]
	gone_again
	sed -i 's/"192.0.2.1"/"192.0.2.2"/; s/vxlan = /local = "198.51.100.4"; &/' "$ROOT/etc/vmrun.conf"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"tunnel span.vxlan: local: 198.51.100.4 is no address of this host (ip addr)"* ]]
	gone_again
}

@test "a tunnel over IPv6" {
	net ip addr add 2001:db8::1/64 dev wire nodad
	b net ip addr add 2001:db8::2/64 dev wire_b nodad
	spans
	b spans
	sed -i 's/192.0.2.1/2001:db8::1/; s/192.0.2.2/2001:db8::2/' "$ROOT/etc/vmrun.conf" "$ROOT/b/etc/vmrun.conf"
	vm one 'nics = { bridge = "span"; };'
	b vm two 'nics = { bridge = "span"; };'
	vmrun start one
	b vmrun start two
	[[ $(net ip link show span.vxlan) == *"mtu 1430"* ]]
	net ip addr add 10.77.0.1/24 dev span
	b net ip addr add 10.77.0.2/24 dev span
	wait_for 20 net ping -c 1 -W 1 10.77.0.2
	vmrun kill one
	b vmrun kill two
	gone_again
	b gone_again
}
