# Guests of other architectures than the host's, with the binary, board and console that arch alone gives.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# foreign NAME ARCH CONSOLE [SETTINGS]: the small guest of that architecture, with a disk, and a NIC on br0.
foreign() {
	truncate -s 8M "$ROOT/disk.raw"
	vm "$1" "
		arch = \"$2\";
		memory = \"256M\";
		kernel = \"$VMRUN_GUEST-$2/vmlinuz\";
		initrd = \"$VMRUN_GUEST-$2/initrd.img\";
		cmdline = \"console=$3 quiet vmrun.host=$1 vmrun.ip=10.99.0.31/24\";
		disks = \"$ROOT/disk.raw\";
		nics = \"br0\";
		${4:-}"
	vmrun start "$1"
	# What is typed before a PL011 has its driver can leave it deaf.
	wait_for 90 page 10.99.0.31
}

@test "a guest of aarch64 boots to its shell" {
	foreign web1 aarch64 ttyAMA0 'cpus = 2;'
	run in_guest web1 'uname -m; grep -c ^processor /proc/cpuinfo; cat /sys/block/vda/size'
	[[ $status == 0 && $output == $'aarch64\n2\n16384' ]]
	run vmrun stop -t 60 web1
	[[ $output == *"the guest shut down"* ]]
	nothing_left
}

@test "a guest of riscv64 boots to its shell" {
	foreign web1 riscv64 ttyS0 'cpus = 2;'
	run in_guest web1 'uname -m; grep -c ^processor /proc/cpuinfo; cat /sys/block/vda/size'
	[[ $status == 0 && $output == $'riscv64\n2\n16384' ]]
	vmrun stop -t 1 web1
	nothing_left
}
