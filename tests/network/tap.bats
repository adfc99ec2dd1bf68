# A NIC on a tap that somebody made and no bridge of ours; its owner; and large frames end to end.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# on_tap SETTINGS
on_tap() {
	guest one 10.99.0.11
	sed -i "s/^.*nics = .*/nics = ( { tap = \"own7\"; $1 } );/" "$ROOT/etc/vms/one.conf"
}

@test "a tap without a bridge is used as it is, with its queues and its MTU, and stays as it was" {
	local before
	net ip tuntap add own7 mode tap multi_queue
	net ip link set own7 mtu 4000 address fe:00:00:00:00:07 alias "the owner's words" up
	net ip link set own7 master br0
	before=$(net ip -o link show own7 | sed 's/state [A-Z]*//; s/NO-CARRIER,//; s/,LOWER_UP//')
	on_tap 'queues = 2;'
	sed -i '$a cpus = 2;' "$ROOT/etc/vms/one.conf"
	vmrun start one
	run -0 vmrun status one
	[[ $output == *"on tap own7"* && $output != *bridge* ]]
	wait_for 120 page 10.99.0.11
	[[ $(page 10.99.0.11) == *"mtu 4000"* ]]
	[[ $(in_guest one 'ls -d /sys/class/net/eth0/queues/rx-* | wc -l') == 2 ]]
	vmrun kill one
	[[ $(net ip -o link show own7 | sed 's/state [A-Z]*//; s/NO-CARRIER,//; s/,LOWER_UP//') == "$before" ]]
	[[ $(ports br0) == own7 ]]
	net ip link del own7
	nothing_left
}

@test "a tap that is down, too small, or another user's fails the start" {
	net ip tuntap add own7 mode tap
	on_tap
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: tap own7 is down, so that no frame could pass; its owner has to bring it up"* ]]
	net ip link set own7 up
	on_tap 'mtu = 9000;'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: tap own7: its MTU is 1500, and the NIC wants 9000"* ]]
	net ip link del own7
	net ip tuntap add own7 mode tap user nobody
	net ip link set own7 up
	on_tap
	run -77 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0]: tap own7 belongs to nobody (uid 65534), and not to this VM or its caller"* ]]
	on_tap 'bridge = "br0";'
	run -77 --separate-stderr vmrun start one
	[[ $stderr == *"tap own7 belongs to nobody"* && -z $(ports br0) ]]
	net ip link del own7
	nothing_left
}

@test "an ordinary user starts a VM on the tap that is his" {
	net ip tuntap add own7 mode tap user nobody
	net ip link set own7 master br0 up
	chmod 755 "$ROOT"
	install -d -o nobody "$ROOT/user" "$ROOT/user/etc" "$ROOT/user/etc/vms"
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	install -m 644 "$VMRUN_GUEST/vmlinuz" "$VMRUN_GUEST/initrd.img" "$ROOT/"
	on_tap
	sed "s|$VMRUN_GUEST|$ROOT|; 1i accel = \"tcg\";" "$ROOT/etc/vms/one.conf" >"$ROOT/user/etc/vms/one.conf"
	rm "$ROOT/etc/vms/one.conf"
	# Where udev is at work, that device is for everybody.
	as_nobody() {
		# shellcheck disable=SC2016 # the inner shell's own
		net unshare --mount sh -c 'mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec "$@"' sh \
			setpriv --reuid=65534 --regid=65534 --clear-groups \
			env -i PATH=/usr/bin:/bin "$ROOT/vmrun" --root "$ROOT/user" "$@"
	}
	run -0 as_nobody start one
	wait_for 120 page 10.99.0.11
	run -0 as_nobody kill one
	wait_for 10 no_processes
	# What only root can do is said, and leaves nothing that could not be undone.
	sed -i 's/tap = "own7"; /&rate = { in = "8M"; };/' "$ROOT/user/etc/vms/one.conf"
	run -77 --separate-stderr as_nobody start one
	[[ $stderr == "vmrun: one: nics[0]: own7: its rate cannot be set without root: "* && ${#stderr_lines[@]} == 1 ]]
	net ip link add eth0 type veth peer name far
	net ip link set eth0 up
	sed -i 's/tap = "own7"; rate.*; }/macvtap = "eth0"; }/' "$ROOT/user/etc/vms/one.conf"
	run -77 --separate-stderr as_nobody start one
	[[ $stderr == "vmrun: one: nics[0]: macvtap one.0: cannot be made on eth0 without root: "* ]]
	net ip link del own7
	nothing_left
}

# How many fragments a guest has made: the columns have their names in the first of two lines.
fragments() {
	awk 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "FragCreates") n = i } NR == 2 { print $n }'
}

@test "frames of 9000 bytes pass whole between two guests" {
	net ip link set br0 mtu 9000
	guest one 10.99.0.11
	guest two 10.99.0.12
	vmrun start one two
	wait_for 120 page 10.99.0.11
	wait_for 120 page 10.99.0.12
	[[ $(page 10.99.0.11) == *"mtu 9000"* ]]
	net ping -c 1 -W 5 -M "do" -s 8972 10.99.0.11
	run -0 in_guest one 'ping -c 2 -w 5 -s 8972 10.99.0.12'
	# That ping cannot forbid fragments: so it is looked whether there were any.
	[[ $(in_guest one 'grep ^Ip: /proc/net/snmp' | fragments) == 0 ]]
	[[ $(in_guest two 'grep ^Ip: /proc/net/snmp' | fragments) == 0 ]]
	run -0 in_guest one 'ping -c 1 -w 5 -s 8973 10.99.0.12'
	(($(in_guest one 'grep ^Ip: /proc/net/snmp' | fragments) > 0))
	vmrun kill one two
	nothing_left
}
