# What a service manager is told over NOTIFY_SOCKET; a real systemd is in tests/systemd.
load ../lib/common

setup() {
	world
	told=$ROOT/told
}

teardown() {
	[[ -z ${listener:-} ]] || kill "$listener" 2>/dev/null || :
	finish_test
}

# listen SOCKET: writes what comes to $told, a '|' for each end of a line and a line for each message.
listen() {
	nsenter --net="$ROOT/net" -- python3 - "$1" >"$told" <<-'END' 3>&- &
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind("\0" + sys.argv[1][1:] if sys.argv[1][0] == "@" else sys.argv[1])
		print("listening", flush=True)
		while True:
		    print(s.recv(4096).decode().replace("\n", "|"), flush=True)
	END
	listener=$!
	wait_for 10 grep -q listening "$told"
}

# foreground SOCKET NAME [VARIABLE…]
foreground() {
	local socket=$1 name=$2
	shift 2
	nsenter --net="$ROOT/net" -- env NOTIFY_SOCKET="$socket" "$@" "$VMRUN" --root "$ROOT" start --foreground "$name" >"$ROOT/out" 2>&1 3>&- &
	supervisor=$!
}

@test "a service manager hears when the VM runs, what it does, and how it ended" {
	vm one 'stop_timeout = "1s";'
	listen "$ROOT/notify"
	foreground "$ROOT/notify" one
	wait_for 20 grep -q "^READY=1|MAINPID=[0-9]*$" "$told"
	grep -q "^STATUS=running, QEMU $(qemu_pid one), tcg$" "$told"
	vmrun pause one
	wait_for 10 grep -q "^STATUS=paused, QEMU " "$told"
	vmrun resume one
	vmrun stop one
	wait "$supervisor"
	grep -q "^STOPPING=1|EXTEND_TIMEOUT_USEC=[0-9]*|STATUS=stopping: the guest is asked to shut down, and has 1s$" "$told"
	grep -q "^STOPPING=1|.*|STATUS=stopping: QEMU is told to quit$" "$told"
	[[ $(tail -n 1 "$told") == "STATUS=stopped: told to quit" ]]
	kill "$listener"
	nothing_left
}

@test "the socket may have a name without a file" {
	vm one 'args = [ "-S" ]; stop_timeout = "1s";'
	listen "@vmrun-test-$$"
	foreground "@vmrun-test-$$" one
	wait_for 20 grep -q "^READY=1" "$told"
	kill -TERM "$supervisor"
	wait "$supervisor"
	grep -q "^STOPPING=1" "$told"
}

@test "a VM that ends in failure is told, and one that is restarted is not over" {
	vm one 'restart = { policy = "on-failure"; limit = 1; delay = "100ms"; };'
	listen "$ROOT/notify"
	foreground "$ROOT/notify" one
	wait_for 20 grep -q "^READY=1" "$told"
	kill -KILL "$(qemu_pid one)"
	wait_for 20 grep -q "^STATUS=restarting: QEMU was killed by signal 9 (Killed)" "$told"
	wait_for 20 grep -q "^STATUS=running, QEMU [0-9]*, tcg, restart 1$" "$told"
	kill -KILL "$(qemu_pid one)"
	status=0
	wait "$supervisor" || status=$?
	((status == 1)) || { echo "status $status"; return 1; }
	wait_for 10 grep -q "^STATUS=failed: QEMU was killed by signal 9 (Killed)" "$told"
	[[ $(grep -c "^READY=1" "$told") == 1 ]]
	run -1 grep STOPPING "$told"
}

@test "a soft stop that is given up is none" {
	vm one ''
	listen "$ROOT/notify"
	foreground "$ROOT/notify" one
	wait_for 20 grep -q "^READY=1" "$told"
	run vmrun stop -t 1 soft one
	((status != 0))
	wait_for 10 grep -q "^STATUS=stopping" "$told"
	run -1 grep STOPPING=1 "$told"
	[[ $(tail -n 1 "$told") == "STATUS=running, "* ]]
	vmrun kill one
}

@test "a watchdog gets its sign of life, if it is ours" {
	vm one 'args = [ "-S" ];'
	listen "$ROOT/notify"
	foreground "$ROOT/notify" one WATCHDOG_USEC=400000
	wait_for 10 grep -q "^READY=1" "$told"
	sleep 1
	(($(grep -c "^WATCHDOG=1" "$told") >= 3))
	vmrun kill one
	wait "$supervisor"
	: >"$told"
	foreground "$ROOT/notify" one WATCHDOG_USEC=400000 WATCHDOG_PID=1
	wait_for 10 grep -q "^READY=1" "$told"
	run -1 grep WATCHDOG "$told"
	vmrun kill one
}

@test "nobody listens: the VM runs all the same; in the background nothing is told" {
	vm one 'args = [ "-S" ];'
	foreground "$ROOT/nobody" one
	wait_for 20 grep -q running "$ROOT/out"
	vmrun kill one
	listen "$ROOT/notify"
	net env NOTIFY_SOCKET="$ROOT/notify" "$VMRUN" --root "$ROOT" start one 3>&-
	vmrun kill one
	[[ $(<"$told") == listening ]]
}
