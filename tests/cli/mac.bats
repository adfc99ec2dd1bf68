# The ledger, as users see it.
load ../lib/common

setup() {
	world
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; }, { bridge = "br0"; } );'
	vmrun start one
	vmrun stop hard one
}

teardown() {
	finish_test
}

@test "a VM keeps its MACs from start to start" {
	local before
	before=$(macs)
	[[ $(wc -l <<<"$before") == 2 ]]
	vmrun start one
	vmrun stop hard one
	[[ $(macs) == "$before" ]]
}

@test "a NIC more changes no other's MAC" {
	local before
	before=$(macs)
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; }, { bridge = "br0"; }, { bridge = "br0"; } );'
	vmrun start one
	vmrun stop hard one
	[[ $(macs | wc -l) == 3 && $(macs | head -n 2) == "$before" ]]
}

@test "release forgets a VM that has no file, and no other" {
	run vmrun mac release one
	((status != 0))
	[[ $(macs | wc -l) == 2 ]]
	rm "$ROOT/etc/vms/one.conf"
	run -0 vmrun mac release one
	[[ -z $(macs) ]]
}

@test "a written MAC that another VM was given is refused" {
	local mac
	mac=$(macs | head -n 1)
	vm two "args = [ \"-S\" ]; nics = ( { bridge = \"br0\"; mac = \"${mac^^}\"; } );"
	run vmrun start two
	((status != 0))
	[[ $output == *one* ]]
	nothing_left
}

@test "a damaged ledger is an error that names the line, and is not replaced" {
	echo 'garbage here' >>"$ROOT/lib/ledger"
	local before
	before=$(sha256sum "$ROOT/lib/ledger")
	run vmrun start one
	((status != 0))
	[[ $output == *ledger:[0-9]* ]]
	run vmrun mac
	((status != 0))
	[[ $(sha256sum "$ROOT/lib/ledger") == "$before" ]]
	nothing_left
}
