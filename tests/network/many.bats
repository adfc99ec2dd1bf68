# Twenty at once, of one VM and of twenty.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

@test "twenty starts of one VM at once: one QEMU, and every start says that it runs or is busy" {
	local pids=() pid failed=0 n
	guest one 10.99.0.11
	for n in $(seq 20); do
		vmrun start one >"$ROOT/out.$n" 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		n=0
		wait "$pid" || n=$?
		((n == 0 || n == 75)) || failed=$((failed + 1))
	done
	((failed == 0)) || { cat "$ROOT"/out.*; return 1; }
	[[ $(taps | wc -l) == 1 ]]
	[[ $(processes | wc -l) == 2 ]]
	vmrun kill one
	nothing_left
}

@test "twenty VMs started by twenty commands at once: all run, no MAC twice" {
	local pids=() pid n
	for n in $(seq 11 30); do
		guest "vm$n" "10.99.0.$n" 'args = [ "-S" ];'
		sed -i 's/160M/32M/' "$ROOT/etc/vms/vm$n.conf"
	done
	for n in $(seq 11 30); do
		vmrun start "vm$n" >"$ROOT/out.$n" 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || { cat "$ROOT"/out.*; return 1; }
	done
	[[ $(taps | wc -l) == 20 && $(ports br0 | wc -l) == 20 ]]
	[[ $(macs | wc -l) == 20 ]]
	[[ $(macs | sort -u | wc -l) == 20 ]]
	run -0 vmrun stop hard --all
	nothing_left
}

@test "start and stop of a glob, side by side, one line each" {
	local n
	for n in 1 2 3; do
		vm "web$n" 'args = [ "-S" ];'
	done
	vm db 'args = [ "-S" ];'
	run -0 --separate-stderr vmrun start -j 3 'web*'
	((${#lines[@]} == 3))
	run -3 vmrun status db
	run -0 --separate-stderr vmrun stop hard 'web*'
	((${#lines[@]} == 3))
	nothing_left
}

@test "start and stop of one VM at the same time end in a state that is told truly" {
	local n
	guest one 10.99.0.11
	for n in $(seq 10); do
		vmrun start one >/dev/null 2>&1 &
		vmrun stop hard one >/dev/null 2>&1 &
	done
	wait
	if vmrun status one >/dev/null; then
		[[ $(taps | wc -l) == 1 ]]
		vmrun stop hard one
	fi
	nothing_left
}

@test "a fleet that runs is listed, told of and looked at, each in a moment, and stopped at once" {
	local n from verb
	for n in $(seq -w 1 24); do
		vm "vm$n" 'memory = "16M"; args = [ "-S" ]; nics = ( { bridge = "br0"; } );'
	done
	vmrun -q start --all -j 24
	sleep 1.5
	for verb in list "status --all" "top --once" "--json list" "--json status --all" "--json top"; do
		from=$(date +%s%N)
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr vmrun $verb
		# Far more than is wanted of an idle machine, and far less than asking one after the other.
		(($(date +%s%N) - from < 1000000000)) || { echo "$verb takes too long"; return 1; }
		[[ $(grep -cE '\bpaused\b' <<<"$output") -ge 24 ]]
	done
	[[ $(macs | sort -u | wc -l) == 24 ]]
	run -0 vmrun stop hard --all
	[[ $(grep -c stopped <<<"$output") == 24 ]]
	nothing_left
}
