# NICs that are linked to those of other VMs without a bridge: by a stream, by datagrams, by a switch of VDE.
load ../lib/common

setup() {
	world
}

teardown() {
	[[ -z ${switch:-} ]] || kill -KILL "$switch" 2>/dev/null || :
	finish_test
}

# linked NAME NUMBER NICS: a guest with 10.98.0.NUMBER on its first NIC, 10.98.1.NUMBER on the next.
linked() {
	guest "$1" "10.98.0.$2" '' "vmrun.ip1=10.98.1.$2/24 vmrun.ip2=10.98.2.$2/24 vmrun.ip3=10.98.3.$2/24"
	sed -i "s|^.*nics = .*|nics = ( ${3//$'\n'/ } );|" "$ROOT/etc/vms/$1.conf"
}

pings() {
	in_guest "$1" "ping -c 1 -W 5 $2"
}

@test "two guests are linked by streams, by datagrams and by a switch of VDE, whichever goes and comes" {
	net vde_switch -d -p "$ROOT/switch.pid" -s "$ROOT/vde" -m 666
	wait_for 10 test -s "$ROOT/switch.pid"
	switch=$(cat "$ROOT/switch.pid")
	chmod 755 "$ROOT"
	wait_for 10 test -S "$ROOT/vde/ctl"
	linked one 1 "{ stream = { listen = \"$ROOT/link.sock\"; }; }, { stream = { listen = \"127.0.0.1:5001\"; }; },
		{ dgram = { local = \"127.0.0.1:5002\"; remote = \"127.0.0.1:5003\"; }; }, { vde = \"$ROOT/vde\"; }"
	linked two 2 "{ stream = \"$ROOT/link.sock\"; }, { stream = \"127.0.0.1:5001\"; },
		{ dgram = { local = \"127.0.0.1:5003\"; remote = \"127.0.0.1:5002\"; }; }, { vde = \"$ROOT/vde\"; }"
	run -0 vmrun start one
	run -0 vmrun check two
	run -0 vmrun start two
	run -0 vmrun status one
	[[ $output == *", stream, listen $ROOT/link.sock"* && $output == *", stream, listen 127.0.0.1:5001"* ]]
	[[ $output == *", dgram, local 127.0.0.1:5002, remote 127.0.0.1:5003"* && $output == *", vde $ROOT/vde"* ]]
	run -0 vmrun --json status two
	[[ $(jq -c '.[0].nics[2].ends' <<<"$output") == '{"local":"127.0.0.1:5003","remote":"127.0.0.1:5002"}' ]]
	run -0 vmrun status two
	[[ $output == *", stream, connect 127.0.0.1:5001"* ]]
	local net
	wait_for 60 pings one 10.98.0.2
	for net in 1 2 3; do
		wait_for 20 pings one "10.98.$net.2"
	done
	# Neither QEMU could have opened the socket by itself.
	[[ $(stat -c %u "/proc/$(qemu_pid one)") != 0 && $(stat -c %u "/proc/$(qemu_pid two)") != 0 ]]
	run -0 vmrun kill two
	run -0 vmrun start two
	wait_for 60 pings one 10.98.0.2
	for net in 1 2 3; do
		wait_for 20 pings one "10.98.$net.2"
	done
	# The socket goes with the VM that made it, also when all of that is killed.
	[[ -S $ROOT/link.sock ]]
	kill -KILL "$(supervisor_pid one)" "$(qemu_pid one)"
	wait_for 10 eval '[[ $(vmrun --json status one | jq -r ".[0].state") == failed ]]'
	[[ ! -e $ROOT/link.sock ]]
	run -0 vmrun kill two
	kill "$switch"
	wait_for 10 gone "$switch"
	switch=
	nothing_left
}

@test "a link whose other end is not there, or whose place is taken, fails the start" {
	vm one "nics = { stream = \"$ROOT/link.sock\"; };"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: nobody answers on socket $ROOT/link.sock"* ]]
	run ! vmrun check one
	[[ $output == *"nics[0].stream.connect: $ROOT/link.sock: No such file"* ]]
	vm one 'nics = { stream = "127.0.0.1:5001"; };'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: nobody answers on 127.0.0.1:5001: Connection refused"* ]]
	vm one "nics = { dgram = { local = \"$ROOT/one.sock\"; remote = \"$ROOT/two.sock\"; }; };"
	run -78 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: each QEMU has a user of its own here"* ]]
	run -78 vmrun check one
	[[ $output == *"nics[0].dgram.local: each QEMU has a user of its own here"* ]]
	vm one "nics = { vde = \"$ROOT/vde\"; };"
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"$ROOT/vde"* ]]
	run ! vmrun check one
	[[ $output == *"nics[0].vde: $ROOT/vde: no vde_switch listens there"* ]]
	vm one 'nics = { stream = { listen = "127.0.0.1:5001"; }; };'
	vm two 'nics = { stream = { listen = "0.0.0.0:5001"; }; };'
	run -78 --separate-stderr vmrun start two
	[[ $stderr == *"nics[0].stream.listen: TCP port 5001: already that of one"* ]]
	vm two "nics = { stream = { listen = \"$ROOT/link.sock\"; }; };"
	echo mine >"$ROOT/link.sock"
	run -1 --separate-stderr vmrun start two
	[[ $stderr == *"nics[0]: $ROOT/link.sock is there, and is no socket"* && $(<"$ROOT/link.sock") == mine ]]
	rm "$ROOT/link.sock"
	nothing_left
}

@test "an ordinary user's guests are linked by datagrams of UNIX sockets, which go with them" {
	chmod 755 "$ROOT"
	install -d -o nobody "$ROOT/user" "$ROOT/user/etc" "$ROOT/user/etc/vms"
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	install -m 644 "$VMRUN_GUEST/vmlinuz" "$VMRUN_GUEST/initrd.img" "$ROOT/"
	as_nobody() {
		net setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin \
			"$ROOT/vmrun" --root "$ROOT/user" "$@"
	}
	local name other number
	for name in one two; do
		[[ $name == one ]] && other=two number=1 || other=one number=2
		cat >"$ROOT/user/etc/vms/$name.conf" <<-END
			accel = "tcg"; memory = "160M";
			kernel = "$ROOT/vmlinuz"; initrd = "$ROOT/initrd.img";
			cmdline = "console=$CONSOLE quiet vmrun.ip=10.98.0.$number/24";
			nics = { dgram = { local = "$ROOT/user/$name.sock"; remote = "$ROOT/user/$other.sock"; }; };
		END
	done
	run -0 as_nobody start one two
	wait_for 60 "$BATS_TEST_DIRNAME/../lib/in-guest" "$ROOT/user/run/one/serial.sock" "ping -c 1 -W 5 10.98.0.2"
	run -0 as_nobody kill one two
	wait_for 10 no_processes
	[[ ! -e $ROOT/user/one.sock && ! -e $ROOT/user/two.sock ]]
}
