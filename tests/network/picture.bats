# The picture of the host's network: what is shown is what the kernel says.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# of PORT: what net --json says of it.
of() {
	vmrun --json net | jq -e --arg name "$1" '.[].ports[] | select(.name == $name)'
}

# counted INTERFACE COUNTER: as in rx.bytes, what the kernel says.
counted() {
	net ip -j -s link show "$1" | jq ".[0].stats64.$2"
}

@test "the tree shows bridge, addresses, ports, VM, NIC, MAC, state and traffic" {
	local mac rx tx
	net ip addr add 2001:db8::1/64 dev br0 nodad
	net ip link add ghost0 type veth peer name ghost1
	net ip link set ghost0 master br0 alias "a container" up
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	net ping -q -c 5 -i 0.1 -s 1000 10.99.0.11
	mac=$(macs one)
	run -0 --separate-stderr vmrun net
	[[ ${lines[0]} == "br0  10.99.0.1/24  2001:db8::1/64  mtu 1500  up" ]]
	[[ ${lines[1]} == '├─ ghost0  "a container"'*"no carrier"*"in 0 B, out 0 B" ]]
	[[ ${lines[2]} == "└─ one.0   one nic 0      $mac  up  "*"to guest "*" KiB, from guest "* ]] || { echo "$output"; return 1; }
	# The host's own counters, while nobody talks: the picture's lie between two looks at them.
	rx=$(counted one.0 rx.bytes)
	tx=$(counted one.0 tx.bytes)
	of one.0 | jq -e --arg mac "$mac" --argjson rx "$rx" --argjson tx "$tx" '.vm == "one" and .nic == 0 and .mac == $mac and
		.state == "running" and .network == "bridge" and .kind == "tun" and .alias == "vmrun one nic 0" and
		.rx_bytes >= $rx and .tx_bytes >= $tx and .rx_bytes > 1000 and .tx_bytes > 1000 and .rx_packets > 5'
	(($(of one.0 | jq .rx_bytes) <= $(counted one.0 rx.bytes)))
	vmrun kill one
	nothing_left
}

@test "NICs on no bridge, and a tap that is on the wrong one, are said" {
	bridge br1
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; isolated = true; }, { user = true; }, { bridge = "br0"; }, { bridge = "br0"; } );'
	vmrun start one
	net ip link set one.2 nomaster
	net ip link set one.3 master br1
	run -0 --separate-stderr vmrun net
	[[ $output == *"one (paused) nic 0  52:54:00:"*"  isolated  "* ]]
	[[ $output == *$'\non no bridge\n'*"one (paused) nic 1  "*"  user"* ]]
	[[ $output == *"one.2"*"should be on br0, is on none"* ]]
	[[ $output == *"one.3"*"should be on br0, is on br1"* ]]
	vmrun --json net | jq -e '.[-1].kind == "none" and (.[-1].ports | map(.network) == ["user", "bridge"]) and
		(.[-1].ports[1].expected == "br0") and .[0].ports[0].isolated and
		(.[1] | .name == "br1" and .ports[0].expected == "br0")'
	vmrun kill one
	nothing_left
}

@test "an interface that a macvtap is made on is shown with it; a guard and a cable that is out are said" {
	net ip link add eth0 type veth peer name wire
	net ip link set eth0 up
	net ip link set wire up
	vm one 'args = [ "-S" ]; nics = ( { macvtap = "eth0"; }, { bridge = "br0"; guard = true; }, { socket = "'"$ROOT/daemon.sock"'"; } );'
	socat UNIX-LISTEN:"$ROOT/daemon.sock",fork,unlink-close=0 /dev/null 3>&- &
	local daemon=$!
	wait_for 10 test -S "$ROOT/daemon.sock"
	vmrun start one
	vmrun link one 1 down
	run -0 --separate-stderr vmrun net
	[[ $output == *$'\neth0  mtu 1500  up\n└─ '*"one (paused) nic 0  52:54:00:"* ]]
	[[ $output == *"one (paused) nic 1  52:54:00:"*"  guarded, link down  up"* ]]
	[[ $output == *"one (paused) nic 2  52:54:00:"*"  socket $ROOT/daemon.sock"* ]]
	vmrun --json net | jq -e '(.[1] | .kind == "interface" and .name == "eth0" and (.ports | length == 1) and
		.ports[0].network == "macvtap" and .ports[0].kind == "macvtap" and .ports[0].expected == null) and
		(.[0].ports[0] | .guard and .link == false) and (.[2].ports[0].detail | endswith("/daemon.sock"))'
	kill "$daemon"
	wait "$daemon" 2>/dev/null || :
	vmrun kill one
	nothing_left
}

@test "the uplink that vmrun.conf names is one, and is missed" {
	echo 'bridges = ( { name = "br0"; uplink = "eth0"; } );' >>"$ROOT/etc/vmrun.conf"
	run -0 --separate-stderr vmrun net
	[[ $output == "br0  10.99.0.1/24  mtu 1500  up  lost its uplink eth0" ]]
	vmrun --json net | jq -e '.[0].lost_uplink == "eth0"'
	net ip link add eth0 type veth peer name wire
	net ip link set eth0 master br0 up
	run -0 --separate-stderr vmrun net
	[[ ${lines[0]} != *lost* && ${lines[1]} == "└─ eth0  uplink  "* ]]
	vmrun --json net | jq -e '.[0] | .lost_uplink == null and .ports[0].uplink'
}

@test "--svg is XML with each VM in it, --dot is a graph, and they exclude each other" {
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; } );'
	vmrun start one
	net ip link add ghost0 type veth peer name ghost1
	net ip link set ghost0 master br0 alias $'</text>\e[31m & "x"' up
	vmrun net --svg >"$ROOT/net.svg"
	python3 -c 'import sys, xml.etree.ElementTree as e
texts = [t.text for t in e.parse(sys.argv[1]).getroot().iter("{http://www.w3.org/2000/svg}text")]
for wanted in ("br0", "one.0", "one, paused", "</text>\\033[31m & \"x\""):
    assert wanted in texts, (wanted, texts)' "$ROOT/net.svg"
	run -0 vmrun net --dot
	[[ ${lines[0]} == "graph vmrun {" && ${lines[-1]} == "}" ]]
	[[ $output == *'"interface br0" -- "interface one.0"'* && $output == *'"interface one.0" -- "vm one"'* ]]
	run -64 vmrun net --dot --svg
	run -64 vmrun --json net --svg
	run -64 vmrun list --svg
	run -0 vmrun net
	[[ $output == *'"</text>\033[31m & "x""'* && $output != *$'\e'* ]]
	vmrun kill one
	nothing_left
}
