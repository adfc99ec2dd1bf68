# What --json prints is what the schemas in man/schema say, field by field, in each state that there is to see; and
# each verb has such a schema, or says that it prints no JSON.
load ../lib/common

schemas=$BATS_TEST_DIRNAME/../../man/schema
check=$BATS_TEST_DIRNAME/../lib/check-json

setup() {
	world
	vm one 'tags = [ "t" ]; nics = ( { bridge = "br0"; }, { user = true; } ); agent = true;
		serial = ( { to = "socket"; }, { to = "pty"; } );'
	vm two 'nics = ( { bridge = "br0"; isolated = true; } );'
	vm bad 'memory = "none";'
}

teardown() {
	finish_test
}

# by SCHEMA STATUS WORDS…: vmrun --json WORDS… ends with STATUS, and prints what SCHEMA says.
by() {
	local schema=$1 wanted=$2 status=0
	shift 2
	vmrun --json "$@" >"$ROOT/printed" 2>"$ROOT/said" || status=$?
	((status == wanted)) && "$check" "$schema" "$ROOT/printed" && return
	echo "vmrun --json $*: status $status"
	head -n 50 "$ROOT/printed" "$ROOT/said"
	return 1
}

# holds FILTER: what was printed last is also so.
holds() {
	jq -e "$1" "$ROOT/printed" >/dev/null || { echo "not so: $1"; head -n 50 "$ROOT/printed"; return 1; }
}

@test "the schemas are such, and the manual names each" {
	local name
	"$check" --schemas >"$ROOT/schemas"
	(($(wc -l <"$ROOT/schemas") > 20))
	while read -r name; do
		grep -qF "${name%.json}" "$schemas/../vmrun.1.in" || { echo "vmrun.1 does not name $name"; return 1; }
	done <"$ROOT/schemas"
}

@test "each verb has a schema, or refuses --json" {
	local verb
	by help 0 help
	for verb in $(jq -r '.verbs[] | select(.json) | .name' "$ROOT/printed"); do
		# What QEMU answers is QEMU's to say.
		[[ $verb == qmp || -f $schemas/$verb.json ]] || { echo "there is no man/schema/$verb.json"; return 1; }
	done
	for verb in $(jq -r '.verbs[] | select(.json | not) | .name' "$ROOT/printed"); do
		run --separate-stderr vmrun --json "$verb" one
		[[ $status == 64 && -z $output && $stderr == "vmrun: $verb does not print JSON"* ]]
	done
	[[ $verb ]]
}

@test "each schema of a verb is used by a test" {
	local name
	for name in "$schemas"/*.json; do
		name=${name##*/}
		[[ $name == common.json ]] || grep -qE "\b(by|schema) ${name%.json} " "$BATS_TEST_DIRNAME"/../{cli,network,crash}/*.bats ||
			{ echo "no test looks at what $name describes"; return 1; }
	done
}

@test "start, stop, restart, kill, pause, resume, reset, link, wait: done, done already, and failed" {
	by start 78 start one bad
	holds 'any(.ok and .state == "running") and any(.ok == false and .status == 78)'
	by start 0 start one
	holds '.[0].already'
	by wait 0 wait --for running -t 20 one
	by pause 0 pause one
	by wait 0 wait --for paused -t 20 one
	by resume 0 resume one
	by reset 0 reset one
	by link 0 link one 1 down
	by link 0 link one up
	by wait 1 wait -t 1 one
	holds '.[0].error != ""'
	by stop 0 stop hard one two
	holds 'any(has("how")) and any(has("how") | not)'
	by restart 0 restart -t 1 one
	by restart 0 restart -t 1 one
	holds 'length == 2'
	by kill 0 kill one
	holds '.[0].how == "killed"'
	by kill 0 kill one
	by wait 0 wait one
	local verb
	for verb in pause resume reset; do
		by "$verb" 1 "$verb" one
		holds '.[0].ok == false'
	done
	by link 1 link one down
	by stop 0 stop none-such 2>/dev/null || by stop 78 stop none-such
}

@test "list and status: stopped, running, paused, failed, silent" {
	local pid
	vmrun start one two
	vmrun link one 1 down
	by list 0 list
	holds 'length == 3 and (map(select(.state == "running")) | length) == 2'
	by status 3 status one two bad
	holds '.[0] | .resident_memory > 0 and .supervisor_memory > 0 and .nics[1].link == false'
	vmrun pause one
	by status 0 status one
	holds '.[0].state == "paused"'
	pid=$(qemu_pid one)
	kill -STOP "$pid"
	by status 4 status one
	by list 0 list one
	kill -CONT "$pid"
	kill -KILL "$pid"
	wait_for 10 by status 3 status one
	holds '.[0] | .state == "failed" and .failure != ""'
	by list 0 list
	by status 4 status none-such || by status 78 status none-such
}

@test "log --events" {
	vmrun start one
	vmrun link one 1 down
	vmrun kill one
	by log 0 log --events
	holds 'any(.event == "link" and .up == false) and any(.cause == "asked")'
	by log 0 log --events none-such
	holds 'length == 0'
}

@test "check, argv, mac, version, help" {
	by check 78 check
	holds 'any(.ok == false) and any(.ok)'
	by check 0 check one
	by check-host 0 check --host
	by argv 0 argv one
	by argv 0 argv one two
	holds 'keys == ["one", "two"]'
	vmrun start one
	vmrun stop hard one
	vm two 'nics = ( { bridge = "br0"; mac = "52:54:00:01:02:03"; } );'
	by mac 0 mac
	holds 'any(.from == "ledger") and any(.from == "file")'
	by mac-release 1 mac release one || by mac-release 75 mac release one
	holds '.[0].ok == false'
	rm "$ROOT/etc/vms/one.conf"
	by mac-release 0 mac release one
	echo 'mac = { range = "52:54:00:10:00:00/28"; };' >"$ROOT/a.conf"
	by mac-check 78 mac check "$ROOT/a.conf" "$ROOT/a.conf" || by mac-check 78 mac check "$ROOT/a.conf" "$ROOT/etc/vmrun.conf"
	by version 0 version
	by help 0 help
	by help 0 help start
}

@test "screenshot" {
	vm one 'display = { vnc = ":7"; }; args = [ "-S" ];'
	by screenshot 1 screenshot one "$ROOT/one.png"
	vmrun start one
	by screenshot 0 screenshot one "$ROOT/one.png"
	holds '.[0].width > 0'
	by screenshot 1 screenshot one "$ROOT/one.png"
	holds '.[0].error != ""'
}

@test "top" {
	by top 0 top
	holds '.vms == []' || holds '. == []'
	vmrun start one two
	by top 0 top
	by top 0 top --interval 200ms
	by top 0 top --all
	# 0.03 is not printed as 0.029999999999999999.
	run ! grep -E '[0-9]\.[0-9]{16}' "$ROOT/printed"
	kill -STOP "$(qemu_pid one)"
	by top 0 top
	kill -CONT "$(qemu_pid one)"
}

@test "show, create, edit, clone, remove" {
	by show 0 show one
	holds '.one | any(.key == "tags" and .line == 1) and any(.default)'
	by show 78 show one bad
	by create 0 create three --disk 1M --set nics[0].user=true
	holds '.[0] | .state == "created" and (.disks | length) == 1'
	by create 1 create three || by create 78 create three
	holds '.[0].ok == false'
	by create 0 create four five --start
	by edit 0 edit four --set cpus=2
	holds '.[0] | .state == "changed" and .running'
	by edit 0 edit four --set cpus=2
	by edit 78 edit four --set cpus=none
	holds '.[0].ok == false'
	vm six 'display = { vnc = ":5"; }; nics = ( { bridge = "br0"; ifname = "six0"; } ); args = [ "-S" ];'
	by clone 0 clone six seven --start
	holds '.[0] | .state == "created" and (.changes | map({ (.key): .value }) | add) == { "display.vnc": ":6", "nics[0].ifname": null }'
	by clone 1 clone six seven
	qemu-img create -q -f qcow2 "$ROOT/eight.qcow2" 1M
	vm eight "disks = ( { file = \"$ROOT/eight.qcow2\"; } );"
	by clone 0 clone --linked eight nine
	holds '.[0].bases | length == 1'
	by remove 0 remove --yes --disks --force nine four
	holds '(.[0].images | length) == 1 and any(.state == "stopped") and any(.log)'
	by remove 0 remove --yes eight
	holds '.[0].kept[0].why == "not asked for"'
	by remove 1 remove five
	vmrun -q kill five
	by remove 64 remove five
}

@test "net, ip, forward, gc" {
	by net 0 net
	vmrun start one two
	by net 0 net
	holds 'any(.kind == "none") and any(.ports[].vm == "two")'
	by forward 0 forward one add tcp:127.0.0.1:2222:22
	by forward-list 0 forward one list
	holds '.forwards | length == 1'
	by forward 0 forward one remove tcp:127.0.0.1:2222:22
	by ip 1 ip one two
	by gc 0 gc
	holds 'length == 0'
	net ip link set "$(ports br0 | head -n 1)" nomaster
	by gc 0 gc
	holds '.[0].nic == 0'
	kill -KILL "$(supervisor_pid one)"
	kill -KILL "$(qemu_pid two)" "$(supervisor_pid two)"
	by gc 0 gc
	holds 'length > 0'
}

@test "net up, net down" {
	printf 'bridges = ( { name = "br0"; uplink = "eth0"; } );\n' >>"$ROOT/etc/vmrun.conf"
	by net-up 1 net up br0
	holds '.[0].ok == false'
	net ip link add eth0 address 02:00:00:00:00:02 type veth peer name far0
	net ip link set far0 up
	net ip link set eth0 up
	net ip addr add 192.0.2.10/24 dev eth0
	net ip addr flush dev br0
	by net-up 0 net up br0
	holds '.[0] | .already == false and .addresses == 1'
	by net-up 0 net up br0
	by net 0 net
	by net-up 0 net down br0
}

@test "the documents of the golden pictures" {
	"$check" net "$BATS_TEST_DIRNAME/../golden/picture/busy.json"
	"$check" net "$BATS_TEST_DIRNAME/../golden/picture/empty.json"
}

@test "a field that no schema has, one that is missing, and one of another kind are seen" {
	by version 0 version
	# refuses SCHEMA DOCUMENT
	refuses() {
		run -1 "$check" "$1" <(echo "$2")
	}
	refuses version '{ "version": "1", "more": 1 }'
	[[ $output == *"'more' was unexpected"* ]]
	refuses version '{}'
	refuses version '{ "version": 1 }'
	refuses stop '[{ "name": "a", "ok": true, "state": "stopped", "error": "x" }]'
	refuses list '[{ "name": "a", "state": "stopped", "nics": [{ "mac": "52:54:00:00:00:01", "network": "lan", "link": true }] }]'
}

@test "limits, in check, list and status" {
	vm three 'args = [ "-S" ]; memory = "64M"; memory_max = "300M"; cpu_weight = 50; cpus_allowed = "0";'
	by check 0 check three
	holds '.[0].limits | has("memory_max") and has("cpus_allowed")'
	vmrun start three
	by status 0 status three
	holds '.[0].limits | .memory_max == 314572800 and (.by | has("cpu_weight"))'
	by list 0 list three
	vmrun kill three
}

@test "diff, apply: what differs, what would be done, what was done, and what is wrong" {
	vm one 'autostart = true; nics = ( { bridge = "br0"; } );'
	by diff 78 diff
	holds 'any(.apply == "start" and .state == "stopped") and any(.ok == false and .status == 78)'
	by apply 78 apply --dry-run
	holds 'any(.would == "start") and any(.ok == false)'
	rm "$ROOT/etc/vms/bad.conf"
	by apply 0 apply
	holds 'length == 1 and .[0].state == "running" and .[0].pid > 0'
	by apply 0 apply
	holds 'length == 0'
	by diff 0 diff
	holds 'length == 0'
	vm one 'autostart = true; memory = "72M"; description = "x"; nics = ( { bridge = "br0"; isolated = true; }, { user = true; } );'
	by diff 1 diff
	holds '.[0].apply == "restart" or .[0].apply == "change, restart"'
	holds '.[0].changes | any(.key == "memory.size" and .runs == "\"64M\"" and .file == "\"72M\"" and .how == "restart")'
	by apply 0 apply --dry-run
	holds '.[0].would == "change"'
	by apply 0 apply
	holds '.[0].did == "change" and .[0].changed == ["description"] and (.[0].waiting | index("memory.size"))'
	by apply 0 apply
	holds '.[0].did == "none"'
	by apply 0 apply --restart -t 0
	holds 'length == 2'
	vm one 'autostart = true; memory = "72M"; description = "y"; nics = ( { bridge = "br7"; isolated = true; }, { user = true; } );'
	by apply 1 apply
	holds 'any(.changed == ["description"]) and any(.ok == false)'
	rm "$ROOT/etc/vms/one.conf"
	by diff 1 diff
	holds '.[0].apply == "stop" and .[0].file == null'
	by apply 0 apply
	holds '.[0].did == "none"'
	by apply 0 apply --prune --dry-run
	holds '.[0].would == "stop"'
	by apply 0 apply --prune -t 0
}
