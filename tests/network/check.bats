# `check --host` with its self-test, and what check says of NICs, on a real kernel.
load ../lib/common

setup() {
	world
}

teardown() {
	[[ -z ${daemon:-} ]] || kill -KILL "$daemon" 2>/dev/null || :
	finish_test
}

interfaces() {
	net ip -o link
}

# The host's interfaces are as they were, and nobody is left who could hold others.
undisturbed() {
	[[ $(interfaces) == "$before" ]] || { diff <(echo "$before") <(interfaces); return 1; }
	nothing_left
}

# as_user COMMAND…: without any privilege.
as_user() {
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	chmod 755 "$ROOT"
	net setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$ROOT" "$ROOT/vmrun" "$@"
}

# injected CALL ERROR NTH: check --host where the NTH such call of each process fails.
injected() {
	net timeout 30 strace -f -qq -o /dev/null -e trace="$1" -e inject="$1:error=$2:when=$3" \
		"$VMRUN" --root "$ROOT" check --host
}

@test "check --host begins with versions and ends with a self-test that holds" {
	local before
	before=$(interfaces)
	run -0 vmrun check --host
	[[ ${lines[0]} == "ok    vmrun "*"version $(vmrun version | cut -d ' ' -f 2)" ]]
	[[ ${lines[1]} == "ok    system "*"$(uname -sr) $(uname -m)" ]]
	[[ ${lines[2]} == *" qemu "*"version "* ]]
	[[ $output == *"br0, mtu 1500, up"* ]]
	[[ ${lines[-1]} == "ok    self-test "*"nothing is left, after "* ]]
	[[ $(grep -c '^ok    self-test ' <<<"$output") == 10 && $output != *"bad "* ]]
	undisturbed
}

@test "the self-test makes its interfaces in a network of its own" {
	local before
	before=$(interfaces)
	nsenter --net="$ROOT/net" -- ip monitor link >"$ROOT/seen" 2>&1 3>&- &
	local monitor=$!
	# It is listening once it sees one of ours, and has heard all once it sees another.
	wait_for 10 eval 'net ip link set br0 alias "$RANDOM" && [[ -s $ROOT/seen ]]'
	net ip link set br0 alias ""
	run -0 vmrun check --host
	net ip link add last type bridge
	wait_for 10 grep -q ' last: ' "$ROOT/seen"
	net ip link del last
	kill "$monitor"
	wait "$monitor" 2>/dev/null || :
	run -1 grep vmtrial "$ROOT/seen"
	run -0 vmrun check --host
	[[ $output == *"nothing is left"* ]]
	undisturbed
}

@test "the self-test takes less than a second" {
	local ms
	run -0 vmrun check --host
	ms=$(sed -n 's/.*nothing is left, after \([0-9]*\) ms$/\1/p' <<<"$output")
	[[ -n $ms ]] && ((ms < 1000))
}

@test "check --host --json has level, what and text, and the self-test among them" {
	run -0 --separate-stderr vmrun --json check --host
	jq -e 'all(keys == ["level", "text", "what"]) and all(.level | IN("ok", "note", "bad"))' <<<"$output"
	jq -e '.[0].what == "vmrun" and .[1].what == "system" and .[2].what == "qemu"' <<<"$output"
	jq -e '[.[] | select(.what == "self-test")] | length == 10 and all(.level == "ok")' <<<"$output"
}

@test "without privilege the self-test is one note" {
	local before
	before=$(interfaces)
	run --separate-stderr as_user check --host
	[[ -z $stderr && $(grep -c self-test <<<"$output") == 1 ]]
	[[ $output == *"note  self-test "*"not tried: it needs root"* ]]
	undisturbed
}

@test "a root that may have no network of its own is told so" {
	run injected unshare EPERM 1
	[[ $output == *"note  self-test "*"not tried: this root may not have a network of its own: "* ]]
	[[ $(grep -c self-test <<<"$output") == 1 ]]
}

@test "each question to the kernel that fails is a bad finding, and nothing is left" {
	local before n bad=0 joins=0
	before=$(interfaces)
	for ((n = 1; n < 60; n++)); do
		run injected sendto EBUSY "$n"
		((status == 0 || status == 1)) || { echo "$n: $status: $output"; return 1; }
		undisturbed || return
		grep -q '^ok    self-test .*joining again is refused' <<<"$output" && joins=$((joins + 1)) && continue
		grep -q '^bad   self-test ' <<<"$output" || break
		((status == 1)) || { echo "$n: status 0 with: $output"; return 1; }
		bad=$((bad + 1))
	done
	echo "$bad failures, $joins of joining again, the $n. is not reached"
	((bad >= 15 && joins >= 1 && n < 60))
	[[ $output == *"nothing is left"* ]]
}

@test "a bridge that cannot be made and a tap that cannot be made are named" {
	local before
	before=$(interfaces)
	# Listed before: nothing but the interfaces.
	run -1 injected sendto ENOSPC 2
	[[ $output == *"bad   self-test "*"make a bridge: bridge vmtrialbr: cannot be made: No space left on device"* ]]
	[[ $output == *"nothing is left"* ]]
	undisturbed
	run -1 injected ioctl ENOSPC 1
	[[ $output == *"bad   self-test "*"make a tap: cannot make tap vmtrial0: No space left on device"* ]]
	[[ $output == *"vmtrialbr destroyed"*"nothing is left"* ]]
	undisturbed
}

@test "a self-test that is killed is reported, and nothing is left" {
	local before
	before=$(interfaces)
	run -1 net timeout 30 strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when=9 \
		"$VMRUN" --root "$ROOT" check --host
	[[ $output == *"bad   self-test "*"it crashed: Killed; the last it said: "* ]]
	undisturbed
}

@test "a self-test that hangs is ended after ten seconds" {
	local before
	before=$(interfaces)
	run -1 net timeout 60 strace -f -qq -o /dev/null -e trace=sendto -e inject=sendto:signal=STOP:when=9 \
		"$VMRUN" --root "$ROOT" check --host
	[[ $output == *"bad   self-test "*"not done after 10s, and killed; the last it said: "* ]]
	undisturbed
}

# --- NICs ---

# refused KEY SENTENCE: check of the VM named one gives status 78 and says just that.
refused() {
	run -78 vmrun check one
	[[ $output == *"one.conf:"*": nics[0].$1: $2"* ]] || { echo "$output"; return 1; }
	[[ $(grep -c one.conf: <<<"$output") == 1 ]]
}

@test "check: a given tap must be there and be a tap" {
	vm one 'nics = ( { bridge = "br0"; tap = "tap7"; } );'
	refused tap "there is no interface tap7"
	net ip link add tap7 type dummy 2>/dev/null || net ip link add tap7 type bridge
	refused tap "tap7 is not a tap"
	net ip link del tap7
	net ip tuntap add tap7 mode tap
	run -0 vmrun check one
	[[ $(net ip -o link show tap7 | grep -c master) == 0 ]]
	net ip link del tap7
}

@test "check: a tap without a bridge must be up, and what a macvtap is on must be there" {
	net ip tuntap add tap7 mode tap
	vm one 'nics = ( { tap = "tap7"; } );'
	refused tap "tap tap7 is down, so that no frame could pass; its owner has to bring it up"
	net ip link set tap7 up
	run -0 vmrun check one
	vm one 'nics = ( { macvtap = "eth7"; } );'
	refused macvtap "eth7: there is no such interface"
	vm one 'nics = ( { macvtap = "br0"; } );'
	refused macvtap 'br0 is a bridge: a NIC joins it with bridge = "br0"'
	vm one 'nics = ( { macvtap = "lo"; } );'
	refused macvtap "lo is no Ethernet: it has no MAC, and no macvtap can be on it"
	vm one 'nics = ( { macvtap = "tap7"; mtu = 9000; } );'
	refused macvtap "tap7: its MTU is 1500, and the NIC wants 9000"
	net ip link set tap7 mtu 9000
	run -0 vmrun check one
	net ip link del tap7
}

@test "check: on a socket somebody must listen" {
	vm one "nics = ( { socket = \"$ROOT/daemon.sock\"; } );"
	refused socket "$ROOT/daemon.sock: No such file or directory"
	touch "$ROOT/daemon.sock"
	refused socket "$ROOT/daemon.sock: not a socket"
	rm "$ROOT/daemon.sock"
	socat UNIX-LISTEN:"$ROOT/daemon.sock",fork,unlink-close=0 /dev/null 3>&- &
	daemon=$!
	wait_for 10 test -S "$ROOT/daemon.sock"
	run -0 vmrun check one
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || :
	daemon=
	refused socket "$ROOT/daemon.sock: nobody listens on it"
}

@test "check: what only another system has is said to be of that system" {
	vm one 'accel = "hvf"; display = "cocoa"; nics = ( { vmnet = "shared"; } );'
	run -78 vmrun check one
	[[ $output == *"accel: hvf is of macOS"* && $output == *"cocoa is of macOS"* && $output == *"nics[0].vmnet: "* ]]
}

@test "an isolated NIC's port is isolated in the kernel" {
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; isolated = true; }, { bridge = "br0"; } );'
	run -0 vmrun start one
	[[ $(net ip -d -o link show one.0) == *" isolated on"* && $(net ip -d -o link show one.1) == *" isolated off"* ]]
	vmrun stop hard one
	nothing_left
}

@test "check: the name that a NIC's tap is to have must be free, but for what the NIC has itself" {
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; ifname = "br0"; } );'
	refused ifname "tap br0: another interface of this host has that name (choose one by ifname)"
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; ifname = "lan-%n"; } );'
	run -0 vmrun check one
	vmrun start one
	run -0 vmrun check one
	vmrun kill one
	nothing_left
}

@test "a NIC's VLAN is refused where the bridge would not keep it apart" {
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; vlan = 10; } );'
	run -1 vmrun start one
	[[ $output == *"VLAN filtering"*"cannot keep vlan 10 apart"* ]]
	nothing_left
	run -78 vmrun check one
	[[ $output == *"one.conf:1: nics[0].bridge: bridge br0: "*"VLAN filtering"*"cannot keep vlan 10 apart"* ]]
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; trunk = [ 20, 30 ]; } );'
	run -78 vmrun check one
	[[ $output == *"cannot keep the VLANs of trunk apart"* ]]
	printf 'bridges = ( { name = "br7"; create = true; } );\n' >>"$ROOT/etc/vmrun.conf"
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br7"; vlan = 10; } );'
	run -78 vmrun check one
	[[ $output == *"bridge br7 is made without VLAN filtering"*"(vlan_filtering = true for it in vmrun.conf)"* ]]
}

# bats test_tags=stock
@test "a NIC's VLAN is its port's only one" {
	lacks "VLAN filtering" net ip link set br0 type bridge vlan_filtering 1
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; vlan = 10; } );'
	run -0 vmrun start one
	net bridge -j vlan show dev one.0 | jq -e '.[0].vlans | length == 1 and .[0].vlan == 10 and
		(.[0].flags | sort == ["Egress Untagged", "PVID"])'
	vmrun stop hard one
	nothing_left
}
