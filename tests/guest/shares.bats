# Folders that host and guest share, seen from both sides.
load ../lib/common

: "${VMRUN_FULL_GUEST:=$(realpath -m "$BATS_TEST_DIRNAME/../../build-test-guest-full")}"

setup() {
	world
	mkdir "$ROOT/data" "$ROOT/fixed"
	echo from the host >"$ROOT/data/host"
	echo fixed >"$ROOT/fixed/file"
}

teardown() {
	finish_test
}

# sharing NAME SHARES: a guest with them, started.
sharing() {
	vm "$1" "
		memory = \"192M\";
		kernel = \"$VMRUN_FULL_GUEST/vmlinuz\";
		initrd = \"$VMRUN_FULL_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet\";
		shares = $2;"
	vmrun start "$1"
}

# The pids of a VM's companions.
companions() {
	vmrun --json status "$1" | jq -r 'if type == "array" then .[0] else . end | .companions[]? | .pid // empty'
}

@test "virtiofs: host and guest see each other's files, with their owners" {
	sharing web1 "{ path = \"$ROOT/data\"; tag = \"data\"; }"
	run -0 in_guest web1 'mkdir /s; mount -t virtiofs data /s; cat /s/host; echo from the guest >/s/guest; chown 1234:4321 /s/guest; chmod 640 /s/guest; sync'
	[[ $output == "from the host" ]]
	[[ $(cat "$ROOT/data/guest") == "from the guest" ]]
	[[ $(stat -c %u:%g:%a "$ROOT/data/guest") == 1234:4321:640 ]]
	echo later >"$ROOT/data/later"
	run -0 in_guest web1 'cat /s/later; rm /s/later'
	[[ $output == later && ! -e $ROOT/data/later ]]
	run in_guest web1 'mknod /s/device c 1 3'
	[[ $status != 0 && ! -e $ROOT/data/device ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "virtiofs: what is read-only cannot be changed, and what is beside it not be seen" {
	ln -s ../data/host "$ROOT/fixed/link"
	sharing web1 "( { path = \"$ROOT/data\"; }, { path = \"$ROOT/fixed\"; readonly = true; } )"
	run in_guest web1 'mkdir /s; mount -t virtiofs share1 /s; cat /s/file; ls /s /s/..; touch /s/new; echo x >/s/file; rm /s/file'
	[[ $output == *fixed* && $output == *'Read-only file system'* ]]
	[[ $(cat "$ROOT/fixed/file") == fixed && $(ls "$ROOT/fixed") == $'file\nlink' ]]
	run in_guest web1 'cat /s/link'
	[[ $status != 0 ]]
	# The host's own view is as it was.
	touch "$ROOT/fixed/of-the-host"
	vmrun stop -t 1 web1
	nothing_left
}

@test "9p: host and guest see each other's files, as far as QEMU's user may" {
	vm web1 "shares = { path = \"$ROOT/data\"; type = \"9p\"; };"
	run vmrun start web1
	[[ $status == 77 && $output == *"shares[0]: $ROOT/data: QEMU, which runs as uid"*"may not write to it"* ]]
	nothing_left
	chmod 777 "$ROOT/data"
	sharing web1 "{ path = \"$ROOT/data\"; tag = \"data\"; type = \"9p\"; }"
	run -0 in_guest web1 'mkdir /s; mount -t 9p -o trans=virtio data /s; cat /s/host; echo from the guest >/s/guest; chown 1234:4321 /s/guest; sync; ls -n /s/guest'
	[[ $output == "from the host"* && $output == *" 1234 "*" 4321 "* ]]
	[[ $(cat "$ROOT/data/guest") == "from the guest" ]]
	[[ $(stat -c %u "$ROOT/data/guest") == $(vmrun --json status web1 | jq 'if type == "array" then .[0] else . end | .uid') ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "9p: what is read-only cannot be changed" {
	sharing web1 "{ path = \"$ROOT/fixed\"; type = \"9p\"; readonly = true; security_model = \"none\"; }"
	run in_guest web1 'mkdir /s; mount -t 9p -o trans=virtio share0 /s; cat /s/file; touch /s/new; rm /s/file'
	[[ $output == *fixed* && $output == *'Read-only file system'* ]]
	[[ $(ls "$ROOT/fixed") == file ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "a folder that is missing: the start fails, check says so, and nothing is left" {
	for type in virtiofs 9p; do
		vm web1 "shares = ( \"$ROOT/data\", { path = \"$ROOT/none\"; type = \"$type\"; } );"
		run vmrun start web1
		[[ $status == 1 && $output == *"shares[1]: $ROOT/none: No such file or directory"* ]]
		run vmrun check web1
		[[ $status == 78 && $output == *"shares[1].path: $ROOT/none: No such file or directory"* ]]
		nothing_left
	done
}

@test "status and the log tell of a share that has ended, and the next start brings it back" {
	vm web1 "shares = \"$ROOT/data\";"
	vmrun start web1
	kill -KILL "$(companions web1)"
	wait_for 10 grep -q 'virtiofsd0 has ended (killed by signal 9 (Killed))' "$ROOT/log/web1.log"
	[[ -z $(companions web1) ]]
	vmrun stop hard web1
	vmrun start web1
	[[ -n $(companions web1) ]]
	vmrun stop hard web1
	nothing_left
}

@test "shares go with their VM, whoever is killed" {
	local round pids victims
	vm web1 "tpm = \"2.0\"; shares = ( \"$ROOT/data\", { path = \"$ROOT/fixed\"; readonly = true; } );"
	for round in {1..12}; do
		vmrun start web1
		mapfile -t pids < <(supervisor_pid web1; qemu_pid web1; companions web1)
		((${#pids[@]} == 5))
		mapfile -t victims < <(shuf -e "${pids[@]}" -n $((RANDOM % 5 + 1)))
		kill -KILL "${victims[@]}"
		vmrun gc
		wait_for 10 eval 'vmrun --quiet status web1; [[ $? == 0 || $? == 3 ]]'
		if vmrun --quiet status web1; then
			vmrun stop hard web1
		fi
		nothing_left || { echo "round $round"; return 1; }
	done
}

@test "an ordinary user shares by 9p; virtiofs needs a virtiofsd that works without root" {
	chmod 755 "$ROOT"
	mkdir -p "$ROOT/user/etc/vms"
	echo "accel = \"tcg\"; memory = \"64M\"; shares = { path = \"$ROOT/user\"; type = \"9p\"; };" >"$ROOT/user/etc/vms/web1.conf"
	echo "accel = \"tcg\"; memory = \"64M\"; shares = \"$ROOT/user\";" >"$ROOT/user/etc/vms/web2.conf"
	chown -R games: "$ROOT/user"
	as_user() {
		net setpriv --reuid games --regid games --clear-groups "$VMRUN" --root "$ROOT/user" "$@"
	}
	as_user start web1
	as_user stop hard web1
	run as_user start web2
	if [[ $status == 0 ]]; then
		as_user stop hard web2
	else
		[[ $status == 77 && $output == *'works for root only'* ]]
	fi
	wait_for 10 no_processes
	[[ -z $(find "$ROOT/user/run" -mindepth 1) ]]
}
