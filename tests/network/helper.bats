# vmrun-net: an ordinary user's VM from its file to a ping, and each thing that the helper refuses.
#
# Its places are written into it, so that these tests give them to it: in a mount namespace a copy of /etc with
# users, the host config and QEMU's bridge.conf, an empty /var/lib, and /usr/local with the helper alone.
load ../lib/common

ALICE=1731 BOB=1732 LAB=1740

# host COMMAND…: in the test's own network and files.
host() {
	nsenter --net="$ROOT/net" --mount="$ROOT/mounts/ns" -- "$@" 3>&-
}

# as UID COMMAND…: as that user, with his groups.
as() {
	local uid=$1 groups=--clear-groups
	shift
	((uid != BOB)) || groups=--groups=$LAB
	host setpriv --reuid="$uid" --regid="$uid" $groups env -i PATH=/usr/bin:/bin HOME="$ROOT/home/$uid" \
		XDG_RUNTIME_DIR="$ROOT/home/$uid/run" "$@"
}

alice() {
	as $ALICE "$ROOT/vmrun" "$@"
}

bob() {
	as $BOB "$ROOT/vmrun" "$@"
}

# asked UID [FIELD=VALUE…]: what the helper answers to a request that is made by hand.
asked() {
	local uid=$1
	shift
	as "$uid" "$ROOT/helper-request" /usr/local/libexec/vmrun-net "$@"
}

# refused UID TEXT [FIELD=VALUE…]: it refuses, and says that; no tap was made.
refused() {
	local uid=$1 text=$2
	shift 2
	run asked "$uid" "$@"
	[[ $status == 0 && $output == *"$text"* ]] || { echo "$output, and not: $text"; return 1; }
	[[ -z $(taps) ]]
}

# policy TEXT: root's host config.
policy() {
	printf '%s\n' "$1" >"$ROOT/etc-copy/vmrun/vmrun.conf"
}

# file UID NAME SETTINGS: a VM of that user's.
file() {
	local dir=$ROOT/home/$1/.config/vmrun
	mkdir -p "$dir/vms"
	printf 'defaults = { accel = "tcg"; memory = "160M"; };\n' >"$dir/vmrun.conf"
	printf '%s\n' "$3" >"$dir/vms/$2.conf"
	chown -R "$1:$1" "$ROOT/home/$1"
}

# idle UID NAME NIC: a VM that boots nothing.
idle() {
	file "$1" "$2" "nics = ( { $3 } ); args = [ \"-S\" ];"
}

# install HOW: the helper, setuid or capability.
install_helper() {
	rm -f "$ROOT/local/libexec/vmrun-net"
	install -m 755 "${VMRUN%/*}/vmrun-net" "$ROOT/local/libexec/vmrun-net"
	case $1 in
	setuid) chmod u+s "$ROOT/local/libexec/vmrun-net" ;;
	capability) setcap cap_net_admin=ep "$ROOT/local/libexec/vmrun-net" ;;
	esac
}

setup_file() {
	world
	export ROOT
	chmod 755 "$ROOT"
	[[ ,$(findmnt -no OPTIONS -T "$ROOT"), != *,nosuid,* ]] || skip "kernel lacks setuid programs below /tmp, which is mounted nosuid"
	mkdir -p "$ROOT/mounts" "$ROOT/local/libexec" "$ROOT/var-lib/vmrun" "$ROOT/home"
	cp -a /etc "$ROOT/etc-copy"
	mkdir -p "$ROOT/etc-copy/vmrun" "$ROOT/etc-copy/qemu"
	printf '%s\n' "alice:x:$ALICE:$ALICE::/:/bin/sh" "bob:x:$BOB:$BOB::/:/bin/sh" >>"$ROOT/etc-copy/passwd"
	printf '%s\n' "lab:x:$LAB:" >>"$ROOT/etc-copy/group"
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	install -m 644 "$VMRUN_GUEST/vmlinuz" "$VMRUN_GUEST/initrd.img" "$ROOT/"
	for uid in $ALICE $BOB; do install -d -o "$uid" -m 700 "$ROOT/home/$uid" "$ROOT/home/$uid/run"; done
	mount --bind "$ROOT/mounts" "$ROOT/mounts"
	mount --make-private "$ROOT/mounts"
	touch "$ROOT/mounts/ns"
	# As udev makes it, which may not have run here.
	mknod -m 666 "$ROOT/tun" c 10 200
	cp -a /usr/lib/qemu "$ROOT/qemu-lib"
	unshare --mount="$ROOT/mounts/ns" sh -c "mount --bind $ROOT/tun /dev/net/tun &&
		mount --bind $ROOT/qemu-lib /usr/lib/qemu &&
		mount -t tmpfs tmpfs /run && mount --bind $ROOT/etc-copy /etc && mount --bind $ROOT/var-lib /var/lib && mount --bind $ROOT/local /usr/local"
	install -m 755 "$BATS_TEST_DIRNAME/../lib/helper-request" "$ROOT/"
	install_helper setuid
}

teardown_file() {
	umount "$ROOT/mounts/ns" "$ROOT/mounts"
	end_world
}

setup() {
	install_helper setuid
	rm -f "$ROOT/var-lib/vmrun/ledger"
	chmod 644 "$ROOT/etc-copy/vmrun/vmrun.conf" 2>/dev/null || :
	policy 'allow = ( { user = "alice"; bridge = "br0"; } );'
}

teardown() {
	local uid
	for uid in $ALICE $BOB; do
		as $uid "$ROOT/vmrun" kill --all >/dev/null 2>&1 || :
		rm -rf "$ROOT/home/$uid/.config"
	done
	wait_for 10 no_processes
	[[ -z $(taps) ]]
}

@test "from a file to a ping, by setuid: status says who made the port, stop leaves nothing" {
	file $ALICE web1 "
		kernel = \"$ROOT/vmlinuz\";
		initrd = \"$ROOT/initrd.img\";
		cmdline = \"console=$CONSOLE quiet vmrun.host=web1 vmrun.ip=10.99.0.11/24\";
		nics = ( { bridge = \"br0\"; } );"
	run -0 alice start web1
	[[ $(ports br0) == web1.0 ]]
	wait_for 60 net ping -c 1 -W 1 10.99.0.11
	run -0 alice status web1
	[[ $output == *"on bridge br0, tap web1.0, made by vmrun-net"* ]]
	[[ $(net ip -j link show web1.0 | jq -r '.[0].ifalias') == "vmrun web1 nic 0 uid $ALICE" ]]
	[[ $(net ip -d link show web1.0) == *"user $ALICE "* || $(host ip -d link show web1.0) == *"user alice "* ]]
	run -0 alice stop -t 60 web1
	run -0 alice list
	[[ -z $(find "$ROOT/home/$ALICE/run/vmrun" -mindepth 1) ]]
}

@test "a MAC that somebody has on the network is refused to users as well" {
	net ip link add far type veth peer name far0
	net ip link set far master br0 up
	net ip link set far0 address 52:54:00:77:00:01 up
	net busybox arping -q -c 1 -w 1 -I far0 -s 10.99.0.77 10.99.0.1 || :
	net ip link set far0 address 52:54:00:77:00:02
	idle $ALICE web1 'bridge = "br0"; mac = "52:54:00:77:00:01";'
	run -1 alice start web1
	[[ $output == *"MAC 52:54:00:77:00:01 is in use on the network: "*"behind port far of bridge br0"* ]]
	net ip link del far
	run -0 alice start web1
}

@test "by a file capability as well; a supervisor that was killed is replaced, and the VM stops" {
	install_helper capability
	idle $ALICE web1 'bridge = "br0";'
	run -0 alice start web1
	[[ $(ports br0) == web1.0 ]]
	kill -KILL "$(alice --json status web1 | jq -re 'if type == "array" then .[0] else . end | .supervisor')"
	run -0 alice status web1
	[[ $output == *"made by vmrun-net"* ]]
	# A port that root's network dropped only root can put back.
	net ip link set web1.0 nomaster
	run alice gc
	[[ $output == *"tap web1.0 is on no bridge any more, and only root can put it back: ip link set web1.0 master br0"* ]]
	run -0 alice kill web1
	wait_for 10 eval '[[ -z $(taps) ]]'
	# QEMU and its supervisor both: the tap goes with them, and nothing of the VM stays.
	run -0 alice start web1
	alice --json status web1 | jq -r 'if type == "array" then .[0] else . end | .pid, .supervisor' | xargs kill -KILL
	wait_for 10 eval '[[ -z $(taps) ]]'
	run -0 alice gc
	[[ -z $(find "$ROOT/home/$ALICE/run/vmrun" -mindepth 1) ]]
}

@test "a port per queue, by one request; isolated, because the VM or the rule wants it" {
	idle $ALICE web1 'bridge = "br0"; queues = 4; isolated = true;'
	run -0 alice start web1
	[[ $(net ip -d -j link show web1.0 | jq -r '.[0].linkinfo | .info_data.multi_queue, .info_slave_data.isolated') == true$'\n'true ]]
	run -0 alice kill web1
	policy 'allow = ( { user = "alice"; bridge = "br0"; isolated = true; } );'
	idle $ALICE web1 'bridge = "br0";'
	run -0 alice start web1
	[[ $(net ip -d -j link show web1.0 | jq -r '.[0].linkinfo.info_slave_data.isolated') == true ]]
	run -0 alice kill web1
	# An interface's other names are no rule's.
	net ip link property add dev br0 altname lan
	policy 'allow = ( { user = "alice"; bridge = "lan"; } );'
	refused $ALICE 'failed: lan is another name of bridge br0' bridge=lan
	net ip link property del dev br0 altname lan
}

@test "a guard, because the VM or the rule wants it, that goes before the next one is made" {
	idle $ALICE web1 'bridge = "br0"; guard = true;'
	run -0 alice start web1
	[[ $(net nft list tables netdev | grep -c "vmrun-web1.0-") == 1 ]]
	net nft list table netdev "$(net nft list tables netdev | cut -d ' ' -f 3)" | grep -q 'device "web1.0"'
	run -0 alice kill web1
	wait_for 10 eval '[[ -z $(taps) ]]'
	policy 'allow = ( { user = "alice"; bridge = "br0"; guard = true; } );'
	idle $ALICE web2 'bridge = "br0";'
	run -0 alice start web2
	[[ $(net nft list tables netdev) == *"vmrun-web2.0-"* && $(net nft list tables netdev) != *web1* ]]
	run -0 alice kill web2
}

@test "nobody is allowed anything without a rule that names him, the bridge and the VLAN" {
	idle $BOB web1 'bridge = "br0";'
	run -77 --separate-stderr bob start web1
	[[ $stderr == *"web1: nics[0]: /etc/vmrun/vmrun.conf: no rule allows bob (uid $BOB) a port on bridge br0"* ]]
	[[ $(find "$ROOT/home/$BOB/run/vmrun" -mindepth 1) == "" ]]
	rm "$ROOT/etc-copy/vmrun/vmrun.conf"
	refused $ALICE "denied: /etc/vmrun/vmrun.conf: there is no allow rule"
	policy 'allow = ( { group = "lab"; bridge = "br0"; vlan = [ 10, 20 ]; } );'
	refused $ALICE 'denied: /etc/vmrun/vmrun.conf: no rule allows alice'
	refused $BOB 'denied: /etc/vmrun/vmrun.conf:1: bridge br0 is allowed to bob (uid 1732) with a vlan only: 10, 20'
	refused $BOB 'vlan 30 of bridge br0 is not allowed to bob (uid 1732); allowed: 10, 20' vlan=30
	bridge br1
	refused $BOB 'no rule allows bob' bridge=br1 vlan=10
	net ip link del br1
}

# told NIC TEXT: check says of a VM with that NIC what start would.
told() {
	idle $ALICE web1 "$1"
	run -78 --separate-stderr alice check web1
	[[ $stderr == *"web1.conf:1: nics[0]: $2"* ]] || { echo "$stderr"; return 1; }
	run --separate-stderr alice start web1
	[[ $status != 0 && $stderr == *"nics[0]: $2"* ]]
}

@test "check says what a start would be refused, as far as a user may know" {
	told 'bridge = "br0"; rate = { in = "1M"; };' "rate: vmrun-net does not do that for users"
	told 'bridge = "br0"; mac = "02:00:00:00:00:05";' "not possible through vmrun-net: MAC 02:00:00:00:00:05"
	told 'bridge = "br0"; vlan = 10;' "/etc/vmrun/vmrun.conf:1: vlan 10 of bridge br0 is not allowed to alice"
	policy 'allow = ( { group = "lab"; bridge = "br0"; } );'
	told 'bridge = "br0";' "/etc/vmrun/vmrun.conf: no rule allows alice (uid $ALICE) a port on bridge br0"
	idle $BOB web1 'bridge = "br0";'
	run -0 bob check web1
	policy 'allow = ( { user = "alice"; bridge = "br0"; } ); deny = ( { user = "nobody-knows"; } );'
	told 'bridge = "br0";' '/etc/vmrun/vmrun.conf:1: deny: there is no "nobody-knows"'
	chmod 600 "$ROOT/etc-copy/vmrun/vmrun.conf"
	run -0 alice check web1
	policy 'allow = ( { user = "alice"; bridge = "br0"; ports = 1; } );'
	chmod 644 "$ROOT/etc-copy/vmrun/vmrun.conf"
	idle $ALICE web2 'bridge = "br0";'
	run -0 alice check
	run -0 alice start web1
	run -78 --separate-stderr alice check
	[[ $stderr == *"web2: "*"already has as many ports as this rule allows: 1"* && $stderr != *"web1: "* ]]
}

@test "check --host says what is wrong with the rules" {
	finding() {
		run host "$ROOT/vmrun" check --host
		[[ $output == *"$1  users' ports       /usr/local/libexec/vmrun-net, by allow and deny in /etc/vmrun/vmrun.conf$2"* ]]
	}
	finding "ok  " $'\n'
	policy 'allow = ( { user = "alice"; bridge = "br0"; } ); deny = ( { user = "nobody-knows"; } );'
	finding "bad " '; nobody is allowed anything: line 1, deny: there is no "nobody-knows" in /etc/passwd or /etc/group'
	policy 'allow = ( { user = "alicia"; bridge = "br0"; } );'
	finding note '; line 1, allow: there is no "alicia" in /etc/passwd or /etc/group'
	policy ''
	finding note '; nobody is allowed anything: there is no allow rule'
	policy 'allow = ( { user = "alice"; bridge = "br0"; nights = true; } );'
	run alice check --host
	[[ $output == *"bad   users' ports "*"; nobody is allowed anything: /etc/vmrun/vmrun.conf:1: nights: unknown key of a rule"* ]]
}

@test "deny wins" {
	policy 'allow = ( { user = "alice"; bridge = "br0"; } ); deny = ( { user = "alice"; bridge = "br1"; } );'
	[[ $(asked $ALICE) == web1.0 ]]
	policy 'allow = ( { user = "alice"; bridge = "br0"; } ); deny = ( { bridge = "br0"; } );'
	refused $ALICE 'denied: /etc/vmrun/vmrun.conf:1: a deny rule forbids alice (uid 1731) a port on bridge br0'
	policy 'allow = ( { user = "alice"; bridge = "br0"; } ); deny = ( { user = "mallory"; } );'
	refused $ALICE 'policy: /etc/vmrun/vmrun.conf:1: deny: there is no "mallory" in /etc/passwd'
}

@test "no more ports than the rule allows, however many are asked for at once" {
	policy 'allow = ( { user = "alice"; bridge = "br0"; ports = 2; } );'
	idle $ALICE one 'bridge = "br0"; }, { bridge = "br0";'
	idle $ALICE two 'bridge = "br0";'
	run -0 alice start one
	run -77 --separate-stderr alice start two
	[[ $stderr == *"/etc/vmrun/vmrun.conf:1: alice (uid $ALICE) already has as many ports as this rule allows: 2"* ]]
	run -0 alice kill one
	wait_for 10 eval '[[ -z $(taps) ]]'
	# Many that have been started, and are asked at one moment: never two, and not always none.
	policy 'allow = ( { user = "alice"; bridge = "br0"; ports = 1; } );'
	local granted all=0
	for _ in 1 2 3 4 5 6; do
		granted=$(asked $ALICE race 24)
		((granted <= 1))
		all=$((all + granted))
		wait_for 10 eval '[[ -z $(taps) ]]'
	done
	((all > 0))
}

@test "a host config that others could have written, or that leads elsewhere, is not believed" {
	local file=$ROOT/etc-copy/vmrun/vmrun.conf
	chmod 666 "$file"
	refused $ALICE 'policy: /etc/vmrun/vmrun.conf: not believed, because others can write /etc/vmrun/vmrun.conf'
	chmod 644 "$file"
	chown $ALICE "$file"
	refused $ALICE "policy: /etc/vmrun/vmrun.conf: not believed, because user $ALICE owns"
	chown 0 "$file"
	chmod 775 "$ROOT/etc-copy/vmrun"
	refused $ALICE 'policy: /etc/vmrun/vmrun.conf: not believed, because others can write /etc/vmrun '
	chmod 755 "$ROOT/etc-copy/vmrun"
	mv "$file" "$file.real"
	ln -s vmrun.conf.real "$file"
	refused $ALICE 'policy: /etc/vmrun/vmrun.conf: not believed, because /etc/vmrun/vmrun.conf is a symbolic link'
	mv "$file.real" "$file"
	policy '@include "rules.conf"'
	refused $ALICE 'policy: /etc/vmrun/vmrun.conf:1: @include is not followed'
	policy 'allow = ( { user = "alice"; bridge = "br0"; port = 2; } );'
	refused $ALICE 'policy: /etc/vmrun/vmrun.conf:1: port: unknown key of a rule'
	policy 'allow = ( { user = "alice"; bridge = "br0"; } );'
	idle $ALICE web1 'bridge = "br0";'
	chmod 666 "$file"
	run -78 alice start web1
	chmod 644 "$file"
}

@test "a MAC that somebody has is nobody else's: on the host, or in root's ledger" {
	net ip link add br8 address 52:54:00:0a:0b:0c type bridge
	refused $ALICE 'denied: MAC 52:54:00:0a:0b:0c: br8 of this host has it already'
	net ip link del br8
	cat >"$ROOT/var-lib/vmrun/ledger" <<-END
		vmrun-ledger 1
		salt 0123456789abcdef0123456789abcdef
		mac db 0 52:54:00:0a:0b:0c
		end 1
	END
	refused $ALICE 'denied: MAC 52:54:00:0a:0b:0c was given to db of root'
	[[ $(asked $ALICE mac=52:54:00:0a:0b:0d) == web1.0 ]]
	# A user's own ledger leaves out what root's has: of two addresses one.
	idle $ALICE fresh 'bridge = "br0";'
	echo 'mac = { first = "52:54:00:0a:0b:0c"; last = "52:54:00:0a:0b:0d"; };' >>"$ROOT/home/$ALICE/.config/vmrun/vmrun.conf"
	run -0 alice start fresh
	[[ $(alice mac) == *"52:54:00:0a:0b:0d"* ]]
	run -0 alice kill fresh
	chmod 666 "$ROOT/var-lib/vmrun/ledger"
	refused $ALICE 'policy: /var/lib/vmrun/ledger: not believed, because others can write'
}

@test "what is wrong with a request is told, byte by byte" {
	refused $ALICE 'bad: the request: MAC 02:00:00:00:00:01 does not begin with 52:54:00' mac=02:00:00:00:00:01
	refused $ALICE 'bad: the request: MAC 52:54:00:12:34:56 is what QEMU gives' mac=52:54:00:12:34:56
	refused $ALICE 'bad: the request: "eth0" is not a name that a user' tap=eth0
	refused $ALICE 'bad: the request: "a/b.0" is not a name that a user' tap=a/b.0
	refused $ALICE 'bad: the request: "br 0" is not the name of a bridge' bridge='br 0'
	refused $ALICE 'bad: the request: a name in it does not end' bridge=aaaaaaaaaaaaaaaaaaaa
	refused $ALICE 'bad: the request: "web/1" is not the name of a VM' vm=web/1
	refused $ALICE 'bad: the request: bytes that must be zero are not' tail=000001
	refused $ALICE 'bad: the request: it is of version 2, and this is version 1' version=2
	refused $ALICE 'bad: the request: it is none of vmrun' magic=HELLO
	refused $ALICE 'bad: the request: it has 3 bytes' raw 010203
	refused $ALICE 'bad: the request: 65 queues: there are from 1 to 64' queues=65
	refused $ALICE 'bad: the request: VLAN 4095' vlan=4095
}

@test "what is wrong with the host is told: no bridge, not a bridge, its MTU, a name like a VLAN's" {
	policy 'allow = ( { user = "alice"; bridge = [ "br0", "br7", "lo" ]; } );'
	refused $ALICE 'failed: br7: ' bridge=br7
	refused $ALICE 'failed: lo is not a bridge' bridge=lo
	refused $ALICE 'failed: bridge br0: its MTU is 1500, and the NIC wants 9000' mtu=9000
	refused $ALICE 'denied: a tap cannot be called br0.1, because br0 is an interface of this host' tap=br0.1
	idle $ALICE web1 'bridge = "br7";'
	run --separate-stderr alice start web1
	[[ $status != 0 && $stderr == *"br7"* ]]
	# Nor may a user have one made: nothing of it is begun.
	echo 'bridges = ( { name = "br7"; create = "auto"; address = "10.9.9.1/24"; } );' >>"$ROOT/home/$ALICE/.config/vmrun/vmrun.conf"
	run -77 --separate-stderr alice start web1
	[[ $stderr == "vmrun: web1: bridge br7: there is none, and to make one needs root (vmrun net up br7, with such an entry in root's vmrun.conf)" ]]
	[[ -z $(find "$ROOT/home/$ALICE/run/vmrun" -mindepth 1) ]]
}

@test "a tap's name that is taken is not taken over: another is chosen" {
	net ip tuntap add web1.0 mode tap user $ALICE
	local tap
	tap=$(asked $ALICE)
	[[ $tap == vmtap* ]]
	net ip link del web1.0
}

@test "a thousand requests with random bytes leave no tap, and some are granted" {
	local granted
	granted=$(asked $ALICE random 1000 1)
	((granted > 50 && granted < 800))
	wait_for 10 eval '[[ -z $(taps) ]]'
}

@test "the program itself: no arguments, no terminal, no socket of another user, nothing without a right" {
	run --separate-stderr as $ALICE /usr/local/libexec/vmrun-net </dev/null
	[[ $status == 64 && $stderr == *"vmrun runs this program"* ]]
	run --separate-stderr as $ALICE /usr/local/libexec/vmrun-net --help
	[[ $status == 64 ]]
	# root's socket, and the program as alice
	run --separate-stderr host python3 -c "
import socket, subprocess
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
raise SystemExit(subprocess.run(['/usr/local/libexec/vmrun-net'], stdin=b, user=$ALICE, extra_groups=[]).returncode)"
	[[ $status == 64 ]]
	install_helper nothing
	refused $ALICE 'policy: vmrun-net may not make taps: it is neither setuid root nor does it have the capability cap_net_admin'
}

@test "without vmrun-net, QEMU's bridge helper is used if it may do something; else it is said what root can do" {
	rm "$ROOT/local/libexec/vmrun-net"
	idle $ALICE web1 'bridge = "br0";'
	run -77 --separate-stderr alice start web1
	[[ $stderr == *'allow = ( { user = "alice"; bridge = "br0"; } );'* ]]
	[[ $stderr == *'chmod u+s /usr/lib/qemu/qemu-bridge-helper; and in /etc/qemu/bridge.conf: allow br0'* ]]
	chmod u+s "$ROOT/qemu-lib/qemu-bridge-helper"
	echo 'allow br1' >"$ROOT/etc-copy/qemu/bridge.conf"
	run --separate-stderr alice start web1
	[[ $status != 0 && $stderr == *"/etc/qemu/bridge.conf has to say: allow br0: /usr/lib/qemu/qemu-bridge-helper: access denied by acl file"* ]]
	host rm /etc/qemu/bridge.conf
	run --separate-stderr alice start web1
	[[ $status != 0 && $stderr == *"/etc/qemu/bridge.conf has to say: allow br0: "* ]]
	echo 'allow br0' >"$ROOT/etc-copy/qemu/bridge.conf"
	run -0 alice start web1
	[[ $(ports br0) == tap0 ]]
	[[ $(alice mac) == *"52:54:00:$(net ip -j link show tap0 | jq -r '.[0].address' | cut -d : -f 4-)"* ]]
	run -0 alice status web1
	[[ $output == *"on bridge br0, tap tap0, made by qemu-bridge-helper"* ]]
	run -0 alice kill web1
	wait_for 10 eval '[[ -z $(taps) ]]'
	idle $ALICE web1 'bridge = "br0"; isolated = true;'
	run -77 --separate-stderr alice start web1
	[[ $stderr == *"isolated: QEMU's bridge helper cannot do that"* ]]
	run -78 --separate-stderr alice check web1
	[[ $stderr == *"nics[0]: isolated: QEMU's bridge helper cannot do that"* ]]
	chmod u-s "$ROOT/qemu-lib/qemu-bridge-helper"
}

@test "without XDG_RUNTIME_DIR the folder that a login would have is used, or one beside the state, which is told" {
	local state=$ROOT/home/$ALICE/.local/state/vmrun
	bare() {
		host setpriv --reuid=$ALICE --regid=$ALICE --clear-groups env -i PATH=/usr/bin:/bin HOME="$ROOT/home/$ALICE" \
			"$ROOT/vmrun" "$@"
	}
	idle $ALICE web1 'bridge = "br0";'
	run bare check --host
	[[ $output == *"note  runtime folder"*"XDG_RUNTIME_DIR is not set and there is no /run/user/$ALICE"*"$state/run"* ]]
	[[ $output == *"ok    users' ports       /usr/local/libexec/vmrun-net, by allow and deny in /etc/vmrun/vmrun.conf"* ]]
	run -0 bare start web1
	[[ -n $(find "$state/run/web1" -mindepth 1) ]]
	run -0 bare kill web1
	host install -d -o $ALICE -m 700 /run/user/$ALICE
	run bare check --host
	[[ $output != *"runtime folder"* ]]
	run -0 bare start web1
	[[ -n $(host find "/run/user/$ALICE/vmrun/web1" -mindepth 1) ]]
	run -0 bare kill web1
	# Another's folder there is nobody's.
	host chown $BOB /run/user/$ALICE
	run bare check --host
	[[ $output == *"note  runtime folder"* ]]
	host rm -r /run/user
}

@test "nobody opens another queue of root's taps, nor of another user's" {
	vm root1 'nics = ( { bridge = "br0"; queues = 2; } ); args = [ "-S" ];'
	vmrun start root1
	idle $ALICE web1 'bridge = "br0"; queues = 2;'
	run -0 alice start web1
	# attach UID TAP: as struct ifreq wants it, IFF_TAP, IFF_NO_PI, IFF_MULTI_QUEUE and IFF_VNET_HDR.
	attach() {
		as "$1" python3 -c "
import fcntl, os, struct
fd = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', b'$2', 0x5102))"
	}
	run attach $BOB root1.0
	[[ $status != 0 && $output == *"Operation not permitted"* ]]
	run attach $BOB web1.0
	[[ $status != 0 && $output == *"Operation not permitted"* ]]
	run -0 attach $ALICE web1.0
	run -0 alice kill web1
	vmrun kill root1
	rm "$ROOT/etc/vms/root1.conf"
}
