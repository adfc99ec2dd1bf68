# Verbs on VMs that do not run, and waiting for what will be so.
load ../lib/common

setup() {
	world
	vm one 'args = [ "-S" ];'
}

teardown() {
	finish_test
}

@test "status of a stopped VM is 3, of a running one 0, of none at all 4" {
	run -3 vmrun status one
	[[ $output == *stopped* ]]
	vmrun start one
	run -0 vmrun status one
	run -4 vmrun status nobody
	vmrun stop hard one
}

@test "verbs that need a running VM say that it does not run: status 1" {
	local verb
	for verb in pause resume reset link console "monitor" "qmp"; do
		case $verb in
		monitor) run --separate-stderr vmrun monitor one info status ;;
		link) run --separate-stderr vmrun link one down ;;
		qmp) run --separate-stderr vmrun qmp one query-status ;;
		*) run --separate-stderr vmrun "$verb" one ;;
		esac
		[[ $status == 1 && -z $output && $stderr == "vmrun: one: "* ]] || { echo "$verb: $status $stderr"; return 1; }
	done
	nothing_left
}

@test "start says what runs, on one line of stdout" {
	run -0 --separate-stderr vmrun start one
	[[ ${#lines[@]} == 1 && $output == "one: running"*"$(qemu_pid one)"* ]]
	vmrun stop hard one
}

@test "start and stop are quiet with -q" {
	run -0 vmrun -q start one
	[[ -z $output ]]
	run -0 vmrun -q stop hard one
	[[ -z $output ]]
}

@test "wait for a VM that does not run ends at once; its deadline is kept" {
	run -0 vmrun wait one
	vmrun start one
	run vmrun wait -t 1 one
	((status == 1 || status == 75))
	vmrun stop hard one
}

@test "log of a VM that never ran says so" {
	run vmrun log one
	[[ $status == 1 && $output == *one* ]]
}

@test "check --host looks at what vmrun needs" {
	run vmrun check --host
	[[ $output == */dev/net/tun* && $output == *kvm* && $output == *QEMU* ]]
}

@test "a look at a VM does not make the next one say that it is unknown" {
	vmrun start one
	for _ in 1 2 3; do
		run -0 vmrun list one
		[[ $output == *paused* && $output != *unknown* ]]
		sleep 0.8
	done
	vmrun stop hard one
}
