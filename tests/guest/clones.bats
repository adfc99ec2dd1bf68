# A VM that was created, its copy and its linked clone, with guests that write.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# disk NAME: what the first bytes of the guest's disk are.
disk() {
	in_guest "$1" 'dd if=/dev/vda bs=5 count=1 2>/dev/null'
}

write() {
	in_guest "$1" "echo -n $2 | dd of=/dev/vda bs=5 count=1 conv=fsync 2>/dev/null"
}

@test "a created VM runs; its clones begin with what it wrote, and none sees what another writes after" {
	local name
	run -0 vmrun create web1 --memory 160M --disk 8M --bridge br0 --set "kernel=$VMRUN_GUEST/vmlinuz" \
		--set "initrd=$VMRUN_GUEST/initrd.img" --set "cmdline=console=$CONSOLE quiet"
	vmrun start web1
	write web1 first
	[[ $(disk web1) == *first* ]]
	vmrun -q stop hard web1
	run -0 vmrun clone web1 full
	run -0 vmrun clone --linked web1 linked other
	run -0 vmrun start web1 full linked other
	[[ $(macs | sort -u | wc -l) == 4 ]]
	for name in web1 full linked other; do
		[[ $(disk "$name") == *first* ]] || { echo "$name: $(disk "$name")"; return 1; }
	done
	write web1 web1x
	write full fullx
	write linked linkx
	for name in web1x/web1 fullx/full linkx/linked first/other; do
		[[ $(disk "${name#*/}") == *"${name%/*}"* ]] || { echo "$name"; return 1; }
	done
	[[ $(in_guest full 'cat /sys/class/net/eth0/address') == *"$(macs full)"* ]]
	vmrun -q stop hard --all
	run -0 vmrun remove --yes --disks web1 linked
	run -0 vmrun start other
	[[ $(disk other) == *first* ]]
	vmrun -q stop hard other
	run -0 vmrun remove --yes --disks full other
	[[ -z $(ls -A "$ROOT/lib/disks") && -z $(vmrun mac) ]]
	nothing_left
}
