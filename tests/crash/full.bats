# A disk that is full: the start fails and says so, and what was there stays whole.
load ../lib/common

setup() {
	world
	mkdir "$ROOT/small"
	mount -t tmpfs -o size=256k,mode=755 small "$ROOT/small"
	mkdir -p "$ROOT/small/etc/vms"
	cp "$ROOT/etc/vmrun.conf" "$ROOT/small/etc/"
	echo 'args = [ "-S" ]; nics = ( { bridge = "br0"; } );' >"$ROOT/small/etc/vms/one.conf"
	cp "$ROOT/small/etc/vms/one.conf" "$ROOT/small/etc/vms/two.conf"
}

teardown() {
	in_small kill --all >/dev/null 2>&1 || :
	umount "$ROOT/small"
	finish_test
}

in_small() {
	net "$VMRUN" --root "$ROOT/small" "$@"
}

fill() {
	dd if=/dev/zero of="$ROOT/small/filler" bs=4k 2>/dev/null || :
}

nothing_left_in_small() {
	wait_for 10 no_processes
	[[ -z $(taps) && -z $(find "$ROOT/small/run" -mindepth 1 2>/dev/null) ]]
}

@test "a first start on a full disk: status 1, why, and nothing left" {
	fill
	run --separate-stderr in_small start one
	[[ $status == 1 && -z $output && $stderr == *"No space left"* ]]
	nothing_left_in_small
	rm "$ROOT/small/filler"
	run -0 in_small start one
	run -0 in_small stop hard one
}

@test "a full disk leaves the ledger whole" {
	in_small start one
	in_small stop hard one
	local before
	before=$(cat "$ROOT/small/lib/ledger")
	fill
	run -1 in_small start two
	[[ $(cat "$ROOT/small/lib/ledger") == "$before" ]]
	nothing_left_in_small
	rm "$ROOT/small/filler"
	run -0 in_small start two
	run -0 in_small stop hard two
}

@test "a running VM on a disk that fills up can be seen and stopped" {
	in_small start one
	fill
	run -0 in_small status one
	run -0 in_small stop hard one
	nothing_left_in_small
}
