# Events: one record for each thing that happens to a VM, read with log --events; and how a VM last ended.
load ../lib/common

check=$BATS_TEST_DIRNAME/../lib/check-json

setup() {
	world
	vm one 'args = [ "-S" ]; tags = [ "t" ];'
	vm two 'args = [ "-S" ]; restart = { policy = "on-failure"; delay = "1h"; max_delay = "1h"; };'
}

teardown() {
	finish_test
}

# last FIELD NAME: of how it last ended.
last() {
	vmrun --json status "$2" | jq -r ".[0].last_end.$1"
}

state_is() {
	[[ $(vmrun --json status "$2" | jq -r '.[0].state') == "$1" ]]
}

@test "what happens to VMs is told in order, for all, by name, glob and tag, also of a VM that is no more" {
	run -0 vmrun log --events
	[[ -z $output ]]
	vmrun start one
	vmrun stop hard one
	vmrun start two
	vmrun kill two
	run -0 vmrun log --events
	[[ $output == *"Z one: started: /"*" one: paused: "*" one: stopping (asked): "*" one: stopped (asked): told to quit"*" two: started"*" two: stopped (asked): killed" ]]
	rm "$ROOT/etc/vms/two.conf"
	for word in two 't*' 'tw?'; do
		run -0 vmrun log --events "$word"
		[[ $output == *" two: "* && $output != *" one: "* ]]
	done
	run -0 vmrun log --events @t
	[[ $output == *" one: "* && $output != *" two: "* ]]
	run -0 vmrun log --events -n 1
	[[ $(wc -l <<<"$output") == 1 && $output == *" two: stopped (asked): killed" ]]
	vmrun --json log --events >"$ROOT/printed"
	"$check" log "$ROOT/printed"
	jq -e 'length > 6 and all(.time and .vm and .event) and .[-1].cause == "asked"' "$ROOT/printed"
	# The file itself is lines of the same.
	jq -es 'length > 6' "$ROOT/log/events.jsonl"
	[[ $(stat -c %a "$ROOT/log/events.jsonl") == 640 ]]
	run -64 vmrun --json log one
}

@test "commands that make and change VM files tell so" {
	vmrun create three
	vmrun edit three --set memory=48M
	vmrun clone three four
	vmrun remove --yes three
	run -0 vmrun log --events
	[[ $output == *" three: created"*" three: edited"*" four: cloned: from three"*" three: removed"* ]]
}

@test "-f goes on over a rotation and a truncation" {
	local reader
	vmrun create a1
	vmrun log --events -f -n 0 >"$ROOT/read" 3>&- &
	reader=$!
	sleep 0.5
	vmrun create a2
	wait_for 10 grep -q ' a2: created' "$ROOT/read"
	mv "$ROOT/log/events.jsonl" "$ROOT/log/events.jsonl.1"
	vmrun create a3
	wait_for 10 grep -q ' a3: created' "$ROOT/read"
	: >"$ROOT/log/events.jsonl"
	sleep 0.5
	vmrun create a4
	wait_for 10 grep -q ' a4: created' "$ROOT/read"
	kill "$reader"
	[[ $(grep -c created "$ROOT/read") == 3 ]]
	# What was moved away is found as well.
	run -0 vmrun log --events
	[[ $output == *" a1: created"*" a4: created"* ]]
}

@test "a torn line is left out, and the next one is whole" {
	vmrun create a1
	printf '{"time":"2026-01-01T00:00:00.000Z","vm":"torn\n' >>"$ROOT/log/events.jsonl"
	vmrun create a2
	run -0 vmrun log --events
	[[ $(wc -l <<<"$output") == 2 && $output == *" a1: created"*" a2: created"* ]]
}

@test "status tells the last cause, signal or exit status, and when, of what is down as well" {
	vmrun start one
	kill -SEGV "$(qemu_pid one)"
	wait_for 10 state_is failed one
	[[ $(last cause one) == qemu-crashed && $(last signal one) == 11 && $(last time one) == 20*Z ]]
	run -3 vmrun status one
	[[ $output == *"last end    failed, qemu-crashed, signal 11, at 20"*"vmrun: failed (qemu-crashed): QEMU was killed by signal 11"* ]]
	vmrun start one
	vmrun qmp one quit
	wait_for 10 state_is stopped one
	[[ $(last cause one) == quit && $(last exit_status one) == 0 ]]
	vm one 'args = [ "-S", "-no-such-option" ];'
	run -1 vmrun start one
	[[ $(last cause one) == start-failed && $(last state one) == failed ]]
	state_is stopped one
}

@test "between two runs a VM is restarting; start does not wait, stop ends it" {
	vmrun start two
	kill -KILL "$(qemu_pid two)"
	wait_for 10 state_is restarting two
	run -0 vmrun status two
	[[ $output == *"two: restarting"*"restart     number 1, in 3"*"last end    restarting, killed, signal 9"* ]]
	run -0 vmrun metrics two
	[[ $output == *'vmrun_vm_state{vm="two",state="restarting"} 1'* ]]
	local verb rest
	for verb in console monitor 'qmp query-status'; do
		read -r verb rest <<<"$verb"
		run -1 vmrun "$verb" two $rest </dev/null
		[[ $output == *"vmrun: two: it is not running: it is started again soon" ]]
	done
	run -0 vmrun start two
	state_is paused two
	kill -KILL "$(qemu_pid two)"
	wait_for 10 state_is restarting two
	run -0 vmrun stop two
	state_is stopped two
	[[ $(last cause two) == asked ]]
	nothing_left
}

@test "hooks hear of events with the facts, as nobody waits for them" {
	printf '#!/bin/sh\nenv | grep ^VMRUN_ | sort >"%s/heard.$1"; sleep 20\n' "$ROOT" >"$ROOT/hook"
	chmod 755 "$ROOT/hook"
	vm one "args = [ \"-S\" ]; hooks = { on = \"failed\"; run = \"$ROOT/hook\"; };"
	vmrun start one
	kill -KILL "$(qemu_pid one)"
	wait_for 10 test -s "$ROOT/heard.failed"
	run -0 cat "$ROOT/heard.failed"
	[[ $output == *"VMRUN_CAUSE=killed"*"VMRUN_EVENT=failed"*"VMRUN_FILE=$ROOT/etc/vms/one.conf"*"VMRUN_SIGNAL=9"*"VMRUN_TIME=20"*"VMRUN_VM=one"* ]]
	[[ ! -e $ROOT/heard.started ]]
	run -0 vmrun start one
	run -0 vmrun kill one
	# Where nobody was there, whoever finds out has the hooks run.
	rm "$ROOT/heard.failed"
	vmrun start one
	kill -KILL "$(supervisor_pid one)" "$(qemu_pid one)"
	wait_for 10 eval 'vmrun gc | grep -q removed'
	wait_for 10 grep -q VMRUN_CAUSE=lost "$ROOT/heard.failed"
}

@test "check tells of a hook that cannot be run" {
	vm one "hooks = ( \"/bin/true\", { on = \"failed\"; run = \"$ROOT/missing\"; } );"
	run -78 vmrun check one
	[[ $output == *"$ROOT/etc/vms/one.conf:1: hooks[1].run: $ROOT/missing: No such file or directory"* && $output != *"hooks[0]"* ]]
	printf '#!/bin/sh\n' >"$ROOT/missing"
	run -78 vmrun check one
	[[ $output == *"hooks[1].run: $ROOT/missing: Permission denied"* ]]
	chmod 755 "$ROOT/missing"
	run -0 vmrun check one
}

@test "a hook that others can change is not run, and the log says so" {
	printf '#!/bin/sh\ntouch "%s/ran"\n' "$ROOT" >"$ROOT/hook"
	chmod 777 "$ROOT/hook"
	vm one "args = [ \"-S\" ]; hooks = \"$ROOT/hook\";"
	vmrun start one
	wait_for 10 grep -q "hook $ROOT/hook: " "$ROOT/log/one.log"
	vmrun kill one
	[[ ! -e $ROOT/ran ]]
}

# readies NAME: how often it was told that it is ready.
readies() {
	vmrun --json log --events "$1" | jq '[.[] | select(.event == "ready")] | length'
}

is_ready() {
	(($(readies "$1") == ${2:-1}))
}

@test "a VM is told to be ready once for each run, by the sign in its file, also where nobody waits for it" {
	printf '#!/bin/sh\necho "$VMRUN_VM $1 $VMRUN_BY" >>"%s/heard"\n' "$ROOT" >"$ROOT/hook"
	chmod 755 "$ROOT/hook"
	local hook="stop_timeout = 1; hooks = { on = \"ready\"; run = \"$ROOT/hook\"; };"
	vm one "$hook"
	vm two "$hook ready = 2;"
	vm three "$hook ready = \"tcp:10.99.0.1:4711\";"
	vm four "$hook ready = { by = \"tcp:10.99.0.1:4712\"; timeout = \"1s\"; };"
	vmrun start --all
	wait_for 10 is_ready one
	wait_for 10 is_ready two
	wait_for 20 grep -q 'not ready in time: port 4712 of 10.99.0.1: Connection refused' "$ROOT/log/four.log"
	is_ready three 0
	run -0 vmrun status three
	[[ $output == *"ready       not yet (tcp:10.99.0.1:4711)"* ]]
	# Another supervisor goes on looking, and tells nothing twice.
	kill -KILL "$(supervisor_pid three)" "$(supervisor_pid two)"
	vmrun list >/dev/null
	net python3 -m http.server -b 10.99.0.1 4711 >/dev/null 2>&1 &
	wait_for 20 is_ready three
	kill -KILL "$(supervisor_pid three)"
	vmrun --json list >"$ROOT/printed"
	"$check" list "$ROOT/printed"
	jq -e '.[] | select(.name == "three") | .ready == "tcp:10.99.0.1:4711" and .ready_since >= .started' "$ROOT/printed"
	run -0 vmrun status three
	[[ $output == *"ready       since 20"*"(tcp:10.99.0.1:4711)"* ]]
	is_ready two
	is_ready three
	is_ready four 0
	wait_for 10 eval '[[ $(sort "$ROOT/heard") == "one ready qmp
three ready tcp:10.99.0.1:4711
two ready 2s" ]]'
	vmrun --json log --events >"$ROOT/printed"
	"$check" log "$ROOT/printed"
}

@test "who looks whether a VM is ready ends with its supervisor" {
	vm one 'stop_timeout = 1; ready = "tcp:10.99.0.1:4711";'
	vmrun start one
	local before supervisor qemu
	supervisor=$(supervisor_pid one)
	qemu=$(qemu_pid one)
	wait_for 10 eval 'before=$(pgrep -P "$supervisor" | grep -vx "$qemu")'
	before=$(pgrep -P "$supervisor" | grep -vx "$qemu")
	kill -KILL "$supervisor"
	wait_for 2 gone "$before"
	vmrun start one
	vmrun stop one
	nothing_left
}
