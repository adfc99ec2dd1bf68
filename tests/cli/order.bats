# When VMs start and stop: after whom, how many at once, and what holds back whom.
load ../lib/common

setup() {
	world
	# Nobody shuts down in these, and nobody needs to.
	sed -i 's/memory = "64M"/memory = "16M"; args = [ "-S" ]/' "$ROOT/etc/vmrun.conf"
}

teardown() {
	finish_test
}

# started NAME: when its QEMU was, in ms.
started() {
	local line
	line=$(grep ': started: ' "$ROOT/log/$1.log" | tail -n 1)
	[[ -n $line ]] && date -d "${line%% *}" +%s%3N
}

# before A B [MS]: A was started before B, and by so much.
before() {
	(($(started "$2") - $(started "$1") >= ${3:-1})) || {
		echo "$1 $(started "$1"), $2 $(started "$2")"
		return 1
	}
}

# names: of the VMs that have a line of outcome, in order.
names() {
	cut -d : -f 1 <<<"$output" | paste -sd ' '
}

layers() {
	vm db1
	vm app1 'requires = "db1"; tags = [ "app" ];'
	vm app2 'requires = "db1"; tags = [ "app" ];'
	vm web1 'requires = "@app";'
	vm web2 'requires = [ "app*" ];'
}

@test "what a VM requires is started before it, whether it was named or not" {
	layers
	run -0 --separate-stderr vmrun start -j 1 web1
	[[ $(names) == "db1 app1 app2 web1" && -z $stderr ]]
	run -0 vmrun start web1 web2
	[[ $output == *"web1: already"* && $output == *"web2: running"* && $output != *app* ]]
	vmrun stop hard --all
	nothing_left
}

@test "of those whose turn has come the higher priority goes first, then the name" {
	vm a
	vm b 'priority = 5;'
	vm c 'priority = -1;'
	vm d
	run -0 vmrun start -j 1 --all
	[[ $(names) == "b a d c" ]]
	vmrun stop hard --all
}

@test "after orders those that are started together, and starts nobody" {
	vm a 'after = [ "z*", "nobody" ];'
	vm z1
	vm z2
	run -0 vmrun start a
	[[ $(names) == a ]]
	vmrun stop hard a
	run -0 vmrun start -j 1 a z1
	[[ $(names) == "z1 a" ]]
	vmrun stop hard --all
}

@test "a VM that cannot be started: those that require it say so and are not, the rest is" {
	layers
	vm app2 'requires = "db1"; tags = [ "app" ]; kernel = "/nowhere";'
	vm later 'after = "app2";'
	run -1 --separate-stderr vmrun start web1 web2 later app1
	[[ $stderr == *"web1: not started: it requires app2, which was not started"* ]]
	[[ $stderr == *"web2: not started: it requires "*"which was not started"* ]]
	[[ $output == *"app1: running"* && $output == *"later: running"* && $output != *web* ]]
	run --separate-stderr vmrun --json start web1
	[[ $status != 0 ]]
	jq -e 'map({ (.name): .ok }) | add | .web1 == false and .app2 == false and (has("db1") | not)' <<<"$output"
	vmrun stop hard --all
}

@test "a file that does not parse holds back those that require it alone" {
	layers
	echo 'memory = ' >"$ROOT/etc/vms/app1.conf"
	run --separate-stderr vmrun start -j 1 app2 web2
	[[ $status != 0 && $(names) == "db1 app2" ]]
	[[ $stderr == *"app1: "*"app1.conf:1: "* && $stderr == *"web2: not started: it requires app1"* ]]
	vmrun stop hard --all
}

@test "requires that means nobody: status 78, by check and by start" {
	vm a 'cpus = 1;
requires = "db9";'
	vm b 'requires = "@db";'
	run -78 --separate-stderr vmrun check
	[[ $stderr == *"a.conf:2: requires: there is no VM called db9"* ]]
	[[ $stderr == *'b.conf:1: requires: no other VM matches "@db"'* ]]
	run -78 vmrun start a
	nothing_left
}

@test "a cycle: check and start show it with the place of each edge, and nobody else is held back" {
	vm db1 '
after = "web*";'
	vm app1 'requires = "db1";'
	vm web1 'requires = [ "app1" ];'
	vm behind 'requires = "app1";'
	vm other
	local file=$ROOT/etc/vms
	for verb in check start; do
		run -78 --separate-stderr vmrun "$verb" web1
		[[ $stderr == *"vmrun: web1: $file/web1.conf:1: requires: a cycle: web1 -> app1 -> db1 -> web1 ($file/web1.conf:1: requires \"app1\"; $file/app1.conf:1: requires \"db1\"; $file/db1.conf:2: after \"web*\")"* ]]
	done
	run --separate-stderr vmrun start --all
	[[ $status != 0 && $(names) == other ]]
	[[ $stderr == *"behind: not started: it requires app1"* ]]
	# What runs can be stopped, whatever its file has become.
	vmrun stop hard other
	echo >"$ROOT/etc/vms/db1.conf"
	vmrun -q start --all
	echo 'after = "web*";' >"$ROOT/etc/vms/db1.conf"
	run -0 vmrun start web1
	[[ $output == *already* ]]
	run -0 vmrun stop hard --all
	nothing_left
}

@test "stop: those that wait for others first, and with one those that require it" {
	layers
	vm other 'after = "db1";'
	vmrun -q start --all
	run -0 --separate-stderr vmrun stop hard db1 other
	[[ $(names) =~ ^(other )?(web[12] (other )?){2}(app[12] (other )?){2}db1$ ]]
	[[ $stderr == *"web1: is stopped as well"* && $stderr != *other* ]]
	nothing_left
	vmrun -q start --all
	run -0 vmrun stop hard web1
	[[ $(names) == web1 ]]
	vmrun stop hard --all
	nothing_left
}

@test "a file that has become wrong, or has gone, does not change in which order its VM is stopped" {
	layers
	vmrun -q start --all
	echo 'requires = ' >"$ROOT/etc/vms/app1.conf"
	rm "$ROOT/etc/vms/web1.conf"
	run -0 vmrun stop hard --all
	[[ $(grep -v ^vmrun <<<"$output" | cut -d : -f 1 | paste -sd ' ') =~ ^(web[12]\ ){2}(app[12]\ ){2}db1$ ]]
	nothing_left
}

@test "restart starts again all that it had to stop" {
	layers
	vmrun -q start web1 app2
	local pid
	pid=$(qemu_pid web1)
	run -0 vmrun restart -t 0 app1
	[[ $output =~ web1:\ stopped.*app1:\ stopped.*app1:\ running.*web1:\ running ]]
	[[ $output != *web2* && $output != *app2* && $(qemu_pid web1) != "$pid" ]]
	before app1 web1
	vmrun stop hard --all
}

@test "ready = SECONDS: those that come after wait for so long, nobody else does" {
	vm db1 'ready = 1;'
	vm app1 'after = "db1";'
	vm alone
	local begin=${EPOCHREALTIME/./}
	vmrun -q start alone
	run -0 vmrun start db1
	((${EPOCHREALTIME/./} - begin < 1000000))
	vmrun -q stop hard db1
	run -0 vmrun start -j 1 app1 db1
	before db1 app1 1000
	vmrun stop hard --all
}

@test "one that is never up delays those alone that wait for it, also under -j 1" {
	# QEMU takes connections to a forward also when its guest has not begun: that is no sign of life.
	vm hang 'nics = { user = true; forward = "tcp:127.0.0.1:8099:80"; }; ready = { by = "tcp:80"; timeout = "4s"; };'
	vm poor 'requires = "hang";'
	vm patient 'after = "hang";'
	vm a 'priority = -1;'
	vm b 'priority = -2; requires = "a";'
	run -1 --separate-stderr vmrun start -j 1 --all
	[[ $(names) == "hang a b patient" ]]
	[[ $stderr == *"hang: not ready within 4s: port 80 does not answer over its forward"* ]]
	[[ $stderr == *"poor: not started: it requires hang, which is not ready within 4s"* ]]
	before hang patient 4000
	(($(started b) - $(started hang) < 3500))
	vmrun stop hard --all
}

@test "one that ends before it is up: those that require it are not started, at once" {
	vm hang 'ready = 100;'
	vm poor 'requires = "hang";'
	net "$VMRUN" --root "$ROOT" start poor >"$ROOT/out" 2>&1 &
	wait_for 20 grep -q 'hang: running' "$ROOT/out"
	local status=0 begin=$SECONDS
	vmrun -q stop hard hang
	wait $! || status=$?
	((status == 1 && SECONDS - begin < 10))
	grep -q 'poor: not started: it requires hang, which has ended before it was ready' "$ROOT/out"
	nothing_left
}

@test "start_delay holds one VM back, and takes nobody's place" {
	vm a 'start_delay = "1s"; priority = 9;'
	vm b
	vm c 'after = "a";'
	run -0 vmrun start -j 1 --all
	[[ $(names) == "b a c" ]]
	before b a 700
	vmrun stop hard --all
}

@test "who comes after one that another command is starting waits for it" {
	vm db1 'ready = { by = "3s"; timeout = "10s"; };'
	vm web1 'after = "db1";'
	vmrun -q start db1
	vmrun -q start web1
	before db1 web1 3000
	# And not for one that should have been up long ago.
	vmrun -q stop hard web1
	echo 'ready = { by = "agent"; timeout = "1s"; }; agent = true;' >"$ROOT/etc/vms/db1.conf"
	local begin=$SECONDS
	vmrun -q start web1
	((SECONDS - begin < 3))
	vmrun stop hard --all
}

@test "start --ready and wait --for ready" {
	vm a 'ready = 1;'
	vm b 'ready = { by = "agent"; timeout = "1s"; }; agent = true;'
	local begin=${EPOCHREALTIME/./}
	run -0 vmrun start --ready a
	((${EPOCHREALTIME/./} - begin >= 1000000))
	run -0 vmrun wait --for ready a
	[[ $output == "a: ready" ]]
	run -1 --separate-stderr vmrun start --ready b
	[[ $output == *"b: running"* && $stderr == *"b: not ready within 1s: the guest's agent does not run"* ]]
	run -1 --separate-stderr vmrun wait -t 1 --for ready b
	[[ $stderr == *"b: not ready in time"* ]]
	vmrun stop hard --all
	run -1 vmrun wait -t 0 --for ready a
}

@test "start --enabled starts what says so, and tells of files that nobody can read" {
	run -0 vmrun start --enabled
	vm a 'autostart = true; requires = "c";'
	vm b
	vm c 'autostart = false;'
	run -0 vmrun start --enabled
	[[ $(names) == "c a" ]]
	vmrun -q stop hard --all
	echo 'autostart = true; memory = ' >"$ROOT/etc/vms/b.conf"
	run -78 --separate-stderr vmrun start --enabled
	[[ $(names) == "c a" && $stderr == *"b: "*"b.conf:1: "* ]]
	run -64 vmrun start --enabled a
	run -64 vmrun start --enabled --all
	run -64 vmrun stop --enabled
	vmrun stop hard --all
}

@test "in the foreground a VM waits for those that it requires, and starts none" {
	vm db1 'ready = { by = 1; timeout = "2s"; };'
	vm web1 'requires = "db1";'
	run -1 --separate-stderr vmrun start --foreground web1
	[[ $stderr == *"web1: waits for db1"* && $stderr == *"it requires db1, which is not up"* ]]
	nothing_left
	vm db1 'ready = { by = 1; timeout = "60s"; };'
	net "$VMRUN" --root "$ROOT" start --foreground web1 >"$ROOT/out" 2>&1 &
	vmrun -q start db1
	wait_for 20 grep -q 'web1: running' "$ROOT/out"
	before db1 web1 1000
	vmrun stop hard --all
	wait
}

@test "Ctrl-C: nothing more is begun, what was begun goes on, and the next command goes on from there" {
	vm db1 'ready = 60;'
	vm app1 'requires = "db1";'
	vm late 'start_delay = 60;'
	vm other
	local status=0
	net env TERM=xterm "$BATS_TEST_DIRNAME/../lib/on-terminal" -k 2 "$VMRUN" --root "$ROOT" start --all >"$ROOT/out" || status=$?
	[[ $status == 1 ]]
	grep -q 'app1: not started: interrupted' "$ROOT/out"
	grep -q 'late: not started: interrupted' "$ROOT/out"
	run grep -c 'db1: not started\|other: not started' "$ROOT/out"
	[[ $output == 0 ]]
	run -0 vmrun status db1 other
	run -3 vmrun status app1 late
	echo >"$ROOT/etc/vms/db1.conf"
	run -0 vmrun start app1
	[[ $(names) == app1 ]]
	vmrun stop hard --all
	nothing_left
}

@test "Ctrl-C during a stop: it says what still goes on, and that goes on" {
	vm db1
	vm app1 'requires = "db1";'
	local status=0 begin=$SECONDS supervisor
	vmrun -q start app1
	# Its supervisor does not answer, so that the stop lasts.
	supervisor=$(supervisor_pid app1)
	kill -STOP "$supervisor"
	net env TERM=xterm "$BATS_TEST_DIRNAME/../lib/on-terminal" -k 1 "$VMRUN" --root "$ROOT" stop hard --all >"$ROOT/out" || status=$?
	((status == 1 && SECONDS - begin < 20))
	grep -q 'app1: interrupted; it is still being stopped' "$ROOT/out"
	grep -q 'db1: not stopped: interrupted' "$ROOT/out"
	kill -CONT "$supervisor"
	run -0 vmrun wait -t 20 app1
	vmrun status db1
	vmrun stop hard db1
	nothing_left
}

@test "a second Ctrl-C ends the command at once, and no VM that has been begun" {
	vm db1 "$(printf 'nics = { bridge = "br0"; up = "%s/slow"; };' "$ROOT")"
	printf '#!/bin/sh\nsleep 4\n' >"$ROOT/slow"
	chmod 755 "$ROOT/slow"
	local status=0 begin=$SECONDS
	net env TERM=xterm "$BATS_TEST_DIRNAME/../lib/on-terminal" -k 1 -k 1.5 "$VMRUN" --root "$ROOT" start db1 >"$ROOT/out" || status=$?
	((status == 130 && SECONDS - begin < 4))
	run -0 vmrun start db1
	[[ $output == "db1: already"* ]]
	vmrun stop hard db1
	nothing_left
}

@test "on a terminal there is a line for each VM and a bar for the whole, elsewhere neither" {
	vm db1 'ready = 1;'
	vm app1 'requires = "db1";'
	local on=("$BATS_TEST_DIRNAME/../lib/on-terminal")
	start() {
		net env -u NO_COLOR TERM=xterm LC_ALL=C.UTF-8 "$@" "$VMRUN" --root "$ROOT" start app1 >"$ROOT/out" 2>&1
		vmrun -q stop hard --all
	}
	start "${on[@]}"
	grep -q '⠙' "$ROOT/out"
	grep -q '█' "$ROOT/out"
	grep -q 'app1  waits' "$ROOT/out"
	grep -q 'db1   running, not ready yet' "$ROOT/out"
	grep -q '1 of 2 started\|0 of 2 started' "$ROOT/out"
	grep -q $'\e\[36m' "$ROOT/out"
	# Its last word is the same as elsewhere.
	[[ $(tr -d '\r' <"$ROOT/out" | grep -c '^[^ ]*app1: running') == 1 ]]
	start env LC_ALL=C NO_COLOR=1 "${on[@]}"
	LC_ALL=C grep -q '\[-*\]\|\[#*-*\]' "$ROOT/out"
	run ! grep -q $'\e\[36m\|⠙' "$ROOT/out"
	start env TERM=dumb "${on[@]}"
	run ! grep -q $'\e\|waits' "$ROOT/out"
	start env
	run ! grep -q $'\e\|waits' "$ROOT/out"
	net env TERM=xterm "${on[@]}" "$VMRUN" --root "$ROOT" -q start app1 >"$ROOT/out" 2>&1
	[[ ! -s $ROOT/out ]]
	# More VMs than lines.
	vmrun -q stop hard --all
	for i in 1 2 3 4 5 6 7 8 9; do vm "web$i" 'requires = "app1"; priority = -1;'; done
	net env TERM=xterm "${on[@]}" -s 8x40 "$VMRUN" --root "$ROOT" start 'web*' >"$ROOT/out" 2>&1
	grep -q 'and [0-9]* more' "$ROOT/out"
	vmrun stop hard --all
}
