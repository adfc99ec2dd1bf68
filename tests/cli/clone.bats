# clone: another VM with its own MACs, uuid, images and numbers; a linked one shares what neither writes to any more.
load ../lib/common

setup() {
	world
	vms=$ROOT/etc/vms
	images=$ROOT/images
	mkdir "$images"
}

teardown() {
	finish_test
}

# image NAME BYTE: a qcow2 of 4 MB, the first of them full of that byte.
image() {
	qemu-img create -q -f qcow2 "$images/$1" 4M
	qemu-io -c "write -P $2 0 1M" "$images/$1" >/dev/null
}

# holds NAME BYTE [OFFSET]
holds() {
	qemu-io -r -c "read -P $2 ${3:-0} 1M" "$images/$1" | grep -q 'read 1048576' &&
		! qemu-io -r -c "read -P $2 ${3:-0} 1M" "$images/$1" | grep -q 'verification failed'
}

backing() {
	qemu-img info --output=json "$images/$1" | jq -r '."backing-filename" // "none"'
}

@test "a clone has no MAC and no uuid of its source, images of its own, and the comments" {
	image web1.qcow2 7
	truncate -s 1M "$images/data.img"
	vm web1 "# the first
uuid = \"6c2e1b0a-30bd-4a52-8a52-0d6f9f2b3c11\"; # its own
disks = ( { file = \"$images/web1.qcow2\"; }, # root
	\"$images/data.img\" );
nics = ( { bridge = \"br0\"; mac = \"52:54:00:00:00:01\"; } ); # net
"
	chmod 600 "$vms/web1.conf"
	chown 1234:2345 "$images/web1.qcow2"
	chmod 640 "$images/web1.qcow2"
	local before
	before=$(<"$vms/web1.conf")
	run -0 --separate-stderr vmrun clone web1 web2
	[[ -z $stderr && $output == "web2: cloned from web1, $vms/web2.conf; disks[0].file = $images/web2.qcow2, disks[1].file = $images/web2-1.img" ]]
	diff "$vms/web2.conf" <(echo "# the first
disks = ( { file = \"$images/web2.qcow2\"; }, # root
	\"$images/web2-1.img\" );
nics = ( { bridge = \"br0\"; } ); # net
")
	[[ $(<"$vms/web1.conf") == "$before" && $(stat -c %a "$vms/web2.conf") == 600 ]]
	[[ $(stat -c '%a %u %g' "$images/web2.qcow2") == "640 1234 2345" ]]
	holds web2.qcow2 7
	[[ $(backing web2.qcow2) == none && $(stat -c %s "$images/web2-1.img") == 1048576 ]]
	# Neither is seen in the other.
	qemu-io -c 'write -P 8 0 1M' "$images/web1.qcow2" >/dev/null
	holds web2.qcow2 7
	run -0 vmrun check web2
	[[ $(ls -A "$images" | wc -l) == 4 && -z $(find "$ROOT/lib/pending" "$ROOT/run" -mindepth 1) ]]
}

@test "a full clone of an overlay needs no base any more" {
	image base.qcow2 5
	qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$images/web1.qcow2"
	qemu-io -c 'write -P 6 1M 1M' "$images/web1.qcow2" >/dev/null
	vm web1 "disks = ( { file = \"$images/web1.qcow2\"; base = \"$images/base.qcow2\"; } );"
	run -0 vmrun clone web1 web2 --full
	run ! grep -q base "$vms/web2.conf"
	[[ $(backing web2.qcow2) == none ]]
	rm "$images/base.qcow2"
	holds web2.qcow2 5
	holds web2.qcow2 6 1M
}

@test "a linked clone and its source share a base that neither writes to" {
	image web1.qcow2 7
	vm web1 "disks = ( { file = \"$images/web1.qcow2\"; } );"
	run -0 vmrun --json clone --linked web1 web2
	[[ $(jq -c '.[0].bases' <<<"$output") == "[\"$images/web1.frozen-1.qcow2\"]" ]]
	[[ $(backing web1.qcow2) == web1.frozen-1.qcow2 && $(backing web2.qcow2) == web1.frozen-1.qcow2 ]]
	[[ $(stat -c %A "$images/web1.frozen-1.qcow2") != *w* ]]
	# What one writes the other does not see, whichever it is.
	qemu-io -c 'write -P 8 0 1M' "$images/web1.qcow2" >/dev/null
	holds web2.qcow2 7
	qemu-io -c 'write -P 9 0 1M' "$images/web2.qcow2" >/dev/null
	holds web1.qcow2 8
	holds web1.frozen-1.qcow2 7
	run -0 vmrun check
	# The base is protected by the clone's file.
	vm bad "disks = ( { file = \"$images/web1.frozen-1.qcow2\"; } );"
	run -78 vmrun check bad
	[[ $output == *"also used by web2"* || $output == *"written by bad"* ]]
	rm "$vms/bad.conf"
	# It goes with the last that needs it.
	run -0 vmrun remove --yes --disks web2
	[[ -e $images/web1.frozen-1.qcow2 ]]
	run -0 vmrun remove --yes --disks web1
	[[ -z $(ls -A "$images") ]]
}

@test "linked clones of a source that has not written since are on one base" {
	image web1.qcow2 7
	vm web1 "disks = ( { file = \"$images/web1.qcow2\"; } );"
	vmrun -q clone --linked web1 web2 web3
	vmrun -q clone --linked web1 web4
	[[ $(find "$images" -name '*frozen*' | wc -l) == 1 ]]
	qemu-io -c 'write -P 8 0 1M' "$images/web1.qcow2" >/dev/null
	vmrun -q clone --linked web1 web5
	[[ $(find "$images" -name '*frozen*' | wc -l) == 2 ]]
	holds web5.qcow2 8
	holds web4.qcow2 7
	vmrun -q clone --linked web5 web6
	holds web6.qcow2 8
	run -0 vmrun check
}

@test "what no VM writes to is shared, and what is not there yet is made by the first start" {
	image ro.qcow2 7
	touch "$images/x.iso"
	vm web1 "disks = ( { file = \"$images/ro.qcow2\"; readonly = true; }, { file = \"$images/web1.qcow2\"; size = \"2M\"; } );
		cdrom = \"$images/x.iso\"; args = [ \"-S\" ];"
	run -0 vmrun clone web1 web2
	[[ $(find "$images" -type f | wc -l) == 2 ]]
	grep -q ro.qcow2 "$vms/web2.conf"
	vmrun -q start web1 web2
	[[ -e $images/web2.qcow2 ]]
	# A running source's images are written to.
	run -1 vmrun clone web1 web3
	[[ $output == *"web1 is running and writes to its images"* && ! -e $vms/web3.conf && ! -e $images/web3.qcow2 ]]
	vmrun -q stop hard web1 web2
	vm ro "disks = ( { file = \"$images/ro.qcow2\"; readonly = true; } ); args = [ \"-S\" ];"
	vmrun -q start ro
	run -0 vmrun clone ro ro2
	vmrun -q stop hard ro
	nothing_left
}

@test "numbers that are the source's become free ones, and what cannot is named" {
	vm web1 '
		nics = ( { user = true; forward = [ "tcp:2222:22", "udp:127.0.0.1:5300:53" ]; }, { bridge = "br0"; ifname = "tap-web1"; } );
		display = { vnc = { listen = ":5"; websocket = 5705; }; };
		gdb = ":1234";
		serial = ( { to = "file"; path = "'"$ROOT"'/web1.serial"; } );'
	vm other 'display = { vnc = ":6"; };'
	run -0 vmrun clone web1 web2
	[[ $output == *'nics[0].forward[0] = tcp:2223:22'* && $output == *'nics[1].ifname left out'* ]]
	grep -q 'vnc = { listen = ":7"; websocket = 5706; }' "$vms/web2.conf"
	grep -q '"udp:127.0.0.1:5301:53"' "$vms/web2.conf"
	grep -q '":1235"' "$vms/web2.conf"
	grep -q "$ROOT/web2.serial" "$vms/web2.conf"
	run ! grep -q ifname "$vms/web2.conf"
	run -0 vmrun clone web1 web3
	run -0 vmrun check
	# A device is one; --set says what else.
	vm usb1 'usb = { devices = ( { host = "046d:c52b"; } ); };'
	run -78 vmrun clone usb1 usb2
	[[ $output == *"046d:c52b: already that of usb1"*"nothing is cloned"* && ! -e $vms/usb2.conf ]]
	run -0 vmrun clone usb1 usb2 --unset usb --set 'description=no stick'
	grep -q 'no stick' "$vms/usb2.conf"
}

@test "firmware variables are copied, and a TPM's secrets are not" {
	mkdir -p "$ROOT/lib/nvram/web1" "$ROOT/lib/tpm/web1"
	echo boot >"$ROOT/lib/nvram/web1/uefi.fd"
	echo ek >"$ROOT/lib/tpm/web1/tpm2-00.permall"
	vm web1 'tpm = "2.0"; cloud_init = { hostname = "web1"; packages = "vim"; };'
	run -0 vmrun clone web1 web2
	[[ $output == *"its TPM is an empty one"* && $(<"$ROOT/lib/nvram/web2/uefi.fd") == boot && ! -e $ROOT/lib/tpm/web2 ]]
	grep -q 'hostname = "web2"' "$vms/web2.conf"
	# What an earlier VM of the name has left would be taken for the clone's.
	rm "$vms/web2.conf"
	run -1 vmrun clone web1 web2
	[[ $output == *"vmrun remove web2"* ]]
	vmrun -q remove --yes web2
	run -0 vmrun clone web1 web2
}

@test "what is in the way, or cannot be copied, is said, and nothing is left" {
	image web1.qcow2 7
	truncate -s 1M "$images/raw.img"
	vm web1 "disks = ( { file = \"$images/web1.qcow2\"; } );"
	vm web9
	touch "$images/web2.qcow2"
	run -1 vmrun clone web1 web2
	[[ $output == *"web2.qcow2 is there already"* && ! -s $images/web2.qcow2 && ! -e $vms/web2.conf ]]
	run -0 vmrun clone web1 web2 --set "disks[0].file=$images/other.qcow2"
	holds other.qcow2 7
	run -1 vmrun clone web1 web9
	run -78 vmrun clone web1 'web*'
	run -78 vmrun clone none web3
	run -64 vmrun clone web1
	run -64 vmrun clone --linked --full web1 web3
	vm raw "disks = ( { file = \"$images/raw.img\"; } );"
	run -1 vmrun clone --linked raw raw2
	[[ $output == *"needs an image of format qcow2"*"--full"* ]]
	vm null 'disks = ( { file = "/dev/null"; } );'
	run -1 vmrun clone null null2
	[[ $output == *"no plain file"* ]]
	# One of two images cannot be written: the other goes again.
	mkdir "$images/sub"
	echo nonsense >"$images/sub/two.qcow2"
	vm two "disks = ( { file = \"$images/web1.qcow2\"; }, { file = \"$images/sub/two.qcow2\"; } );"
	rm "$vms/web1.conf"
	run -1 vmrun clone two copy
	[[ $output == *"two.qcow2"*"nothing is cloned"* ]]
	[[ -z $(find "$ROOT" -name '*copy*') && -z $(find "$ROOT/lib/pending" "$ROOT/run" -mindepth 1) ]]
}

@test "an interrupted copy leaves nothing" {
	qemu-img create -q -f raw "$images/web1.img" 2G
	qemu-io -f raw -c 'write -P 7 0 400M' "$images/web1.img" >/dev/null
	vm web1 "disks = ( { file = \"$images/web1.img\"; } );"
	"$VMRUN" --root "$ROOT" clone web1 web2 >"$ROOT/said" 2>&1 3>&- &
	local pid=$!
	wait_for 20 test -e "$images/web2.img.new"
	kill -TERM "$pid"
	wait "$pid" && return 1
	[[ $(<"$ROOT/said") == *"interrupted"* ]]
	[[ $(ls -A "$images") == web1.img && $(ls "$vms") == web1.conf ]]
	[[ -z $(find "$ROOT/lib/pending" "$ROOT/run" -mindepth 1) ]]
}

@test "on a terminal the progress of a copy is shown" {
	qemu-img create -q -f raw "$images/web1.img" 64M
	qemu-io -f raw -c 'write -P 7 0 64M' "$images/web1.img" >/dev/null
	vm web1 "disks = ( { file = \"$images/web1.img\"; } );"
	run -0 net script -qec "'$VMRUN' --root '$ROOT' clone web1 web2" /dev/null
	[[ $output == *"web2: copying disks[0].file, "*"%"*"web2: cloned from web1"* ]]
	run -0 --separate-stderr vmrun clone web1 web3
	[[ -z $stderr ]]
}

@test "what a template or a file of instances says by the VM's name is another's for the clone" {
	mkdir -p "$ROOT/etc/templates"
	echo "disks = ( { file = \"$images/%n.qcow2\"; } );" >"$ROOT/etc/templates/web.conf"
	image web1.qcow2 7
	image worker@1.qcow2 8
	vm web1 'template = "web"; # of many'
	vm worker@ "instances = \"1..2\"; # all
disks = ( { file = \"$images/%n.qcow2\"; size = \"1M\"; } );
description = \"number %i\";"
	run -0 vmrun clone web1 'web{2,3}'
	[[ $(<"$vms/web2.conf") == 'template = "web"; # of many' ]]
	holds web2.qcow2 7
	holds web3.qcow2 7
	run -0 vmrun clone worker@1 solo
	holds solo.qcow2 8
	diff "$vms/solo.conf" <(printf ' # all\ndisks = ( { file = "%s/solo.qcow2"; size = "1M"; } );\ndescription = "number 1";\n' "$images") ||
		grep -q 'number 1' "$vms/solo.conf"
	run ! grep -q instances "$vms/solo.conf"
	echo "disks = ( { file = \"$images/web1.qcow2\"; } );" >"$ROOT/etc/templates/web.conf"
	run -1 vmrun clone web1 web4
	[[ $output == *"--set disks[0].file=PATH"* && ! -e $vms/web4.conf ]]
}

@test "a linked clone does not keep its source from starting, whoever says what the image is based on" {
	image base.qcow2 5
	mkdir -p "$ROOT/etc/templates"
	echo "disks = ( { file = \"$images/%n.qcow2\"; base = \"$images/base.qcow2\"; } ); args = \"-S\";" \
		>"$ROOT/etc/templates/web.conf"
	vm web1 "disks = ( { file = \"$images/web1.qcow2\"; base = \"$images/base.qcow2\"; } ); args = \"-S\";"
	vm web2 'template = "web";'
	vm worker@ 'template = "web";'
	vmrun -q start web1 web2 worker@1
	vmrun -q stop hard web1 web2 worker@1
	local name
	for name in web1 web2 worker@1; do
		qemu-io -c 'write -P 6 1M 1M' "$images/$name.qcow2" >/dev/null
		vmrun -q clone --linked "$name" "${name%@*}-linked"
		run -0 vmrun start "$name" "${name%@*}-linked"
		vmrun -q stop hard "$name" "${name%@*}-linked"
		holds "${name%@*}-linked.qcow2" 6 1M
	done
	# Of an instance that is in no list nobody but its image knows.
	run -0 vmrun remove --yes --disks worker-linked
	[[ $output == *"worker@1.frozen-1.qcow2 (the base of $images/worker@1.qcow2)"* ]]
	holds worker@1.qcow2 6 1M
	run -0 vmrun remove --yes --disks worker@1
	[[ -z $(find "$images" -name 'worker*') ]]
	nothing_left
}

@test "a full clone of what a template bases on an image starts, and needs no base" {
	image base.qcow2 5
	mkdir -p "$ROOT/etc/templates" "$images/web1" "$images/web2"
	echo "disks = ( { file = \"$images/%n/a.qcow2\"; base = \"$images/base.qcow2\"; bus = \"scsi\"; } ); args = \"-S\";" \
		>"$ROOT/etc/templates/web.conf"
	echo "image_dirs = \"$images\";" >>"$ROOT/etc/vmrun.conf"
	vm web1 'template = "web";'
	vmrun -q start web1
	vmrun -q stop hard web1
	run -0 vmrun clone web1 web2
	[[ $(qemu-img info --output=json "$images/web2/a.qcow2" | jq -r '."backing-filename"') == null ]]
	run -0 vmrun start web2
	[[ $(vmrun argv web2) == *scsi* ]]
	vmrun -q stop hard web2
	nothing_left
}

@test "a name that is a part of another word in a path stays there" {
	vm m 'serial = { to = "file"; path = "/tmp/mem/m/m.log"; }; consoles = ( { to = "file"; path = "/tmp/m/moon.log"; } );'
	run -0 vmrun clone m q
	grep -q '"/tmp/mem/m/q.log"' "$ROOT/etc/vms/q.conf"
	grep -q '"/tmp/q/moon.log"' "$ROOT/etc/vms/q.conf"
}

@test "percent signs say in a clone what they do in its source" {
	vm worker@ 'description = "%i of %n, 50%%"; args = "-S";'
	vm web1 'description = "50%, %n";'
	vm own@1 'description = "%i of %n, 50%%";'
	description() { vmrun --json show "$1" | jq -r '.[][] | select(.key == "description").value'; }
	vmrun -q clone worker@1 w1
	[[ $(description w1) == '"1 of w1, 50%"' ]]
	vmrun -q clone worker@1 worker@2
	[[ $(description worker@2) == '"1 of worker@2, 50%"' ]]
	vmrun -q clone web1 worker@3
	[[ $(description worker@3) == '"50%, %n"' ]]
	vmrun -q clone own@1 w2 own@2
	[[ $(description w2) == '"1 of w2, 50%"' && $(description own@2) == '"2 of own@2, 50%"' ]]
}
