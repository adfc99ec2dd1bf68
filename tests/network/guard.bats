# A guest that forges its MAC, its ARP and its address, and what of that another port of the bridge sees.
load ../lib/common

setup() {
	world
	# Somebody else on the bridge, who hears all that is flooded.
	net ip link add ear0 type veth peer name ear1
	net ip link set ear0 master br0 up
	net ip link set ear1 up
}

teardown() {
	finish_test
}

# guarded NAME ADDRESS [KEYS]
guarded() {
	guest "$1" "$2"
	sed -i "s/nics = ( { bridge = \"br0\"; } )/nics = ( { bridge = \"br0\"; guard = true; ${3:-} } )/" "$ROOT/etc/vms/$1.conf"
	vmrun start "$1"
	MAC=$(macs "$1")
}

listen() {
	# Not by net(), whose pid would be another's.
	nsenter --net="$ROOT/net" -- tcpdump -l -n -e -i ear1 'arp or icmp or icmp6' \
		>"$ROOT/heard" 2>"$ROOT/tcpdump" 3>&- &
	LISTENER=$!
	wait_for 10 grep -q "listening on" "$ROOT/tcpdump"
}

deaf() {
	kill "$LISTENER"
}

heard() {
	grep -q -- "$1" "$ROOT/heard"
}

# claim NAME ADDRESS: the guest takes the address, tells everybody, and gives it up.
claim() {
	in_guest "$1" "ip addr add $2/32 dev eth0; arping -q -U -c 2 -I eth0 $2; ip addr del $2/32 dev eth0" || :
}

guards_are() {
	[[ $(guards) == "$1" ]]
}

guards() {
	net nft list tables | grep -c vmrun- || :
}

@test "a guarded guest is heard with its own MAC and never as the gateway" {
	guarded one 10.99.0.11
	wait_for 60 page 10.99.0.11
	local flags
	flags=$(net bridge -d link show dev one.0)
	[[ $flags == *"locked on "* && $flags == *"learning off "* ]]
	[[ $(net bridge fdb show dev one.0) == *"$MAC master br0 static"* ]]
	listen
	in_guest one "ip link set eth0 address 02:00:00:00:be:ef; arping -q -U -c 2 -I eth0 10.99.0.11;
		ping -c 1 -W 1 10.99.0.1; ip link set eth0 address $MAC" || :
	claim one 10.99.0.1
	# What it may claim, without addresses, is heard after all that.
	claim one 10.99.0.77
	wait_for 10 heard "10.99.0.77 "
	run ! heard 02:00:00:00:be:ef
	run ! heard "tell 10.99.0.1,"
	[[ $(net ip neigh show 10.99.0.11) == *"$MAC"* ]]
	[[ $(net bridge fdb show br br0) != *02:00:00:00:be:ef* ]]
	page 10.99.0.11
	deaf
	[[ $(guards) == 1 ]]
	run -0 vmrun stop -t 60 one
	[[ $(guards) == 0 ]]
	nothing_left
}

@test "with addresses a guest has those alone, and its link-local one" {
	guarded one 10.99.0.11 'addresses = [ "10.99.0.11" ];'
	wait_for 60 page 10.99.0.11
	listen
	claim one 10.99.0.77
	in_guest one "echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad; ip addr add 2001:db8::77/64 dev eth0;
		arping -q -U -c 1 -I eth0 10.99.0.11; ping -c 1 -W 1 -I 2001:db8::77 ff02::1; ping -c 1 -W 1 10.99.0.1" || :
	wait_for 10 heard "10.99.0.11"
	run ! heard 10.99.0.77
	run ! heard 2001:db8::77
	# The link-local address that its MAC makes is answered for.
	local m
	IFS=: read -ra m <<<"$MAC"
	wait_for 20 net ping -c 1 -W 1 "fe80::$(printf '%x' $((0x${m[0]} ^ 2)))${m[1]}:${m[2]}ff:fe${m[3]}:${m[4]}${m[5]}%br0"
	page 10.99.0.11
	deaf
	run -0 vmrun kill one
	[[ $(guards) == 0 ]]
	nothing_left
}

@test "a guard goes with its VM, whoever is killed, and stays while the VM does" {
	guarded one 10.99.0.11
	local supervisor qemu
	qemu=$(qemu_pid one) supervisor=$(supervisor_pid one)
	kill -KILL "$supervisor"
	wait_for 10 gone "$supervisor"
	run -0 vmrun status one
	[[ $(guards) == 1 ]]
	kill -KILL "$qemu"
	nothing_left
	[[ $(guards) == 0 ]]
	vmrun start one
	[[ $(guards) == 1 ]]
	kill -KILL "$(supervisor_pid one)" "$(qemu_pid one)"
	run -0 vmrun gc
	nothing_left
	[[ $(guards) == 0 ]]
}

@test "gc removes the guard of a tap that is no more, and nobody else's table" {
	net nft 'add table netdev vmrun-web1.0-99999; add table netdev other-web1.0-99999; add table inet vmrun-web1.0-99999'
	run -0 vmrun gc
	[[ $(net nft list tables | sort) == "table inet vmrun-web1.0-99999
table netdev other-web1.0-99999" ]]
}

@test "a guard that somebody flushes is set again at once, and if nobody watched, by the next supervisor" {
	vm one 'nics = ( { bridge = "br0"; guard = true; }, { bridge = "br0"; guard = true; } );'
	vmrun start one
	[[ $(guards) == 2 ]]
	net nft flush ruleset
	wait_for 10 guards_are 2
	run -0 vmrun log one
	[[ $output == *"nic 0: its guard was removed by another program, and is set again"* ]]
	local supervisor
	supervisor=$(supervisor_pid one)
	kill -KILL "$supervisor"
	wait_for 10 gone "$supervisor"
	net nft flush ruleset
	run -0 vmrun status one
	wait_for 10 guards_are 2
	vmrun kill one
	[[ $(guards) == 0 ]]
	nothing_left
}

@test "a guard that cannot be had is a start that failed" {
	guest one 10.99.0.11
	sed -i "s/nics = ( { bridge = \"br0\"; } )/nics = ( { bridge = \"br0\"; guard = true; } )/" "$ROOT/etc/vms/one.conf"
	run -1 --separate-stderr net unshare -m bash -c "
		for library in \$(ldconfig -p | sed -n 's/.*libnftables.so.1 .*=> //p'); do
			mount --bind /dev/null \"\$(realpath \$library)\"
		done
		exec '$VMRUN' --root '$ROOT' start one"
	[[ $stderr == *"cannot have a guard"*libnftables* ]]
	nothing_left
}
