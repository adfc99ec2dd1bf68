# What a VM's processes may take of the host, in a cgroup that vmrun makes itself, where there is no systemd.
# bats file_tags=stock
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# cgroup PID: as a folder.
cgroup() {
	echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
}

no_group() {
	[[ ! -e /sys/fs/cgroup/vmrun ]]
}

@test "QEMU and its companions are in a cgroup with the limits, the supervisor is not, and it goes with them" {
	vm one 'args = [ "-S" ]; tpm = "2.0"; memory_max = "300M"; cpu_weight = 300; cpus_allowed = "0";'
	run -0 vmrun check one
	[[ $output == *"memory_max 300M (cgroup), cpu_weight 300 (cgroup), cpus_allowed 0 (cgroup)"* ]]
	no_group
	vmrun start one
	local group companion
	group=$(cgroup "$(qemu_pid one)")
	companion=$(vmrun --json status one | jq -e '.[0].companions[0].pid')
	[[ $group == /sys/fs/cgroup/vmrun/one.* && $(cgroup "$companion") == "$group" ]]
	[[ $(cgroup "$(supervisor_pid one)") != "$group" ]]
	[[ $(<"$group/memory.max") == $((300 << 20)) && $(<"$group/cpu.weight") == 300 && $(<"$group/cpuset.cpus") == 0 ]]
	vmrun --json status one | jq -e --arg group "$group" '.[0].limits | .cgroup == $group and .by.memory_max == "cgroup"'
	vmrun stop hard one
	nothing_left
	no_group
}

@test "what a crash leaves of it goes with the next command, and two VMs do not share one" {
	vm one 'args = [ "-S" ]; memory_max = "300M";'
	vm two 'args = [ "-S" ]; memory_max = "200M";'
	vmrun start one two
	[[ $(cgroup "$(qemu_pid one)") != "$(cgroup "$(qemu_pid two)")" ]]
	# shellcheck disable=SC2046 # two numbers
	kill -KILL $(vmrun --json status one | jq -r '.[0] | .pid, .supervisor')
	vmrun gc
	[[ $(ls -d /sys/fs/cgroup/vmrun/*/) == */two.*/ ]]
	vmrun start one
	[[ $(<"$(cgroup "$(qemu_pid one)")/memory.max") == $((300 << 20)) ]]
	# shellcheck disable=SC2046
	kill -KILL $(vmrun --json status one | jq -r '.[0] | .pid, .supervisor')
	vmrun start one
	vmrun stop hard one two
	nothing_left
	no_group
}

@test "a VM that is out of memory_max is ended by the kernel, and the log says so" {
	vm one 'memory_max = "48M"; memory = { size = "128M"; prealloc = true; };'
	run -1 vmrun start one
	grep -q 'out of memory' "$ROOT/log/one.log"
	nothing_left
	no_group
}

@test "a VM without limits has no cgroup" {
	vm one 'args = [ "-S" ];'
	vmrun start one
	no_group
	vmrun stop hard one
}
