# Without root: user-mode networking works, and a bridge says what is missing.
load ../lib/common

setup() {
	world
	# The program, the guest and the folder, where an ordinary user can reach them.
	install -d -o nobody "$ROOT/user" "$ROOT/user/etc" "$ROOT/user/etc/vms"
	chmod 755 "$ROOT"
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	install -m 644 "$VMRUN_GUEST/vmlinuz" "$VMRUN_GUEST/initrd.img" "$ROOT/"
	cat >"$ROOT/user/etc/vmrun.conf" <<-END
		defaults = { accel = "tcg"; memory = "160M"; };
	END
}

teardown() {
	finish_test
}

as_nobody() {
	net setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin "$@"
}

# console_says COMMAND TEXT: the guest's shell is given a command, and answers with the text.
console_says() {
	(echo "$1"; sleep 1) |
		as_nobody timeout 10 "$ROOT/vmrun" --root "$ROOT/user" console one | grep -q "$2"
}

@test "an ordinary user's guest has the user-mode network" {
	cat >"$ROOT/user/etc/vms/one.conf" <<-END
		kernel = "$ROOT/vmlinuz";
		initrd = "$ROOT/initrd.img";
		cmdline = "console=$CONSOLE quiet";
		nics = ( { user = true; } );
	END
	run -0 as_nobody "$ROOT/vmrun" --root "$ROOT/user" start one
	wait_for 60 eval "console_says 'ip -4 addr show eth0' 'inet 10.0.2.15'"
	run -0 as_nobody "$ROOT/vmrun" --root "$ROOT/user" status one
	[[ $output == *running* ]]
	local pid
	pid=$(as_nobody "$ROOT/vmrun" --root "$ROOT/user" --json status one |
		jq -re 'if type == "array" then .[0] else . end | .pid')
	[[ $(awk '$1 == "NoNewPrivs:" { print $2 }' "/proc/$pid/status") == 1 ]]
	[[ $(awk '$1 == "Seccomp:" { print $2 }' "/proc/$pid/status") == 2 ]]
	run -0 as_nobody "$ROOT/vmrun" --root "$ROOT/user" stop -t 60 one
	wait_for 10 no_processes
	[[ -z $(find "$ROOT/user/run" -mindepth 1) ]]
}

@test "an ordinary user's NIC on a bridge: status 77 or 1, and what is missing" {
	echo 'nics = ( { bridge = "br0"; } );' >"$ROOT/user/etc/vms/one.conf"
	run --separate-stderr as_nobody "$ROOT/vmrun" --root "$ROOT/user" start one
	[[ $status == 77 || $status == 1 ]]
	[[ $stderr == *root* ]]
	# Where a program of QEMU's may make taps for users, only its own file of rules tells.
	if [[ $status == 77 ]]; then
		local said=${stderr#*: nics\[0\]: }
		run -78 --separate-stderr as_nobody "$ROOT/vmrun" --root "$ROOT/user" check one
		[[ $stderr == *"one.conf:1: nics[0]: $said" ]]
	fi
	wait_for 10 no_processes
	[[ -z $(taps) ]]
}

@test "an ordinary user cannot touch root's VMs" {
	vm one 'args = [ "-S" ];'
	vmrun start one
	run as_nobody "$ROOT/vmrun" --root "$ROOT" stop hard one
	((status != 0))
	run -0 vmrun status one
	vmrun kill one
	nothing_left
}

@test "root refuses a VM file that others can write, or in a folder that they can" {
	vm one
	chmod 666 "$ROOT/etc/vms/one.conf"
	run -77 --separate-stderr vmrun start one
	[[ $stderr == *one.conf* ]]
	chmod 644 "$ROOT/etc/vms/one.conf"
	chmod 777 "$ROOT/etc/vms"
	run -77 vmrun start one
	nothing_left
}
