# Networks of the host's own: made for the first VM, served, kept from the outside or led to it, and
# removed with nothing left behind.
load ../lib/common
load ../lib/networks

setup() {
	world
}

teardown() {
	[[ -z ${server:-} ]] || kill "$server" 2>/dev/null || :
	! mountpoint -q "$ROOT/run" || umount "$ROOT/run"
	[[ ! -e $ROOT/outside ]] || umount "$ROOT/outside" 2>/dev/null || :
	finish_test
}

# guest_on BRIDGE NAME: a VM that boots the small guest, which asks for its address.
guest_on() {
	guest "$2" 0
	sed -i "s/vmrun.ip=[^ ]*//; s/br0/$1/" "$ROOT/etc/vms/$2.conf"
}

# outside: a network behind the host's uplink, 192.0.2.2, that serves a page.
outside() {
	touch "$ROOT/outside"
	unshare --net="$ROOT/outside" true
	out ip link set lo up
	net ip link add up0 type veth peer name out0
	net ip link set out0 netns "$ROOT/outside"
	net ip addr add 192.0.2.1/24 dev up0
	net ip addr add 2001:db8::1/64 dev up0 nodad
	net ip link set up0 up
	out ip addr add 192.0.2.2/24 dev out0
	out ip addr add 2001:db8::2/64 dev out0 nodad
	out ip link set out0 up
	net ip route add default via 192.0.2.2
	mkdir "$ROOT/www"
	echo "from outside" >"$ROOT/www/index.html"
	out busybox httpd -f -p 192.0.2.2:80 -h "$ROOT/www" >/dev/null 2>&1 &
	server=$!
}

out() {
	nsenter --net="$ROOT/outside" -- "$@" 3>&-
}

lease_of() {
	awk -v mac="$(macs "$1")" '$1 == mac { print $2 }' "$ROOT/lib/networks/$2.hosts"
}

@test "nat: an address by DHCP and one by RA, names, a way out and none in, and all as before at the end" {
	local before a1 a2
	outside
	net nft add table inet others
	net sysctl -q net.ipv6.conf.up0.accept_ra=1
	before=$(host_network)
	networks '{ name = "nat0"; create = "auto"; address = "10.88.0.1/24"; address6 = "fd00:88::1/64"; nat = true; dhcp = { first = "10.88.0.50"; last = "10.88.0.99"; }; }'
	guest_on nat0 web1
	guest_on nat0 web2
	vmrun start web1 web2
	a1=$(lease_of web1 nat0) a2=$(lease_of web2 nat0)
	[[ $a1 == 10.88.0.[5-9][0-9] && $a2 == 10.88.0.[5-9][0-9] && $a1 != "$a2" ]]
	# The lease is the one that is kept for the VM.
	wait_for 60 page "$a1"
	wait_for 60 page "$a2"
	grep -q " $(macs web1) $a1 web1 " "$ROOT/lib/networks/nat0.leases"
	# Out, and an answer comes back.
	[[ $(in_guest web1 'wget -q -O - http://192.0.2.2/') == *"from outside"* ]]
	in_guest web1 'ping -c 1 -W 5 192.0.2.2'
	# IPv6 of the network's own, to the host and to one another.
	six() {
		in_guest web1 'ip -6 addr show eth0 scope global' | grep -v tentative | grep -o 'fd00:88::[0-9a-f:]*'
	}
	wait_for 20 six
	in_guest web2 "ping -c 2 -W 5 $(six)"
	in_guest web2 'ping -c 2 -W 5 fd00:88::1'
	in_guest web2 'ping -c 2 -W 5 2001:db8::2'
	# One VM by the other's name.
	[[ $(in_guest web1 'nslookup web2.vm') == *"$a2"* ]]
	[[ $(in_guest web2 'nslookup web1.vm') == *"$a1"* ]]
	# The name server that router advertisements tell of is the host's link-local address.
	net ss -Hlun | grep -q 'fe80:.*%nat0.*:53'
	# Nobody comes in unasked, nor asks the name server.
	out ip route add 10.88.0.0/24 via 192.0.2.1
	run out curl -s --connect-timeout 2 "http://$a1/"
	((status != 0))
	run out timeout 5 busybox nslookup web1.vm 10.88.0.1
	((status != 0))
	net timeout 5 busybox nslookup web1.vm 10.88.0.1
	# It is not root that talks to guests.
	[[ $(ps -o user= -p "$(pgrep -f "dnsmasq .*$ROOT/")") != root ]]
	# The same address the next time.
	vmrun kill web1
	vmrun start web1
	[[ $(lease_of web1 nat0) == "$a1" ]]
	vmrun kill web1 web2
	as_before
	nothing_left
}

@test "private: guests reach one another and the host, and no way out even where the host forwards" {
	local address
	outside
	net sysctl -q net.ipv4.ip_forward=1
	networks '{ name = "lab0"; create = true; address = "10.89.0.1/24"; address6 = "fd00:89::1/64"; dhcp = true; domain = "lab.test"; }'
	guest_on lab0 web1
	vmrun start web1
	address=$(lease_of web1 lab0)
	wait_for 60 page "$address"
	[[ $(in_guest web1 'ip route') != *default* ]]
	# An address of IPv6 that nobody else has, and no router but for that.
	six() {
		in_guest web1 'ip -6 addr show eth0 scope global' | grep -v tentative | grep -o 'fd00:89::[0-9a-f:]*'
	}
	wait_for 20 six
	in_guest web1 'ping -c 1 -W 5 fd00:89::1'
	[[ $(in_guest web1 'ip -6 route') != *default* ]]
	out ip route add 10.89.0.0/24 via 192.0.2.1
	run in_guest web1 'ip route add default via 10.89.0.1; ping -c 1 -W 2 192.0.2.2'
	((status != 0))
	[[ $(in_guest web1 'nslookup web1.lab.test') == *"$address"* ]]
	# The names of the outside are nobody's here.
	run in_guest web1 'nslookup example.org'
	((status != 0))
	# With create = true it stays when the last VM has left.
	vmrun kill web1
	net ip link show lab0
	[[ $(net sysctl -n net.ipv4.ip_forward) == 1 ]]
	# gc puts right what somebody has taken away, and removes what nobody speaks of any more.
	net nft flush ruleset
	net ip link del lab0
	[[ $(vmrun gc) == *"lab0: the network is whole again"* ]]
	[[ $(net nft list tables) == *vmrun-lab0* ]]
	[[ $(net ip addr show lab0) == *10.89.0.1/24* ]]
	sed -i '/^bridges/d' "$ROOT/etc/vmrun.conf"
	[[ $(vmrun gc) == *"lab0: the network is removed"* ]]
	run ! net ip link show lab0
	nothing_left
}

@test "a bridge that is not to be made is a start that failed, with nothing left" {
	networks '{ name = "lab0"; address = "10.89.0.1/24"; }'
	vm one 'nics = ( { bridge = "lab0"; } );'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"bridge lab0: there is no such interface, and vmrun.conf does not say that a start makes it"* ]]
	run ! net ip link show lab0
	nothing_left
}

@test "somebody else's bridge of that name gets no addresses and no servers" {
	networks '{ name = "br0"; create = "auto"; address = "10.89.0.1/24"; dhcp = true; }'
	vm one 'nics = ( { bridge = "br0"; } );'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"bridge br0: there is an interface of that name that vmrun has not made"* ]]
	[[ $(net ip addr show br0) != *10.89.0.1* ]]
	nothing_left
	# One of which no more is said is used as it is, and stays.
	sed -i '/^bridges/d' "$ROOT/etc/vmrun.conf"
	networks '{ name = "br0"; create = "auto"; }'
	vmrun start one
	vmrun kill one
	net ip link show br0
	nothing_left
}

@test "a server that cannot be had is a start that failed, with nothing left and its own words" {
	local before
	before=$(host_network)
	net socat TCP-LISTEN:53 STDOUT >/dev/null 2>&1 &
	wait_for 5 sh -c "nsenter --net=$ROOT/net ss -Hltn | grep -q :53"
	networks '{ name = "lab0"; create = "auto"; address = "10.89.0.1/24"; dhcp = true; }'
	vm one 'nics = ( { bridge = "lab0"; } );'
	run -1 --separate-stderr vmrun start one
	[[ $stderr == *"bridge lab0: dnsmasq: "*"10.89.0.1"*"in use"* ]]
	kill "$(processes)"
	as_before
	nothing_left
}

@test "ten VMs at once on a network that is not there yet: one bridge, an address for each" {
	local before i pids=()
	before=$(host_network)
	networks '{ name = "nat0"; create = "auto"; address = "10.88.0.1/24"; nat = true; dhcp = true; }'
	for i in {0..9}; do
		vm "web$i" 'nics = ( { bridge = "nat0"; } );'
	done
	for i in 0 3 6; do
		vmrun start "web$i" "web$((i + 1))" "web$((i + 2))" &
		pids+=($!)
	done
	vmrun start web9
	for i in "${pids[@]}"; do
		wait "$i"
	done
	[[ $(ports nat0 | wc -l) == 10 ]]
	[[ $(cut -d ' ' -f 2 "$ROOT/lib/networks/nat0.hosts" | sort -u | wc -l) == 10 ]]
	[[ $(pgrep -fc "dnsmasq .*$ROOT/") == 1 ]]
	vmrun kill --all
	as_before
	nothing_left
}

@test "two networks share what the host forwards, and the last one gives it back" {
	local before
	before=$(host_network)
	networks '{ name = "nat0"; create = "auto"; address = "10.88.0.1/24"; nat = true; }' \
		'{ name = "nat1"; create = "auto"; address = "10.89.0.1/24"; nat = true; }'
	vm web1 'nics = ( { bridge = "nat0"; } );'
	vm web2 'nics = ( { bridge = "nat1"; }, { bridge = "nat0"; } );'
	run -0 vmrun check web1 web2
	vmrun start web1 web2
	[[ $(net sysctl -n net.ipv4.ip_forward) == 1 ]]
	vmrun kill web1
	[[ $(net sysctl -n net.ipv4.ip_forward) == 1 && $(net nft list tables | wc -l) == 2 ]]
	vmrun kill web2
	as_before
	nothing_left
}

@test "a filter of the host's that drops what guests need is told, with its name" {
	net nft 'table ip filter { chain FORWARD { type filter hook forward priority filter; policy drop; }; }'
	net nft 'table inet fw { chain in { type filter hook input priority filter; policy drop; }; }'
	networks '{ name = "nat0"; create = "auto"; address = "10.88.0.1/24"; nat = true; dhcp = true; }'
	vm web1 'nics = ( { bridge = "nat0"; } );'
	vmrun start web1
	[[ $(vmrun log web1) == *"bridge nat0: the host's own filter (nftables chain ip filter FORWARD) drops"*"; bridge nat0: "*"(nftables chain inet fw in) drops"*53* ]]
	vmrun kill web1
	[[ $(net nft list tables) == $'table ip filter\ntable inet fw' ]]
	nothing_left
}

@test "a firewall that is loaded anew takes the filter of a network along: it is set again at once, or by gc" {
	networks '{ name = "lab0"; create = true; address = "10.89.0.1/24"; }, { name = "lab1"; create = true; address = "10.90.0.1/24"; nat = true; }'
	vm web1 'nics = ( { bridge = "lab0"; }, { bridge = "lab1"; } );'
	vm web2 'nics = ( { bridge = "lab1"; } );'
	vmrun start web1 web2
	net nft flush ruleset
	wait_for 10 net nft list chain inet vmrun-lab0 forward
	wait_for 10 net nft list chain inet vmrun-lab1 postrouting
	vmrun log web1 | grep "bridge lab0: its filter was removed by another program, and is set again"
	# Whoever supervises it next sees what nobody saw.
	kill -KILL "$(supervisor_pid web1)"
	vmrun kill web2
	net nft flush ruleset
	vmrun gc
	wait_for 10 net nft list table inet vmrun-lab0
	wait_for 10 net nft list table inet vmrun-lab1
	vmrun kill web1
	net nft flush ruleset
	net ip addr del 10.90.0.1/24 dev lab1
	run -0 vmrun gc
	[[ $output == *"lab0: the network is whole again"*"lab1: the network is whole again"* ]]
	net nft list table inet vmrun-lab0
	[[ $(net ip -br addr show lab1) == *10.90.0.1/24* ]]
	[[ $(vmrun gc) == "nothing to put right" ]]
	vmrun net down lab0 lab1
	nothing_left
}

@test "a guarded NIC gets the address that it alone may have" {
	networks '{ name = "lab0"; create = "auto"; address = "10.89.0.1/24"; dhcp = true; }'
	vm web1 'nics = ( { bridge = "lab0"; addresses = "10.89.0.77"; } );'
	vm web2 'nics = ( { bridge = "lab0"; guard = true; addresses = "10.89.0.77"; } );'
	sed -i 's/addresses/guard = true; addresses/' "$ROOT/etc/vms/web1.conf"
	vmrun start web1
	[[ $(lease_of web1 lab0) == 10.89.0.77 ]]
	run -1 --separate-stderr vmrun start web2
	[[ $stderr == *"bridge lab0: the address 10.89.0.77 of nic 0 belongs to VM web1"* ]]
	vmrun kill web1
	# Not what is the host's, or everybody's.
	sed -i 's/10.89.0.77/10.89.0.1/' "$ROOT/etc/vms/web1.conf"
	sed -i 's/10.89.0.77/10.89.0.255/' "$ROOT/etc/vms/web2.conf"
	run -1 --separate-stderr vmrun start web1
	[[ $stderr == "vmrun: web1: bridge lab0: the address 10.89.0.1 of nic 0 is the host's own" ]]
	run vmrun check web1 web2
	((status != 0))
	[[ $output == *"nics[0].addresses: 10.89.0.1 is the host's own on bridge lab0"* ]]
	[[ $output == *"nics[0].addresses: 10.89.0.255 is the broadcast address of the network on bridge lab0"* ]]
	nothing_left
}

@test "net up and net down make and remove a network by hand, but not from under a VM" {
	local before
	before=$(host_network)
	networks '{ name = "lab0"; address = "10.89.0.1/24"; dhcp = true; }'
	vm web1 'nics = ( { bridge = "lab0"; } );'
	run -1 --separate-stderr vmrun start web1
	[[ $stderr == *"vmrun net up lab0"* ]]
	run -1 --separate-stderr vmrun net up --persist lab0
	[[ $stderr == "vmrun: lab0: --persist is for a bridge with an interface as its uplink"* ]]
	[[ $(vmrun net up lab0) == "lab0: up" ]]
	[[ $(vmrun net up lab0) == "lab0: already up" ]]
	vmrun start web1
	[[ -n $(lease_of web1 lab0) ]]
	run -75 --separate-stderr vmrun net down lab0
	[[ $stderr == *"it is used"* ]]
	vmrun kill web1
	# It was not made for the VM, and does not go with it; nor because the file is silent.
	net ip link show lab0
	sed -i '/^bridges/d' "$ROOT/etc/vmrun.conf"
	[[ $(vmrun net down lab0) == "lab0: down" ]]
	as_before
	nothing_left
}

@test "a network that the host is on already is not made a second time" {
	local before
	before=$(host_network)
	networks '{ name = "lab0"; create = "auto"; address = "10.99.7.1/16"; }'
	vm web1 'nics = ( { bridge = "lab0"; } );'
	run -1 --separate-stderr vmrun start web1
	[[ $stderr == *"bridge lab0: the network of its address 10.99.7.1/16 overlaps with that of br0, which has 10.99.0.1/24"* ]]
	as_before
	nothing_left
}

@test "a disk that is full before all of a network is made: nothing of it is left" {
	local before
	before=$(host_network)
	networks '{ name = "lab0"; create = "auto"; address = "10.89.0.1/24"; nat = true; dhcp = true; }'
	mkdir -p "$ROOT/run"
	mount -t tmpfs -o size=64k,mode=755 none "$ROOT/run"
	# Room for so many files of one page, and for no other.
	for room in 1 2 3 4; do
		head -c "$((room * 4096))" /dev/zero >"$ROOT/run/room"
		head -c 65536 /dev/zero >"$ROOT/run/full" 2>/dev/null || :
		rm "$ROOT/run/room"
		run -1 --separate-stderr vmrun net up lab0
		[[ $stderr == *"No space left on device"* ]]
		rm "$ROOT/run/full"
		as_before
		nothing_left
	done
}

@test "a bridge that somebody renames is not made twice, and goes with its last VM" {
	local before
	before=$(host_network)
	networks '{ name = "lab0"; create = "auto"; address = "10.89.0.1/24"; }' \
		'{ name = "lab1"; create = true; }'
	vm web1 'nics = ( { bridge = "lab0"; }, { bridge = "lab1"; } );'
	vm web2 'nics = ( { bridge = "lab1"; } );'
	vmrun start web1
	net ip link set lab0 name other0
	net ip link set lab1 name other1
	run -1 --separate-stderr vmrun start web2
	[[ $stderr == *"bridge lab1: somebody has renamed it to other1"*"ip link set other1 name lab1"* ]]
	run -1 --separate-stderr vmrun gc
	[[ $stderr == *"bridge lab0: somebody has renamed it to other0"* ]]
	run -75 vmrun net down lab1
	vmrun kill web1
	run ! net ip link show other0
	net ip link show other1
	[[ $(vmrun net down lab1) == "lab1: down" ]]
	as_before
	nothing_left
}

@test "an address that vmrun.conf changes waits until nobody uses the network, and is said; one more does not" {
	local before
	before=$(host_network)
	networks '{ name = "lab0"; create = true; address = "10.89.0.1/24"; address6 = "fd00:89::1/64"; }'
	vm web1 'nics = ( { bridge = "lab0"; } );'
	vm web2 'nics = ( { bridge = "lab0"; } );'
	vmrun start web1
	sed -i 's/10.89.0.1/10.90.0.1/' "$ROOT/etc/vmrun.conf"
	run -1 --separate-stderr vmrun start web2
	[[ $stderr == *"bridge lab0: it has the address 10.89.0.1/24, which is not one of those that vmrun.conf gives it now"*"vmrun net down lab0"* ]]
	run -1 --separate-stderr vmrun gc
	[[ $stderr == *"bridge lab0: it has the address 10.89.0.1/24"* ]]
	run -1 --separate-stderr vmrun net up lab0
	[[ $stderr == *"bridge lab0: it has the address 10.89.0.1/24"* ]]
	[[ $(net ip addr show lab0) == *10.89.0.1/24* && $(net ip addr show lab0) != *10.90* ]]
	# One that is added is nobody's harm.
	sed -i 's/"10.90.0.1\/24"/[ "10.89.0.1\/24", "10.90.0.1\/24" ]/' "$ROOT/etc/vmrun.conf"
	vmrun start web2
	[[ $(net ip addr show lab0) == *10.89.0.1/24*10.90.0.1/24* ]]
	sed -i 's/"10.89.0.1\/24", //' "$ROOT/etc/vmrun.conf"
	vmrun kill web1 web2
	[[ $(vmrun net down lab0) == "lab0: down" ]]
	vmrun start web1
	[[ $(net ip addr show lab0) == *10.90.0.1/24* && $(net ip addr show lab0) != *10.89* ]]
	vmrun kill web1
	vmrun net down lab0
	as_before
	nothing_left
}

@test "records of a network that cannot be read: gc says so, and what runs is found all the same" {
	local before record serve dnsmasq
	before=$(host_network)
	networks '{ name = "lab0"; create = "auto"; address = "10.89.0.1/24"; nat = true; dhcp = true; }'
	record=$ROOT/run/.networks/lab0.net serve=$ROOT/run/.networks/lab0.serve
	vm web1 'nics = ( { bridge = "lab0"; } );'
	vmrun start web1
	# Of a network that is used, each is made anew.
	echo garbage >"$record"
	[[ $(vmrun gc) == *"lab0: its record cannot be read: the network is made whole, and the record anew"* ]]
	jq -e .whole "$record"
	dnsmasq=$(jq .dnsmasq.pid "$serve")
	echo garbage >"$serve"
	[[ $(vmrun gc) == *"lab0: the network is whole again"* ]]
	gone "$dnsmasq"
	[[ $(jq .dnsmasq.pid "$serve") == "$(pgrep -f "dnsmasq .*$ROOT/")" ]]
	# vmrun.conf says nothing of it: it is said, and stays.
	echo garbage >"$record"
	cp "$ROOT/etc/vmrun.conf" "$ROOT/described"
	sed -i '/^bridges/d' "$ROOT/etc/vmrun.conf"
	run -1 --separate-stderr vmrun gc
	[[ $stderr == *"bridge lab0: its record cannot be read ($record), and vmrun.conf does not describe it"* ]]
	[[ $(net sysctl -n net.ipv4.ip_forward) == 1 ]]
	cp "$ROOT/described" "$ROOT/etc/vmrun.conf"
	# With the last VM all of it goes nevertheless.
	echo garbage >"$serve"
	vmrun kill web1
	as_before
	nothing_left
	# Of one that stays, net down ends all.
	sed -i 's/create = "auto"/create = true/' "$ROOT/etc/vmrun.conf"
	vmrun net up lab0
	echo garbage >"$record"
	echo garbage >"$serve"
	[[ $(vmrun net down lab0) == "lab0: down" ]]
	as_before
	nothing_left
	# A dnsmasq that only the record knew cannot be proved to be ours.
	vmrun net up lab0
	kill -KILL "$(jq .keeper.pid "$serve")"
	echo garbage >"$serve"
	run -1 --separate-stderr vmrun gc
	[[ $stderr == *"lab0.serve cannot be read"*"pgrep -f conf-file="* ]]
	kill "$(pgrep -f "dnsmasq .*conf-file=$ROOT/run/.networks/lab0.conf")"
	rm "$serve"
	[[ $(vmrun gc) == *"lab0: the network is whole again"* ]]
	vmrun net down lab0
	as_before
	nothing_left
}
