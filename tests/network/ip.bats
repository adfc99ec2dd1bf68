# The addresses of a VM, and how each is known.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# known NAME: lines "NIC ADDRESS SOURCE", as --json has them.
known() {
	vmrun --json ip "$1" | jq -r '.[].nics[] | .nic as $nic | .addresses[] | "\($nic) \(.address) \([.from[].source] | join(","))"'
}

# The agent's channel, in the guest's shell.
CHANNEL='/dev/$(basename $(dirname $(grep -lx org.qemu.guest_agent.0 /sys/class/virtio-ports/*/name)))'

# agent NAME ANSWER: something in the guest that speaks as qemu-ga does, and says ANSWER of its interfaces.
agent() {
	local script='while :; do
		read -r line || { sleep 0.1; continue; }
		case $line in
		*guest-sync-delimited*) id=${line##*:}; printf "\377{\"return\": %s}\n" "${id%%\}*}" ;;
		*guest-network-get-interfaces*) cat /answer ;;
		esac
	done'
	in_guest "$1" "echo $(base64 -w 0 <<<"$script") | base64 -d >/agent; echo $(base64 -w 0 <<<"$2") | base64 -d >/answer"
	in_guest "$1" "{ sh /agent <>$CHANNEL >&0 2>/dev/null & }"
}

@test "the addresses of several VMs are one table" {
	vm one 'args = [ "-S" ]; nics = ( { bridge = "br0"; }, { user = true; } );'
	vm longer 'args = [ "-S" ]; nics = ( { bridge = "br0"; } );'
	vmrun start one longer
	net ip neigh add 10.99.0.11 lladdr "$(macs longer)" dev br0 nud stale
	net ip neigh add 2001:db8:1:2:3:4:5:11 lladdr "$(macs one | head -n 1)" dev br0 nud stale
	run -0 --separate-stderr vmrun ip --all
	[[ ${lines[0]} == "longer  nic 0  10.99.0.11             neighbour table of br0, stale" ]]
	[[ ${lines[1]} == "one     nic 0  2001:db8:1:2:3:4:5:11  neighbour table of br0, stale" ]]
	[[ ${lines[2]} == "one     nic 1  -                      its address is inside QEMU's own network, "* ]]
	vmrun kill one longer
	nothing_left
}

@test "the neighbour table, IPv4 and IPv6; a VM that nobody has heard of; one that does not run" {
	local mac
	guest one 10.99.0.11
	vm two 'args = [ "-S" ]; nics = ( { bridge = "br0"; }, { user = true; } );'
	vmrun start one two
	wait_for 60 page 10.99.0.11
	run -0 --separate-stderr vmrun ip one
	[[ ${lines[0]} == "one  nic 0  10.99.0.11       neighbour table of br0, "* && -z $stderr ]]
	mac=$(macs one)
	net ip addr add fe80::1/64 dev br0 nodad
	net ip addr add 2001:db8::1/64 dev br0 nodad
	net ip neigh add 2001:db8::11 lladdr "$mac" dev br0 nud stale
	run -0 known one
	[[ ${lines[0]} == "0 10.99.0.11 neighbour" && ${lines[1]} == "0 2001:db8::11 neighbour" ]]
	run -1 --separate-stderr vmrun ip two
	[[ ${lines[0]} == "two  nic 0  -                nobody on this host has heard of one" ]]
	[[ ${lines[1]} == "two  nic 1  -                its address is inside QEMU's own network, where only forwards lead" ]]
	vm three
	run -1 --separate-stderr vmrun ip three
	[[ -z $output && $stderr == "vmrun: three: it is not running" ]]
	vmrun start three
	run -1 --separate-stderr vmrun ip three
	[[ -z $output && $stderr == "vmrun: three: it has no NIC" ]]
	run -1 --separate-stderr vmrun forward three list
	[[ $stderr == "vmrun: three: no NIC of it is on a network in user mode"* ]]
	vmrun kill one two three
	nothing_left
}

@test "the lease of a network that vmrun serves" {
	echo 'bridges = ( { name = "lab0"; create = "auto"; address = "10.89.0.1/24"; dhcp = true; } );' >>"$ROOT/etc/vmrun.conf"
	guest one dhcp
	sed -i 's/br0/lab0/; s|vmrun.ip=dhcp/24||' "$ROOT/etc/vms/one.conf"
	vmrun start one
	wait_for 60 eval '[[ $(known one) == *dhcp* ]]'
	run -0 --separate-stderr vmrun ip one
	[[ -z $stderr && ${lines[0]} == "one  nic 0  10.89.0."*"  DHCP lease on lab0"* ]]
	vmrun --json ip one | jq -e --argjson now "$(date +%s)" '.[0].nics[0].addresses[0].from | map(select(.source == "dhcp")) | .[0] |
		.bridge == "lab0" and .expires > $now'
	page "$(known one | cut -d ' ' -f 2 | head -n 1)"
	# One that has expired is no address.
	sed -i 's/^[0-9]*/1/' "$ROOT/lib/networks/lab0.leases"
	[[ $(known one) != *dhcp* ]]
	vmrun kill one
	nothing_left
}

@test "the guest's agent says more, is not waited for if it is not there or is another's, and is not believed to be text" {
	local mac
	guest one 10.99.0.11 'agent = true;'
	sed -i 's/bridge = "br0";/bridge = "br0"; guard = true; addresses = [ "10.99.0.11" ];/' "$ROOT/etc/vms/one.conf"
	vmrun start one
	wait_for 60 page 10.99.0.11
	mac=$(macs one)
	run -0 --separate-stderr vmrun ip one
	[[ $stderr == "vmrun: one: the guest's agent does not run" ]]
	[[ ${lines[0]} == "one  nic 0  10.99.0.11       neighbour table of br0, "*"; its file, and guarded" ]]
	agent one '{"return": [{"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1", "prefix": 8}], "hardware-address": "00:00:00:00:00:00"}, {"name": "eth0\u001b[31m", "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "10.99.0.11", "prefix": 24}, {"ip-address": "FD00:0:0::11", "prefix": 64}, {"ip-address": "no address\u001b[2J"}], "hardware-address": "'"${mac^^}"'"}]}'
	wait_for 10 eval '[[ $(vmrun ip one 2>/dev/null) == *agent* ]]'
	run -0 --separate-stderr vmrun ip one
	[[ -z $stderr && $output != *$'\e'* ]]
	[[ ${lines[0]} == 'one  nic 0  10.99.0.11       guest agent, eth0\033[31m; neighbour table of br0, '*'; its file, and guarded' ]] || { echo "$output$stderr"; return 1; }
	[[ ${lines[1]} == 'one  nic 0  fd00::11         guest agent, eth0\033[31m' && ${#lines[@]} == 2 ]]
	[[ $(known one) == $'0 10.99.0.11 agent,neighbour,file\n0 fd00::11 agent' ]]
	vmrun --json ip one | jq -e '.[0].nics[0] | .network == "bridge" and .addresses[0].from[0].prefix == 24'
	# Somebody else is connected.
	socat -t 100 EXEC:'sleep 100' UNIX-CONNECT:"$ROOT/run/one/agent.sock" 3>&- &
	local other=$!
	wait_for 10 eval '[[ $(vmrun ip one 2>&1) == *"somebody else speaks to the guest"* ]]'
	kill "$other"
	wait_for 10 eval '[[ $(vmrun ip one 2>/dev/null) == *agent* ]]'
	vmrun kill one
	nothing_left
}

@test "an agent that says nothing, or too much, delays nothing for long" {
	guest one 10.99.0.11 'agent = true;'
	vmrun start one
	wait_for 60 page 10.99.0.11
	in_guest one "{ sleep 1000 <>$CHANNEL >/dev/null 2>&1 & }"
	wait_for 10 eval '[[ $(vmrun ip one 2>&1) == *"does not answer"* ]]'
	run -0 timeout 10 nsenter --net="$ROOT/net" "$VMRUN" --root "$ROOT" ip one 3>&-
	[[ $output == *"10.99.0.11 "*"neighbour"* && $output == *"the guest's agent does not answer"* ]]
	in_guest one "killall sleep"
	in_guest one "{ yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx <>$CHANNEL >&0 2>/dev/null & }"
	run -0 timeout 10 nsenter --net="$ROOT/net" "$VMRUN" --root "$ROOT" ip one 3>&-
	[[ $output == *"10.99.0.11 "*"neighbour"* ]]
	vmrun kill one
	nothing_left
}
