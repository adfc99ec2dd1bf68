# NICs whose other end is a daemon's socket, and NICs on a tap that somebody else made.
load ../lib/common

setup() {
	world
}

teardown() {
	[[ -z ${daemon:-} ]] || kill -KILL "$daemon" 2>/dev/null || :
	finish_test
}

# A daemon as socket_vmnet is: it listens on a UNIX socket, and what comes from there goes onto a
# network; here that is br0. QEMU itself speaks the protocol.
start_daemon() {
	net ip tuntap add uplink mode tap
	net ip link set uplink master br0 up
	rm -f "$ROOT/daemon.sock"
	nsenter --net="$ROOT/net" -- qemu-system-x86_64 -M none -accel tcg -display none -serial none -monitor none \
		-netdev stream,id=guest,server=on,addr.type=unix,addr.path="$ROOT/daemon.sock" \
		-netdev tap,id=host,ifname=uplink,script=no,downscript=no \
		-netdev hubport,id=a,hubid=0,netdev=guest -netdev hubport,id=b,hubid=0,netdev=host \
		</dev/null >"$ROOT/daemon.log" 2>&1 3>&- &
	daemon=$!
	wait_for 10 test -S "$ROOT/daemon.sock"
}

end_daemon() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || :
	daemon=
}

socket_guest() {
	guest one 10.99.0.11
	sed -i "s|^.*nics = .*|nics = ( { socket = \"$ROOT/daemon.sock\"; } );|" "$ROOT/etc/vms/one.conf"
}

@test "a guest reaches the network through a daemon's socket, its QEMU given the connection" {
	[[ $(uname -m) == x86_64 ]] || skip "the daemon of this test is qemu-system-x86_64"
	start_daemon
	socket_guest
	run -0 vmrun check one
	run -0 vmrun start one
	wait_for 60 page 10.99.0.11
	[[ $(vmrun --json status one | jq -r '.[0] // . | .nics[0].network') == socket ]]
	[[ $(tr '\0' ' ' <"/proc/$(qemu_pid one)/cmdline") == *"stream,id=net0,server=off,addr.type=fd,addr.str="* ]]
	# It runs under a uid that could not open the socket itself.
	[[ $(stat -c %u "/proc/$(qemu_pid one)") != 0 ]]
	run -0 vmrun stop -t 60 one
	end_daemon
	net ip link del uplink
	nothing_left
}

@test "a daemon that is not there fails the start, and nothing is left" {
	socket_guest
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: nobody answers on socket $ROOT/daemon.sock: "* ]]
	nothing_left
	run ! vmrun check one
	[[ $output == *socket* ]]
}

@test "the QEMU of an ordinary user connects by itself, and again when the daemon comes back" {
	[[ $(uname -m) == x86_64 ]] || skip "the daemon of this test is qemu-system-x86_64"
	local version
	version=$(qemu-system-x86_64 -version | grep -o 'version [0-9]*' | cut -d ' ' -f 2)
	start_daemon
	chmod 666 "$ROOT/daemon.sock"
	chmod 755 "$ROOT"
	install -d -o nobody "$ROOT/user" "$ROOT/user/etc" "$ROOT/user/etc/vms"
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	install -m 644 "$VMRUN_GUEST/vmlinuz" "$VMRUN_GUEST/initrd.img" "$ROOT/"
	cat >"$ROOT/user/etc/vms/one.conf" <<-END
		accel = "tcg"; memory = "160M";
		kernel = "$ROOT/vmlinuz"; initrd = "$ROOT/initrd.img";
		cmdline = "console=$CONSOLE quiet vmrun.host=one vmrun.ip=10.99.0.11/24";
		nics = ( { socket = "$ROOT/daemon.sock"; } );
	END
	as_nobody() {
		net setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin \
			"$ROOT/vmrun" --root "$ROOT/user" "$@"
	}
	run -0 as_nobody start one
	wait_for 60 page 10.99.0.11
	if ((version >= 8)); then # netdev stream has reconnect since then
		end_daemon
		net ip link del uplink
		start_daemon
		chmod 666 "$ROOT/daemon.sock"
		wait_for 30 page 10.99.0.11
	fi
	run -0 as_nobody stop -t 60 one
	end_daemon
	net ip link del uplink
	wait_for 10 no_processes
}

given_guest() {
	guest one 10.99.0.11
	sed -i 's|{ bridge = "br0"; }|{ bridge = "br0"; tap = "own7"; }|' "$ROOT/etc/vms/one.conf"
}

@test "a tap that somebody made joins for the time of the VM, and stays theirs" {
	net ip tuntap add own7 mode tap
	net ip link set own7 alias "the owner's words"
	given_guest
	run -0 vmrun start one
	wait_for 60 page 10.99.0.11
	[[ $(ports br0) == own7 ]]
	[[ $(vmrun net) == *own7*one* ]]
	run -0 vmrun stop -t 60 one
	wait_for 10 no_processes
	[[ -z $(ports br0) && $(taps) == own7 ]]
	[[ $(net ip link show own7) == *"the owner's words"* ]]
	net ip link del own7
	nothing_left
}

@test "a tap that is on the bridge already stays there when the VM ends, however it ends" {
	net ip tuntap add own7 mode tap
	net ip link set own7 master br0 up
	given_guest
	run -0 vmrun start one
	wait_for 60 page 10.99.0.11
	run -0 vmrun kill one
	[[ $(ports br0) == own7 ]]
	net ip link set own7 nomaster
	run -0 vmrun start one
	# Both at once: the next command takes it off the bridge, and leaves it.
	kill -KILL "$(supervisor_pid one)" "$(qemu_pid one)"
	wait_for 10 no_processes
	run vmrun gc
	[[ -z $(ports br0) && $(taps) == own7 ]]
	net ip link del own7
	nothing_left
}

@test "a tap that is missing, in use, on another bridge, or no tap fails the start" {
	given_guest
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: own7: "* ]]
	net ip link add own7 type veth peer name other
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"own7"* ]]
	[[ -z $(ports br0) ]]
	net ip link del own7
	bridge br1
	net ip tuntap add own7 mode tap
	net ip link set own7 master br1
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"own7 is a port of another bridge"* && $(ports br1) == own7 ]]
	net ip link set own7 nomaster
	nsenter --net="$ROOT/net" -- socat TUN,tun-name=own7,tun-type=tap,iff-no-pi PIPE \
		>/dev/null 2>&1 3>&- &
	daemon=$!
	wait_for 10 eval 'ls -l /proc/$daemon/fd | grep -q net/tun'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"tap own7: another program has it open"* ]]
	kill "$daemon"
	wait "$daemon" 2>/dev/null || :
	# One that two VMs name is said before anything is started.
	vm two 'nics = ( { bridge = "br0"; tap = "own7"; } );'
	run -78 --separate-stderr vmrun start two
	[[ $stderr == *"nics[0].tap: own7: already that of one"* ]]
	net ip link del own7
	nothing_left
}
