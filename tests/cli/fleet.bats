# Many files: names, globs, tags, --all, and what is wrong between VMs.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

@test "check without a name checks every file, and the clashes between them" {
	vm one 'nics = ( { bridge = "br0"; mac = "52:54:00:00:00:01"; } ); display = { vnc = ":7"; };'
	vm two 'nics = ( { bridge = "br0"; mac = "52:54:00:00:00:01"; } ); display = { vnc = ":7"; };'
	vm bad 'nonsense = 1;'
	run vmrun check
	((status == 78))
	[[ $output == *52:54:00:00:00:01* && $output == *"TCP port 5907"* && $output == *bad.conf:1* ]]
}

@test "one uuid twice, and a writable image twice, are told" {
	truncate -s 1M "$ROOT/disk.img"
	vm one "disks = ( { file = \"$ROOT/disk.img\"; } ); uuid = \"6c2e1b0a-30bd-4a52-8a52-0d6f9f2b3c11\";"
	vm two "disks = ( { file = \"$ROOT/disk.img\"; } ); uuid = \"6c2e1b0a-30bd-4a52-8a52-0d6f9f2b3c11\";"
	run -78 vmrun check
	[[ $output == *disk.img* && $output == *6c2e1b0a* ]]
}

@test "check names a bridge that is missing" {
	vm one 'nics = ( { bridge = "br9"; } );'
	run vmrun check
	((status != 0))
	[[ $output == *br9* ]]
}

@test "a file that is wrong does not keep another VM from being started" {
	vm bad 'nonsense = 1;'
	vm one 'args = [ "-S" ];'
	run -0 vmrun start one
	run -0 vmrun stop hard one
	nothing_left
}

@test "a VM that clashes with a file of another does not start" {
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; mac = "52:54:00:00:00:01"; } );'
	vm two 'args = [ "-S" ]; nics = ( { bridge = "br0"; mac = "52:54:00:00:00:01"; } );'
	run vmrun start one
	((status != 0))
	[[ $output == *two* ]]
	nothing_left
}

@test "list shows every VM, sorted, with its state" {
	vm b 'args = [ "-S" ];'
	vm a
	vmrun start b
	run -0 --separate-stderr vmrun list
	[[ $output == *a*stopped*b* ]]
	vmrun stop hard b
}

@test "globs, tags and --all choose VMs" {
	vm web1 'tags = [ "prod" ];'
	vm web2
	vm db 'tags = [ "prod", "data" ];'
	names() {
		vmrun --json list "$@" | jq -r '[.[].name] | join(" ")'
	}
	[[ $(names) == "db web1 web2" ]]
	[[ $(names 'web*') == "web1 web2" ]]
	[[ $(names @prod) == "db web1" ]]
	[[ $(names @prod web2) == "db web1 web2" ]]
	[[ $(names --all) == "db web1 web2" ]]
}

@test "a VM with a tag is found while it runs, whatever becomes of its file, and is not left out without a word" {
	local one='tags = "prod"; args = "-S";'
	for name in one two three four; do
		vm "$name" "$one"
	done
	vmrun -q start @prod
	# By what their files said when they were started.
	vm two 'tags = "prod'
	vm three 'template = "gone";'
	rm "$ROOT/etc/vms/four.conf"
	run -0 --separate-stderr vmrun --json list @prod
	[[ $(jq -r '.[].name' <<<"$output") == $'four\none\nthree\ntwo' && -z $stderr ]]
	# Those that do not run have not been asked to stop in vain, and are said.
	vm five 'tags = "prod'
	vm six 'tags = [ "prod" ]; template = "gone";'
	run -0 --separate-stderr vmrun stop hard @prod
	[[ $output == *one*stopped* && $output == *two*stopped* && $output == *three*stopped* && $output == *four*stopped* ]]
	[[ $output == *"six: not running"* && $stderr == *"five: $ROOT/etc/vms/five.conf:1: "* && $stderr != *two.conf* ]]
	# To start all is not done while nobody knows who that is.
	run -78 --separate-stderr vmrun start @prod
	[[ $output == *"one: running"* ]]
	[[ $stderr == *"five: $ROOT/etc/vms/five.conf:1: "*"nobody knows whether it has the tag prod"* ]]
	[[ $stderr == *"three: $ROOT/etc/vms/three.conf:1: template"*"nobody knows whether it has the tag prod"* ]]
	vmrun -q stop hard --all
	nothing_left
}

@test "a glob or a tag that nothing matches is an error" {
	vm web1
	run vmrun start 'db*'
	((status != 0))
	run vmrun start @none
	((status != 0))
}

@test "one failure does not stop the rest, and the status tells of it" {
	vm bad 'nonsense = 1;'
	vm one 'args = [ "-S" ];'
	run --separate-stderr vmrun start one bad
	((status != 0))
	[[ $stderr == *bad* ]]
	run -0 vmrun status one
	vmrun stop hard one
	nothing_left
}

@test "the same VM named twice is worked on once" {
	vm one 'args = [ "-S" ];'
	run -0 --separate-stderr vmrun start one one 'o*'
	((${#lines[@]} == 1))
	vmrun stop hard one
	nothing_left
}
