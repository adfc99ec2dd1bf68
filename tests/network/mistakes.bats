# What a newcomer is most likely to do wrong, and each way in which a NIC can fail to get its network: what
# vmrun says of it is in tests/golden/mistakes, and in the manual. UPDATE=1 writes what it says now.
load ../lib/common

golden=$BATS_TEST_DIRNAME/../golden/mistakes

setup() {
	world
	nic 'bridge = "br0";'
}

teardown() {
	[[ -z ${busy:-} ]] || kill -KILL "$busy" 2>/dev/null || :
	finish_test
}

# nic SETTINGS [MORE]: the VM web1, which waits at its first instruction.
nic() {
	vm web1 "nics = ( { $1 } ); args = [ \"-S\" ]; ${2:-}"
}

# says NAME COMMAND…: the command fails, says what the file NAME holds, and leaves nothing.
says() {
	local name=$1 said
	shift
	run --separate-stderr "$@"
	said=$(sed -e "s|$ROOT/etc|/etc/vmrun|g" -e "s|$ROOT||g" <<<"$stderr")
	echo "status $status: $said"
	((status != 0))
	[[ -z ${UPDATE:-} ]] || echo "$said" >"$golden/$name"
	diff "$golden/$name" - <<<"$said"
	[[ -n ${busy:-} ]] || nothing_left
}

# failing CALL ERROR WHEN [-P FILE] COMMAND…: vmrun with the WHEN-th such call, or that on FILE, failing.
failing() {
	local call=$1 error=$2 when=$3 only=()
	shift 3
	[[ $1 != -P ]] || { only=(-P "$2"); shift 2; }
	net strace -f -qq -b execve -o /dev/null "${only[@]}" -e trace="$call" -e inject="$call:error=$error:when=$when" \
		"$VMRUN" --root "$ROOT" "$@"
}

@test "there is no bridge" {
	net ip link del br0
	says no-bridge vmrun start web1
}

@test "the bridge's name is misspelt" {
	bridge lan
	nic 'bridge = "bro";'
	says misspelt vmrun start web1
}

@test "the bridge is none of this host's" {
	nic 'bridge = "virbr0";'
	says other-bridge vmrun start web1
}

@test "a network interface is named in place of the bridge" {
	net ip link add eth0 type veth peer name wire
	nic 'bridge = "eth0";'
	says interface vmrun start web1
}

@test "a port of the bridge is named in place of the bridge" {
	net ip link add eth0 type veth peer name wire
	net ip link set eth0 master br0
	nic 'bridge = "eth0";'
	says port vmrun start web1
}

@test "the bridge's name is too long to be one" {
	nic 'bridge = "bridge-of-the-lab";'
	says long-name vmrun start web1
}

@test "the bridge is down" {
	net ip link set br0 down
	says down vmrun start web1
}

@test "the NIC's MTU is larger than the bridge's" {
	nic 'bridge = "br0"; mtu = 9000;'
	says mtu vmrun start web1
}

@test "two VMs have the same MAC" {
	nic 'bridge = "br0"; mac = "52:54:00:9b:01:77";'
	cp "$ROOT/etc/vms/web1.conf" "$ROOT/etc/vms/web2.conf"
	says same-mac vmrun start web1
}

@test "an interface of the host has the MAC" {
	nic 'bridge = "br0"; mac = "52:54:00:9b:01:77";'
	net ip link add eth0 address 52:54:00:9b:01:77 type veth peer name wire
	says mac-in-use vmrun start web1
}

@test "the tap is not there" {
	nic 'bridge = "br0"; tap = "tap7";'
	says no-tap vmrun start web1
}

@test "another program has the tap" {
	nic 'bridge = "br0"; tap = "tap7";'
	net ip tuntap add tap7 mode tap
	net socat TUN,tun-name=tap7,tun-type=tap,iff-no-pi /dev/null,ignoreeof 3>&- &
	busy=$!
	wait_for 10 net ip -o link show tap7 up
	says busy-tap vmrun start web1
}

@test "there is no /dev/net/tun" {
	says no-tun net unshare -m bash -c 'mount -t tmpfs none /dev/net && "$@"' - "$VMRUN" --root "$ROOT" start web1
}

@test "the kernel has no taps" {
	says no-tun-module failing openat ENODEV 1 -P /dev/net/tun start web1
}

@test "vhost is wanted and not there" {
	[[ ! -e /dev/vhost-net ]] || skip "kernel lacks nothing here: it has vhost-net"
	nic 'bridge = "br0"; vhost = true;'
	says no-vhost vmrun start web1
}

@test "an image may not be read" {
	truncate -s 1M "$ROOT/web1.img"
	nic 'bridge = "br0";' "disks = ( { file = \"$ROOT/none.img\"; } );"
	says image vmrun start web1
}

@test "a hook fails" {
	printf '#!/bin/sh\necho "no such VLAN" >&2\nexit 9\n' >"$ROOT/up"
	chmod 755 "$ROOT/up"
	nic "bridge = \"br0\"; up = \"$ROOT/up\";"
	says hook vmrun start web1
}
