# A NIC behind passt: what the guest is told and reaches, its forwards while it runs, and what becomes
# of it when passt, the supervisor or QEMU is killed.
load ../lib/common

setup() {
	world
	net sysctl -qw net.ipv4.ping_group_range="0 2147483647"
	# passt wants a default route to take the host's addresses from.
	net ip route add default via 10.99.0.254 dev br0
}

teardown() {
	[[ -z ${other:-} ]] || kill -KILL "$other" 2>/dev/null || :
	finish_test
}

# passt_guest NAME FORWARDS
passt_guest() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet vmrun.host=$1\";
		nics = ( { passt = { address = \"10.0.2.15/24\"; gateway = \"10.0.2.2\"; dns = \"192.0.2.53\";
			search = \"example.org\"; }; forward = [ $2 ]; } );"
}

passt_pid() {
	vmrun --json status "$1" | jq -re '.[0] // . | .companions[] | select(.name == "passt0") | .pid'
}

another_passt() {
	local pid
	pid=$(passt_pid one) && [[ $pid != "$1" ]]
}

@test "a guest behind passt is told its names, pings out, and is reached; forwards change, and passt may die" {
	passt_guest one '"tcp:127.0.0.1:2280:80", "tcp:127.0.0.1:8000-8001:79"'
	run -0 vmrun check one
	run -0 vmrun start one
	wait_for 60 page 127.0.0.1:2280
	page 127.0.0.1:8001
	run -0 in_guest one "printf '#!/bin/sh\nenv\n' >/told; chmod +x /told; udhcpc -q -n -f -i eth0 -s /told -O search"
	[[ $output == *"ip=10.0.2.15"* && $output == *"router=10.0.2.2"* && $output == *"dns=192.0.2.53"* ]]
	[[ $output == *"search=example.org"* ]]
	run -0 in_guest one "ping -c 1 -W 5 10.99.0.1"
	local pid
	pid=$(passt_pid one)
	# As QEMU: no root, no capability, no way to more.
	[[ $(awk '$1 == "Uid:" { print $2 }' "/proc/$pid/status") != 0 ]]
	[[ $(awk '$1 == "NoNewPrivs:" { print $2 }' "/proc/$pid/status") == 1 ]]
	[[ $(awk '$1 == "Uid:" { print $2 }' "/proc/$pid/status") == \
		"$(awk '$1 == "Uid:" { print $2 }' "/proc/$(qemu_pid one)/status")" ]]

	run -0 vmrun forward one list
	[[ ${lines[0]} =~ ^tcp\ +127.0.0.1:2280\ +port\ 80$ && ${lines[1]} =~ 8000-8001 ]]
	run -0 vmrun forward one add tcp:127.0.0.1:2282:80
	wait_for 10 page 127.0.0.1:2280
	page 127.0.0.1:2282
	run -0 vmrun forward one remove tcp:127.0.0.1:8000-8001 tcp:127.0.0.1:2282
	run ! page 127.0.0.1:8001
	run -0 vmrun forward one list
	[[ ${#lines[@]} == 1 ]]
	nsenter --net="$ROOT/net" -- socat TCP-LISTEN:7001,bind=127.0.0.1 PIPE 3>&- &
	other=$!
	wait_for 10 eval "net ss -Hltn 'sport = :7001' | grep -q ."
	run -1 --separate-stderr vmrun forward one add tcp:7001:80
	[[ $stderr == *"TCP port 7001 of this host is taken by another program"* ]]
	kill "$other"
	wait "$other" 2>/dev/null || :
	wait_for 10 page 127.0.0.1:2280

	pid=$(passt_pid one)
	kill -KILL "$pid"
	wait_for 10 another_passt "$pid"
	wait_for 10 page 127.0.0.1:2280
	run -0 vmrun log one
	[[ $output == *"passt0 had ended (killed by signal 9 (Killed)), and was restarted"* ]]
	# The supervisor's death is nothing to it, and the next one can do the same.
	pid=$(passt_pid one)
	kill -KILL "$(supervisor_pid one)"
	run -0 vmrun status one
	[[ $(passt_pid one) == "$pid" ]]
	page 127.0.0.1:2280
	run -0 vmrun forward one add tcp:127.0.0.1:2281:80
	wait_for 10 page 127.0.0.1:2281
	kill -KILL "$(qemu_pid one)"
	wait_for 10 no_processes
	run vmrun status one
	nothing_left
}

@test "an ordinary user's guest has passt without any privilege, and all of it killed at once leaves nothing" {
	chmod 755 "$ROOT"
	install -d -o nobody "$ROOT/user" "$ROOT/user/etc" "$ROOT/user/etc/vms"
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	install -m 644 "$VMRUN_GUEST/vmlinuz" "$VMRUN_GUEST/initrd.img" "$ROOT/"
	cat >"$ROOT/user/etc/vms/one.conf" <<-END
		accel = "tcg"; memory = "160M";
		kernel = "$ROOT/vmlinuz"; initrd = "$ROOT/initrd.img";
		cmdline = "console=$CONSOLE quiet";
		nics = ( { passt = { address = "10.0.2.15/24"; gateway = "10.0.2.2"; }; forward = "tcp:2280:80"; } );
	END
	as_nobody() {
		net setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin \
			"$ROOT/vmrun" --root "$ROOT/user" "$@"
	}
	run -0 as_nobody start one
	wait_for 60 page 10.99.0.1:2280
	# shellcheck disable=SC2046 # one word a process
	kill -KILL $(processes)
	wait_for 10 no_processes
	run as_nobody status one
	[[ -z $(find "$ROOT/user/run" -mindepth 1) ]]
}

@test "a passt that cannot start fails the start, with its words" {
	net ip route del default
	vm one 'nics = ( { passt = true; } );'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0].passt: "*"No external routable interface for IPv4"*"exit status 1"* ]]
	[[ $stderr == *"; passt takes what it tells the guest from the host's default route: give the host one (ip route add default via GATEWAY), or write user = true, QEMU's own network, which needs none" ]]
	nothing_left
}

@test "passt without a route for IPv6 forwards none of its addresses, which is told" {
	vm one 'nics = ( { passt = true; forward = "tcp:[::1]:2230:30"; } ); args = "-S";'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"Failed to bind any port"*"; passt forwards IPv6 addresses only where the host has a default route for IPv6 (ip -6 route)" ]]
	nothing_left
}

@test "without a system logger passt does not say that there is none" {
	vm one 'nics = ( { passt = true; } ); args = "-S";'
	run -0 vmrun start one
	run -0 vmrun log one
	[[ $output == *"passt0: No external routable interface for IPv6"* && $output != *syslog* ]]
	vmrun kill one
	nothing_left
}

kill_passt() {
	local pid
	pid=$(passt_pid one)
	kill -KILL "$pid"
	wait_for 10 eval '! { [[ -n $(passt_pid one) ]] && (($(passt_pid one) == '"$pid"')); }'
}

@test "a passt that ends again and again is given up, which is said; to forward another port there is one again" {
	vm one 'nics = ( { passt = { address = "10.0.2.15/24"; gateway = "10.0.2.2"; }; forward = "tcp:2280:80"; } ); args = "-S";'
	run -0 vmrun start one
	for _ in {1..6}; do
		kill_passt
	done
	run -0 vmrun log one
	[[ $output == *"passt0 has ended (killed by signal 9 (Killed)), was restarted 5 times already, and nics[0] leads nowhere"* ]]
	[[ $(vmrun --json status one | jq -r '.[0] // . | .companions[0].ended') == "killed by signal 9 (Killed)" ]]
	run -1 --separate-stderr vmrun forward one list
	[[ $stderr == *"its passt has ended, and nothing is forwarded"* ]]
	run -0 vmrun forward one add udp:5353:53
	[[ -n $(passt_pid one) ]]
	run -0 vmrun forward one list
	[[ ${#lines[@]} == 2 ]]
	run -0 vmrun kill one
	nothing_left
}

@test "a NIC that leads nowhere is a card without a network" {
	vm one "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet\";
		nics = ( { none = true; } );"
	run -0 vmrun start one
	run -0 in_guest one "ip link show eth0"
	[[ $output == *52:54:00* ]]
	run -1 in_guest one "udhcpc -q -n -t 2 -T 1 -i eth0"
	run -0 vmrun kill one
	nothing_left
}
