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

# On a terminal: what console shows while KEYS are typed, again and again, until Ctrl-].
console_on_terminal() {
	local command
	command=$(printf 'nsenter --net=%q -- %q --root %q console one' "$ROOT/net" "$VMRUN" "$ROOT")
	(for _ in {1..8}; do printf '%b' "$1"; sleep 0.5; done; printf '\035') |
		timeout 30 script -qefc "$command" /dev/null 3>&-
}

@test "console attaches to the guest's shell, and Ctrl-] leaves it" {
	run -0 console_on_terminal '\necho answer $((6*7))\n'
	[[ $output == *"answer 42"* ]]
}

@test "console says how to leave it" {
	run -0 console_on_terminal ''
	[[ $output == *Ctrl-]* ]]
}

@test "console takes its input from a pipe as well" {
	run timeout 20 bash -c "(printf '\\necho piped \$((40+2))\\n'; sleep 3) | \
		nsenter --net='$ROOT/net' '$VMRUN' --root '$ROOT' console one 3>&-"
	[[ $output == *"piped 42"* ]]
}

@test "the log says which QEMU was started and when" {
	run -0 vmrun log one
	[[ $output =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*pid\ $(qemu_pid one) ]]
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
	run -0 vmrun qmp one human-monitor-command 'command-line=info version'
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
