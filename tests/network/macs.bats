# Before a NIC goes up its MAC is looked for on the wire: whoever has it is named, and what the VM itself left is no
# reason.
load ../lib/common

# Another host, THERE, behind the port wire of br0, with the MAC of the VM that is to be started.
setup() {
	world
	mac=52:54:00:77:00:01
	touch "$ROOT/there"
	unshare --net="$ROOT/there" true
	net ip link add wire type veth peer name eth0
	net ip link set wire master br0 up
	net ip link set eth0 netns "$ROOT/there"
	there ip link set eth0 address "$mac" up
	there ip addr add 10.99.0.77/24 dev eth0
	vm one "args = [ \"-S\" ]; nics = ( { bridge = \"br0\"; mac = \"$mac\"; } );"
}

teardown() {
	umount "$ROOT/there"
	finish_test
}

there() {
	nsenter --net="$ROOT/there" -- "$@" 3>&-
}

@test "a MAC that another host has is refused, with its port and address, and nothing is left" {
	there ping -c 1 -W 5 10.99.0.1
	run -1 --separate-stderr vmrun start one
	[[ $stderr == "vmrun: one: nics[0]: MAC $mac is in use on the network: 10.99.0.77 has it, behind port wire of bridge br0, heard "[0-9]" s ago (if that was this VM, which has moved here: try again in "* ]]
	nothing_left
	[[ $(ports br0) == wire ]]
}

@test "a MAC that a VM on the bridge uses is said to be that VM's" {
	guest two 10.99.0.12
	net ip link del wire
	vmrun start two
	wait_for 60 page 10.99.0.12
	in_guest two "ip link set eth0 down; ip link set eth0 address $mac; ip link set eth0 up"
	in_guest two "ping -c 1 -W 5 10.99.0.1"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"MAC $mac is in use on the network: "*"behind port two.0 (vmrun two nic 0) of bridge br0"* ]]
	vmrun kill two
	nothing_left
}

@test "a MAC that a host on the wire of a macvtap has is refused" {
	net ip link set wire nomaster
	net ip addr del 10.99.0.1/24 dev br0
	net ip addr add 10.99.0.1/24 dev wire
	there ping -c 1 -W 5 10.99.0.1
	vm one "args = [ \"-S\" ]; nics = ( { macvtap = \"wire\"; mac = \"$mac\"; } );"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == "vmrun: one: nics[0]: MAC $mac is in use on the network: 10.99.0.77 has it, behind wire" ]]
	there ip link set eth0 address 52:54:00:77:00:02
	vmrun start one
	vmrun kill one
	nothing_left
}

@test "what the VM left behind does not refuse or hold up its next start" {
	net ip link del wire
	guest one 10.99.0.11
	sed -i "s/bridge = \"br0\";/bridge = \"br0\"; mac = \"$mac\";/" "$ROOT/etc/vms/one.conf"
	vmrun start one
	wait_for 60 page 10.99.0.11
	net ip neigh show dev br0 | grep -q "$mac"
	run -0 vmrun kill one
	run -0 vmrun start one
	vmrun kill one
	nothing_left
}

@test "a MAC on another network of the host is refused as long as its address answers" {
	net ip link set wire nomaster
	net ip addr add 10.77.0.1/24 dev wire
	there ip addr add 10.77.0.77/24 dev eth0
	net ping -c 1 -W 5 10.77.0.77
	run -1 --separate-stderr vmrun start one
	[[ $stderr == "vmrun: one: nics[0]: MAC $mac is in use on the network: 10.77.0.77 has it, behind wire" ]]
	there ip addr del 10.77.0.77/24 dev eth0
	run -0 vmrun start one
	vmrun kill one
	nothing_left
}

@test "a guest that is still to come may be where it comes from" {
	there ping -c 1 -W 5 10.99.0.1
	vm one "incoming = \"defer\"; nics = ( { bridge = \"br0\"; mac = \"$mac\"; } );"
	run -0 vmrun start one
	vmrun kill one
	nothing_left
}

# milliseconds COMMAND…
milliseconds() {
	local start
	start=$(date +%s%N)
	"$@" >/dev/null || return
	echo $((($(date +%s%N) - start) / 1000000))
}

@test "ten thousand MACs that the bridge knows do not slow a start" {
	local i before after
	there ip link set eth0 address 02:00:00:ff:00:01
	net ip link set wire nomaster && net ip link set wire master br0 # what it has heard is forgotten
	before=$(milliseconds vmrun start one)
	vmrun kill one
	for ((i = 0; i < 10000; i++)); do
		printf 'fdb add 02:00:00:00:%02x:%02x dev wire master static\n' $((i / 256)) $((i % 256))
	done | net bridge -batch -
	[[ $(net bridge fdb show br br0 | wc -l) -gt 10000 ]]
	after=$(milliseconds vmrun start one)
	echo "$before ms without, $after ms with them"
	((after < before + 300))
	vmrun kill one
	nothing_left
}
