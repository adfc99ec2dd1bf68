# The TPM: swtpm beside QEMU, from the guest's first look to its end, whoever dies in between.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# tpm_guest NAME TPM: the small guest without a NIC, started.
tpm_guest() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet\";
		tpm = $2;"
	vmrun start "$1"
}

# How often the TPM was switched on, as it counts itself: TPM2_ReadClock, Clock.resetCount. The kernel may be
# busy with it.
resets() {
	local said
	for _ in {1..20}; do
		said=$(in_guest "$1" 'exec 5<>/dev/tpm0; printf "\200\001\000\000\000\012\000\000\001\201" | dd bs=10 >&5 2>/dev/null; dd bs=64 count=1 <&5 2>/dev/null | hexdump -v -e "1/1 \"%02x\""; exec 5>&-')
		if [[ $said =~ 80010000002300000000[0-9a-f]{32}([0-9a-f]{8}) ]]; then
			echo "${BASH_REMATCH[1]}"
			return
		fi
	done
	echo "the TPM says: $said" >&2
	return 1
}

# companions NAME: those that live, "NAME PID" a line.
companions() {
	vmrun --json status "$1" | jq -r 'if type == "array" then .[0] else . end | .companions[]? | select(.pid) | "\(.name) \(.pid)"'
}

swtpm_pid() {
	companions "$1" | sed -n 's/^swtpm //p'
}

@test "a guest sees its TPM 2.0, and what the firmware measured into it" {
	tpm_guest web1 '"2.0"'
	run in_guest web1 'cat /sys/class/tpm/tpm0/tpm_version_major /sys/class/tpm/tpm0/pcr-sha256/0'
	[[ $status == 0 && ${lines[0]} == 2 && ${lines[1]} =~ ^[0-9A-F]{64}$ && ${lines[1]} != 000000* ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "a guest sees its TPM 1.2" {
	tpm_guest web1 '"1.2"'
	run in_guest web1 'cat /sys/class/tpm/tpm0/tpm_version_major /sys/class/tpm/tpm0/pcrs'
	[[ $status == 0 && ${lines[0]} == 1 && ${lines[1]} == PCR-00:* ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "the state of a TPM is kept, and belongs to the uid of its VM" {
	tpm_guest web1 '"2.0"'
	first=$(resets web1)
	vmrun stop -t 1 web1
	nothing_left
	uid=$(stat -c %u "$ROOT/lib/tpm/web1")
	[[ $uid != 0 && $(stat -c %a "$ROOT/lib/tpm/web1") == 700 ]]
	vmrun start web1
	[[ $(stat -c %u "/proc/$(swtpm_pid web1)") == "$uid" ]]
	grep -q '^CapEff:	0000000000000000$' "/proc/$(swtpm_pid web1)/status"
	second=$(resets web1)
	[[ $((16#$second)) == $((16#$first + 1)) ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "another uid for a VM takes over the state of its TPM" {
	vm web1 'tpm = "2.0";'
	vmrun start web1
	vmrun stop hard web1
	echo 'qemu_user = "games"; defaults = { accel = "tcg"; memory = "64M"; };' >"$ROOT/etc/vmrun.conf"
	vmrun start web1
	[[ $(stat -c %U "$ROOT/lib/tpm/web1" "$ROOT/lib/tpm/web1/tpm2-00.permall" | sort -u) == games ]]
	vmrun stop hard web1
	nothing_left
}

@test "status and the log tell of a TPM that has ended, and the VM goes on" {
	vm web1 'tpm = "2.0";'
	vmrun start web1
	kill -KILL "$(swtpm_pid web1)"
	wait_for 10 grep -q 'swtpm has ended (killed by signal 9 (Killed)), and the VM goes on without it' "$ROOT/log/web1.log"
	run vmrun status web1
	[[ $status == 0 && $output == *'swtpm, which has ended: killed by signal 9 (Killed)'* ]]
	vmrun stop hard web1
	nothing_left
}

@test "a supervisor that takes over a VM takes over its TPM" {
	vm web1 'tpm = "2.0";'
	vmrun start web1
	kill -KILL "$(supervisor_pid web1)"
	pid=$(swtpm_pid web1)
	[[ -n $pid ]]
	kill -KILL "$pid"
	wait_for 10 grep -q 'swtpm has ended' "$ROOT/log/web1.log"
	vmrun stop hard web1
	nothing_left
}

@test "a VM that is started again by its restart policy has its TPM again" {
	vm web1 'tpm = "2.0"; restart = { policy = "on-failure"; delay = 0; };'
	vmrun start web1
	first=$(swtpm_pid web1)
	kill -KILL "$(qemu_pid web1)"
	wait_for 20 grep -q 'restart 1 follows' "$ROOT/log/web1.log"
	vmrun wait --for running -t 20 web1
	second=$(swtpm_pid web1)
	[[ -n $second && $second != "$first" ]]
	gone "$first"
	vmrun stop hard web1
	nothing_left
}

@test "a TPM goes with its VM, whoever is killed" {
	local round victim pid
	vm web1 'tpm = "2.0";'
	for round in {1..12}; do
		vmrun start web1
		declare -A pids=([supervisor]=$(supervisor_pid web1) [qemu]=$(qemu_pid web1) [swtpm]=$(swtpm_pid web1))
		for victim in $(shuf -e supervisor qemu swtpm -n $((RANDOM % 3 + 1))); do
			kill -KILL "${pids[$victim]}" 2>/dev/null || :
		done
		vmrun gc
		wait_for 10 eval 'vmrun --quiet status web1; [[ $? == 0 || $? == 3 ]]'
		if vmrun --quiet status web1; then
			vmrun stop hard web1
		fi
		nothing_left || { echo "round $round"; return 1; }
	done
}

@test "a TPM of an ordinary user runs as that user" {
	chmod 755 "$ROOT"
	mkdir "$ROOT/user"
	mkdir -p "$ROOT/user/etc/vms"
	echo 'tpm = "2.0"; accel = "tcg"; memory = "64M";' >"$ROOT/user/etc/vms/web1.conf"
	chown -R games: "$ROOT/user"
	as_user() {
		net setpriv --reuid games --regid games --clear-groups "$VMRUN" --root "$ROOT/user" "$@"
	}
	as_user start web1
	pid=$(as_user --json status web1 | jq -r 'if type == "array" then .[0] else . end | .companions[0].pid')
	[[ $(stat -c %U "/proc/$pid") == games ]]
	as_user stop hard web1
	wait_for 10 no_processes
	[[ -z $(find "$ROOT/user/run" -mindepth 1) ]]
}

@test "a start that fails leaves no TPM behind" {
	vm web1 'tpm = "2.0"; args = ("-device", "no-such-device");'
	run vmrun start web1
	[[ $status == 1 && $output == *"'no-such-device' is not a valid device model name"* ]]
	nothing_left
}
