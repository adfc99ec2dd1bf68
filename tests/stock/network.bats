# What only some kernels have, with real guests: VLANs on a bridge, vhost-net, several queues, KVM.
# bats file_tags=stock
load ../lib/common

# The host is in VLANs 10 and 20 of br0; br1 leads to "wire", tagged 30. Guests one and two are in 10,
# three in 20; two is on br1 as well.
setup_file() {
	world
	export ROOT
	sed -i 's/"tcg"/"auto"/' "$ROOT/etc/vmrun.conf"
	net ip addr flush dev br0
	net ip link set br0 type bridge vlan_filtering 1
	local vlan
	for vlan in 10 20; do
		net bridge vlan add dev br0 vid $vlan self
		net ip link add link br0 name br0.$vlan type vlan id $vlan
		net ip link set br0.$vlan up
	done
	net ip addr add 10.99.0.1/24 dev br0.10
	net ip addr add 10.98.0.1/24 dev br0.20
	bridge br1
	net ip link add eth0 type veth peer name wire
	net ip link add link eth0 name eth0.30 type vlan id 30
	net ip link add link wire name wire.30 type vlan id 30
	net ip link set eth0.30 master br1
	net ip addr add 10.97.0.1/24 dev wire.30
	for vlan in eth0 eth0.30 wire wire.30; do net ip link set $vlan up; done
	guest one 10.99.0.11 'cpus = 2; nics = ( { bridge = "br0"; vlan = 10; queues = 2; } );'
	guest two 10.99.0.12 'nics = ( { bridge = "br0"; vlan = 10; }, { bridge = "br1"; vhost = false; } );' \
		vmrun.ip1=10.97.0.12/24
	guest three 10.99.0.13 'nics = ( { bridge = "br0"; vlan = 20; }, { bridge = "br0"; trunk = [ 10, 20 ]; } );' \
		vmrun.ip1=192.0.2.1/24
	sed -i '0,/nics/{/nics/d}' "$ROOT"/etc/vms/*.conf
	vmrun start one two three
	wait_for 300 page 10.99.0.11
	wait_for 300 page 10.99.0.12
	in_guest three 'ip addr add 10.98.0.13/24 dev eth0'
	wait_for 300 page 10.98.0.13
}

teardown_file() {
	end_world
}

# The kernel's threads that move a VM's frames: one a queue.
vhost_threads() {
	local pid
	pid=$(qemu_pid "$1")
	grep -slx "vhost-$pid" /proc/[0-9]*/comm | wc -l
}

vhost_descriptors() {
	find "/proc/$(qemu_pid "$1")/fd" -lname /dev/vhost-net | wc -l
}

@test "accel auto takes KVM where it works, and the guest sees it" {
	vmrun --json status one | jq -e '(if type == "array" then .[0] else . end).accel == "kvm"'
	[[ $(in_guest one 'cat /sys/devices/system/clocksource/clocksource0/current_clocksource') == kvm-clock ]]
}

@test "guests of one VLAN reach each other" {
	run page 10.99.0.11 'cgi-bin/peer.cgi?10.99.0.12'
	[[ $output == *"ping 10.99.0.12 answered"* && $output == *"Hello from two"* ]]
}

@test "a guest of another VLAN is not reached, from neither side" {
	run in_guest three 'ping -c 2 -W 1 10.99.0.11'
	[[ $status == 1 && $output == *" 0 packets received"* ]]
	run in_guest one 'ip neigh flush dev eth0; ping -c 2 -W 1 10.99.0.13'
	[[ $status == 1 && $output == *" 0 packets received"* ]]
}

@test "a guest that tags its frames itself does not get into another VLAN" {
	run in_guest one 'ip link add link eth0 name eth0.20 type vlan id 20 && ip link set eth0.20 up &&
		ip addr add 10.98.0.11/24 dev eth0.20 && ping -c 2 -W 1 10.98.0.13; echo "so $?"; ip link del eth0.20'
	[[ $status == 0 && $output == *" 0 packets received"*"so 1"* ]]
}

@test "a trunk carries its VLANs, tagged, and no other" {
	[[ $(net bridge -j vlan show dev three.1 | jq -c '[.[0].vlans[].vlan]') == "[10,20]" ]]
	run in_guest three 'for i in 10 30; do ip link add link eth1 name eth1.$i type vlan id $i; done
		ip addr add 10.99.0.14/24 dev eth1.10; ip addr add 10.97.0.14/24 dev eth1.30
		ip addr del 10.99.0.13/24 dev eth0; ip link set eth1.10 up; ip link set eth1.30 up
		ping -c 1 -W 5 10.99.0.11; echo "ten $?"; ping -c 2 -W 1 10.97.0.12; echo "thirty $?"
		ip link del eth1.10; ip link del eth1.30; ip addr add 10.99.0.13/24 dev eth0'
	[[ $output == *"ten 0"*"thirty 1"* ]]
}

@test "vhost is used without being asked for where there is KVM, for each queue" {
	[[ $(vhost_descriptors one) == 2 && $(vhost_threads one) == 2 ]]
	[[ $(vhost_descriptors two) == 1 && $(vhost_threads two) == 1 ]]
}

@test "as many queues as the NIC says reach the guest" {
	[[ $(in_guest one 'ls -d /sys/class/net/eth0/queues/rx-* | wc -l') == 2 ]]
	[[ $(in_guest two 'ls -d /sys/class/net/eth0/queues/rx-* | wc -l') == 1 ]]
}

@test "a bridge whose uplink is a VLAN's interface puts its guests into that VLAN" {
	net ping -c 1 -W 5 -I wire.30 10.97.0.12
	[[ $(page 10.97.0.12) == *"address 10.97.0.12/24"* ]]
}

@test "net tells each port's VLANs, and gc puts a port that was dropped back into its own" {
	three() {
		vmrun --json net | jq -e '.[] | select(.name == "br0") | .vlan_filtering and (.ports[] | select(.name == "three.0") |
			.vm == "three" and .vlans == [{first: 20, last: 20, untagged: true, pvid: true}])'
	}
	run -0 vmrun net
	[[ $output == *"br0  mtu 1500  up  VLAN filtering"* && $output == *"one.0 "*"  vlan 10  "* && $output == *"three.0 "*"  vlan 20  "* ]]
	three
	net ip link set three.0 nomaster
	run three
	((status != 0))
	run -0 vmrun gc
	[[ $output == "three: nic 0, tap three.0, is on bridge br0 again" ]]
	three
	wait_for 20 page 10.98.0.13
	run in_guest three 'ping -c 2 -W 1 10.99.0.11'
	[[ $status == 1 && $output == *" 0 packets received"* ]]
}

# Which VLANs a port is in, "10" or "10,20".
vlans_of() {
	net bridge -j vlan show dev "$1" | jq -r '[.[0].vlans[].vlan] | join(",")'
}

@test "apply moves a running guest from one VLAN into another, and changes what a trunk carries" {
	local file=$ROOT/etc/vms/three.conf pid
	cp "$file" "$ROOT/three.before"
	pid=$(qemu_pid three)
	sed -i 's/vlan = 20; }/vlan = 10; }/; s/trunk = \[ 10, 20 \]/trunk = [ 20, 30 ]/' "$file"
	run -1 vmrun diff three
	[[ $output == *"three: nics[0].vlan: 20 -> 10  (live)"* && $output == *"three: nics[1].trunk: "*"  (live)"* && $output != *"(restart)"* ]]
	run -0 vmrun apply three
	[[ $output == *"three: changed nics[0].vlan: 20 -> 10"* && $output == *"three: changed nics[1].trunk"* ]]
	[[ $(vlans_of three.0) == 10 && $(vlans_of three.1) == 20,30 && $(qemu_pid three) == "$pid" ]]
	run -0 in_guest three 'ip neigh flush dev eth0; ping -c 1 -W 5 10.99.0.11'
	run in_guest three 'ping -c 2 -W 1 10.98.0.1'
	[[ $status == 1 && $output == *" 0 packets received"* ]]
	run -0 vmrun diff three
	run -0 vmrun apply three
	[[ $output == "nothing to do" ]]
	# gc knows the new VLANs as the port's own.
	run -0 vmrun gc
	[[ $(vlans_of three.0) == 10 && $(vlans_of three.1) == 20,30 ]]

	# A VLAN that the bridge cannot take changes nothing.
	sed -i 's/vlan = 10; }/vlan = 4095; }/' "$file"
	run -78 vmrun apply three
	[[ $output == *"three.conf:"*"vlan"* && $(vlans_of three.0) == 10 && $(qemu_pid three) == "$pid" ]]

	cp "$ROOT/three.before" "$file"
	run -0 vmrun apply three
	[[ $(vlans_of three.0) == 20 && $(vlans_of three.1) == 10,20 && $(qemu_pid three) == "$pid" ]]
	run -0 in_guest three 'ip neigh flush dev eth0; ping -c 1 -W 5 10.98.0.1'
	run in_guest three 'ping -c 2 -W 1 10.99.0.11'
	[[ $status == 1 && $output == *" 0 packets received"* ]]
}

@test "a MAC that a bridge with VLANs has heard is refused" {
	net ip link add far type veth peer name far0
	net ip link set far master br0 up
	net bridge vlan add dev far vid 10 pvid untagged
	net ip link set far0 address 52:54:00:77:00:01 up
	net ip addr add 10.99.0.77/24 dev far0
	net busybox arping -q -c 2 -I far0 10.99.0.11
	net ip link set far0 address 52:54:00:77:00:02
	vm five 'args = [ "-S" ]; nics = ( { bridge = "br0"; vlan = 10; mac = "52:54:00:77:00:01"; } );'
	run -1 vmrun start five
	[[ $output == *"MAC 52:54:00:77:00:01 is in use on the network: "*"behind port far of bridge br0, heard "* ]]
	net ip link del far
	run -0 vmrun start five
	vmrun kill five
}

@test "vhost can be asked for without KVM" {
	vm four 'accel = "tcg"; args = [ "-S" ]; nics = ( { bridge = "br0"; vhost = true; }, { bridge = "br0"; } );'
	run -0 vmrun start four
	[[ $(vhost_descriptors four) == 1 ]]
	vmrun kill four
}

@test "all of it goes when the guests shut down" {
	run -0 vmrun stop -t 60 one two three
	nothing_left
	[[ -z $(grep -sl '^vhost-' /proc/[0-9]*/comm) ]]
}

@test "the unit tests of ports leave nothing out" {
	run -0 "${VMRUN%/src/vmrun}/tests/unit/test_os_linux_ports"
	[[ $output == *"[  PASSED  ]"* && $output != *SKIPPED* ]]
}
