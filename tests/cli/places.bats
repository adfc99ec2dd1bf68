# Whose files root believes. Without --root, so nothing here may get further than the host config.
load ../lib/common

setup() {
	ROOT=$(mktemp -d /tmp/vmrun-test.XXXXXX)
	mkdir -p "$ROOT/opt/homebrew/etc/vmrun"
	echo 'vm_dir = "/nowhere";' >"$ROOT/opt/homebrew/etc/vmrun/vmrun.conf"
	chmod 755 "$ROOT"
}

teardown() {
	rm -rf "$ROOT"
}

@test "a root vmrun refuses a host config below a prefix that a group can write, and says where to put it" {
	local conf=$ROOT/opt/homebrew/etc/vmrun/vmrun.conf
	run -0 "$VMRUN" -c "$conf" list
	chgrp 20 "$ROOT/opt/homebrew"
	chmod 775 "$ROOT/opt/homebrew"
	run -77 --separate-stderr "$VMRUN" -c "$conf" list
	[[ $stderr == *"$conf: refused, because others can write $ROOT/opt/homebrew (chmod go-w it)"* ]]
	[[ $stderr == *"as root, use /etc/vmrun for the host config and for VM files"* ]]
}

@test "and so it does with one whose folder belongs to a user" {
	chown -R 501:20 "$ROOT/opt/homebrew"
	run -77 --separate-stderr "$VMRUN" -c "$ROOT/opt/homebrew/etc/vmrun/vmrun.conf" list
	[[ $stderr == *"user 501 owns"* ]]
	[[ $stderr == *"as root, use /etc/vmrun for"* ]]
}
