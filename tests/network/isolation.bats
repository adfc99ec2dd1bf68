# What the kernel says of a running QEMU: nobody's uid, no capability, only its own descriptors.
load ../lib/common

setup_file() {
	world
	export ROOT
	qemu-img create -q -f qcow2 "$ROOT/base.qcow2" 64M
	qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$ROOT/one.qcow2"
	chmod 600 "$ROOT"/*.qcow2
	truncate -s 32M "$ROOT/two.img"
	chmod 600 "$ROOT/two.img"
	guest one 10.99.0.11 "disks = ( { file = \"$ROOT/one.qcow2\"; } );"
	guest two 10.99.0.12 "disks = ( { file = \"$ROOT/two.img\"; } );" vmrun.mark=vda
	vmrun start one two
	wait_for 60 page 10.99.0.12
}

teardown_file() {
	end_world
}

# field PID NAME: a line of /proc/PID/status, its first number.
field() {
	awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"
}

@test "QEMU has a uid of its own, different for each VM, in all four places" {
	local one two
	one=$(qemu_pid one) two=$(qemu_pid two)
	[[ $(field "$one" Uid) != 0 && $(field "$one" Uid) != "$(field "$two" Uid)" ]]
	[[ $(awk '$1 == "Uid:" { print ($2 == $3 && $3 == $4 && $4 == $5) }' "/proc/$one/status") == 1 ]]
	[[ $(awk '$1 == "Gid:" { print ($2 != 0 && $2 == $3 && $3 == $4 && $4 == $5) }' "/proc/$one/status") == 1 ]]
	[[ $(awk '$1 == "Groups:" { print NF }' "/proc/$one/status") == 1 ]]
}

@test "QEMU has no capability, can gain none, and is filtered" {
	local pid set
	pid=$(qemu_pid one)
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		[[ $(field "$pid" $set) == 0000000000000000 ]]
	done
	[[ $(field "$pid" NoNewPrivs) == 1 ]]
	[[ $(field "$pid" Seccomp) == 2 ]]
}

@test "QEMU leaves no core, and makes no file that others can read" {
	[[ $(field "$(qemu_pid one)" Umask) == 0077 ]]
	[[ $(awk '/^Max core file size/ { print $5 }' "/proc/$(qemu_pid one)/limits") == 0 ]]
}

@test "images stay root's, and mode 0600" {
	local image
	for image in "$ROOT/base.qcow2" "$ROOT/one.qcow2" "$ROOT/two.img"; do
		[[ $(stat -c '%u %g %a' "$image") == "0 0 600" ]]
	done
}

@test "a guest's disk can be written all the same" {
	page 10.99.0.12 disk | grep -qx 'vda 33554432'
	[[ $(head -c 7 "$ROOT/two.img") == "boots 1" ]]
}

@test "QEMU holds no descriptor that is not its own" {
	local pid fd target other
	pid=$(qemu_pid one)
	other=0
	for fd in "/proc/$pid/fd"/*; do
		target=$(readlink "$fd")
		case $target in
		"$ROOT/one.qcow2" | "$ROOT/base.qcow2" | "$VMRUN_GUEST"/* | "$ROOT/run/one/log.fifo" | /memfd:* | /dev/net/tun | \
			/dev/null | /dev/urandom | /dev/random | pipe:* | socket:* | anon_inode:*) ;;
		*) echo "fd ${fd##*/}: $target"; other=$((other + 1)) ;;
		esac
	done
	((other == 0))
}

@test "QEMU has one tap, and its backing file only for reading" {
	local pid fd
	pid=$(qemu_pid one)
	[[ $(find "/proc/$pid/fd" -lname /dev/net/tun | wc -l) == 1 ]]
	for fd in $(find "/proc/$pid/fd" -lname "$ROOT/base.qcow2" -printf '%f\n'); do
		[[ $(awk '$1 == "flags:" { print $2 % 10 % 4 }' "/proc/$pid/fdinfo/$fd") == 0 ]]
	done
}

@test "the runtime folder is for its owner alone, and so are its sockets" {
	[[ $(stat -c %a "$ROOT/run/one") == 700 ]]
	local socket
	for socket in "$ROOT"/run/one/*.sock; do
		[[ $(stat -c %a "$socket") == 600 ]]
	done
}

@test "the supervisor holds no tap and no image" {
	local pid
	pid=$(supervisor_pid one)
	[[ -z $(find "/proc/$pid/fd" -lname /dev/net/tun) ]]
	[[ -z $(find "/proc/$pid/fd" -lname "$ROOT/*.qcow2") ]]
}
