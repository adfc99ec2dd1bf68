# What a VM's processes may take of the host: by the limits of processes here, unless there is a cgroup that vmrun may
# divide; tests/systemd has those.
load ../lib/common

setup() {
	world
	"$VMRUN" --json check --host | jq -e 'any(.[]; .what == "limits" and (.text | contains("memory_max by the data limit")))' ||
		skip "kernel lacks nothing here: there are cgroups"
}

teardown() {
	finish_test
}

# threads NAME FIELD: what every thread of a VM's QEMU has in that field of its status.
threads() {
	sed -n "s/^$2:\t//p" /proc/"$(qemu_pid "$1")"/task/*/status | sort -u
}

@test "QEMU gets the nice value, I/O priority, CPUs and data limit that come nearest" {
	vm one 'args = [ "-S" ]; memory_max = "300M"; cpu_weight = 50; io_weight = 200; cpus_allowed = "0";'
	vmrun start one
	local pid
	pid=$(qemu_pid one)
	[[ $(ps -o ni= -p "$pid") -eq 3 ]]
	[[ $(ionice -p "$pid") == "best-effort: prio 3" ]]
	[[ $(threads one Cpus_allowed_list) == 0 ]]
	[[ $(awk '/^Max data size/ { print $4, $5 }' "/proc/$pid/limits") == "$(((300 + 1024) << 20)) $(((300 + 1024) << 20))" ]]
	run -0 vmrun status one
	[[ $output == *"limits      memory_max 300M (the data limit of each process), cpu_weight 50 (nice), io_weight 200 (I/O priority), cpus_allowed 0 (CPU affinity)"* ]]
	vmrun --json status one | jq -e '.[0].limits | .memory_max == 314572800 and .by.memory_max == "process" and .cpus_allowed == "0"'
	vmrun stop hard one
	nothing_left
}

@test "a nice value that is given wins over the share of the CPUs" {
	vm one 'args = [ "-S" ]; nice = 7; cpu_weight = 50;'
	vmrun start one
	[[ $(ps -o ni= -p "$(qemu_pid one)") -eq 7 ]]
	[[ ! -e /proc/self/autogroup || $(</proc/"$(qemu_pid one)"/autogroup) == *" nice 7" ]]
	vmrun stop hard one
}

@test "apply changes the limits of a VM that runs, and says nothing again that stays: a data limit would need a right" {
	vm one 'args = [ "-S" ]; memory_max = "300M"; cpu_weight = 50; io_weight = 200; cpus_allowed = "0";'
	vmrun start one
	local pid max
	pid=$(qemu_pid one)
	max=$(grep '^Max data size' "/proc/$pid/limits")
	vm one 'args = [ "-S" ]; memory_max = "300M"; cpu_weight = 25; cpus_allowed = "0";'
	vmrun apply one
	[[ $(ps -o ni= -p "$pid") -eq 6 ]]
	[[ $(ionice -p "$pid") == "best-effort: prio 4" ]]
	[[ $(threads one Cpus_allowed_list) == 0 ]]
	vm one 'args = [ "-S" ]; memory_max = "300M";'
	vmrun apply one
	[[ $(ps -o ni= -p "$pid") -eq 0 ]]
	[[ $(threads one Cpus_allowed_list) == "$(</sys/devices/system/cpu/online)" ]]
	[[ $(grep '^Max data size' "/proc/$pid/limits") == "$max" ]]
	vmrun stop hard one
	nothing_left
}

@test "a companion is limited as well" {
	vm one 'args = [ "-S" ]; tpm = "2.0"; memory_max = "300M"; cpu_weight = 50; cpus_allowed = "0";'
	vmrun start one
	local pid
	pid=$(vmrun --json status one | jq -e '.[0].companions[0].pid')
	[[ $(ps -o ni= -p "$pid") -eq 3 ]]
	[[ $(awk '/^Max data size/ { print $4 }' "/proc/$pid/limits") == $((300 << 20)) ]]
	[[ $(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$pid/status") == 0 ]]
	vmrun stop hard one
	nothing_left
}

@test "a VM that reserves more than it may does not start, and says why" {
	vm one 'args = [ "-S" ]; memory = "2G"; memory_max = "128M";'
	run -78 vmrun start one
	[[ $output == *"one.conf:1: memory_max: less than the guest's memory, 2G, and what QEMU needs takes a cgroup ("* ]]
	nothing_left
}

@test "check says what holds each limit here, and what the host cannot do" {
	vm one 'memory_max = "300M"; cpu_weight = 200;'
	run -0 vmrun check one
	[[ $output == *"one: ok; limits here: memory_max 300M (the data limit of each process), cpu_weight 200 (nice)"* ]]
	vmrun --json check one | jq -e '.[0].limits == { memory_max: "process", cpu_weight: "process" }'
	vm one ''
	run -0 vmrun check one
	[[ $output != *limits* ]]
	vm one 'cpus_allowed = "4000";'
	run -78 vmrun check one
	[[ $output == *"cpus_allowed: this host has no CPU 4000, but "* ]]
}

@test "more than the usual share of the CPUs takes root where there is no cgroup" {
	vm one 'cpu_weight = 200;'
	chmod -R a+rX "$ROOT" 2>/dev/null || :
	run -78 setpriv --reuid 65534 --regid 65534 --clear-groups "$VMRUN" --root "$ROOT" check one
	[[ $output == *"cpu_weight: more than 100 takes a cgroup (no cgroup is here that vmrun may divide), or nice -3, which only root may give"* ]]
}
