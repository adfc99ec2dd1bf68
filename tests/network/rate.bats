# How fast a NIC may be: measured with TCP in both directions, and gone with the VM.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# nic SETTINGS: a guest named one whose NIC has them.
nic() {
	guest one 10.99.0.11
	sed -i "s/^.*nics = .*/nics = ( { $1 } );/" "$ROOT/etc/vms/one.conf"
}

# bits_a_second BYTES COMMAND: of whole frames, which are 1514 bytes for 1448 of TCP's.
bits_a_second() {
	local begin=$EPOCHREALTIME end
	net bash -c "$2" || return 1
	end=$EPOCHREALTIME
	echo $(($1 * 8 * 1000000 / 1448 * 1514 / (${end/./} - ${begin/./})))
}

# within_tenth RATE WANTED
within_tenth() {
	echo "measured $1, wanted $2"
	(($1 > $2 * 9 / 10 && $1 < $2 * 11 / 10))
}

# Port 9 of the guest takes blocks of 64 KiB and says so, and port 19 gives them.
received() {
	bits_a_second $((46 << 16)) '(echo 46; head -c $((46 << 16)) /dev/zero) | socat -t 60 - TCP:10.99.0.11:9 >/dev/null'
}

sent() {
	bits_a_second $((69 << 16)) 'echo 69 | socat -t 60 - TCP:10.99.0.11:19 >/dev/null'
}

@test "a guest receives and sends as fast as its rates say, within a tenth" {
	nic 'bridge = "br0"; rate = { in = "8M"; out = "12M"; };'
	vmrun start one
	run -0 vmrun status one
	[[ $output == *"tap one.0, rate 8M in, 12M out"* ]]
	[[ $(vmrun --json status one | jq -c '.[0].nics[0].rate') == '{"in":8000000,"out":12000000}' ]]
	wait_for 120 page 10.99.0.11
	within_tenth "$(received)" 8000000
	within_tenth "$(sent)" 12000000
	run -0 vmrun kill one
	nothing_left
}

@test "after both are killed at once the next command takes all of a rate away, from a given tap as well" {
	local index
	net ip tuntap add own7 mode tap
	net ip link set own7 up
	index=$(net cat /proc/net/dev | wc -l)
	nic 'bridge = "br0"; rate = { out = "8M"; }; }, { tap = "own7"; rate = { in = "8M"; out = "8M"; };'
	vmrun start one
	[[ $(net tc qdisc show dev own7) == *"tbf"*"ingress"* ]]
	[[ $(net ip -o link show type ifb | wc -l) == 2 ]]
	kill -KILL "$(supervisor_pid one)" "$(qemu_pid one)"
	wait_for 10 no_processes
	[[ $(net ip -o link show type ifb | wc -l) == 2 ]]
	run vmrun gc
	[[ -z $(net ip -o link show type ifb) ]]
	[[ $(net tc qdisc show dev own7) != *tbf* && $(net tc qdisc show dev own7) != *ingress* ]]
	net ip link del own7
	[[ $(net cat /proc/net/dev | wc -l) == $((index - 1)) ]]
	nothing_left
}

@test "a rate that cannot be set is a start that failed, with all undone" {
	net ip tuntap add own7 mode tap
	net ip link set own7 up
	net tc qdisc add dev own7 root tbf rate 1mbit burst 10k latency 50ms
	nic 'tap = "own7"; rate = { in = "8M"; };'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: own7: its owner has given it a queue already (tbf)"* ]]
	[[ $(net tc qdisc show dev own7) == *"tbf"*"rate 1Mbit"* ]]
	net ip link del own7
	net ip link set br0 mtu 9000
	nic 'bridge = "br0"; rate = { out = "8M"; burst = "4K"; };'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: a burst of 4K lets no frame of MTU 9000 pass"* ]]
	nothing_left
	[[ -z $(net ip -o link show type ifb) ]]
}
