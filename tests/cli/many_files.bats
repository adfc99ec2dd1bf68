# Commands for many VMs of a large fleet: how often they read its files.
load ../lib/common

setup() {
	world
	command -v strace >/dev/null || skip "no strace"
	strace -qq -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	for i in {10..69}; do
		vm "vm$i" "nics = ( { user = true; } );"
	done
}

teardown() {
	finish_test
}

# reads_few VERB…: it reads no file of the sixty more than a handful of times, though it is about twenty VMs.
reads_few() {
	net strace -f -qq -e trace=openat -o "$ROOT/trace" "$VMRUN" -q --root "$ROOT" "$@" >"$ROOT/out" || :
	local reads
	reads=$(grep -c "\"$ROOT/etc/vms/vm[^\"]*\.conf\", O_RDONLY" "$ROOT/trace")
	((reads >= 60 && reads <= 5 * 60)) || { echo "$reads times in all: $*"; return 1; }
}

@test "the lines of many VMs" {
	reads_few argv vm{10..29}
	[[ $(grep -c '^# vm' "$ROOT/out") == 20 ]]
}

@test "many VMs are checked, and started" {
	reads_few check vm{10..29}
	# There is no such bridge, which is soon said.
	sed -i 's/user = true/bridge = "br7"/' "$ROOT"/etc/vms/vm*.conf
	reads_few start vm{10..29}
	nothing_left
}
