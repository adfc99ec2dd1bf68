# What a running guest sees when its file is changed and applied.
load ../lib/common

setup() {
	world
	bridge br1 10.98.0.1/24
}

teardown() {
	finish_test
}

# nics NAME SETTINGS: of that guest's file.
nics() {
	sed -i "s/^.*nics = .*/nics = ( $2 );/" "$ROOT/etc/vms/$1.conf"
}

# has NAME SETTING…: of the file, in the place of what the last call said.
has() {
	sed -i '/# set$/d' "$ROOT/etc/vms/$1.conf"
	printf '%s # set\n' "${@:2}" >>"$ROOT/etc/vms/$1.conf"
}

# applied NAME: something is changed, and then nothing is left to do.
applied() {
	run -0 vmrun apply "$1"
	[[ $output == *"$1: changed "* ]]
	run -0 vmrun diff "$1"
	run -0 vmrun apply "$1"
	[[ $output == "nothing to do" ]]
}

pings() {
	net ping -c 1 -W 1 "$1"
}

@test "a guest is moved to another bridge and back, isolated, and its cable is pulled" {
	local pid
	guest one 10.99.0.11
	guest two 10.99.0.12
	vmrun -q start one two
	wait_for 120 page 10.99.0.11
	wait_for 120 page 10.99.0.12
	pid=$(qemu_pid one)
	in_guest one 'ip addr add 10.98.0.11/24 dev eth0'

	nics one '{ bridge = "br1"; }'
	applied one
	wait_for 10 pings 10.98.0.11
	run ! pings 10.99.0.11
	ports br1 | grep -qx one.0
	[[ $(vmrun --json status one | jq -r '.[0].nics[0].bridge') == br1 ]]
	# Whoever comes after a crash knows where it is.
	kill -KILL "$(supervisor_pid one)"
	run -0 vmrun diff one

	nics one '{ bridge = "br7"; isolated = true; }'
	run -1 vmrun apply one
	[[ $output == *"one: nics[0].bridge, nics[0].isolated: bridge br7: there is no such interface"* ]]
	wait_for 10 pings 10.98.0.11

	nics one '{ bridge = "br0"; isolated = true; }'
	nics two '{ bridge = "br0"; isolated = true; }'
	applied one
	applied two
	wait_for 10 pings 10.99.0.11
	run -1 in_guest one 'ping -c 1 -W 2 10.99.0.12'
	nics one '{ bridge = "br0"; }'
	applied one
	wait_for 20 in_guest one 'ping -c 1 -W 2 10.99.0.12'

	nics one '{ bridge = "br0"; link = false; }'
	applied one
	run ! pings 10.99.0.11
	run -0 in_guest one 'cat /sys/class/net/eth0/carrier'
	[[ $output == *0* ]]
	nics one '{ bridge = "br0"; }'
	applied one
	wait_for 10 pings 10.99.0.11
	[[ $(qemu_pid one) == "$pid" ]]
	vmrun -q stop hard one two
	nothing_left
}

@test "a guard is set on a running guest, and taken away" {
	lacks "locked ports" net ip link add trial type bridge
	guest one 10.99.0.11
	vmrun -q start one
	wait_for 120 page 10.99.0.11
	in_guest one 'ip addr add 10.99.0.77/24 dev eth0'
	wait_for 10 pings 10.99.0.77
	nics one '{ bridge = "br0"; guard = true; addresses = "10.99.0.11"; }'
	vmrun apply one >"$ROOT/said" 2>&1 || { cat "$ROOT/said"; grep -q "lacks" "$ROOT/said" && skip "kernel lacks what guard needs"; return 1; }
	run -0 vmrun diff one
	net nft list tables | grep -q 'vmrun-one.0'
	net ip neigh flush dev br0
	wait_for 10 pings 10.99.0.11
	run ! pings 10.99.0.77
	nics one '{ bridge = "br0"; }'
	applied one
	run ! grep -q vmrun-one.0 <(net nft list tables)
	wait_for 10 pings 10.99.0.77
}

@test "a guest reads another CD, an empty drive, has less memory, and other limits and passwords" {
	mkdir "$ROOT/img"
	echo first >"$ROOT/img/a"
	echo second >"$ROOT/img/b"
	truncate -s 1M "$ROOT"/img/{a,b}
	truncate -s 16M "$ROOT/img/disk.raw"
	chmod 600 "$ROOT"/img/*
	echo one-word >"$ROOT/img/word"
	guest one 10.99.0.11
	has one "cdrom = ( { file = \"$ROOT/img/a\"; bus = \"scsi\"; } );" "disks = \"$ROOT/img/disk.raw\";" \
		"display = { vnc = \"127.0.0.1:7\"; password_file = \"$ROOT/img/word\"; };"
	vmrun -q start one
	wait_for 120 page 10.99.0.11
	run -0 in_guest one 'head -c 6 /dev/sr0'
	[[ $output == *first* ]]
	net "$BATS_TEST_DIRNAME/../lib/rfb" 127.0.0.1:5907 one-word

	has one "cdrom = ( { file = \"$ROOT/img/b\"; bus = \"scsi\"; } );" "disks = \"$ROOT/img/disk.raw\";" \
		"display = { vnc = \"127.0.0.1:7\"; password_file = \"$ROOT/img/word\"; };" 'balloon = { target = "128M"; };'
	# The same path, and another word in it.
	echo two-word >"$ROOT/img/word"
	run -1 vmrun diff one
	[[ $output == *"one: display.password_file: \"$ROOT/img/word\" has another content  (live)"* ]]
	local before
	before=$(in_guest one "sed -n 's/^MemTotal: *//p' /proc/meminfo" | grep -o '[0-9]*' | tail -1)
	applied one
	wait_for 20 eval "in_guest one 'head -c 7 /dev/sr0' | grep -q second"
	net "$BATS_TEST_DIRNAME/../lib/rfb" 127.0.0.1:5907 two-word
	run ! net "$BATS_TEST_DIRNAME/../lib/rfb" 127.0.0.1:5907 one-word
	wait_for 20 eval 'vmrun qmp one query-balloon | jq -e ".actual == $((128 << 20))"'

	has one 'cdrom = ( { bus = "scsi"; } );' "disks = ( { file = \"$ROOT/img/disk.raw\"; limits = { bps = \"1M\"; }; } );" \
		"display = { vnc = \"127.0.0.1:7\"; password_file = \"$ROOT/img/word\"; };"
	applied one
	run -0 in_guest one 'head -c 1 /dev/sr0 2>&1 | grep -c "No medium"'
	wait_for 20 eval 'vmrun qmp one query-balloon | jq -e ".actual == $((160 << 20))"'
	# 4 MiB at 1 MiB a second.
	run -0 in_guest one 'dd if=/dev/vda of=/dev/null bs=65536 count=64 2>/dev/null; begin=$(cut -d . -f 1 /proc/uptime); echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda of=/dev/null bs=65536 count=64 2>/dev/null; echo "took $(($(cut -d . -f 1 /proc/uptime) - begin))"'
	[[ $output =~ took\ ([0-9]+) ]] && ((BASH_REMATCH[1] >= 2))
	vmrun -q stop hard one
	nothing_left
}

@test "a guest in user mode is reached by the forwards that its file names by then" {
	guest one 10.0.2.15
	nics one '{ user = true; forward = [ "tcp:127.0.0.1:2280:80" ]; }'
	vmrun -q start one
	in_guest one 'ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up' || :
	wait_for 120 page 127.0.0.1:2280
	nics one '{ user = true; forward = [ "tcp:127.0.0.1:2281:80" ]; }'
	applied one
	wait_for 10 page 127.0.0.1:2281
	run ! page 127.0.0.1:2280
}
