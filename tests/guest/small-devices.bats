# The small devices: watchdog, random numbers, vsock; gdb's stub; a guest that comes in by migration.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# small NAME [SETTINGS]: the small guest without a NIC.
small() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet iomem=relaxed\";
		${2:-}"
	vmrun start "$1"
}

status_of() {
	vmrun --json status web1 | jq -r ".[0].$1 // empty"
}

state_is() {
	[[ $(status_of state) == "$1" ]]
}

# The i6300esb as its driver would: unlock, set both timers to the least, enable. What the kernel of the
# small guest has no driver for, a shell can do.
bite='for dev in /sys/bus/pci/devices/*; do [ "$(cat $dev/device)" != 0x25ab ] || break; done; '
bite+='echo 1 >$dev/enable; base=$(head -n 1 $dev/resource | cut -d " " -f 1); '
bite+='for timer in 0 4; do devmem $((base + 12)) 16 0x80; devmem $((base + 12)) 16 0x86; '
bite+='devmem $((base + timer)) 32 16; done; '
bite+='printf "\002" | dd of=$dev/config bs=1 seek=104 conv=notrunc'

@test "a watchdog that nobody feeds pauses the guest, and status says why" {
	small web1 'watchdog = { action = "pause"; };'
	in_guest web1 "$bite" || :
	wait_for 30 state_is paused
	[[ $(status_of reason) == watchdog && $(status_of watchdog_fired) == 1 ]]
	run -0 vmrun status web1
	[[ $output == *"web1: paused (watchdog)"*"watchdog"*"fired 1 times"* ]]
	run -0 vmrun log web1
	[[ $output == *"the guest's watchdog fired: pause"* ]]
	vmrun stop hard web1
	nothing_left
}

@test "a watchdog resets the guest, which boots again" {
	small web1 "watchdog = \"i6300esb\"; serial = { log = \"$ROOT/console\"; };"
	in_guest web1 "$bite" || :
	wait_for 60 test "$(grep -c 'vmrun guest ready' "$ROOT/console")" -ge 1
	booted_twice() { [[ $(grep -c 'vmrun guest ready' "$ROOT/console") == 2 ]]; }
	wait_for 60 booted_twice
	[[ $(status_of watchdog_fired) == 1 ]] && state_is running
	vmrun stop hard web1
	nothing_left
}

@test "a watchdog's poweroff is a failure that the log names" {
	small web1 'watchdog = { action = "poweroff"; };'
	in_guest web1 "$bite" || :
	vmrun wait --for stopped -t 60 web1
	[[ $(status_of state) == failed ]]
	[[ $(status_of failure) == "the guest's watchdog fired" ]]
	nothing_left
}

@test "random numbers come from the device that the file names, and no faster than it says" {
	small web1 'rng = { source = "/dev/urandom"; max_bytes = 1024; };'
	run -0 in_guest web1 'cat /sys/class/misc/hw_random/rng_current; dd if=/dev/hwrng bs=64 count=1 2>/dev/null | wc -c'
	[[ $output == *virtio_rng*64* ]]
	vmrun stop hard web1
	nothing_left
	vm web1 "rng = { source = \"$ROOT/etc/vmrun.conf\"; };"
	run -1 vmrun start web1
	[[ $output == *"rng.source: $ROOT/etc/vmrun.conf: not a character device"* ]]
	nothing_left
}

@test "a CID is given once and kept, and no two VMs have one" {
	local one two
	vm web1 'vsock = true;'
	vm web2 'vsock = true;'
	vmrun start web1 web2 || :
	one=$(vmrun argv web1 | grep -o 'guest-cid=[0-9]*')
	two=$(vmrun argv web2 | grep -o 'guest-cid=[0-9]*')
	[[ $one == guest-cid=19* && $two == guest-cid=19* && $one != "$two" ]]
	[[ $(vmrun argv web1 | grep -o 'guest-cid=[0-9]*') == "$one" ]]
	vm web3 'vsock = { cid = 42; };'
	vm web4 'vsock = { cid = 42; };'
	run -78 vmrun check web4
	[[ $output == *"vsock.cid: 42: already that of web3"* ]]
	vmrun stop --all hard
	nothing_left
}

@test "the guest has the CID that status tells" {
	local cid
	if [[ ! -e /dev/vhost-vsock ]]; then
		vm web1 'vsock = true;'
		run -1 vmrun start web1
		[[ $output == *"modprobe vhost_vsock"* ]]
		nothing_left
	fi
	lacks /dev/vhost-vsock test -e /dev/vhost-vsock
	small web1 'vsock = true;'
	cid=$(status_of cid)
	run -0 in_guest web1 'cat /sys/module/vmw_vsock_virtio_transport/refcnt; dmesg | grep -i vsock'
	[[ -n $cid ]]
	vmrun stop hard web1
	nothing_left
}

@test "two guests share a memory, and check says where it cannot be" {
	local bar='for dev in /sys/bus/pci/devices/*; do [ "$(cat $dev/device)" != 0x1110 ] || break; done; '
	bar+='echo 1 >$dev/enable; bar=$(sed -n 3p $dev/resource | cut -d " " -f 1); '
	mkdir -m 700 "$ROOT/shared"
	small web1 "ivshmem = { file = \"$ROOT/shared/memory\"; size = \"1M\"; };"
	small web2 "ivshmem = { file = \"$ROOT/shared/memory\"; size = \"1M\"; };"
	[[ $(stat -c '%s' "$ROOT/shared/memory") == 1048576 ]]
	in_guest web1 "$bar devmem \$((bar + 4096)) 32 0x600df00d"
	run -0 in_guest web2 "$bar devmem \$((bar + 4096)) 32"
	[[ $output == *0x600DF00D* ]]
	run -0 od -A n -t x4 -j 4096 -N 4 "$ROOT/shared/memory"
	[[ $output == *600df00d* ]]
	vmrun stop --all hard
	vm web3 "ivshmem = { file = \"$ROOT/shared/memory\"; size = \"2M\"; };"
	run -1 vmrun start web3
	[[ $output == *"has 1048576 bytes, not the 2097152 of size"* ]]
	vm web4 "
		ivshmem = { file = \"$ROOT/nowhere/memory\"; size = \"2M\"; };
		rng = { source = \"$ROOT/shared/memory\"; };
		serial = ( { to = \"file\"; path = \"$ROOT/nowhere/serial\"; }, { to = \"device\"; path = \"/dev/nowhere\"; } );"
	run -78 vmrun check web4
	[[ $output == *"ivshmem[0].file: $ROOT/nowhere/memory: No such file or directory"* ]]
	[[ $output == *"rng.source: $ROOT/shared/memory: not a character device"* ]]
	[[ $output == *"serial[0].path: $ROOT/nowhere/serial: No such file or directory"* ]]
	[[ $output == *"serial[1].path: /dev/nowhere: No such file or directory"* ]]
	nothing_left
}

@test "gdb's stub answers on its socket, and on a port of this host" {
	small web1 'gdb = "socket";'
	[[ $(stat -c '%a %F' "$ROOT/run/web1/gdb.sock") == "600 socket" ]]
	[[ $(status_of gdb) == "$ROOT/run/web1/gdb.sock" ]]
	run -0 bash -c "(printf '+\$?#3f'; sleep 1) | socat -t 1 - UNIX-CONNECT:$ROOT/run/web1/gdb.sock"
	[[ $output == *'$T'* ]]
	vmrun stop hard web1
	small web1 'gdb = ":1234";'
	run -0 net bash -c "(printf '+\$?#3f'; sleep 1) | socat -t 1 - TCP:127.0.0.1:1234"
	[[ $output == *'$T'* ]]
	vmrun stop hard web1
	nothing_left
}

@test "trace events of QEMU are in the log" {
	small web1 'agent = true; trace = "virtio_serial_*";'
	traced() { vmrun log -n 1000 web1 | grep -q virtio_serial_send_control_event; }
	wait_for 60 traced
	vmrun stop hard web1
	nothing_left
}

@test "a guest comes in by migration, runs on, and boots when it is started again" {
	small web1
	in_guest web1 'echo alive >/tmp/mark'
	vm web2 "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet iomem=relaxed\";
		incoming = \"tcp:127.0.0.1:4444\";"
	vmrun start web2
	run -0 vmrun status web2
	[[ $output == *"web2: paused (inmigrate)"* ]]
	run -1 vmrun resume web2
	[[ $output == *"waits for an incoming migration"* ]]
	vmrun qmp web1 migrate uri=tcp:127.0.0.1:4444
	vmrun wait --for running -t 60 web2
	run -0 in_guest web2 'cat /tmp/mark'
	[[ $output == alive ]]
	vmrun stop hard web1 web2
	nothing_left
}

@test "a VM whose guest never came in stops at once" {
	vm web1 'incoming = "defer"; stop_timeout = "10m";'
	vmrun start web1
	run -0 timeout 20 "$BASH" -c "nsenter --net='$ROOT/net' '$VMRUN' --root '$ROOT' stop web1 3>&-"
	nothing_left
}
