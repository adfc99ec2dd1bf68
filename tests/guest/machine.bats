# The machine that a guest finds: processors, memory, board, clock; and what the host sees of its process.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# machine NAME [SETTINGS [CMDLINE]]: the small guest without a NIC; 160M of memory, if SETTINGS do not say
# how much.
machine() {
	local memory='memory = "160M";'
	[[ ${2:-} != *memory\ =* ]] || memory=
	vm "$1" "
		$memory
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet ${3:-}\";
		${2:-}"
	vmrun start "$1"
}

end() {
	vmrun stop -t 1 "$1"
	nothing_left
}

# threads NAME: of each CPU of the guest, in their order, its thread's number.
threads() {
	vmrun qmp "$1" query-cpus-fast | jq -r 'sort_by(."cpu-index") | .[]."thread-id"'
}

# allowed NAME THREAD: the CPUs of the host that a thread may run on.
allowed() {
	sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$(qemu_pid "$1")/task/$2/status"
}

@test "a guest sees its processors in the sockets and cores of the file" {
	machine web1 'cpus = { sockets = 2; cores = 2; };'
	run in_guest web1 'grep -c "^processor" /proc/cpuinfo; sort -u /sys/devices/system/cpu/cpu*/topology/physical_package_id'
	[[ $status == 0 && $output == $'4\n0\n1' ]]
	end web1
}

@test "a guest has room for processors that are added later" {
	machine web1 'cpus = { count = 1; max = 3; };'
	run in_guest web1 'cat /sys/devices/system/cpu/online /sys/devices/system/cpu/possible'
	[[ $output == $'0\n0-2' ]]
	run in_guest web1 'ls -d /sys/devices/system/cpu/cpu1'
	[[ $status != 0 ]]
	end web1
}

@test "a guest sees the NUMA nodes, their CPUs, memory and distances" {
	machine web1 'cpus = 4; memory = "256M";
		numa = ( { memory = "192M"; cpus = "0,3"; distances = [ 10, 30 ]; },
			{ memory = "64M"; cpus = "1-2"; distances = [ 30, 10 ]; } );'
	run in_guest web1 'cd /sys/devices/system/node; cat node*/cpulist node*/distance; sed -n "s/.*MemTotal: *//p" node1/meminfo'
	[[ ${lines[0]} == 0,3 && ${lines[1]} == 1-2 && ${lines[2]} == '10 30' && ${lines[3]} == '30 10' ]]
	# Less what the kernel keeps for itself: its own image as well, where it has put that there.
	[[ ${lines[4]} == *' kB' ]]
	((${lines[4]% kB} > 16384 && ${lines[4]% kB} <= 65536))
	end web1
}

@test "CPUs of the guest are bound to the host's that pin names, and other threads to those of emulator_pin" {
	local threads
	(($(nproc) > 1)) || skip "kernel lacks a second CPU"
	machine web1 'cpus = { count = 2; pin = ( "1", "0-1" ); emulator_pin = "0"; };'
	mapfile -t threads < <(threads web1)
	[[ ${#threads[@]} == 2 ]]
	[[ $(allowed web1 "${threads[0]}") == 1 ]]
	[[ $(allowed web1 "${threads[1]}") == 0-1 ]]
	[[ $(allowed web1 "$(qemu_pid web1)") == 0 ]]
	run in_guest web1 'grep -c ^processor /proc/cpuinfo'
	[[ $output == 2 ]]
	end web1
}

@test "one list binds all CPUs of the guest, and a supervisor that adopts them leaves them there" {
	local thread threads
	(($(nproc) > 1)) || skip "kernel lacks a second CPU"
	machine web1 'cpus = { count = 2; pin = "1"; };'
	kill -KILL "$(supervisor_pid web1)"
	vmrun status web1
	threads=$(threads web1)
	[[ $(wc -w <<<"$threads") == 2 ]]
	for thread in $threads; do
		[[ $(allowed web1 "$thread") == 1 ]]
	done
	end web1
}

@test "a CPU or a node that the host has not is told by check and by start" {
	vm web1 'cpus = { pin = "4000"; emulator_pin = "0,4001"; };
		memory = "64M"; numa = ( { memory = "64M"; host_nodes = "77"; } );'
	run vmrun check web1
	[[ $status == 78 && $output == *"cpus.pin[0]: this host has no CPU 4000, but 0"* ]]
	[[ $output == *"cpus.emulator_pin: this host has no CPU 4001"* ]]
	[[ $output == *"numa[0].host_nodes: this host has no NUMA node 77, but 0"* ]]
	run vmrun start web1
	[[ $status == 78 && $output == *"cpus.pin[0]: this host has no CPU 4000, but 0"* ]]
	nothing_left
}

@test "memory lies in huge pages of the host, and too few are told by check and by start" {
	local before mine=80 file=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
	[[ -w $file ]] || skip "kernel lacks huge pages of 2 MiB"
	before=$(cat "$file")
	vm web1 'memory = { size = "16T"; hugepages = "2M"; };'
	run vmrun check web1
	[[ $status == 78 && $output == *"memory.hugepages: 8388608 huge pages of 2M are needed, and the host has"* ]]
	run vmrun start web1
	[[ $status == 78 && $output == *"that are free"* ]]
	vm web1 'memory = { size = "1G"; hugepages = "512M"; };'
	run vmrun check web1
	[[ $status == 78 && $output == *"the kernel has no huge pages of 512M"* ]]
	echo $((before + mine)) >"$file"
	if (($(cat "$file") < before + mine)); then
		echo "$before" >"$file"
		skip "kernel lacks $mine free huge pages"
	fi
	machine web1 'memory = { size = "160M"; hugepages = "2M"; prealloc = true; };'
	run grep -c '^KernelPageSize: *2048 kB' "/proc/$(qemu_pid web1)/smaps"
	echo "$before" >"$file"
	((output > 0))
	run in_guest web1 'uname -s'
	[[ $output == Linux ]]
	end web1
}

@test "memory is shared, taken at once, and kept from being joined with others'" {
	local pid
	machine web1 'memory = { size = "160M"; shared = true; prealloc = true; merge = false; };'
	pid=$(qemu_pid web1)
	grep -q 'memory-backend-memfd' "/proc/$pid/maps"
	[[ $(awk '/memory-backend-memfd/ { on = 1 } on && /^Rss/ { print $2; exit }' "/proc/$pid/smaps") == $((160 * 1024)) ]]
	run in_guest web1 'uname -s'
	[[ $output == Linux ]]
	end web1
}

@test "memory is locked, of a QEMU that has no right to more than the launcher gave it" {
	bash -c 'ulimit -l unlimited' 2>/dev/null || skip "kernel lacks the right to lock memory"
	machine web1 'memory = { size = "160M"; lock = true; };'
	[[ $(sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(qemu_pid web1)/status") -ge $((160 * 1024)) ]]
	run vmrun argv web1
	[[ $output != *balloon* ]]
	end web1
}

@test "the clock on the board shows the time of the file" {
	machine web1 'rtc = "2031-05-06T07:08:09"; machine = { hpet = true; };'
	run in_guest web1 'cat /sys/class/rtc/rtc0/date; cat /sys/devices/system/clocksource/clocksource0/available_clocksource'
	[[ ${lines[0]} == 2031-05-06 && ${lines[1]} == *hpet* ]]
	end web1
	machine web1
	run in_guest web1 'cat /sys/devices/system/clocksource/clocksource0/available_clocksource'
	[[ $output != *hpet* && -n $output ]]
	end web1
}

@test "a processor has what the file gives it and lacks what the file takes" {
	machine web1 'cpus = { model = "qemu64"; features = [ "+aes", "-hypervisor" ]; nested = true; };'
	run in_guest web1 'grep "^flags\|^model name" /proc/cpuinfo'
	[[ $output == *"QEMU Virtual CPU"* && $output == *" aes "* && $output == *" svm "* && $output != *hypervisor* ]]
	end web1
}

@test "a guest that reboots ends, where on_reboot says so" {
	machine web1 'on_reboot = "shutdown";'
	in_guest web1 '{ sleep 1; reboot -f; } & :'
	vmrun wait -t 30 web1
	nothing_left
}

@test "QEMU has the priority, the environment and the filter of system calls of the file" {
	local pid
	machine web1 'nice = 7; environment = [ "VMRUN_TEST=a b", "HOME=/nowhere" ]; sandbox = false;'
	pid=$(qemu_pid web1)
	[[ $(ps -o ni= -p "$pid") -eq 7 ]]
	run tr '\0' '\n' <"/proc/$pid/environ"
	[[ $output == *"VMRUN_TEST=a b"* && $output == *"HOME=/nowhere"* && $output == *PATH=* && $output != *HOME=/$'\n'* ]]
	grep -q $'^Seccomp:\t0' "/proc/$pid/status"
	end web1
	machine web1
	grep -q $'^Seccomp:\t2' "/proc/$(qemu_pid web1)/status"
	end web1
}

@test "a microvm boots to its shell" {
	machine web1 'machine = "microvm";'
	run in_guest web1 'ls /sys/bus/pci/devices; uname -s'
	[[ $output == Linux ]]
	end web1
}

# Its devices are told by ACPI; then an emulated guest has to be told the speed of its clock as well.
@test "a microvm with ACPI finds its disks, its NIC and the power button" {
	truncate -s 8M "$ROOT/disk.raw" "$ROOT/more.raw"
	machine web1 "machine = { type = \"microvm\"; acpi = true; }; nics = \"br0\";
		disks = ( \"$ROOT/disk.raw\", { file = \"$ROOT/more.raw\"; bus = \"scsi\"; } );" tsc_early_khz=1000000
	in_guest web1 'i=0; while [ ! -e /sys/block/sda/size ] && [ $i -lt 20 ]; do sleep 1; i=$((i + 1)); done' >/dev/null
	run in_guest web1 'cat /sys/block/vda/size /sys/block/sda/size; ls -d /sys/class/net/eth0; ls /sys/bus/virtio/devices | wc -l'
	[[ $output == $'16384\n16384\n/sys/class/net/eth0\n5' ]]
	run vmrun stop -t 20 web1
	[[ $output == *"the guest shut down"* ]]
	nothing_left
}

@test "a board takes as many devices as it has slots, and one more is told by check, by argv and by start" {
	local nics
	nics=$(printf '{ user = true; }, %.0s' {1..27})
	vm web1 "nics = ( $nics { user = true; } );"
	vmrun start web1
	vmrun stop -t 1 web1
	vm web1 "nics = ( $nics { user = true; }, { user = true; } );"
	for verb in check argv start; do
		run vmrun $verb web1
		[[ $status == 78 ]]
		[[ $output == *"machine q35 has 30 slots on its PCI bus, and the VM needs 31: 29 virtio-net-pci, 1 virtio-balloon-pci, 1 virtio-rng-pci"* ]]
	done
	nothing_left
}
