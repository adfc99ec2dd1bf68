# Networks in user mode: what the guest is told and what it reaches, and ports of the host that lead to it.
load ../lib/common

setup() {
	world
	net sysctl -qw net.ipv4.ping_group_range="0 2147483647"
}

teardown() {
	[[ -z ${other:-} ]] || kill -KILL "$other" 2>/dev/null || :
	finish_test
}

# user_guest NAME NIC: the small guest with one NIC, which asks by DHCP.
user_guest() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet vmrun.host=$1\";
		nics = ( { $2 } );"
}

# holds ADDRESS PORT: somebody who has a TCP port.
holds() {
	nsenter --net="$ROOT/net" -- socat "TCP-LISTEN:$2,bind=$1,fork" PIPE 3>&- &
	other=$!
	wait_for 10 eval "net ss -Hltn 'sport = :$2' | grep -q ."
}

@test "a guest in user mode is told its names by DHCP, pings out, and is reached by its forwards" {
	user_guest one 'user = { hostname = "web7"; domain = "example.org"; search = [ "example.net" ];
		network = "192.168.76.0/24"; address = "192.168.76.20"; dns = "192.168.76.4"; };
		forward = [ "tcp:127.0.0.1:2280:80", "tcp:8019:19" ];'
	run -0 vmrun check one
	run -0 vmrun start one
	wait_for 60 page 127.0.0.1:2280
	((1000 == $(net socat -u TCP:10.99.0.1:8019 - | head -c 1000 | wc -c)))
	run -0 in_guest one "printf '#!/bin/sh\nenv\n' >/told; chmod +x /told; udhcpc -q -n -f -i eth0 -s /told -O hostname -O search"
	[[ $output == *"hostname=web7"* && $output == *"domain=example.org"* ]]
	[[ $output == *"search=example.net"* && $output == *"dns=192.168.76.4"* ]]
	[[ $output == *"ip=192.168.76.20"* && $output == *"router=192.168.76.2"* ]]
	# Beyond the host's own address, which QEMU answers for by itself.
	run -0 in_guest one "ping -c 1 -W 5 10.99.0.1"
	# A running VM's own ports are not taken by another.
	run -0 vmrun check one
	run -0 vmrun stop -t 60 one
	nothing_left
}

@test "a restricted guest reaches nothing, and is reached by its forwards alone" {
	user_guest one 'user = { restrict = true; }; forward = "tcp:127.0.0.1:2280:80";'
	holds 10.99.0.1 7000
	run -0 vmrun start one
	wait_for 60 page 127.0.0.1:2280
	run -1 in_guest one "ping -c 1 -W 2 10.99.0.1"
	run -1 in_guest one "nc -w 2 10.99.0.1 7000 </dev/null"
	run -1 in_guest one "nc -w 2 10.0.2.2 7000 </dev/null"
	run -0 vmrun kill one
	kill "$other"
	wait "$other" 2>/dev/null || :
	nothing_left
}

@test "a port that is taken is told before the start, and by whom if it is another VM" {
	vm one 'nics = ( { user = true; forward = [ "tcp:127.0.0.1:7001:80", "udp:7002" ]; } );'
	vm two 'nics = ( { user = true; forward = [ "tcp:7001:80" ]; } );'
	run -78 --separate-stderr vmrun start one
	[[ $stderr == *"nics[0].forward[0]: TCP port 7001: already that of two ("*/two.conf:1* ]]
	run ! vmrun check one
	[[ $output == *"TCP port 7001: already that of two"* ]]
	rm "$ROOT/etc/vms/two.conf"
	holds 127.0.0.1 7001
	run --separate-stderr vmrun start one
	((status != 0))
	[[ $stderr == *"nics[0].forward[0]: tcp:127.0.0.1:7001:80: TCP port 7001 of 127.0.0.1 is taken by another program"* ]]
	run ! vmrun check one
	[[ $output == *"TCP port 7001 of 127.0.0.1 is taken by another program"* ]]
	kill "$other"
	wait "$other" 2>/dev/null || :
	run -0 vmrun check one
	# QEMU itself has no right to them, whoever starts it.
	vm one 'nics = ( { user = true; forward = "tcp:81"; } );'
	run --separate-stderr vmrun start one
	((status != 0))
	[[ $stderr == *"TCP port 81 is one of the first 1024"*ip_unprivileged_port_start=81* ]]
	net sysctl -qw net.ipv4.ip_unprivileged_port_start=81
	run -0 vmrun start one
	run -0 vmrun kill one
	vm one 'nics = ( { user = true; forward = "tcp:203.0.113.9:8081"; } );'
	run --separate-stderr vmrun start one
	[[ $stderr == *"203.0.113.9 is not an address of this host"* ]]
	nothing_left
}
