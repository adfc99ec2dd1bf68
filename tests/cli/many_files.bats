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

@test "many VMs are made, cloned, edited and removed" {
	reads_few create new{10..29} --disk 1M
	vm vm10 'display = { vnc = ":1"; }; nics = ( { user = true; } );'
	reads_few clone vm10 clone{10..29}
	[[ $(sed -n 's/.*vnc = ":\([0-9]*\)".*/\1/p' "$ROOT"/etc/vms/clone*.conf | sort -nu | wc -l) == 20 ]]
	reads_few edit --set cpus=3 vm{10..29}
	[[ $(grep -l 'cpus = 3' "$ROOT"/etc/vms/*.conf | wc -l) == 20 ]]
	reads_few remove --yes new{10..29}
	[[ -z $(find "$ROOT/etc/vms" -name 'new*') ]]
}

@test "each of many is held against those before it, as they are by then" {
	run -78 vmrun create a b --set 'display.vnc=":7"'
	[[ $output == *"a: created"*"b: "*"display.vnc"*"already that of a"* ]]
	run -0 vmrun create c d
	vmrun -q edit --set 'display.vnc=":8"' c
	run -78 vmrun edit --set 'display.vnc=":8"' a d
	[[ $output == *"a: "*"already that of c"*"d: "*"already that of c"* ]]
	# The one that has it gives it up first.
	vmrun -q edit --set 'display.vnc=":9"' c
	run -0 vmrun edit --set 'display.vnc=":8"' a
	run -78 vmrun edit --set 'after=d' a d
	[[ $output == *"a: changed"*"d: "*"after"* ]]
	run -78 vmrun edit --set 'requires=b' a c
	[[ $output == *"a: "*"there is no VM"* || $output == *requires* ]]
	vm base 'display = { vnc = ":20"; };'
	vm one '@include "base.conf"'
	run -78 vmrun edit --set 'display.vnc=":21"' vm10 base
	[[ $output == *"vm10: changed"* ]]
}

@test "an image goes with the last of those that are removed with it" {
	truncate -s 1M "$ROOT/both.img"
	vm a "disks = ( { file = \"$ROOT/both.img\"; shareable = true; } ); requires = \"b\";"
	vm b "disks = ( { file = \"$ROOT/both.img\"; shareable = true; } );"
	vm c 'requires = "b";'
	run -0 vmrun remove --yes --disks a b
	[[ $output == *"a: removed; there stay $ROOT/both.img (used by b)"*"b: removed, with $ROOT/both.img"* ]]
	[[ $output == *"c: requires b"* && $output != *"a: requires b"* && ! -e $ROOT/both.img ]]
}
