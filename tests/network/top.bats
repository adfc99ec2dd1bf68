# vmrun top: what VMs take of the host, against what guests were told to do.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# figure NAME KEY [OPTION…]: of top's document
figure() {
	local name=$1 key=$2
	shift 2
	vmrun --json top "$@" "$name" | jq -re ".vms[0].$key"
}

at_least() {
	local least=$1
	shift
	awk -v n="$("$@")" -v least="$least" 'BEGIN { exit !(n != "" && n != "null" && n + 0 >= least) }'
}

# A busy loop, a disk that is read, and frames: each in its own column, and of the guest that does it alone.
@test "CPU of a guest that computes, bytes that it reads and writes, frames that come and go" {
	truncate -s 32M "$ROOT/disk.raw"
	guest busy 10.99.0.11 "disks = ( { file = \"$ROOT/disk.raw\"; } );"
	vm idle 'args = [ "-S" ]; nics = ( { bridge = "br0"; } );'
	vmrun -q start busy idle
	wait_for 90 page 10.99.0.11
	in_guest busy 'dd if=/dev/vda of=/dev/null bs=1M count=20 && dd if=/dev/zero of=/dev/vda bs=1M count=8 && sync'
	wait_for 5 at_least $((20 << 20)) figure busy disk_read
	wait_for 5 at_least $((8 << 20)) figure busy disk_written
	(($(figure busy disk_written) < 16 << 20))
	[[ $(figure idle disk_read) == 0 ]]
	net ping -c 20 -i 0.01 -s 1000 10.99.0.11 >/dev/null
	at_least 20000 figure busy network_in
	at_least 20000 figure busy network_out
	in_guest busy 'sh -c "while :; do :; done" >/dev/null 2>&1 & true'
	run -0 vmrun --json top --interval 1s
	jq -e '.averages == "interval" and .interval >= 1 and .interval < 5' <<<"$output"
	jq -e '.vms | map(.name) == ["busy", "idle"]' <<<"$output"
	jq -e '.vms[0] | .vcpu_percent > 20 and .vcpu_percent > 2 * .io_percent' <<<"$output"
	jq -e '.vms[0] | (.cpu_percent - .vcpu_percent - .io_percent | fabs) < 0.1' <<<"$output"
	jq -e '.vms[1] | .vcpu_percent == 0 and .network_out_rate == 0 and .state == "paused"' <<<"$output"
	vmrun kill busy idle
	nothing_left
}

@test "memory is what the kernel says: resident and its proportional share" {
	local pid kib share
	vm web1 'args = [ "-S" ];'
	vmrun -q start web1
	pid=$(qemu_pid web1)
	run -0 vmrun --json top --sort pss web1
	kib=$(awk '/^Rss:/ { print $2 }' "/proc/$pid/smaps_rollup")
	share=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
	jq -e --argjson kib "$kib" '.vms[0].resident_memory / 1024 / $kib | . > 0.9 and . < 1.1' <<<"$output"
	jq -e --argjson kib "$share" '.vms[0].proportional_memory / 1024 / $kib | . > 0.9 and . < 1.1' <<<"$output"
	vmrun kill web1
	nothing_left
}

@test "a table once: a line of headings, one for each VM, in the order that was asked for" {
	local n
	vm alpha 'args = [ "-S" ];'
	vm beta 'args = [ "-S" ]; tags = [ "prod" ];'
	vm gamma ''
	vm stopped ''
	vmrun -q start alpha beta gamma
	run -0 --separate-stderr vmrun top --once --sort name
	[[ ${lines[0]} == "3 VMs: 1 running, 2 paused; CPU "* ]]
	[[ ${lines[2]} =~ ^NAME\ +STATE\ +CPU%\ +VCPU%\ +IO%\ +RSS\ +PSS\ +READ/s\ +WRITE/s\ +IN/s\ +OUT/s\ +UP$ ]]
	[[ ${lines[3]} == alpha\ *paused* && ${lines[4]} == beta\ * && ${lines[5]} == gamma\ *running* ]]
	((${#lines[@]} == 6))
	for n in 3 4 5; do
		((${#lines[n]} == ${#lines[2]}))
	done
	run -0 --separate-stderr vmrun top --sort -name
	[[ ${lines[3]} == gamma\ * && ${lines[5]} == alpha\ * ]]
	run -0 --separate-stderr vmrun top @prod
	((${#lines[@]} == 4))
	[[ ${lines[3]} == beta\ * ]]
	run -0 --separate-stderr vmrun top --all --sort name
	[[ ${lines[6]} =~ ^stopped\ +stopped(\ +-){10}$ ]]
	run -0 --separate-stderr vmrun top -n 2 --interval 200ms alpha
	[[ $(grep -c '^alpha ' <<<"$output") == 2 && $(grep -c '^rates of the last 0\.' <<<"$output") == 2 ]]
	vmrun kill --all
	nothing_left
}

@test "a QEMU that hangs, and a supervisor, are said to be unknown, and delay nobody" {
	local from keeper
	vm one 'args = [ "-S" ];'
	vm two 'args = [ "-S" ];'
	vm three 'args = [ "-S" ];'
	vmrun -q start one two three
	sleep 1.5
	kill -STOP "$(qemu_pid one)"
	keeper=$(supervisor_pid three)
	kill -STOP "$keeper"
	from=$(date +%s%N)
	run -0 --separate-stderr vmrun top --once --sort name
	(($(date +%s%N) - from < 2000000000))
	[[ ${lines[3]} =~ ^one\ +\?\ .*M ]]
	[[ ${lines[4]} =~ ^three\ +\?(\ +\?){10}$ ]]
	[[ ${lines[5]} =~ ^two\ +paused ]]
	kill -CONT "$(qemu_pid one)" "$keeper"
	wait_for 5 eval "vmrun top --once one | grep -q '^one  *paused'"
	vmrun kill --all
	nothing_left
}

# live TERM LINES COLUMNS [KEY…] -- COMMAND…: the screens that it paints; see tests/lib/painted.
live() {
	net python3 "$BATS_TEST_DIRNAME/../lib/painted" "$@"
}

@test "live on a terminal: painted anew, ordered by keys, scrolled, and left by q with the terminal as it was" {
	local n screen
	for n in $(seq -w 1 14); do
		vm "web$n" 'args = [ "-S" ]; memory = "16M";'
	done
	vmrun -q start --all -j 14
	run -0 live vt100 12 100 n DOWN G SIZE=20x100 N q -- "$VMRUN" --root "$ROOT" top --interval 10s
	[[ $output == *" by cpu, averages "*"== n"*" by name, averages "*"== G"*"status 0" ]]
	[[ ${output%%== n*} == *"14 VMs: 14 paused;"*$'\nrows 1 to 8 of 14\nNAME '*" CPU% "*" UP"* ]]
	screen=${output#*== n}
	[[ ${screen%%== G*} == *$'\nweb01 '*$'\nweb08 '* ]]
	screen=${output#*== G}
	[[ ${screen%%== SIZE*} == *$'\nrows 7 to 14 of 14\n'*$'\nweb07 '*$'\nweb14 '* ]]
	screen=${output#*== SIZE}
	[[ ${screen%%== N*} == *$'\nNAME '*$'\nweb01 '*$'\nweb14 '* ]]
	run -0 live vt100 12 100 -- "$VMRUN" --root "$ROOT" top -n 2 --interval 200ms
	[[ ${lines[-1]} == "status 0" ]]
	# One that cannot be painted on gets tables.
	run -0 live dumb 40 100 -- "$VMRUN" --root "$ROOT" top -n 1 --interval 200ms web01
	[[ $output == *"rates of the last 0."*"web01"*"status 0" ]]
	vmrun kill --all
	nothing_left
}
