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
	local name=$1
	shift
	run --separate-stderr "$@"
	echo "status $status: $stderr"
	((status != 0))
	is_golden "$name" "$stderr"
	[[ -n ${busy:-} ]] || nothing_left
}

# is_golden NAME TEXT
is_golden() {
	local said
	said=$(sed -e "s|$ROOT/etc|/etc/vmrun|g" -e "s|$ROOT||g" <<<"$2")
	[[ -z ${UPDATE:-} ]] || echo "$said" >"$golden/$1"
	diff "$golden/$1" - <<<"$said"
}

# failing CALL ERROR WHEN [-P FILE] COMMAND…: vmrun with the WHEN-th such call, or that on FILE, failing. It ends
# in any case: strace would wait for a supervisor.
failing() {
	local call=$1 error=$2 when=$3 only=()
	shift 3
	[[ $1 != -P ]] || { only=(-P "$2"); shift 2; }
	net timeout -k 1 20 strace -f -qq -b execve -o /dev/null "${only[@]}" -e trace="$call" \
		-e inject="$call:error=$error:when=$when" "$VMRUN" --root "$ROOT" "$@"
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

@test "a network interface is named, and there is no bridge" {
	net ip link add eth0 type veth peer name wire
	net ip link del br0
	nic 'bridge = "eth0";'
	says interface-alone vmrun start web1
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

# Without vmrun's own bridges: an interface of the host, and taps of others.
wire() {
	net ip link add eth0 type veth peer name far
	net ip link set eth0 "${1:-up}"
	nic "macvtap = \"eth0\"; ${2:-}"
}

@test "what a macvtap is to be on is not there" {
	nic 'macvtap = "eth7";'
	says wire-missing vmrun start web1
}

@test "what a macvtap is to be on is down, is too small, or is a bridge" {
	wire down
	says wire-down vmrun start web1
	net ip link set eth0 up
	nic 'macvtap = "eth0"; mtu = 9000;'
	says wire-mtu vmrun start web1
	nic 'macvtap = "br0";'
	says wire-bridge vmrun start web1
}

@test "what a macvtap is to be on is a port of a bridge, or another has it for itself" {
	wire
	net ip link set eth0 master br0
	says wire-port vmrun start web1
	net ip link set eth0 nomaster
	net ip link add mvt0 link eth0 type macvtap mode bridge
	nic 'macvtap = { uplink = "eth0"; mode = "passthru"; };'
	run -1 vmrun start web1
	net ip link del mvt0
	is_golden wire-shared "$output"
	net ip link add mvt0 link eth0 type macvtap mode passthru
	nic 'macvtap = "eth0";'
	run -1 vmrun start web1
	net ip link del mvt0
	is_golden wire-taken "$output"
	nothing_left
}

@test "the tap is down, too small, or another user's" {
	net ip tuntap add tap7 mode tap
	nic 'tap = "tap7";'
	run -1 vmrun start web1
	is_golden tap-down "$output"
	net ip link set tap7 up
	nic 'tap = "tap7"; mtu = 9000;'
	run -1 vmrun start web1
	is_golden tap-mtu "$output"
	net ip link del tap7
	net ip tuntap add tap7 mode tap user nobody
	nic 'tap = "tap7";'
	run -77 vmrun start web1
	is_golden tap-owner "$output"
	net ip link del tap7
	nothing_left
}

@test "a rate is not to be had: somebody has set one, or no frame could pass" {
	net ip tuntap add tap7 mode tap
	net tc qdisc add dev tap7 root tbf rate 1mbit burst 10k latency 50ms
	nic 'tap = "tap7"; rate = { in = "8M"; };'
	run -1 vmrun start web1
	is_golden rate-owner "$output"
	net ip link del tap7
	net ip link set br0 mtu 9000
	nic 'bridge = "br0"; rate = { in = "8M"; burst = "4K"; };'
	says rate-burst vmrun start web1
}

# as_user COMMAND…: vmrun, without any privilege.
as_user() {
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	chmod 777 "$ROOT"
	chmod -R a+rX "$ROOT/etc"
	net setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$ROOT" "$ROOT/vmrun" --root "$ROOT" "$@"
}

@test "an ordinary user has no right to the bridge" {
	says not-root as_user start web1
}

@test "an image is root's alone" {
	install -m 600 /dev/null "$ROOT/web1.img"
	nic 'user = true;' "disks = ( { file = \"$ROOT/web1.img\"; } );"
	says not-readable as_user start web1
}

@test "a forward's port is taken" {
	net socat TCP-LISTEN:2222,bind=127.0.0.1,fork /dev/null 3>&- &
	busy=$!
	wait_for 10 eval 'net ss -ltn | grep -q 127.0.0.1:2222'
	nic 'user = true; forward = [ "tcp:127.0.0.1:2222:22" ];'
	says taken vmrun start web1
}

@test "a hook fails" {
	printf '#!/bin/sh\necho "no such VLAN" >&2\nexit 9\n' >"$ROOT/up"
	chmod 755 "$ROOT/up"
	nic "bridge = \"br0\"; up = \"$ROOT/up\";"
	says hook vmrun start web1
	[[ $(vmrun log web1) == *"no such VLAN"* ]]
}

# --- whatever fails on the way to a NIC's network, the start fails, says why, and leaves nothing ---

# fails_at CALL ERROR NAME WORDS: of the starts in which one such call fails, the first, the second and so on,
# one says WORDS; all of what it says is in the file NAME.
fails_at() {
	local when
	for ((when = 1; when < 40; when++)); do
		run --separate-stderr failing "$1" "$2" "$when" start web1
		((status == 1 || status == 77)) || { echo "$when: status $status, $stderr"; return 1; }
		nothing_left || return
		[[ $stderr != *"$4"* ]] || break
	done
	is_golden "$3" "$stderr"
}

@test "the tap cannot be made" {
	fails_at ioctl ENOSPC fails-tap "make tap"
}

@test "the tap cannot be dressed" {
	fails_at sendto EPERM fails-dress "set its MAC"
}

@test "the bridge is full" {
	fails_at sendto EXFULL fails-full "cannot join"
}

@test "the bridge refuses the tap" {
	fails_at sendto EBUSY fails-join "cannot join"
}

@test "the port cannot be isolated" {
	nic 'bridge = "br0"; isolated = true;'
	fails_at sendto EIO fails-isolated "isolated"
}

@test "the rate cannot be set" {
	nic 'bridge = "br0"; rate = { in = "8M"; out = "8M"; };'
	fails_at sendto ENOMEM fails-rate "rate cannot be set"
}

@test "the macvtap cannot be made, or its device not opened" {
	wire
	fails_at sendto ENOMEM fails-macvtap "cannot be made"
	fails_at mknodat EPERM fails-macvtap-device "device"
}

# bats test_tags=stock
@test "the bridge does not filter VLANs" {
	lacks "VLAN filtering" net ip link add trial type bridge vlan_filtering 1
	nic 'bridge = "br0"; vlan = 10;'
	says no-filtering vmrun start web1
}

@test "the port cannot have its VLAN" {
	lacks "VLAN filtering" net ip link set br0 type bridge vlan_filtering 1
	nic 'bridge = "br0"; vlan = 10;'
	fails_at sendto ENOMEM fails-vlan "vlan 10"
}

@test "a tap that is a port already cannot be what the NIC asks" {
	net ip tuntap add tap7 mode tap
	net ip link set tap7 master br0 up
	nic 'bridge = "br0"; tap = "tap7"; guard = true;'
	busy=0 says port-as-it-is vmrun start web1
	net ip link del tap7
	nothing_left
}

@test "the name that is chosen for the tap is another interface's" {
	net ip link add lan0 type bridge
	nic 'bridge = "br0"; ifname = "lan0";'
	says ifname-taken vmrun start web1
}

@test "a guard needs nftables" {
	nic 'bridge = "br0"; guard = true;'
	says no-nftables net unshare -m bash -c "
		for library in \$(ldconfig -p | sed -n 's/.*libnftables.so.1 .*=> //p'); do
			mount --bind /dev/null \"\$(realpath \$library)\"
		done
		exec '$VMRUN' --root '$ROOT' start web1"
}

# tunnel PEER [KEYS]: a bridge that spans hosts, through eth0.
tunnel() {
	net ip link add eth0 type veth peer name wire
	net ip addr add 192.0.2.1/24 dev eth0
	net ip link set eth0 up
	echo "bridges = ( { name = \"span\"; create = \"auto\"; ${2:-} uplink = { vxlan = 42; peers = \"$1\"; }; } );" \
		>>"$ROOT/etc/vmrun.conf"
	nic 'bridge = "span";'
}

@test "there is no way to a tunnel's peer" {
	tunnel 198.51.100.9
	says tunnel-way vmrun start web1
}

@test "a tunnel has less room than the bridge's MTU" {
	tunnel 192.0.2.2 "mtu = 1500;"
	says tunnel-mtu vmrun start web1
}

@test "a tunnel leads to nobody but the host itself" {
	tunnel 192.0.2.1
	says tunnel-own vmrun start web1
}

# served PROTOCOL PORT: somebody has that port on all addresses; and a bridge for which dnsmasq wants it.
served() {
	net socat "$1-LISTEN:$2" STDOUT >/dev/null 2>&1 &
	busy=$!
	wait_for 5 sh -c "nsenter --net=$ROOT/net ss -Hlntu | grep -q :$2"
	echo 'bridges = ( { name = "lab"; create = "auto"; address = "10.88.0.1/24"; dhcp = true; } );' >>"$ROOT/etc/vmrun.conf"
	nic 'bridge = "lab";'
}

@test "the host has a name server on all its addresses" {
	served TCP 53
	says server-dns vmrun start web1
}

@test "the host has a DHCP server on all its interfaces" {
	served UDP 67
	says server-dhcp vmrun start web1
}

# uplink: eth0, which vmrun.conf makes the uplink of a bridge that is not there yet.
uplink() {
	net ip link del br0
	net ip link add eth0 type veth peer name wire
	net ip addr add 192.0.2.1/24 dev eth0
	net ip link set eth0 up
	net ip link set wire up
	echo 'bridges = ( { name = "br0"; uplink = "eth0"; } );' >>"$ROOT/etc/vmrun.conf"
}

@test "a firewall lets in by the uplink what it would not let in by the bridge" {
	lacks nf_tables net nft list ruleset
	uplink
	net nft 'add table inet filter
		add chain inet filter input { type filter hook input priority 0; policy drop; }
		add rule inet filter input iifname "eth0" tcp dport 22 accept'
	says uplink-rules vmrun net up br0
}

@test "what is to be an uplink has a macvlan already" {
	uplink
	lacks macvlan net ip link add link eth0 name lan0 type macvlan
	says uplink-macvlan vmrun net up br0
}

# --- what check --host finds ---

# finds NAME WHAT: it has a note of WHAT, which is what the file NAME holds.
finds() {
	local said
	run vmrun check --host
	echo "$output"
	said=$(sed -n "s/^note  $2  *//p" <<<"$output")
	[[ -n $said ]]
	is_golden "$1" "$said"
}

@test "the host has no bridge" {
	net ip link del br0
	finds host-no-bridge bridges
}

@test "a bridge of the host leads nowhere" {
	net ip addr flush dev br0
	finds host-no-uplink bridge
}

@test "a bridge of the host is down" {
	net ip link set br0 down
	finds host-down bridge
}

@test "the uplink's address was not moved to the bridge" {
	net ip link add eth0 type veth peer name wire
	net ip link set wire up
	net ip link set eth0 master br0 up
	net ip addr add 192.0.2.10/24 dev eth0
	wait_for 10 eval 'net ip -o link show eth0 | grep -q LOWER_UP'
	finds host-address bridge
}

@test "the uplink has no carrier" {
	net ip link add eth0 type veth peer name wire
	net ip link set eth0 master br0 up
	finds host-carrier bridge
}

@test "the uplink is down" {
	net ip link add eth0 type veth peer name wire
	net ip link set eth0 master br0
	finds host-uplink-down bridge
}

# drops FAMILY TABLE CHAIN HOOK
drops() {
	lacks nf_tables net nft list ruleset
	net nft "add table $1 $2; add chain $1 $2 $3 { type filter hook $4 priority 0; policy drop; }"
}

@test "Docker's filter drops what crosses a bridge" {
	[[ -e /proc/sys/net/bridge ]] || skip "kernel lacks br_netfilter"
	drops ip filter FORWARD forward
	net sysctl -qw net.bridge.bridge-nf-call-iptables=1
	finds host-docker br_netfilter
	net sysctl -qw net.bridge.bridge-nf-call-iptables=0
	run vmrun check --host
	[[ $output == *"ok    br_netfilter "* ]]
}

@test "a firewall lets nothing through the host" {
	drops inet filter forward forward
	finds host-forward firewall
}

@test "a firewall lets nothing into the host" {
	drops inet filter input input
	finds host-input firewall
}

@test "a host without any of this has nothing to say of its firewall" {
	drops inet filter output output
	run vmrun check --host
	[[ $output == *"ok    firewall "* && $output != *"note  firewall "* ]]
}

# Interfaces of a radio stay in the first network; there this machine has no other.
# bats test_tags=stock
@test "the host has Wi-Fi and nothing else" {
	lacks mac80211_hwsim modprobe mac80211_hwsim radios=1
	vmrun() {
		"$VMRUN" --root "$ROOT" "$@"
	}
	wait_for 10 ip link show wlan0
	finds host-wifi uplink
	echo 'bridges = ( { name = "br0"; uplink = "wlan0"; } );' >>"$ROOT/etc/vmrun.conf"
	mkdir "$ROOT/host"
	ln -s /sys "$ROOT/host/sys"
	run --separate-stderr vmrun net up br0
	echo "$stderr"
	((status != 0))
	is_golden wifi "$stderr"
}

# --- the manual ---

@test "the manual shows each of these messages, word for word" {
	local page missing=0 file text
	page=$(mandoc -T utf8 -O width=100 "$BATS_TEST_DIRNAME/../../man/vmrun.conf.5.in" |
		sed "s/.$(printf '\b')//g" | sed -n '/^DIAGNOSTICS/,/^SEE ALSO/p' | tr -d '[:space:]')
	[[ -n $page ]]
	for file in "$golden"/*; do
		text=$(sed 's/^vmrun: \(web1\|br0\): \(\(nics\|disks\)\[0\]: \)\?//' "$file" | tr -d '[:space:]')
		[[ $page == *"$text"* ]] || { echo "not there: $(<"$file")"; missing=$((missing + 1)); }
	done
	((missing == 0))
}
