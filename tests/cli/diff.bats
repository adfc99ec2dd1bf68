# What runs against what the files say, and making the one be the other; with VMs that boot nothing.
load ../lib/common

setup() {
	world
	mkdir "$ROOT/img"
	truncate -s 4M "$ROOT"/img/{a,b}.raw "$ROOT"/img/{a,b}.iso
}

teardown() {
	finish_test
}

# same NAME: nothing differs, and a second apply does nothing.
same() {
	run -0 vmrun diff "$1"
	[[ -z $output ]]
	run -0 vmrun apply "$1"
	[[ $output == "nothing to do" ]]
}

# ask NAME COMMAND FILTER: what QEMU says.
ask() {
	vmrun qmp "$1" "$2" | jq -c "$3"
}

@test "what is to run and does not is started, once, and --dry-run does nothing" {
	vm one 'autostart = true;'
	vm two ''
	run -1 vmrun diff
	[[ $output == "one: does not run, and autostart = true  (start)" ]]
	run -0 vmrun apply --dry-run
	[[ $output == "one: would start" ]]
	run -1 vmrun diff
	run -0 vmrun apply
	[[ $output == "one: running, pid "* ]]
	run -3 vmrun status two
	same one
	run -0 vmrun diff
	[[ -z $output ]]
}

@test "the same in other words is no difference" {
	vm one 'memory = "64M"; nics = ( { bridge = "br0"; } ); stop_timeout = 60;'
	vmrun start one
	vm one '# another comment
		nics = "br0"; stop_timeout = "1m"; memory = { size = 67108864; };'
	same one
	# And what the host config says belongs to it.
	echo 'defaults = { accel = "tcg"; memory = "64M"; description = "all"; };' >"$ROOT/etc/vmrun.conf"
	run -1 vmrun diff
	[[ $output == 'one: description: (not given) -> "all"  (live)' ]]
	run -0 vmrun apply
	same one
}

@test "what QEMU and the host can change is changed, kept, and seen" {
	local before
	bridge br1
	vm one "disks = ( { file = \"$ROOT/img/a.raw\"; limits = { iops = 100; }; }, \"$ROOT/img/b.raw\" );
		cdrom = ( \"$ROOT/img/a.iso\", { } );
		nics = ( { bridge = \"br0\"; rate = { in = \"8M\"; }; }, { user = true; forward = \"tcp:127.0.0.1:2201:22\"; } );
		watchdog = \"i6300esb\"; pvpanic = true;"
	vmrun start one
	before=$(qemu_pid one)
	vm one "description = \"changed\"; tags = [ \"t\" ]; stop_timeout = 7; restart = \"always\"; autostart = true;
		disks = ( { file = \"$ROOT/img/a.raw\"; limits = { iops = 200; bps = \"1M\"; }; },
			{ file = \"$ROOT/img/b.raw\"; limits = { iops_read = 50; }; } );
		cdrom = ( \"$ROOT/img/b.iso\", \"$ROOT/img/a.iso\" );
		balloon = { target = \"32M\"; };
		nics = ( { bridge = \"br1\"; learning = false; rate = { in = \"16M\"; out = \"4M\"; }; link = false; },
			{ user = true; forward = [ \"tcp:127.0.0.1:2202:22\", \"udp:127.0.0.1:5353:53\" ]; } );
		watchdog = { model = \"i6300esb\"; action = \"pause\"; }; pvpanic = true; on_panic = \"pause\"; on_reboot = \"shutdown\";"
	run -1 vmrun diff
	[[ $output != *"(restart)"* && $(grep -c '(live)' <<<"$output") == 20 ]]
	[[ $output == *'one: nics[0].bridge: "br0" -> "br1"  (live)'* ]]
	run -0 vmrun apply --dry-run
	[[ $output == *'one: would change nics[0].bridge: "br0" -> "br1"'* ]]
	[[ $(net ip -j link show one.0 | jq -r '.[0].master') == br0 ]]
	run -0 vmrun apply
	[[ $(grep -c '^one: changed ' <<<"$output") == 20 ]]
	[[ $(qemu_pid one) == "$before" ]]
	same one

	ask one query-block '[.[] | select(.qdev | test("cdrom")) | .inserted["node-name"]]' | grep -qx '\["cdrom0-1","cdrom1-1"\]'
	# Of the old medium QEMU has nothing any more.
	[[ $(ask one query-fdsets '[.[].fds[].opaque] | sort') == '["cdrom0-1","cdrom1-1","disk0","disk1"]' ]]
	vmrun --json qmp one qom-get path=/objects/disk0-limits property=limits | jq -e '."iops-total" == 200 and ."bps-total" == 1048576'
	ask one query-block '.[] | select(.qdev | test("disk1")) | .inserted.iops_rd' | grep -qx 50
	[[ $(net ip -j link show one.0 | jq -r '.[0].master') == br1 ]]
	net bridge -d link show dev one.0 | grep -q 'learning off'
	net tc qdisc show dev one.0 | grep -q 'tbf .*rate 16Mbit'
	net tc qdisc show dev "$(others | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p')" | grep -q 'tbf .*rate 4Mbit'
	vmrun forward one list | grep -q 2202
	run ! grep -q 2201 <(vmrun forward one list)
	[[ $(vmrun --json status one | jq -c '.[0] | [.restart, .stop_timeout, .nics[0].link, .nics[0].bridge]') == '["always",7000,false,"br1"]' ]]

	# And all of it back.
	vm one "disks = ( \"$ROOT/img/a.raw\", \"$ROOT/img/b.raw\" );
		cdrom = ( { }, { } );
		nics = ( { bridge = \"br0\"; }, { user = true; } );
		watchdog = \"i6300esb\"; pvpanic = true;"
	run -0 vmrun apply
	same one
	[[ $(ask one query-fdsets '[.[].fds[].opaque] | sort') == '["disk0","disk1"]' ]]
	vmrun --json qmp one qom-get path=/objects/disk0-limits property=limits | jq -e '."iops-total" == 0 and ."bps-total" == 0'
	[[ $(net ip -j link show one.0 | jq -r '.[0].master') == br0 ]]
	run ! grep -q tbf <(net tc qdisc show dev one.0)
	[[ -z $(others) ]]
	vmrun -q stop hard one
	nothing_left
}

@test "what takes a restart is named until it is restarted" {
	local before
	vm one 'memory = "64M";'
	vm two 'memory = "64M";'
	vmrun -q start one two
	before=$(qemu_pid one)
	vm one 'memory = "96M"; description = "more"; nics = ( { bridge = "br0"; isolated = true; } );'
	run -1 vmrun diff
	[[ $output == *'one: memory.size: "64M" -> "96M"  (restart)'* ]]
	[[ $output == *'one: nics[0]: added { bridge = "br0"; isolated = true; }  (restart)'* ]]
	[[ $output == *'one: description: (not given) -> "more"  (live)'* && ${#lines[@]} == 3 ]]
	run -0 vmrun apply
	[[ $output == *'one: changed description'* && $output == *'one: waits for a restart: memory.size: "64M" -> "96M"'* ]]
	run -0 vmrun apply
	[[ $output != *changed* && $output == *'one: waits for a restart: memory.size'* ]]
	[[ $(qemu_pid one) == "$before" ]]
	run -0 vmrun apply --dry-run --restart
	[[ $output == *'one: would restart for memory.size: "64M" -> "96M"'* ]]
	[[ $(qemu_pid one) == "$before" ]]
	run -0 vmrun apply --restart -t 0
	[[ $output == *'one: restarts for memory.size'* ]]
	[[ $(qemu_pid one) != "$before" && $(vmrun --json status one | jq '.[0].memory') == $((96 << 20)) ]]
	same one
	same two
}

@test "nothing is stopped for a restart that would not start again" {
	local before
	vm one 'memory = "64M";'
	vmrun -q start one
	before=$(qemu_pid one)
	vm one 'memory = "64M"; nics = "br7"; qemu = "/nowhere/qemu-system-x86_64";'
	run -1 vmrun apply --restart
	[[ $output == *"one: is not restarted, because it would not start: "*nowhere* ]]
	[[ $(qemu_pid one) == "$before" ]]
	vm one 'memry = "64M";'
	run -78 vmrun restart one
	[[ $output == *"one: is not restarted, because it would not start: $ROOT/etc/vms/one.conf:1: memry"* ]]
	[[ $(qemu_pid one) == "$before" ]]
	# What it has itself is not in its way.
	vm one 'memory = "64M"; nics = ( { user = true; forward = "tcp:127.0.0.1:2201:22"; } );'
	run -0 vmrun apply --restart -t 0
	vm one 'memory = "72M"; nics = ( { user = true; forward = "tcp:127.0.0.1:2201:22"; } );'
	run -0 vmrun apply --restart -t 0
	[[ $(qemu_pid one) != "$before" && $(vmrun --json status one | jq '.[0].memory') == $((72 << 20)) ]]
}

@test "what a file names and the host has not takes no VM down that is to restart" {
	local before key
	vm one ''
	vmrun -q start one
	before=$(qemu_pid one)
	while read -r key; do
		vm one "$key"
		run -78 vmrun apply --restart -t 0
		[[ $output == *"one: is not restarted, because it would not start: $ROOT/etc/vms/one.conf:1: "*nowhere* ]]
		run -78 vmrun apply --restart --dry-run
		[[ $output == *"one: is not restarted"* && $output != *"would restart"* ]]
		run -78 vmrun restart -t 0 one
		[[ $output == *"one: is not restarted"*nowhere* && $(qemu_pid one) == "$before" ]]
	done <<-END
		disks = ( { file = "/nowhere/one.qcow2"; } );
		disks = ( { file = "$ROOT/one.qcow2"; size = "1M"; base = "/nowhere/base.qcow2"; } );
		cdrom = "/nowhere/one.iso";
		kernel = "/nowhere/vmlinuz";
		nics = "nowhere";
		nics = ( { tap = "nowhere"; } );
		display = { vnc = ":4"; password_file = "/nowhere/password"; };
		serial = { to = "device"; path = "/dev/nowhere"; };
		shares = ( { path = "/nowhere"; tag = "files"; type = "9p"; } );
	END
	# Nor one that requires it, or that it requires.
	vm two 'requires = "one";'
	vm one ''
	vmrun -q start two
	vm two 'requires = "one"; disks = "/nowhere/two.qcow2";'
	run -78 vmrun restart -t 0 one
	[[ $output == *"one: is not restarted: two, which requires it and runs, would not start again: "*nowhere* ]]
	[[ $(qemu_pid one) == "$before" ]]
	# What one of them makes for another that does not run yet is not missed before.
	vmrun -q kill two
	vm two 'requires = "one"; disks = "'"$ROOT"'/later.qcow2";'
	qemu-img create -q -f qcow2 "$ROOT/later.qcow2" 1M
	run -0 vmrun restart -t 0 one two
}

@test "a file that is wrong takes no VM down, stops no other, and the message says where" {
	local one two three before
	vm one 'autostart = true;'
	vm two 'uuid = "0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60";'
	vm three ''
	vm four ''
	vmrun -q start one two three four
	before=$(for vm in one two three four; do qemu_pid "$vm"; done)
	vm one $'autostart = true;\nmemry = "1G";'
	vm three $'\n\nmemory = "1G"'$'\n''tags = ('
	vm four 'uuid = "0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60";'
	vm two 'uuid = "0b9d4f4c-1f6e-4a52-9d0e-3a7c5b1e2f60"; description = "new";'
	vm five 'autostart = true;'
	for verb in diff apply 'apply --dry-run' 'apply --restart --prune'; do
		run -78 vmrun $verb
		[[ $output == *"one: $ROOT/etc/vms/one.conf:2: memry: "*"did you mean \"memory\""* ]]
		[[ $output == *"three: $ROOT/etc/vms/three.conf:"* ]]
		[[ $output == *"four: "*"uuid"*"two"* ]]
		[[ $(for vm in one two three four; do qemu_pid "$vm"; done) == "$before" ]]
	done
	run -0 vmrun status five
	# Once the clash is gone, so is what stood in the way.
	vm four ''
	run -78 vmrun apply
	[[ $output == *'two: changed description'* ]]
	run -0 --separate-stderr vmrun apply two four five
	[[ $output == "nothing to do" ]]
}

@test "a VM without a file runs on, unless --prune" {
	vm one ''
	vm two ''
	vmrun -q start one two
	rm "$ROOT/etc/vms/one.conf"
	run -1 vmrun diff
	[[ $output == "one: runs, and has no file  (stop, with --prune)" ]]
	run -0 vmrun apply
	[[ $output == "one: has no file any more, and runs on (--prune stops it)" ]]
	run -0 vmrun apply --prune --dry-run
	[[ $output == "one: would stop: it has no file any more" ]]
	run -0 vmrun status one
	run -0 vmrun apply --prune -t 0
	[[ $output == "one: stopped"* ]]
	run -0 vmrun apply --prune
	[[ $output == "nothing to do" ]]
	run -0 vmrun status two
}

@test "an instance that its file does not list any more runs on, unless --prune; others are no matter of it" {
	vm worker@ 'instances = [ "1..3", "x" ]; autostart = true;'
	vmrun -q start 'worker@{1,2,3,x,9}'
	run -0 vmrun diff
	[[ -z $output ]]
	vm worker@ 'instances = "1..2"; autostart = true;'
	run -1 vmrun diff
	[[ $output == "worker@3: runs, and is not among the instances of its file any more  (stop, with --prune)
worker@x: runs, and is not among the instances of its file any more  (stop, with --prune)" ]]
	run -0 vmrun apply
	[[ $output == "worker@3: is not among the instances of its file any more, and runs on (--prune stops it)"* ]]
	run -0 vmrun apply --prune --dry-run
	[[ $output == "worker@3: would stop: it is not among the instances of its file any more"*"worker@x: would stop"* ]]
	# A list that is wrong stops nobody.
	vm worker@ 'instances = "a b"; autostart = true;'
	run ! vmrun apply --prune
	for i in 1 2 3 x 9; do run -0 vmrun status "worker@$i"; done
	vm worker@ 'instances = "1..2"; autostart = true;'
	run -0 vmrun apply --prune -t 0
	[[ $output == *"worker@3: stopped"* && $output == *"worker@x: stopped"* ]]
	# One that was started by hand never was of the fleet.
	for i in 1 2 9; do run -0 vmrun status "worker@$i"; done
	run -0 vmrun apply --prune
	[[ $output == "nothing to do" ]]
}

@test "a VM that was started by its path is held against that file" {
	mkdir "$ROOT/here"
	vm one 'description = "the other one";'
	echo 'description = "a";' >"$ROOT/here/one.conf"
	mv "$ROOT/etc/vms/one.conf" "$ROOT/one.conf"
	vmrun -q start "$ROOT/here/one.conf"
	mv "$ROOT/one.conf" "$ROOT/etc/vms/one.conf"
	run -0 vmrun diff
	echo 'description = "b";' >"$ROOT/here/one.conf"
	run -0 vmrun apply
	[[ $output == 'one: changed description: "a" -> "b"' ]]
	same "$ROOT/here/one.conf"
	run -78 vmrun diff one
	[[ $output == *"the name means two VMs"* ]]
}

@test "what was changed by a command differs from the file, and apply puts it back" {
	vm one 'nics = ( { user = true; forward = "tcp:127.0.0.1:2201:22"; } );'
	vmrun -q start one
	vmrun -q link one down
	vmrun -q forward one add tcp:127.0.0.1:2202:80
	run -1 vmrun diff
	[[ $output == *'one: nics[0].link: false -> true  (live)'* ]]
	[[ $output == *'one: nics[0].forward: [ "tcp:127.0.0.1:2201:22", "tcp:127.0.0.1:2202:80" ] -> [ "tcp:127.0.0.1:2201:22" ]  (live)'* ]]
	run -0 vmrun apply
	[[ $(vmrun --json status one | jq '.[0].nics[0].link') == true ]]
	run ! grep -q 2202 <(vmrun forward one list)
	same one
	vmrun -q forward one add tcp:127.0.0.1:2202:80 --save
	run -0 vmrun diff
	vmrun -q forward one remove tcp:127.0.0.1:2201:22 --save
	run -0 vmrun diff
}

@test "a change that fails leaves what was, is said, and differs still" {
	vm one "cdrom = \"$ROOT/img/a.iso\"; nics = ( { bridge = \"br0\"; }, { user = true; forward = \"tcp:127.0.0.1:2201:22\"; } );"
	vmrun -q start one
	nsenter --net="$ROOT/net" -- socat TCP-LISTEN:2202,bind=127.0.0.1,fork PIPE 3>&- &
	wait_for 10 eval 'net ss -Hltn "sport = :2202" | grep -q .'
	vm one "cdrom = \"$ROOT/img/none.iso\"; description = \"x\";
		nics = ( { bridge = \"br7\"; }, { user = true; forward = \"tcp:127.0.0.1:2202:22\"; } );"
	run -1 --separate-stderr vmrun apply
	kill $!
	[[ $output == 'one: changed description: (not given) -> "x"' ]]
	[[ $stderr == *"one: cdrom[0].file: $ROOT/img/none.iso: No such file or directory"* ]]
	[[ $stderr == *"one: nics[0].bridge: bridge br7: there is no such interface"* ]]
	[[ $stderr == *"one: nics[1].forward: tcp:127.0.0.1:2202:22: "* ]]
	ask one query-block '.[] | select(.qdev == "cdrom0") | [.inserted["node-name"], .tray_open]' | grep -qx '\["cdrom0",false\]'
	[[ $(net ip -j link show one.0 | jq -r '.[0].master') == br0 ]]
	vmrun forward one list | grep -q 2201
	run -1 vmrun diff
	[[ ${#lines[@]} == 3 ]]
	# What stood in the way is gone.
	bridge br7
	truncate -s 2M "$ROOT/img/none.iso"
	wait_for 10 eval '! net ss -Hltn "sport = :2202" | grep -q .'
	run -0 vmrun apply
	same one
}

@test "elements of a list that came or went wait for a restart, with all that is in the list" {
	vm one 'nics = ( { user = true; }, { bridge = "br0"; } );'
	vmrun -q start one
	vm one 'nics = ( { bridge = "br0"; isolated = true; } );'
	run -1 vmrun diff
	[[ $output == *'one: nics[1]: removed { bridge = "br0"; }  (restart)'* && $output != *live* ]]
	run -1 vmrun --json diff
	jq -e '.[0].apply == "restart" and all(.[0].changes[]; .how == "restart")' <<<"$output"
}

@test "an adopted VM, and a paused one, are changed as any other" {
	vm one 'nics = "br0";'
	vmrun -q start one
	kill -KILL "$(supervisor_pid one)"
	vm one 'nics = ( { bridge = "br0"; isolated = true; rate = { in = "8M"; }; } );'
	run -0 vmrun apply
	net bridge -d link show dev one.0 | grep -q 'isolated on'
	kill -KILL "$(supervisor_pid one)"
	vmrun -q pause one
	same one
	vm one 'nics = "br0"; on_reboot = "shutdown";'
	run -0 vmrun apply
	net bridge -d link show dev one.0 | grep -q 'isolated off'
	same one
	[[ $(vmrun --json list | jq -r '.[0].state') == paused ]]
}

@test "a VM that its policy restarts with a wrong file runs as before, and its log says where" {
	local before
	vm one $'restart = { policy = "always"; delay = 0; };\nmemory = "72M"; nics = "br0";'
	vmrun -q start one
	before=$(qemu_pid one)
	vm one $'restart = { policy = "always"; delay = 0; };\nmemory = "72";\nnics = "br0"; colour = "red";'
	kill -KILL "$before"
	wait_for 20 eval '[[ $(qemu_pid one) != '"$before"' && $(vmrun --json list | jq -r ".[0].state") == running ]]'
	[[ $(vmrun --json status one | jq '.[0].memory') == $((72 << 20)) ]]
	grep -q "as it ran before, because of its file: $ROOT/etc/vms/one.conf:2: memory" "$ROOT/log/one.log"
	grep -q "one.conf:3: colour" "$ROOT/log/one.log"
	run -78 vmrun diff
	# The file is right again, and says something else.
	vm one $'restart = { policy = "always"; delay = 0; };\nmemory = "80M"; nics = "br0";'
	run -1 vmrun diff
	[[ $output == 'one: memory.size: "72M" -> "80M"  (restart)' ]]
	before=$(qemu_pid one)
	kill -KILL "$before"
	wait_for 20 eval '[[ $(vmrun --json status one | jq ".[0].memory") == $((80 << 20)) ]]'
	same one
	# Without any file it comes back as well.
	rm "$ROOT/etc/vms/one.conf"
	before=$(qemu_pid one)
	kill -KILL "$before"
	wait_for 20 eval '[[ $(qemu_pid one) != '"$before"' && $(vmrun --json status one | jq ".[0].memory") == $((80 << 20)) ]]'
}

@test "at boot a file that is wrong keeps its own VM down alone, and the message says where" {
	vm one 'autostart = true;'
	vm two $'autostart = true;\nmemry = "1G";'
	vm three 'autostart = true;'
	run -78 vmrun start --enabled
	[[ $output == *"$ROOT/etc/vms/two.conf:2: memry"* ]]
	run -0 vmrun status one three
}

@test "a VM whose file went away is not pruned while one that runs requires it" {
	vm db1 ''
	vm db2 ''
	vm web1 'requires = "db1";'
	vm pool 'requires = "db*";'
	vm lone ''
	vmrun -q start --all
	rm "$ROOT"/etc/vms/{db1,lone}.conf
	run -1 vmrun diff
	[[ $output == *"db1: runs, and has no file, but web1, which runs, requires it ($ROOT/etc/vms/web1.conf:"*")  (not stopped)"* ]]
	[[ $output == *"lone: runs, and has no file  (stop, with --prune)"* && $output != *"pool: "* ]]
	[[ $(vmrun --json diff | jq -r '.[] | select(.name == "db1").apply') == none ]]
	run -1 vmrun apply --prune --dry-run
	[[ $output == *"vmrun: db1: has no file any more, and is not stopped: web1, which runs, requires it ($ROOT/etc/vms/web1.conf:"* ]]
	[[ $output == *"lone: would stop: "* ]]
	# By its name as well.
	run -1 vmrun apply --prune db1
	run -0 vmrun status db1 lone web1
	run -1 vmrun apply --prune -t 0
	[[ $output == *"db1: has no file any more, and is not stopped: web1, "* && $output == *"lone: stopped ("* && $output != *"as well"* ]]
	run -0 vmrun status db1 web1 pool
	run -4 vmrun status lone
	# Once nobody that runs requires it; a pattern that another meets is none that does.
	vmrun -q kill web1
	run -0 vmrun apply --prune -t 0
	[[ $output == "db1: stopped ("* ]]
	run -0 vmrun status pool db2
	vmrun -q stop hard --all
}

@test "a VM whose order is wrong is not said to be started" {
	vm web1 'autostart = true; requires = "db1";'
	vm a 'autostart = true; after = "b";'
	vm b 'after = "a";'
	run -78 vmrun diff
	[[ $output == *"vmrun: web1: $ROOT/etc/vms/web1.conf:"*": requires: there is no VM called db1"* ]]
	[[ $output == *"vmrun: a: $ROOT/etc/vms/a.conf:"*": after: a cycle: a -> b -> a ("* && $output != *"(start)"* ]]
	run -78 vmrun apply --dry-run
	[[ $output == *"there is no VM called db1"* && $output != *"would start"* ]]
	run -78 vmrun apply
	# Nor is one changed that could not start again.
	vm web1 ''
	vmrun -q start web1
	vm web1 'requires = "db1"; description = "new";'
	run -78 vmrun apply --restart
	[[ $output == *"requires: there is no VM called db1"* ]]
	run -0 vmrun status web1
	vmrun -q kill web1
}

@test "no restart takes down a VM that would not start again" {
	vm db1 ''
	vm web1 'requires = "db1";'
	vm cache ''
	vm app 'requires = "cache";'
	vmrun -q start db1 web1 app
	vm db1 'cpus = 2;'
	vm web1 'requires = "db1"; cpus = "x";'
	run -78 vmrun restart -t 0 db1
	[[ $output == *"vmrun: db1: is not restarted: web1, which requires it and runs, would not start again: $ROOT/etc/vms/web1.conf:1: cpus: "* ]]
	run -78 vmrun apply --restart --dry-run
	[[ $output == *"vmrun: db1: is not restarted: web1, "* && $output != *"would restart"* ]]
	run -78 vmrun apply --restart -t 0
	[[ $output == *"vmrun: db1: is not restarted: web1, "* && $output != *"stopped"* ]]
	run -0 vmrun status db1 web1
	# Nor is one stopped whose own order is wrong by now, or that requires what would not start.
	vm web1 'requires = "db3";'
	run -78 vmrun restart -t 0 web1
	[[ $output == *"would not start: $ROOT/etc/vms/web1.conf:1: requires: there is no VM called db3"* ]]
	vmrun -q kill cache
	vm cache 'cpus = "x";'
	run -78 vmrun restart -t 0 app
	[[ $output == *"vmrun: app: is not restarted: it requires cache, which would not start: $ROOT/etc/vms/cache.conf:1: cpus: "* ]]
	run -0 vmrun status db1 web1 app
	vm web1 'requires = "db1";'
	run -0 vmrun restart -t 0 db1
	[[ $output == *"db1: running, pid "* && $output == *"web1: running, pid "* ]]
	vmrun -q kill --all
}
