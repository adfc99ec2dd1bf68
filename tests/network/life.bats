# The life of a VM: start, stop in its three ways, pause, reset, restart.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

@test "start twice, stop twice: the second time there is nothing to do" {
	guest one 10.99.0.11
	vmrun start one
	local pid
	pid=$(qemu_pid one)
	run -0 vmrun start one
	[[ $(qemu_pid one) == "$pid" ]]
	run -0 vmrun stop -t 1 one
	nothing_left
	run -0 vmrun stop one
	nothing_left
}

@test "stop presses the power button, and the guest ends itself" {
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	run -0 vmrun stop -t 60 one
	nothing_left
}

@test "stop soft leaves a guest alone that does not listen" {
	guest one 10.99.0.11 "" vmrun.power=ignore
	vmrun start one
	wait_for 60 page 10.99.0.11
	run vmrun stop -t 1 soft one
	[[ $status == 1 ]]
	page 10.99.0.11
	run -0 vmrun stop hard one
	nothing_left
}

@test "stop ends at its deadline when the guest does not listen" {
	guest one 10.99.0.11 "" vmrun.power=ignore
	vmrun start one
	wait_for 60 page 10.99.0.11
	run -0 vmrun stop -t 1 one
	nothing_left
}

@test "stop ends a QEMU that answers nothing at all" {
	guest one 10.99.0.11
	vmrun start one
	kill -STOP "$(qemu_pid one)"
	run -0 vmrun stop -t 1 one
	nothing_left
}

@test "kill ends it at once" {
	guest one 10.99.0.11
	vmrun start one
	run -0 vmrun kill one
	nothing_left
	run -3 vmrun status one
}

@test "a guest that powers off by itself leaves nothing" {
	guest one 10.99.0.11 "" "vmrun.action=poweroff"
	vmrun start one
	run -0 vmrun wait one
	nothing_left
}

@test "pause freezes the guest, resume thaws it" {
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	run -0 vmrun pause one
	[[ $(vmrun status one) == *paused* ]]
	run ! page 10.99.0.11
	run -0 vmrun resume one
	wait_for 20 page 10.99.0.11
	[[ $(vmrun status one) == *running* ]]
}

@test "stop ends a paused guest" {
	guest one 10.99.0.11
	vmrun start one
	vmrun pause one
	run -0 vmrun stop -t 1 one
	nothing_left
}

@test "reset boots the guest again in the same QEMU" {
	local pid
	truncate -s 1M "$ROOT/one.img"
	guest one 10.99.0.11 "disks = ( { file = \"$ROOT/one.img\"; } );" vmrun.mark=vda
	vmrun start one
	wait_for 60 page 10.99.0.11
	pid=$(qemu_pid one)
	run -0 vmrun reset one
	wait_for 60 grep -q 'boots 2' "$ROOT/one.img"
	[[ $(qemu_pid one) == "$pid" ]]
}

@test "restart gives a new QEMU with the same MAC" {
	local pid mac
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	pid=$(qemu_pid one)
	mac=$(page 10.99.0.11 | grep -o '52:54:00:[0-9a-f:]*')
	run -0 vmrun restart one
	[[ $(qemu_pid one) != "$pid" ]]
	wait_for 60 page 10.99.0.11
	[[ $(page 10.99.0.11) == *"$mac"* ]]
}

@test "what a guest wrote to its disk is there at its next start" {
	truncate -s 1M "$ROOT/one.img"
	guest one 10.99.0.11 "disks = ( { file = \"$ROOT/one.img\"; } );" vmrun.mark=vda
	local n
	for n in 1 2; do
		vmrun start one
		wait_for 60 page 10.99.0.11
		[[ $(page 10.99.0.11 disk) == *"boots $n"* ]]
		vmrun stop -t 60 one
	done
	nothing_left
}

@test "a file that is changed or gone does not keep a VM from being stopped" {
	guest one 10.99.0.11
	guest two 10.99.0.12
	vmrun start one two
	echo 'nonsense = 1;' >"$ROOT/etc/vms/one.conf"
	rm "$ROOT/etc/vms/two.conf"
	run -0 vmrun stop -t 1 one two
	nothing_left
}
