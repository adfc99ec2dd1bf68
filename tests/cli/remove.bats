# remove: nothing of a VM stays, but for what is not its alone, or what nobody asked to remove.
load ../lib/common

setup() {
	world
	vms=$ROOT/etc/vms
}

teardown() {
	finish_test
}

# Whatever vmrun keeps of a VM.
traces() {
	find "$ROOT/lib" "$ROOT/run" -name "*$1*" 2>/dev/null
	grep -s " $1 " "$ROOT/lib/ledger"
	vmrun mac | grep "^$1 "
}

@test "remove takes the file, the MACs and all that was kept, and the images stay" {
	vmrun -q create web1 --disk 1M --bridge br0 --set args=-S
	vmrun -q create web2 --bridge br0 --set args=-S
	vmrun -q start web1 web2
	vmrun -q stop hard web1 web2
	mkdir -p "$ROOT/lib/nvram/web1" "$ROOT/lib/tpm/web1" "$ROOT/lib/failed"
	touch "$ROOT/lib/nvram/web1/uefi.fd" "$ROOT/lib/tpm/web1/tpm2-00.permall" "$ROOT/lib/failed/web1" \
		"$ROOT/lib/web1.disk0.temporary"
	local mac other
	mac=$(macs web1)
	other=$(macs web2)
	run -0 --separate-stderr vmrun remove --yes web1
	[[ $output == "web1: removed; there stay $ROOT/lib/disks/web1.qcow2 and $ROOT/log/web1.log" && -z $stderr ]]
	[[ ! -e $vms/web1.conf && -e $ROOT/log/web1.log ]]
	[[ $(traces web1) == "$ROOT/lib/disks/web1.qcow2" ]]
	[[ $(macs web2) == "$other" ]]
	run -78 vmrun remove --yes web1
	[[ $output == *"there is no VM of that name"* ]]
	# As if it had never been: the next of that name is as the first was.
	rm "$ROOT/lib/disks/web1.qcow2"
	vmrun -q create web1 --bridge br0 --set args=-S
	vmrun -q start web1
	[[ $(macs web1) == "$mac" ]]
	vmrun -q stop hard web1
}

@test "--disks takes the images as well, and --json says which" {
	vmrun -q create web1 --disk 1M --disk 2M --bridge br0 --set args=-S
	vmrun -q start web1
	vmrun -q stop hard web1
	local mac
	mac=$(macs web1)
	run -0 --separate-stderr vmrun --json remove --yes --disks web1
	[[ $(jq -c '.[0] | [.name, .ok, .state, (.images | length), .kept, .macs]' <<<"$output") == \
		"[\"web1\",true,\"removed\",2,[],[\"$mac\"]]" ]]
	[[ -z $(traces web1) ]]
}

@test "an image that is not the VM's alone, or no plain file, is never removed" {
	local dir=$ROOT/images
	mkdir "$dir"
	qemu-img create -q -f qcow2 "$dir/base.qcow2" 1M
	qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$dir/over.qcow2"
	truncate -s 1M "$dir/own.img" "$dir/target.img" "$dir/ro.img" "$dir/temporary.img" "$dir/shared.img"
	ln -s target.img "$dir/link.img"
	# An overlay's base, by the other's header alone; one that both name; one by another name.
	ln "$dir/shared.img" "$dir/other.img"
	vm web1 "disks = ( { file = \"$dir/base.qcow2\"; }, { file = \"$dir/own.img\"; }, { file = \"$dir/link.img\"; },
		{ file = \"$dir/ro.img\"; readonly = true; }, { file = \"$dir/temporary.img\"; temporary = true; },
		{ file = \"$dir/shared.img\"; shareable = true; }, { file = \"/dev/null\"; } );"
	vm web2 "disks = ( { file = \"$dir/over.qcow2\"; }, { file = \"$dir/other.img\"; shareable = true; } );"
	run -0 vmrun remove --yes --disks web1
	[[ $output == *"with $dir/own.img; there stay "*"base.qcow2 (used by web2)"*"link.img (a symbolic link)"* ]]
	[[ $output == *"ro.img (read-only)"*"temporary.img (only read"*"shared.img (used by web2)"*"/dev/null (not a plain file)"* ]]
	[[ ! -e $dir/own.img && -e $dir/base.qcow2 && -e $dir/target.img && -L $dir/link.img && -e $dir/ro.img ]]
	[[ -e $dir/temporary.img && -e $dir/shared.img && -c /dev/null ]]
}

@test "an image that a VM from elsewhere, or any QEMU, has open stays" {
	truncate -s 1M "$ROOT/a.img"
	qemu-img create -q -f qcow2 "$ROOT/b.qcow2" 1M
	vm web1 "disks = ( { file = \"$ROOT/a.img\"; shareable = true; }, { file = \"$ROOT/b.qcow2\"; } );"
	echo "args = \"-S\"; disks = ( { file = \"$ROOT/a.img\"; shareable = true; } );" >"$ROOT/far.conf"
	vmrun start "$ROOT/far.conf"
	qemu-system-x86_64 -machine none -nographic -monitor unix:"$ROOT/m",server,nowait -serial none \
		-blockdev qcow2,node-name=a,file.driver=file,file.filename="$ROOT/b.qcow2" 3>&- &
	local pid=$!
	wait_for 20 test -S "$ROOT/m"
	run -0 vmrun remove --yes --disks web1
	kill "$pid"
	[[ $output == *"a.img (used by far)"*"b.qcow2 (in use by a process)"* ]]
	[[ -e $ROOT/a.img && -e $ROOT/b.qcow2 ]]
	vmrun stop hard far
}

@test "a running VM is not removed, unless with --force, which stops it" {
	vm web1 'args = [ "-S" ]; nics = "br0";'
	vmrun start web1
	run -1 vmrun remove --yes web1
	[[ $output == *"it is running"*"--force"* ]]
	run -0 vmrun status web1
	run -0 vmrun remove --yes --force -t 1 web1
	[[ $output == *"web1: stopped"*"web1: removed"* ]]
	[[ -z $(traces web1) ]]
	nothing_left
}

@test "images of a VM that --force stops go with it; nobody is asked about one that would not be removed" {
	vmrun -q create web1 web2 --disk 1M --set args=-S --set stop_timeout=1s --start
	run -1 on_terminal y remove --disks web1
	[[ $output != *"[y/N]"* && $output == *"it is running: stop it first"* ]]
	run -0 on_terminal y remove --disks --force web1
	[[ $output == *"and for good its images $ROOT/lib/disks/web1.qcow2? [y/N]"* && $output == *"web1: removed, with"* ]]
	run -0 vmrun remove --yes --disks --force web2
	[[ $output == *"web2: removed, with $ROOT/lib/disks/web2.qcow2"* && -z $(ls -A "$ROOT/lib/disks") ]]
	nothing_left
}

@test "where nobody can be asked it needs --yes; on a terminal it asks, and only yes is yes" {
	vmrun -q create web1 --disk 1M
	mkdir -p "$ROOT/lib/disks"
	touch "$ROOT/lib/disks/web1.qcow2"
	run -64 vmrun remove --disks web1 </dev/null
	[[ $output == *"--yes agrees to it"* && -e $vms/web1.conf ]]
	run -1 on_terminal n remove --disks web1
	[[ $output == *"web1: remove $vms/web1.conf, and for good its images $ROOT/lib/disks/web1.qcow2? [y/N]"* ]]
	[[ $output == *"nothing is changed"* && -e $vms/web1.conf && -e $ROOT/lib/disks/web1.qcow2 ]]
	run -1 on_terminal '' remove web1
	[[ -e $vms/web1.conf ]]
	run -0 on_terminal y remove web1
	[[ $output == *"(There stay: $ROOT/lib/disks/web1.qcow2.)"* && ! -e $vms/web1.conf && -e $ROOT/lib/disks/web1.qcow2 ]]
}

# on_terminal ANSWER WORD…: vmrun with a terminal on which that is typed.
on_terminal() {
	local answer=$1
	shift
	echo "$answer" | net script -qec "'$VMRUN' --root '$ROOT' $*" /dev/null
}

@test "a file that is wrong can be removed; one that cannot be read only without --disks" {
	truncate -s 1M "$ROOT/a.img"
	vm web1 "nonsense = 1; disks = ( { file = \"$ROOT/a.img\"; } );"
	vm web2 'memory = {'
	vm web3 'nonsense = 2;'
	run -0 vmrun remove --yes --disks web1
	[[ ! -e $ROOT/a.img ]]
	run -78 vmrun remove --yes --disks web2
	[[ $output == *"web2.conf:1"*"without --disks"* && -e $vms/web2.conf ]]
	run -0 vmrun remove --yes web2
	[[ $(ls "$vms") == web3.conf ]]
}

@test "globs and tags choose; what is left of a VM whose file went by hand goes by its name" {
	vm web1 'nics = "br0"; args = [ "-S" ]; tags = "a";'
	vm web2 'tags = "a";'
	vm db1
	vmrun -q start web1
	vmrun -q stop hard web1
	run -0 vmrun remove --yes @a
	[[ $(ls "$vms") == db1.conf ]]
	vm web1 'nics = "br0"; args = [ "-S" ];'
	vmrun -q start web1
	vmrun -q stop hard web1
	rm "$vms/web1.conf"
	[[ -n $(traces web1) ]]
	run -0 vmrun remove --yes web1
	[[ -z $(traces web1) ]]
	run -78 vmrun remove --yes 'x*'
	run -78 vmrun remove --yes nobody
	run -64 vmrun remove
}

@test "a symbolic link goes, and what it leads to stays" {
	echo '# mine' >"$ROOT/real"
	ln -s "$ROOT/real" "$vms/web1.conf"
	run -0 vmrun remove --yes web1
	[[ ! -L $vms/web1.conf && -e $ROOT/real ]]
}

@test "an instance loses what is kept of it; its file goes once nothing is kept of any" {
	vm worker@ "instances = \"1..2\"; disks = ( { file = \"$ROOT/%n.qcow2\"; size = \"1M\"; } ); nics = \"br0\"; args = \"-S\";"
	vmrun -q start worker@1
	run -1 vmrun remove --yes worker@
	[[ $output == *"something is kept of worker@1"* ]]
	vmrun -q stop hard worker@1
	run -1 vmrun remove --yes worker@
	run -0 vmrun remove --yes --disks worker@1
	[[ $output == *"worker@.conf describes it still"* && -e $vms/worker@.conf && ! -e $ROOT/worker@1.qcow2 ]]
	[[ -z $(traces worker@1) ]]
	run -0 vmrun remove --yes worker@
	[[ ! -e $vms/worker@.conf ]]
	run -78 vmrun remove --yes worker@
}

@test "VMs that name it in after or requires are named" {
	vm db
	vm web1 'requires = "db";'
	vm web2 'after = "db";'
	run -0 --separate-stderr vmrun remove --yes db
	[[ $output == "db: removed" ]]
	[[ $stderr == *"web1: requires db, and cannot be started without it"*"web2: names db in after"* ]]
}
