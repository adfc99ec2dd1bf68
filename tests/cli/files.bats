# Files that are right and wrong, as check and start show them: nothing is ever touched by an error.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# refused TEXT: check and start give status 78, say TEXT, and make nothing.
refused() {
	local verb
	for verb in check start argv; do
		run --separate-stderr vmrun "$verb" one
		((status == 78)) || { echo "$verb: status $status: $output $stderr"; return 1; }
		[[ "$output$stderr" == *"$1"* ]] || { echo "$verb: no \"$1\" in: $output $stderr"; return 1; }
	done
	[[ ! -e $ROOT/run/one && ! -e $ROOT/log/one.log && -z $(taps) ]]
}

@test "a right file: check says so, and touches nothing" {
	vm one 'nics = ( { bridge = "br0"; } );'
	local before
	before=$(find "$ROOT" | sort)
	run -0 vmrun check one
	[[ $(find "$ROOT" | sort) == "$before" ]]
}

@test "an unknown key: file, line, and the nearest known one" {
	vm one $'memory = "64M";\nbrige = "br0";\ndiscs = ( );'
	refused 'one.conf:3: discs'
	refused 'disks'
	refused 'one.conf:2: brige'
}

@test "all errors of a file are told, not only the first" {
	vm one $'memory = "none";\ncpus = -1;\nnics = ( { bridg = "br0"; } );'
	refused one.conf:1
	refused one.conf:2
	refused one.conf:3
}

@test "a syntax error has a place" {
	vm one $'memory = "64M";\ncpus = = 2;'
	refused one.conf:2
}

@test "a MAC that is multicast, QEMU's own, or no MAC" {
	local mac
	for mac in 53:54:00:00:00:01 52:54:00:12:34:56 52:54:00:00:00 hello; do
		vm one "nics = ( { bridge = \"br0\"; mac = \"$mac\"; } );"
		refused mac
	done
}

@test "an image that is not there" {
	vm one 'disks = ( { file = "/nowhere/one.qcow2"; } );'
	run --separate-stderr vmrun start one
	[[ $status == 1 || $status == 78 ]]
	[[ $stderr == *"/nowhere/one.qcow2"* ]]
	run vmrun check one
	((status != 0))
	[[ $output == *"/nowhere/one.qcow2"* ]]
	nothing_left
}

@test "folders, FIFOs, devices and huge files in place of a file end at once" {
	mkdir "$ROOT/etc/vms/folder.conf"
	mkfifo "$ROOT/etc/vms/fifo.conf"
	truncate -s 100M "$ROOT/etc/vms/huge.conf"
	ln -s /dev/zero "$ROOT/etc/vms/zero.conf"
	local name
	for name in folder fifo huge zero; do
		run timeout 20 nsenter --net="$ROOT/net" "$VMRUN" --root "$ROOT" check "$name" 3>&-
		((status == 1 || status == 78)) || { echo "$name: $status: $output"; return 1; }
	done
	vm one
	run timeout 20 nsenter --net="$ROOT/net" "$VMRUN" --root "$ROOT" list 3>&-
	[[ $status != 124 && $output == *one* ]]
}

@test "a path in a VM file is relative to the file's folder" {
	touch "$ROOT/etc/vms/disk.img"
	vm one 'disks = ( { file = "disk.img"; } );'
	run -0 vmrun argv one
	[[ $output == *"$ROOT/etc/vms/disk.img"* ]]
}

@test "a VM can be named by the path of its file" {
	mkdir "$ROOT/elsewhere"
	echo 'args = [ "-S" ];' >"$ROOT/elsewhere/other.conf"
	run -0 vmrun check "$ROOT/elsewhere/other.conf"
	run -0 vmrun start "$ROOT/elsewhere/other.conf"
	run -0 vmrun status other
	run -0 vmrun list
	[[ $output == *other* ]]
	run -0 vmrun stop hard other
	nothing_left
}

@test "defaults of the host config hold where the file is silent" {
	echo 'defaults = { accel = "tcg"; memory = "96M"; };' >"$ROOT/etc/vmrun.conf"
	vm one
	vm two 'memory = "128M";'
	[[ $(vmrun argv one) == *96* && $(vmrun argv two) == *128* ]]
}

@test "an error in the host config names the host config" {
	echo 'defaults = { memry = "96M"; };' >"$ROOT/etc/vmrun.conf"
	vm one
	run -78 vmrun start one
	[[ $output == *vmrun.conf:1* ]]
}
