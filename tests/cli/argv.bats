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

@test "argv --os composes for another system, and says so" {
	vm one 'accel = "auto"; nics = ( { bridge = "en0"; }, { user = true; } );'
	local arch here
	arch=$(uname -m)
	here=$(vmrun argv one 2>/dev/null)
	run -0 --separate-stderr vmrun argv --os darwin one
	[[ $output == *"qemu-system-$arch"*"-name guest=one "*"-accel hvf"*"-cpu host"*"vmnet-bridged,id=net0,ifname=en0"*"user,id=net1"* ]]
	[[ $output != *-sandbox* && $output != *process=* && $output != *tap,* ]]
	[[ $stderr == *"vmrun: one: this is the line for macOS"* ]]
	run -0 --separate-stderr vmrun argv --os freebsd one
	[[ $output == *"-name guest=one "*"-accel tcg"*"tap,id=net0,ifname="*"script=no"* ]]
	[[ $output != *-sandbox* && $output != *process=* && $output != *vmnet* ]]
	[[ $stderr == *"this is the line for FreeBSD"* ]]
	run -0 --separate-stderr vmrun argv --os linux one
	[[ $output == "$here" && $stderr != *"this is the line for"* ]]
}

@test "argv --os takes a daemon's socket on every system, and vmnet on one" {
	vm one 'nics = { socket = "/var/run/socket_vmnet"; };'
	local os
	for os in linux freebsd darwin; do
		run -0 --separate-stderr vmrun argv --os "$os" one
		[[ $output == *"stream,id=net0,server=off,addr.type=unix,addr.path=/var/run/socket_vmnet"* ]]
	done
	vm two 'nics = ( { vmnet = "shared"; isolated = true; }, { vmnet = "host"; } ); display = "cocoa";'
	run -0 --separate-stderr vmrun argv --os darwin two
	[[ $output == *"vmnet-shared,id=net0,isolated=on"*"vmnet-host,id=net1"*"-display cocoa"* ]]
}

@test "argv --os refuses what that system does not have: status 78, at its key" {
	vm one "$(printf '%s\n' 'accel = "kvm";' 'nics = (' '{ bridge = "en0"; mtu = 9000; vlan = 3; }' ');')"
	run -78 --separate-stderr vmrun argv --os darwin one
	[[ -z $output && $stderr == *"one.conf:1: accel: kvm is of Linux; on macOS it is hvf"* ]]
	[[ $stderr == *"one.conf:3: nics[0].vlan: "* && $stderr == *"one.conf:3: nics[0].mtu: "* ]]
	vm two 'nics = { vmnet = "shared"; };'
	run -78 --separate-stderr vmrun argv two
	[[ -z $output && $stderr == *"two.conf:1: nics[0].vmnet: on Linux there is no vmnet"* ]]
	run -78 --separate-stderr vmrun argv --os freebsd two
	[[ -z $output && $stderr == *"on FreeBSD there is no vmnet"* ]]
	run -78 --separate-stderr vmrun start two
	[[ -z $output && $stderr == *"on Linux there is no vmnet"* ]]
	nothing_left
}

@test "argv --os of a system that is none: status 64, and those that are" {
	vm one
	local os
	for os in windows '' Darwin macos; do
		run -64 --separate-stderr vmrun argv --os "$os" one
		[[ -z $output && $stderr == *linux*freebsd*darwin* ]] || { echo "$os: $stderr"; return 1; }
	done
	run -64 vmrun argv one --os
	run -64 --separate-stderr vmrun start --os linux one
	[[ $stderr == *"start does not take --os"* ]]
}

@test "argv --os with several VMs and with --json" {
	vm one
	vm two 'nics = "en0";'
	run -0 --separate-stderr vmrun --json argv --os darwin one two
	jq -e '.two | index("vmnet-bridged,id=net0,ifname=en0")' <<<"$output"
	jq -e '.one | index("-sandbox") == null' <<<"$output"
}
