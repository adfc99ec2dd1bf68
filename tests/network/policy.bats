# What the supervisor does by itself: restarts, the log's bounds, staying in the foreground.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# counted_guest SETTINGS [CMDLINE]: a guest that counts its boots on its disk.
counted_guest() {
	truncate -s 1M "$ROOT/one.img"
	guest one 10.99.0.11 "disks = ( { file = \"$ROOT/one.img\"; } ); $1" "vmrun.mark=vda ${2:-}"
}

@test "restart = always: a guest that powers off comes back, and stop ends it for good" {
	counted_guest 'restart = { policy = "always"; delay = "1s"; };' vmrun.action=poweroff
	vmrun start one
	wait_for 90 grep -q 'boots 2' "$ROOT/one.img"
	run -0 vmrun stop hard one
	nothing_left
}

@test "restart = on-failure: a guest that powers off stays off" {
	counted_guest 'restart = "on-failure";' vmrun.action=poweroff
	vmrun start one
	run -0 vmrun wait one
	nothing_left
	grep -q 'boots 1' "$ROOT/one.img"
}

@test "restart = on-failure: a QEMU that was killed comes back with its MAC" {
	local qemu
	guest one 10.99.0.11 'restart = { policy = "on-failure"; delay = "1s"; };'
	vmrun start one
	qemu=$(qemu_pid one)
	kill -KILL "$qemu"
	wait_for 10 gone "$qemu"
	wait_for 60 page 10.99.0.11
	[[ $(page 10.99.0.11) == *"$(macs one)"* ]]
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

@test "the log is bounded, whatever QEMU says" {
	vm one 'args = [ "-S" ];'
	vmrun start one
	yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 20000000 >"$ROOT/run/one/log.fifo"
	yes | head -c 3000000 | tr -d '\n' >"$ROOT/run/one/log.fifo"
	echo "the last word" >"$ROOT/run/one/log.fifo"
	wait_for 30 grep -q 'the last word' "$ROOT/log/one.log"
	(($(du -sb "$ROOT/log" | cut -f 1) < 10000000))
	run -0 vmrun log one
	[[ $output == *"the last word"* ]]
	run -0 vmrun kill one
	nothing_left
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

@test "start --foreground takes over a QEMU whose supervisor was killed" {
	local first second qemu
	guest one 10.99.0.11
	nsenter --net="$ROOT/net" -- "$VMRUN" --root "$ROOT" start --foreground one 3>&- &
	first=$!
	wait_for 60 page 10.99.0.11
	qemu=$(qemu_pid one)
	kill -KILL "$first"
	wait "$first" || :
	nsenter --net="$ROOT/net" -- "$VMRUN" --root "$ROOT" start --foreground one 3>&- &
	second=$!
	# Any command that looks before it is there would have made another one.
	wait_for 20 grep -q 'vmrun: adopted' "$ROOT/log/one.log"
	wait_for 10 eval "[[ \$(supervisor_pid one) == $second ]]"
	[[ $(qemu_pid one) == "$qemu" ]]
	# While it is there another has nothing to watch over.
	run -75 --separate-stderr vmrun start --foreground one
	[[ $stderr == *"running already"* ]]
	kill -TERM "$second"
	wait "$second"
	nothing_left
}

@test "a runtime folder that lost its files to the boot of the host is no VM" {
	guest one 10.99.0.11
	mkdir -p "$ROOT/run"
	mkdir -m 700 "$ROOT/run/one"
	mkfifo -m 600 "$ROOT/run/one/log.fifo"
	run -3 vmrun status one
	[[ $output == *stopped* ]]
	run -0 vmrun gc
	[[ ! -e $ROOT/run/one ]]
}

# sector NAME BYTES: an image whose boot sector does what these instructions do, and halts.
sector() {
	printf '%b\364\353\375' "$2" >"$ROOT/$1.img"
	truncate -s 510 "$ROOT/$1.img"
	printf '\125\252' >>"$ROOT/$1.img"
	truncate -s 4M "$ROOT/$1.img" # a disk without a whole cylinder is not booted
}

# boots NAME SECTOR SETTINGS
boots() {
	vm "$1" "machine = \"pc\"; disks = ( { file = \"$ROOT/$2.img\"; readonly = true; } ); stop_timeout = 1; $3"
}

# ended NAME: its causes so far, but for the restarts that follow.
ended() {
	vmrun --json log --events "$1" | jq -r '[.[] | select(.cause) | "\(.event)/\(.cause)"] | join(" ")'
}

ended_as() {
	[[ $(ended "$1") == "$2" ]]
}

@test "how a guest ended is told apart, and each cause has what its file says" {
	[[ $(uname -m) == x86_64 ]] || skip "the guest is one of x86"
	sector panic '\0272\0005\0005\0260\0001\0356'     # out 0x505, 1: pvpanic
	sector hang '\0272\0103\0004\0260\0016\0356'      # out 0x443, 14: ib700, two seconds
	sector reset '\0272\0371\0014\0260\0006\0356'     # out 0xcf9, 6
	local always='restart = { policy = "always"; limit = 1; delay = "100ms"; };'
	local not_panics='restart = { policy = "always"; delay = "100ms"; causes = ( { cause = "guest-panic"; restart = false; } ); };'
	boots panics panic "$always on_panic = \"shutdown\";"
	boots fails panic "$always on_panic = \"exit-failure\";"
	boots pauses panic "$always on_panic = \"pause\";"
	boots heeds panic "$not_panics"
	boots heedless panic "$always"
	boots hangs hang "$always watchdog = \"ib700\"; on_watchdog = \"poweroff\";"
	boots waits hang "$always watchdog = \"ib700\"; on_watchdog = \"pause\";"
	boots resets reset "$always on_reboot = \"shutdown\";"
	boots installs reset 'restart = "on-failure"; on_reboot = "shutdown";'
	vmrun -q start --all
	wait_for 90 ended_as panics "restarting/guest-panic failed/guest-panic"
	wait_for 90 ended_as fails "restarting/guest-panic failed/guest-panic"
	wait_for 90 ended_as pauses "paused/guest-panic"
	wait_for 90 ended_as heeds "failed/guest-panic"
	wait_for 90 ended_as hangs "restarting/watchdog failed/watchdog"
	wait_for 90 ended_as waits "paused/watchdog"
	wait_for 90 ended_as resets "restarting/guest-reset failed/guest-reset"
	wait_for 90 ended_as installs "stopped/guest-reset"
	ended_as heedless ""
	run -0 vmrun status pauses
	[[ $output == *"pauses: paused (guest-panicked)"* ]]
	run -0 vmrun status waits
	[[ $output == *"waits: paused (watchdog)"* ]]
	vmrun -q stop --all
	nothing_left
}
