# create: a file for a new VM, looked at with the whole fleet before it is written.
load ../lib/common

setup() {
	world
	vms=$ROOT/etc/vms
}

teardown() {
	finish_test
}

@test "a VM made without anything is one that check takes, in a file that a person can read" {
	run -0 --separate-stderr vmrun create web1
	[[ $output == "web1: created, $vms/web1.conf" && -z $stderr ]]
	grep -q '^#.*vmrun-vm.conf(5)' "$vms/web1.conf"
	grep -q '^#nics = ( { bridge = "br0"; } );' "$vms/web1.conf"
	[[ $(stat -c %a "$vms/web1.conf") == 644 ]]
	run -0 vmrun check web1
	# What is shown as a comment is right too.
	sed -i 's/^#\([a-z].*\)/\1/' "$vms/web1.conf"
	run -0 vmrun argv web1
	[[ $output == *"52:54:00"* ]]
}

@test "each option is what the file says, and the first start makes the disks" {
	touch "$ROOT/x.iso"
	run -0 vmrun create web1 --disk 20M --disk 5M --memory 96M --cpus 2 --bridge br0 --iso "$ROOT/x.iso" \
		--set display.vnc=:5 --set 'tags = [ "a", "b" ]' --set args=-S
	[[ $output == *"its first start makes $ROOT/lib/disks/web1.qcow2, $ROOT/lib/disks/web1-1.qcow2"* ]]
	[[ ! -e $ROOT/lib/disks/web1.qcow2 ]]
	run -0 vmrun --json argv web1
	[[ $output == *96* && $output == *"x.iso"* && $output == *"web1-1.qcow2"* ]]
	[[ $(vmrun --json list @b | jq -r '.[].name') == web1 ]]
	run -0 vmrun start web1
	[[ $(qemu-img info -U --output=json "$ROOT/lib/disks/web1.qcow2" | jq '."virtual-size"') == $((20 * 1024 * 1024)) ]]
	[[ $(ports br0) == web1.0 ]]
	vmrun stop hard web1
	nothing_left
}

@test "an image that is there is named by its path, and none is taken by chance" {
	truncate -s 1M "$ROOT/own.img"
	run -0 vmrun create web1 --disk "$ROOT/own.img"
	run -0 vmrun argv web1
	[[ $output == *own.img* ]]
	mkdir -p "$ROOT/lib/disks"
	touch "$ROOT/lib/disks/web2.qcow2"
	run -1 vmrun create web2 --disk 1G
	[[ $output == *"web2.qcow2 is there already"* && ! -e $vms/web2.conf ]]
	run -64 vmrun create web2 --disk much
	[[ $output == *"--disk takes a size"* && ! -e $vms/web2.conf ]]
	echo "disk_dir = \"/srv/images\";" >>"$ROOT/etc/vmrun.conf"
	run -0 vmrun create web2 --disk 1G
	[[ $output == *"$ROOT/srv/images/web2.qcow2"* ]]
}

@test "a name that is taken, or is none, is refused, and nothing is changed" {
	vm web1 '# mine'
	vm web2 'args = [ "-S" ];'
	vmrun start web2
	rm "$vms/web2.conf"
	run -1 vmrun create web1
	[[ $output == *"there is a VM of that name already"* && $(<"$vms/web1.conf") == '# mine' ]]
	run -1 vmrun create web2
	[[ $output == *"a VM of that name runs"* ]]
	vmrun stop hard web2
	local name
	for name in 'web*' @prod a/b ../x .x '' 'a b' 'web?'; do
		run vmrun create "$name"
		((status == 78)) || { echo "$name: $status"; return 1; }
	done
	run -64 vmrun create
	[[ $(ls "$vms") == web1.conf ]]
	# An instance that a file lists is a VM that there is; others can have files of their own.
	vm worker@ 'instances = "1..2";'
	run -1 vmrun create worker@2
	[[ $output == *"there is a VM of that name already: $vms/worker@.conf lists it"* ]]
	run -1 vmrun clone web1 worker@1
	[[ $output == *"there is a VM of that name already"* ]]
	run -0 vmrun create worker@3
	[[ -e $vms/worker@3.conf && ! -e $vms/worker@1.conf && ! -e $vms/worker@2.conf ]]
}

@test "an image that is not there, and a word that is none, are said by the option, and no file is written" {
	run -1 vmrun create web1 --disk 20G.qcow2
	[[ $output == *"--disk "*"/20G.qcow2: No such file or directory"* ]]
	run -1 vmrun create web1 --iso /nowhere/debian.iso
	[[ $output == *"--iso /nowhere/debian.iso: No such file or directory"* ]]
	run -64 vmrun create web1 --cpus two
	[[ $output == *"--cpus takes a number, not \"two\""* ]]
	[[ ! -e $vms/web1.conf ]]
	# What else check would say of the host is said, and may be there by the time of the start.
	run -0 vmrun create web1 --bridge br7 --set kernel=/nowhere/vmlinuz
	[[ $output == *"web1: $vms/web1.conf:"*"nics[0].bridge: "*br7* && $output == *"kernel: /nowhere/vmlinuz: No such file"* ]]
	run -0 vmrun edit web1 --set cdrom=/nowhere/debian.iso
	[[ $output == *"web1: changed"*"cdrom[0].file: /nowhere/debian.iso: No such file"* ]]
	run -0 vmrun clone web1 web2
	[[ $output == *"web2: $vms/web2.conf:"*"kernel: /nowhere/vmlinuz: No such file"* ]]
	# A path begins where the command is given.
	cd "$ROOT"
	echo 'cpus = 3;' >here.conf
	run -0 vmrun create web3 --template ./here.conf
	[[ $(vmrun --json show web3 | jq -r '.[][] | select(.key == "cpus.count").value') == 3 ]]
}

@test "what is wrong, by itself or in the fleet, is said with its place, and no file is written" {
	vm web1 'display = { vnc = ":5"; };'
	run -78 vmrun create web2 --memory 3X
	[[ $output == *"web2.conf:"*"memory: \"3X\" is not a size"*"nothing is written"* ]]
	run -78 vmrun create web2 --set memroy=3
	[[ $output == *"did you mean \"memory\""* ]]
	run -78 vmrun create web2 --set display.vnc=:5
	[[ $output == *"TCP port 5905: already that of web1"* ]]
	run -64 vmrun create web2 --set memory
	run -64 vmrun create web2 --set '=3'
	run -78 vmrun create web2 --template none
	[[ $(ls -A "$vms") == web1.conf ]]
}

@test "a VM that is wrong already does not keep another from being created" {
	vm bad 'nonsense = 1;'
	vm one 'display = { vnc = ":5"; };'
	vm two 'display = { vnc = ":5"; };'
	run -0 --separate-stderr vmrun create web1
	[[ -z $stderr ]]
}

@test "a text from a file or from standard input keeps its comments" {
	printf '# mine\nmemory = "96M"; # small\n' >"$ROOT/text"
	run -0 vmrun create web1 --from "$ROOT/text" --cpus 2 --bridge br0
	diff "$vms/web1.conf" - <<-END
		# mine
		memory = "96M"; # small
		cpus = 2;
		nics = ( { bridge = "br0"; } );
	END
	vmrun create web2 web3 --from - --memory 64M <"$ROOT/text"
	grep -q '^memory = "64M"; # small' "$vms/web3.conf"
	cmp "$vms/web2.conf" "$vms/web3.conf"
	run -1 vmrun create web4 --from "$ROOT/none"
	printf 'memory = {' >"$ROOT/text"
	run -78 vmrun create web4 --from "$ROOT/text"
	[[ ! -e $vms/web4.conf ]]
}

@test "one that fails does not keep the others from being created; --json says of each how it went" {
	vm web2
	run -1 --separate-stderr vmrun --json create web1 web2 web3 --disk 1G
	[[ $(jq -c '[.[] | [.name, .ok, .state, (.disks | length)]]' <<<"$output") == \
		'[["web1",true,"created",1],["web2",false,null,0],["web3",true,"created",1]]' ]]
	[[ $(jq -r '.[0].file' <<<"$output") == "$vms/web1.conf" ]]
	[[ $(jq -r '.[1].error' <<<"$output") == "there is a VM of that name already"* ]]
}

@test "--start starts what was created" {
	run -0 vmrun create web1 --start --set args=-S
	[[ $output == *"web1: created"*"web1: running"* ]]
	vmrun stop hard web1
	nothing_left
}

@test "of twenty that create the same VM at once, one does" {
	local i done=0
	for i in {1..20}; do
		vmrun -q create web1 --set "description=number $i" 2>/dev/null && touch "$ROOT/done.$i" &
	done
	wait
	done=$(find "$ROOT" -maxdepth 1 -name 'done.*' | wc -l)
	((done == 1))
	grep -q "number $(find "$ROOT" -maxdepth 1 -name 'done.*' | sed 's/.*\.//')\"" "$vms/web1.conf"
	[[ $(ls -A "$vms") == web1.conf ]]
}

@test "a template says what the file does not, and braces name several" {
	mkdir -p "$ROOT/etc/templates"
	printf 'memory = "96M";\ntags = "web";\n' >"$ROOT/etc/templates/web.conf"
	printf 'cpus = 2;\n' >"$ROOT/etc/templates/big.conf"
	run -0 vmrun create 'web{1..3}' --template web --disk 20M
	[[ $(ls "$vms") == $'web1.conf\nweb2.conf\nweb3.conf' && $(vmrun --json list @web | jq length) == 3 ]]
	grep -qx 'template = "web";' "$vms/web1.conf"
	run ! grep -q memory "$vms/web1.conf"
	run -0 vmrun create db1 --template web,big
	grep -qx 'template = \[ "web", "big" \];' "$vms/db1.conf"
	run -0 vmrun argv db1
	[[ $output == *"-smp"*2* && $output == *96* ]]
	run -78 vmrun create db2 --template web,none
	[[ $output == *"there is no template \"none\""* && ! -e $vms/db2.conf ]]
}

@test "a size is that of the disk that a template makes for each VM, which keeps its base and all else" {
	local base=$ROOT/base.qcow2
	mkdir -p "$ROOT/etc/templates"
	qemu-img create -q -f qcow2 "$base" 10M
	cat >"$ROOT/etc/templates/web.conf" <<-END
		disks = ( { file = "$ROOT/%n.qcow2"; base = "$base"; cache = "none"; },
			{ file = "$ROOT/shared.img"; readonly = true; } );
	END
	truncate -s 1M "$ROOT/shared.img"
	run -0 vmrun create web1 --template web --disk 20M --disk 5M --set args=-S
	[[ $output == *"its first start makes $ROOT/web1.qcow2, $ROOT/lib/disks/web1-2.qcow2" ]]
	[[ $(vmrun --json show web1 | jq -c '[.web1[] | select(.key | test("^disks.*(file|base|size|cache|readonly)$")) |
		select(.default | not) | .value]') == \
		"[\"\\\"$ROOT/web1.qcow2\\\"\",\"\\\"20M\\\"\",\"\\\"$base\\\"\",\"\\\"none\\\"\",\"\\\"$ROOT/shared.img\\\"\",\"true\",\"\\\"$ROOT/lib/disks/web1-2.qcow2\\\"\",\"\\\"5M\\\"\"]" ]] ||
		{ vmrun --json show web1 | jq -c '[.web1[] | select(.key | test("^disks"))]'; cat "$vms/web1.conf"; return 1; }
	run -0 vmrun start web1
	[[ $(qemu-img info -U --output=json "$ROOT/web1.qcow2" | jq -c '[."virtual-size", ."backing-filename"]') == \
		"[$((20 * 1024 * 1024)),\"base.qcow2\"]" ]]
	vmrun stop hard web1
	# Of an instance the text says what %n came to; a text without an end of line gets one.
	printf 'args = "-S";' | vmrun create w@1 --from - --template web --disk 30M
	grep -qx "	file = \"$ROOT/w@1.qcow2\";" "$vms/w@1.conf"
	grep -qx 'disks = ( {' "$vms/w@1.conf"
	run -78 vmrun create web2 --template web --disk 1M
	[[ $output == *"web2.qcow2: size is less than the 10485760 bytes of its base"* ]]
	touch "$ROOT/web2.qcow2"
	run -1 vmrun create web2 --template web --disk 20M
	[[ $output == *"$ROOT/web2.qcow2 is there already: remove it, or leave --disk out to use it"* && ! -e $vms/web2.conf ]]
	nothing_left
}

@test "disks of a template that are not each VM's own give way to those of the command line, and it is said" {
	mkdir -p "$ROOT/etc/templates"
	truncate -s 1M "$ROOT/shared.img" "$ROOT/own.img"
	echo "disks = ( { file = \"$ROOT/shared.img\"; readonly = true; } );" >"$ROOT/etc/templates/data.conf"
	echo "disks = ( { file = \"$ROOT/%n.img\"; size = \"1M\"; } );" >"$ROOT/etc/templates/web.conf"
	run -0 vmrun create web1 --template data --disk 20M
	[[ $output == *"; its disks are these alone, not those of its templates" ]]
	run -0 vmrun create web2 --template web --disk "$ROOT/own.img"
	[[ $output == *"not those of its templates" ]]
	[[ $(vmrun argv web2) == *own.img* && $(vmrun argv web2) != *web2.img* ]]
}
