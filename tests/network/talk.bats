# Talking to a running VM: its console, monitor, QMP and log.
load ../lib/common

setup_file() {
	world
	export ROOT
	guest one 10.99.0.11
	vmrun start one
	wait_for 60 page 10.99.0.11
}

teardown_file() {
	end_world
}

# console_says TEXT KEYS: what console shows when KEYS are typed on a terminal holds TEXT.
console_says() {
	local command
	command=$(printf 'nsenter --net=%q -- %q --root %q console one' "$ROOT/net" "$VMRUN" "$ROOT")
	(printf '%b' "$2"; sleep 3; printf '\035') |
		timeout 20 script -qefc "$command" /dev/null 3>&- | grep -q "$1"
}

@test "console attaches to the guest's shell" {
	wait_for 30 console_says 'answer 42' '\necho answer $((6*7))\n'
}

@test "console says how to leave it" {
	local command
	command=$(printf 'nsenter --net=%q -- %q --root %q console one' "$ROOT/net" "$VMRUN" "$ROOT")
	run bash -c "(sleep 2; printf '\\035') | timeout 20 script -qefc \"$command\" /dev/null 3>&-"
	[[ $status == 0 && $output == *[Cc]trl-]* ]]
}

@test "console takes its input from a pipe as well" {
	(sleep 1; printf '\necho piped $((40+2))\n'; sleep 3) >"$ROOT/pipe" | :
	run timeout 20 bash -c "(printf '\\necho piped \$((40+2))\\n'; sleep 3) | \
		nsenter --net='$ROOT/net' '$VMRUN' --root '$ROOT' console one 3>&-"
	[[ $output == *"piped 42"* ]]
}

@test "the guest's console is in the log, with time stamps" {
	run -0 vmrun log one
	[[ $output == *"vmrun guest ready"* ]]
	[[ $(grep 'vmrun guest ready' <<<"$output") =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2} ]]
}

@test "monitor answers a command" {
	run -0 vmrun monitor one info name
	[[ $output == *one* ]]
}

@test "qmp answers a command in JSON" {
	run -0 vmrun qmp one query-status
	[[ $(jq -r .status <<<"$output") == running ]]
}

@test "qmp passes arguments, and fails with QEMU's own words" {
	run -0 vmrun qmp one human-monitor-command '{"command-line": "info version"}'
	run --separate-stderr -1 vmrun qmp one no-such-command
	[[ $stderr == *"no-such-command"* ]]
}

@test "a person on the QMP socket does not keep vmrun from its own" {
	net socat -u PIPE:"$ROOT/held" UNIX-CONNECT:"$ROOT/run/one/monitor.sock" &
	local holder=$!
	run -0 vmrun status one
	kill "$holder"
	wait "$holder" || :
	[[ $output == *running* ]]
}
