# QEMU, the supervisor, or both are killed: nothing is left, and nothing alive is lost from sight.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

@test "when QEMU is killed, tap, port, lock and folder go, and the log says why" {
	guest one 10.99.0.11
	vmrun start one
	kill -KILL "$(qemu_pid one)"
	nothing_left
	run -3 vmrun status one
	run vmrun log one
	[[ $output == *"signal 9"* || $output == *Killed* || $output == *SIGKILL* ]]
}

@test "when the supervisor is killed, the VM goes on, and the next command adopts it" {
	local qemu old
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	qemu=$(qemu_pid one)
	old=$(supervisor_pid one)
	kill -KILL "$old"
	wait_for 10 gone "$old"
	page 10.99.0.11
	run -0 vmrun status one
	[[ $output == *running* ]]
	[[ $(qemu_pid one) == "$qemu" ]]
	[[ $(supervisor_pid one) != "$old" ]]
	page 10.99.0.11
	run -0 vmrun stop -t 60 one
	nothing_left
}

@test "start of a VM whose supervisor was killed finds it running" {
	local qemu
	guest one 10.99.0.11
	vmrun start one
	qemu=$(qemu_pid one)
	kill -KILL "$(supervisor_pid one)"
	run -0 vmrun start one
	[[ $(qemu_pid one) == "$qemu" ]]
	run -0 vmrun kill one
	nothing_left
}

@test "list shows a VM whose supervisor was killed as running" {
	guest one 10.99.0.11
	vmrun start one
	kill -KILL "$(supervisor_pid one)"
	run -0 vmrun list
	[[ $output == *one*running* ]]
}

@test "list, as the first to see that both were killed, says that the VM failed" {
	local qemu
	guest one 10.99.0.11
	vmrun start one
	qemu=$(qemu_pid one)
	kill -KILL "$(supervisor_pid one)" "$qemu"
	wait_for 10 gone "$qemu"
	run -0 vmrun list
	[[ $output == *one*failed* ]]
	nothing_left
}

@test "when both are killed, the next command finds nothing and leaves nothing" {
	local qemu supervisor
	guest one 10.99.0.11
	vmrun start one
	qemu=$(qemu_pid one) supervisor=$(supervisor_pid one)
	kill -KILL "$supervisor" "$qemu"
	wait_for 10 gone "$qemu"
	run -3 vmrun status one
	nothing_left
	run -0 vmrun start one
	[[ $(qemu_pid one) != "$qemu" ]]
	vmrun kill one
	nothing_left
}

@test "gc puts right what a crash left" {
	local pids
	guest one 10.99.0.11
	guest two 10.99.0.12
	vmrun start one two
	pids="$(supervisor_pid one) $(qemu_pid one) $(supervisor_pid two) $(qemu_pid two)"
	# shellcheck disable=SC2086 # one word a process
	kill -KILL $pids
	run -0 vmrun gc
	nothing_left
}

@test "a runtime folder of another boot, with a record that names a living stranger, is put right" {
	guest one 10.99.0.11
	vmrun start one
	cp "$ROOT/run/one/qemu" "$ROOT/record"
	vmrun kill one
	sleep 600 3>&- &
	local stranger=$!
	mkdir -m 700 "$ROOT/run/one"
	jq --argjson pid "$stranger" '.pid = $pid' "$ROOT/record" >"$ROOT/run/one/qemu"
	run -3 vmrun status one
	run -0 vmrun stop one
	run -0 vmrun gc
	kill -0 "$stranger"
	kill "$stranger"
	nothing_left
}

@test "one silent QEMU does not keep list from the others" {
	guest one 10.99.0.11
	guest two 10.99.0.12
	vmrun start one two
	kill -STOP "$(qemu_pid one)"
	run timeout 20 bash -c "nsenter --net='$ROOT/net' '$VMRUN' --root '$ROOT' list 3>&-"
	[[ $status == 0 && $output == *two*running* && $output == *one* ]]
	vmrun kill one two
	nothing_left
}

@test "QEMU that refuses to start: its own words, status 1, nothing left" {
	guest one 10.99.0.11 'args = [ "-device", "no-such-device" ];'
	run --separate-stderr -1 vmrun start one
	[[ -z $output && $stderr == *no-such-device* ]]
	nothing_left
}

@test "QEMU that ends at once: status 1, nothing left" {
	printf '#!/bin/sh\ncase $* in *-version*) echo "QEMU emulator version 7.2.0";; *) echo "out of luck" >&2; exit 3;; esac\n' \
		>"$ROOT/qemu-system-$(uname -m)"
	chmod 755 "$ROOT/qemu-system-$(uname -m)" "$ROOT"
	guest one 10.99.0.11 "qemu = \"$ROOT/qemu-system-$(uname -m)\";"
	run --separate-stderr -1 vmrun start one
	[[ $stderr == *"out of luck"* ]]
	nothing_left
}
