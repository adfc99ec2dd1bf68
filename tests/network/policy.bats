# What the supervisor does by itself: restarts, the log's bounds, staying in the foreground.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

ready_times() {
	local n
	n=$(cat "$ROOT"/log/one.log* | grep -c 'vmrun guest ready')
	((n >= $1))
}

@test "restart = always: a guest that powers off comes back, and stop ends it for good" {
	guest one 10.99.0.11 'restart = { policy = "always"; delay = "1s"; };' vmrun.action=poweroff
	vmrun start one
	wait_for 90 ready_times 2
	run -0 vmrun stop hard one
	nothing_left
}

@test "restart = on-failure: a guest that powers off stays off" {
	guest one 10.99.0.11 'restart = "on-failure";' vmrun.action=poweroff
	vmrun start one
	run -0 vmrun wait one
	nothing_left
}

@test "restart = on-failure: a QEMU that was killed comes back with its MAC" {
	local qemu
	guest one 10.99.0.11 'restart = { policy = "on-failure"; delay = "1s"; };'
	vmrun start one
	qemu=$(qemu_pid one)
	kill -KILL "$qemu"
	wait_for 10 gone "$qemu"
	wait_for 60 page 10.99.0.11
	[[ $(page 10.99.0.11) == *"$(vmrun mac one | grep -o '52:54:00:[0-9a-f:]*')"* ]]
	[[ $(qemu_pid one) != "$qemu" ]]
	vmrun kill one
	nothing_left
}

@test "the limit of restarts is kept" {
	local n=0 qemu
	vm one 'args = [ "-S" ]; restart = { policy = "on-failure"; limit = 2; delay = "1s"; };'
	vmrun start one
	while qemu=$(qemu_pid one); do
		kill -KILL "$qemu"
		n=$((n + 1))
		((n <= 5)) || break
		wait_for 10 gone "$qemu"
		wait_for 10 eval "qemu_pid one || no_processes" || break
	done
	((n == 3))
	nothing_left
}

@test "the log is bounded: it is rotated before it grows without end" {
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
	net timeout 60 socat -u EXEC:'yes 0123456789abcdefghijklmnopqrstuvwxyz' UNIX-CONNECT:"$ROOT/run/one/serial.sock" &
	local writer=$!
	wait_for 60 test -e "$ROOT/log/one.log.1"
	kill "$writer" || :
	wait "$writer" || :
	(($(du -sb "$ROOT/log" | cut -f 1) < 50000000))
	vmrun kill one
}

@test "start --foreground stays until the VM ends, and ends with it" {
	guest one 10.99.0.11 "" vmrun.action=poweroff
	run -0 timeout 90 nsenter --net="$ROOT/net" -- "$VMRUN" --root "$ROOT" start --foreground one 3>&-
	nothing_left
}

@test "start --foreground stops the VM when it is told to end" {
	guest one 10.99.0.11
	nsenter --net="$ROOT/net" -- "$VMRUN" --root "$ROOT" start --foreground one 3>&- &
	local supervisor=$!
	wait_for 60 page 10.99.0.11
	kill -TERM "$supervisor"
	wait "$supervisor"
	nothing_left
}
