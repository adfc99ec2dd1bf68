# What starts VMs at boot: the rc.d script under an rc.subr of the tests' own, the launchd samples, and the sample of the
# host config. FreeBSD's rc and macOS's launchd themselves are not here.
load ../lib/common

conf=${VMRUN%/src/vmrun}/conf
top=$BATS_TEST_DIRNAME/../..

setup() {
	world
	export RC_LOG=$ROOT/calls RC_CONF=$ROOT/rc.conf
	: >"$RC_LOG"
	echo 'vmrun_enable="YES"' >"$RC_CONF"
	sed "s|^\. /etc/rc\.subr$|. $top/tests/lib/rc.subr|" "$conf/vmrun.rc" >"$ROOT/rc"
	grep -q "^\. $top" "$ROOT/rc"
}

teardown() {
	finish_test
}

# recorder [STATUS]: a vmrun that writes down what it is asked, one bracket a word, and ends with STATUS.
recorder() {
	cat >"$ROOT/recorder" <<-END
		#!/bin/sh
		{ printf vmrun; printf ' [%s]' "\$@"; echo; } >>"$RC_LOG"
		exit ${1:-0}
	END
	chmod +x "$ROOT/recorder"
	echo "vmrun_binary=\"$ROOT/recorder\"" >>"$RC_CONF"
}

# service ARGUMENT…: as service(8) does, in / and under sh.
service() {
	(cd / && exec sh "$ROOT/rc" "$@")
}

# calls: the last word of vmrun, and which modules were loaded before.
calls() {
	[[ $(cat "$RC_LOG") == "$1" ]] || { echo "called: $(cat "$RC_LOG")"; return 1; }
}

modules=$'kld if_tuntap\nkld if_bridge\n'

@test "rc.d: at boot the VMs with autostart are started, once the modules are there" {
	recorder
	run -0 service faststart
	calls "${modules}vmrun [start] [--enabled]"
}

@test "rc.d: without vmrun_vms restart stops every VM and starts those with autostart, status is about all" {
	recorder
	run -0 service restart
	run -0 service status
	calls "${modules}vmrun [stop] [--all]"$'\n'"vmrun [start] [--enabled]"$'\n'"vmrun [status] [--all]"
}

@test "rc.d: vmrun_vms says which VMs are started, and its globs are vmrun's" {
	recorder
	# shellcheck disable=SC2016
	echo 'vmrun_vms="web1 @prod t*"' >>"$RC_CONF"
	run -0 service start
	calls "${modules}vmrun [start] [web1] [@prod] [t*]"
}

@test "rc.d: names on the command line are meant instead" {
	recorder
	run -0 service start web1 db1
	run -0 service stop web1
	run -0 service restart db1
	run -0 service status web1
	calls "${modules}vmrun [start] [web1] [db1]"$'\n'"vmrun [stop] [web1]"$'\n'"${modules}vmrun [restart] [db1]"$'\n'"vmrun [status] [web1]"
}

@test "rc.d: when the host goes down every VM is stopped, also those that were started by hand" {
	recorder
	echo 'vmrun_vms="web1"' >>"$RC_CONF"
	run -0 service faststop
	calls "vmrun [stop] [--all]"
}

@test "rc.d: restart and status are about the VMs of vmrun_vms" {
	recorder
	echo 'vmrun_vms="web1 db1"' >>"$RC_CONF"
	run -0 service restart
	run -0 service status
	calls "${modules}vmrun [restart] [web1] [db1]"$'\n'"vmrun [status] [web1] [db1]"
}

@test "rc.d: vmrun_flags stand before the verb" {
	recorder
	echo 'vmrun_flags="-q -c /usr/local/etc/vmrun/other.conf"' >>"$RC_CONF"
	run -0 service status
	calls "vmrun [-q] [-c] [/usr/local/etc/vmrun/other.conf] [status] [--all]"
}

@test "rc.d: without vmrun_enable nothing is started or stopped, unless it is asked for once" {
	recorder
	sed -i /vmrun_enable/d "$RC_CONF"
	run -0 service start
	[[ $output == *"Set vmrun_enable to YES"* ]]
	run -0 service stop
	calls ""
	run -0 service onestop web1
	calls "vmrun [stop] [web1]"
}

@test "rc.d: what fails in vmrun fails in the service" {
	recorder 3
	local verb
	for verb in start stop restart status; do
		run -1 service "$verb"
	done
}

@test "rc.d: without the modules nothing is started; a jail cannot load any and starts all the same" {
	recorder
	RC_NO_KLD=1 run -1 service start
	[[ $output == *"Unable to load kernel module if_tuntap"* ]]
	calls "kld if_tuntap"
	: >"$RC_LOG"
	RC_JAILED=1 RC_NO_KLD=1 run -0 service start
	calls "vmrun [start] [--enabled]"
}

@test "rc.d: what another directive says is an error" {
	recorder
	run -1 service reload
	calls ""
}

# A vmrun below --root, as the script and the plists call theirs.
own_vmrun() {
	cat >"$ROOT/own" <<-END
		#!/bin/sh
		exec nsenter --net="$ROOT/net" -- "$VMRUN" --root "$ROOT" "\$@" 3>&-
	END
	chmod +x "$ROOT/own"
}

@test "rc.d: start returns when the VMs run, stop when nothing of them is left" {
	own_vmrun
	echo "vmrun_binary=\"$ROOT/own\"" >>"$RC_CONF"
	vm one 'args = [ "-S" ]; stop_timeout = "1s"; autostart = true; after = "two";'
	vm two 'args = [ "-S" ]; stop_timeout = "1s"; autostart = true;'
	run -0 service start
	[[ $output == *"two: running"*"one: running"* ]]
	run -0 service status
	run -0 service start
	[[ $output == *"already"* ]]
	run -0 service stop two
	run -1 service status
	run -0 service status one
	run -0 service stop
	nothing_left
}

# plist FILE KEY: a value, as JSON.
plist() {
	python3 -c 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))[sys.argv[2]]))' "$@"
}

@test "launchd: the samples keep a VM that failed alive, and give a guest its time to shut down" {
	local file
	for file in "$conf/daemon.plist" "$conf/agent.plist"; do
		[[ $(plist "$file" Label) == '"local.vmrun.web1"' ]]
		[[ $(plist "$file" ProgramArguments | jq -r '.[0]') == /*/bin/vmrun ]]
		[[ $(plist "$file" ProgramArguments | jq -c '.[1:]') == '["start","--foreground","web1"]' ]]
		[[ $(plist "$file" RunAtLoad) == true ]]
		[[ $(plist "$file" KeepAlive) == '{"SuccessfulExit": false}' ]]
		(($(plist "$file" ThrottleInterval) >= 10))
		[[ $(plist "$file" StandardErrorPath) == '"/'*web1.log'"' ]]
		# stop_timeout's default, QMP quit, SIGKILL, a hook.
		[[ $(grep -A 1 '"stop_timeout"' "$top/src/vm/keys.c") == *'.def = "60s"'* ]]
		(($(plist "$file" ExitTimeOut) > 60 + 5 + 10 + 30))
	done
	run -1 plist "$conf/daemon.plist" LimitLoadToSessionType
	[[ $(plist "$conf/agent.plist" LimitLoadToSessionType) == '"Aqua"' ]]
}

@test "launchd: sed makes the sample another VM's" {
	sed s/web1/db1/g "$conf/daemon.plist" >"$ROOT/db1.plist"
	[[ $(plist "$ROOT/db1.plist" Label) == '"local.vmrun.db1"' ]]
	[[ $(plist "$ROOT/db1.plist" ProgramArguments | jq -r '.[-1]') == db1 ]]
	run -1 grep web1 "$ROOT/db1.plist"
}

@test "launchd: the fleet's sample starts the VMs with autostart, and leaves them alone" {
	[[ $(plist "$conf/fleet.plist" ProgramArguments | jq -c '.[1:]') == '["start","--enabled"]' ]]
	[[ $(plist "$conf/fleet.plist" RunAtLoad) == true && $(plist "$conf/fleet.plist" AbandonProcessGroup) == true ]]
	run -1 plist "$conf/fleet.plist" KeepAlive
}

@test "launchd: told to end with SIGTERM the sample's command stops the guest with status 0; a wrong file is a failure" {
	local words pid status=0
	own_vmrun
	mapfile -t words < <(plist "$conf/daemon.plist" ProgramArguments | jq -r '.[1:][]')
	vm web1 'args = [ "-S" ]; stop_timeout = "1s";'
	"$ROOT/own" "${words[@]}" >"$ROOT/out" 2>&1 3>&- &
	pid=$!
	wait_for 20 grep -q running "$ROOT/out"
	kill -TERM "$pid"
	wait "$pid" || status=$?
	((status == 0)) || { cat "$ROOT/out"; return 1; }
	nothing_left
	vm web1 'memroy = 1;'
	run ! "$ROOT/own" "${words[@]}"
}

@test "the sample of the host config is a host config, with the places of this build" {
	run -0 "$VMRUN" --root "$ROOT" -c "$conf/vmrun.conf" list
	sed 's/^#\([a-z_]*_dir = \)/\1/' "$conf/vmrun.conf" >"$ROOT/etc/all.conf"
	grep -q '^run_dir' "$ROOT/etc/all.conf"
	run -0 "$VMRUN" --root "$ROOT" -c "$ROOT/etc/all.conf" list
}
