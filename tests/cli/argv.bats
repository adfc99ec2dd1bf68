# argv prints the command that start runs, so that it can be pasted into a shell.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

@test "argv allocates nothing and touches nothing" {
	vm one 'nics = ( { bridge = "br0"; } );'
	local before
	before=$(find "$ROOT" -printf '%p %T@\n' | sort)
	run -0 vmrun argv one
	[[ $(find "$ROOT" -printf '%p %T@\n' | sort) == "$before" && -z $(taps) ]]
}

@test "pasted into a shell, argv is the same list as argv --json" {
	vm one 'args = [ "-name", "it'\''s, $HOME `x` \"y\" \\ end", "" ]; nics = ( { bridge = "br0"; } );'
	local list
	list=$(vmrun argv one)
	diff <(vmrun --json argv one | jq -r '.[]') <(eval "printf '%s\n' $list")
}

@test "the MAC that argv shows is the one that start gives" {
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; } );'
	# The ledger is there, from the first VM that was ever started.
	vm other 'args = [ "-S" ];'
	vmrun start other
	vmrun stop hard other
	local mac
	mac=$(vmrun argv one | grep -o '52:54:00:[0-9a-f:]*')
	vmrun start one
	[[ $(macs one) == *"$mac"* ]]
	vmrun stop hard one
}

@test "what argv shows is what runs, but for descriptors in place of names" {
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; } ); display = { vnc = ":77"; };'
	vmrun start one
	diff <(vmrun --json argv one | jq -r '.[]' | grep -E '^(-|q35|[0-9]|virtio)') \
		<(tr '\0' '\n' <"/proc/$(qemu_pid one)/cmdline" | grep -E '^(-|q35|[0-9]|virtio)' | grep -v '^-add-fd')
	vmrun stop hard one
}

@test "the classic command line comes from eight lines" {
	truncate -s 1M "$ROOT/disk.img"
	vm one "$(printf '%s\n' 'memory = "1024M";' 'cpus = 2;' "disks = ( { file = \"$ROOT/disk.img\"; } );" \
		'balloon = true;' 'boot = [ "disk" ];' 'nics = ( { bridge = "br0"; mac = "52:54:00:9b:01:77"; } );' \
		'display = { vnc = ":5"; };' 'description = "classic";')"
	run -0 vmrun argv one
	local word
	for word in -smp 2 1024 virtio-blk-pci virtio-balloon-pci virtio-net-pci mac=52:54:00:9b:01:77 ':5' bootindex; do
		[[ $output == *"$word"* ]] || { echo "no $word"; return 1; }
	done
}
