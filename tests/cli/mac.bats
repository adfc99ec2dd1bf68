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

# host NAME TEXT: the host config of another host.
host() {
	mkdir -p "$ROOT/hosts"
	printf '%s\n' "$2" >"$ROOT/hosts/$1.conf"
}

@test "a host with a range gives no other MACs" {
	printf 'mac = { range = "52:54:00:10:00:08/45"; };\n' >>"$ROOT/etc/vmrun.conf"
	vm two 'args = [ "-S" ]; nics = ( { bridge = "br0"; }, { bridge = "br0"; } );'
	vmrun start two
	vmrun stop hard two
	[[ $(macs two | wc -l) == 2 && -z $(macs two | grep -v '52:54:00:10:00:0[89a-f]') ]]
}

@test "mac check: which hosts' ranges overlap, where, and by which addresses" {
	host a 'mac = { range = "52:54:00:10:00:00/28"; };'
	host b 'mac = { first = "52:54:00:20:00:00"; last = "52:54:00:2f:ff:ff"; };'
	host c $'vm_dir = "/srv/vms";\nmac = {\n\tfirst = "52:54:00:30:00:00"; last = "52:54:00:30:00:ff"; };'
	cd "$ROOT/hosts"
	run -0 --separate-stderr vmrun mac check a.conf b.conf c.conf
	[[ $output == "3 files: no MAC address is in two of them" && -z $stderr ]]
	run -0 vmrun mac check a.conf
	[[ $output == "1 file: nothing to compare it with" ]]
	host c $'vm_dir = "/srv/vms";\nmac = {\n\tfirst = "52:54:00:2f:ff:ff"; last = "52:54:00:30:00:ff"; };'
	run -78 --separate-stderr vmrun mac check a.conf b.conf c.conf
	[[ -z $output && $stderr == "vmrun: b.conf:1: mac.first and c.conf:3: mac.first both have 52:54:00:2f:ff:ff" ]]
	host d 'qemu_user = "nobody";'
	run -78 --separate-stderr vmrun --json mac check a.conf d.conf
	[[ $stderr == "vmrun: d.conf: no mac.range and a.conf:1: mac.range both have 52:54:00:10:00:00 to 52:54:00:1f:ff:ff" ]]
	jq -e '. == [{places: ["d.conf: no mac.range", "a.conf:1: mac.range"],
		first: "52:54:00:10:00:00", last: "52:54:00:1f:ff:ff"}]' <<<"$output"
}

@test "mac check: two hosts that say nothing have every address in common, a wrong file is said" {
	host a ''
	host b ''
	host c 'mac = { range = 5; };'
	run -78 --separate-stderr vmrun mac check "$ROOT/hosts/a.conf" "$ROOT/hosts/b.conf"
	[[ $stderr == *"both have 52:54:00:00:00:00 to 52:54:00:ff:ff:ff" ]]
	run -78 vmrun mac check "$ROOT/hosts/c.conf" "$ROOT/hosts/a.conf"
	[[ $output == *"c.conf:1: mac.range: "* && ${#lines[@]} == 1 ]]
	run -1 vmrun mac check "$ROOT/hosts/none.conf"
	[[ $output == *"none.conf: No such file"* ]]
}

@test "mac check: hundreds of hosts, and ledgers address by address" {
	local i
	for ((i = 0; i < 300; i++)); do
		host "$(printf 'h%03d' "$i")" "mac = { range = \"$(printf '52:54:00:%02x:%02x:00' $((i / 16)) $((i % 16 * 16)))/36\"; };"
	done
	run -0 vmrun mac check "$ROOT"/hosts/h*.conf
	[[ $output == "300 files: "* ]]
	for ((i = 0; i < 300; i++)); do
		host "$(printf 'h%03d' "$i")" ''
	done
	run -78 --separate-stderr vmrun mac check "$ROOT"/hosts/h*.conf
	[[ ${#stderr_lines[@]} == 101 && ${stderr_lines[-1]} == *"and 44750 pairs more" ]]
	cp "$ROOT/lib/ledger" "$ROOT/other"
	run -78 --separate-stderr vmrun mac check "$ROOT/lib/ledger" "$ROOT/other"
	[[ ${#stderr_lines[@]} == 2 && ${stderr_lines[0]} == *"/lib/ledger: one nic "*" and "*"/other: one nic "*" both have $(macs | sort | head -n 1)" ]]
	run -0 vmrun mac check "$ROOT/lib/ledger" "$ROOT"/hosts/h00[0].conf
	[[ $output == "1 host config and 1 ledger: no MAC address is in two of the former, or in two of the latter; the ones are not compared with the others" ]]
}
