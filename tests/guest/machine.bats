# The machine that a guest finds: processors, memory, board.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# machine NAME [SETTINGS]: the small guest without a NIC.
machine() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet\";
		${2:-}"
	vmrun start "$1"
}

@test "a guest sees its processors in the sockets and cores of the file" {
	machine web1 'cpus = { sockets = 2; cores = 2; };'
	run in_guest web1 'grep -c "^processor" /proc/cpuinfo; sort -u /sys/devices/system/cpu/cpu*/topology/physical_package_id'
	[[ $status == 0 && $output == $'4\n0\n1' ]]
	vmrun stop -t 1 web1
	nothing_left
}
