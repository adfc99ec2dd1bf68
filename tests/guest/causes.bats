# Why a VM ended: each cause is provoked, told by the same word everywhere, and followed by what the file says.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
	rmdir "/sys/fs/cgroup/memory/vmrun-test-$$" 2>/dev/null || :
}

# small SETTINGS [CMDLINE [MEMORY]]: the small guest without a NIC.
small() {
	vm web1 "
		memory = \"${3:-160M}\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet ${2:-}\";
		$1"
	vmrun start web1
}

# last FIELD: of how it last ended.
last() {
	vmrun --json status web1 | jq -r ".[0].last_end.$1"
}

state_is() {
	[[ $(vmrun --json status web1 | jq -r '.[0].state') == "$1" ]]
}

@test "the guest shuts down" {
	small '' vmrun.action=poweroff
	vmrun wait --for stopped -t 90 web1
	[[ $(last cause) == guest-shutdown && $(last state) == stopped && $(last exit_status) == 0 ]]
	nothing_left
}

@test "the guest reboots, and on_reboot is shutdown: only a rule for that cause starts it again" {
	small 'on_reboot = "shutdown"; restart = { policy = "no"; causes = { cause = "guest-reset"; limit = 1; delay = 0; }; };'
	in_guest web1 'reboot -f' || :
	wait_for 60 eval '[[ $(last cause) == guest-reset && $(last state) == restarting ]]'
	in_guest web1 'reboot -f' || :
	vmrun wait --for stopped -t 90 web1
	[[ $(last cause) == guest-reset && $(last state) == failed ]]
	[[ $(last text) == *"restarted 1 times already" ]]
	nothing_left
}

@test "somebody tells QEMU to quit; a signal ends it; it crashes" {
	vm web1 'args = [ "-S" ];'
	vmrun start web1
	vmrun monitor web1 quit || vmrun qmp web1 quit || :
	wait_for 10 state_is stopped
	[[ $(last cause) == quit ]]
	vmrun start web1
	kill -TERM "$(qemu_pid web1)"
	wait_for 10 state_is failed
	[[ $(last cause) == killed ]]
	vmrun start web1
	kill -ABRT "$(qemu_pid web1)"
	wait_for 10 state_is failed
	[[ $(last cause) == qemu-crashed && $(last signal) == 6 ]]
	# Of a QEMU that is not its child, a supervisor hears it from the kernel.
	vmrun start web1
	kill -KILL "$(supervisor_pid web1)"
	wait_for 10 eval 'vmrun gc | grep -q "a supervisor again"'
	kill -SEGV "$(qemu_pid web1)"
	wait_for 10 state_is failed
	[[ $(last cause) == qemu-crashed || $(last cause) == lost ]]
	nothing_left
}

@test "the kernel kills QEMU for want of memory" {
	local group=/sys/fs/cgroup/memory/vmrun-test-$$
	lacks "a group of memory to be short of" mkdir "$group"
	echo 16M >"$group/memory.limit_in_bytes"
	small '' '' 512M
	in_guest web1 true
	qemu_pid web1 >"$group/cgroup.procs"
	# More than the group has, and than the guest has touched before, which counts elsewhere, a large page
	# for each byte: what the guest writes to is QEMU's memory.
	in_guest web1 'dd if=/dev/zero of=/big bs=1M count=230' || :
	wait_for 30 state_is failed
	sleep 0.2
	rmdir "$group"
	[[ $(last cause) == out-of-memory ]]
	[[ $(last text) == *"want of memory"* ]]
	nothing_left
}
