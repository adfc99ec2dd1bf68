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
	chmod 711 "$ROOT"
	mkdir "$ROOT/tftp"
	echo by TFTP >"$ROOT/tftp/file"
	user_guest one 'user = { tftp = "'"$ROOT"'/tftp"; hostname = "web7"; domain = "example.org"; search = [ "example.net" ];
		network = "192.168.76.0/24"; address = "192.168.76.20"; dns = "192.168.76.4"; };
		forward = [ "tcp:127.0.0.1:2280:80", "tcp:8019:19" ];'
	run -0 vmrun check one
	run -0 vmrun start one
	wait_for 60 page 127.0.0.1:2280
	((65536 == $(echo 1 | net socat -t 10 - TCP:10.99.0.1:8019 | wc -c)))
	run -0 in_guest one "printf '#!/bin/sh\nenv\n' >/told; chmod +x /told; udhcpc -q -n -f -i eth0 -s /told -O hostname -O search"
	[[ $output == *"hostname=web7"* && $output == *"domain=example.org"* ]]
	[[ $output == *"search=example.net"* && $output == *"dns=192.168.76.4"* ]]
	[[ $output == *"ip=192.168.76.20"* && $output == *"router=192.168.76.2"* ]]
	# Beyond the host's own address, which QEMU answers for by itself.
	run -0 in_guest one "ping -c 1 -W 5 10.99.0.1"
	run -0 in_guest one "cd /tmp; tftp -g -r file 192.168.76.2; cat file"
	[[ $output == *"by TFTP"* ]]
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

# bytes: how many bytes the transfer of the test has brought so far.
bytes() {
	stat -c %s "$ROOT/transfer"
}

@test "forwards come and go while the guest runs and another transfers, and are saved with the file's comments" {
	user_guest one 'user = true; forward = "tcp:127.0.0.1:2219:19";'
	cat >"$ROOT/etc/vms/one.conf" <<-END
		# The first guest
		memory = "160M";
		kernel = "$VMRUN_GUEST/vmlinuz";
		initrd = "$VMRUN_GUEST/initrd.img";
		cmdline = "console=$CONSOLE quiet vmrun.host=one";
		nics = (
			{
				user = true; # QEMU's own
				forward = [
					"tcp:127.0.0.1:2219:19" # gives bytes
				];
			}
		);
	END
	run -0 vmrun start one
	wait_for 60 eval '((65536 == $(echo 1 | net socat -t 10 - TCP:127.0.0.1:2219 | wc -c)))'
	nsenter --net="$ROOT/net" -- socat -t 600 - TCP:127.0.0.1:2219 <<<1000000 >"$ROOT/transfer" 3>&- &
	other=$!
	run -0 vmrun forward one add tcp:127.0.0.1:2280:80 udp:5353:53
	[[ $output == "one: tcp:127.0.0.1:2280:80 added"* ]]
	page 127.0.0.1:2280
	run -0 vmrun forward one list
	[[ ${lines[0]} =~ ^tcp\ +127.0.0.1:2219\ +10.0.2.15:19$ && ${#lines[@]} == 3 ]]
	[[ $output =~ udp\ +\*:5353\ +10.0.2.15:53 ]]
	# What QEMU itself says is what is said.
	run -0 vmrun monitor one "hostfwd_add net0 tcp:127.0.0.1:2281-:80"
	run -0 vmrun --json forward one list
	[[ $(jq -r '.forwards | length' <<<"$output") == 4 ]]
	[[ $(jq -rc '.forwards[] | select(.port == 2281) | [.forward, .address, .guest, .guest_port]' <<<"$output") == \
		'["tcp:127.0.0.1:2281:80","127.0.0.1","10.0.2.15",80]' ]]
	run -0 vmrun forward one remove tcp:127.0.0.1:2281 udp:5353
	run ! page 127.0.0.1:2281
	run -0 vmrun forward one list
	[[ ${#lines[@]} == 2 ]]
	# Failures say why.
	run -1 --separate-stderr vmrun forward one add tcp:127.0.0.1:2280:81
	[[ $stderr == "vmrun: one: tcp:127.0.0.1:2280:81: tcp:127.0.0.1:2280:80 is there already" ]]
	run -1 --separate-stderr vmrun forward one add --save tcp:2280:80
	[[ $stderr == "vmrun: one: tcp:2280:80: tcp:127.0.0.1:2280:80 is there already" ]]
	nsenter --net="$ROOT/net" -- socat TCP-LISTEN:2299,fork /dev/null 3>&- &
	local listener=$!
	wait_for 10 net sh -c 'ss -lnt | grep -q :2299'
	run -1 --separate-stderr vmrun forward one add tcp:127.0.0.1:2299:80
	[[ $stderr == *"tcp:127.0.0.1:2299:80: TCP port 2299 of 127.0.0.1 is taken by another program"* ]]
	kill "$listener"
	run -1 --separate-stderr vmrun forward one add tcp:127.0.0.1:2280:80
	[[ $stderr == "vmrun: one: tcp:127.0.0.1:2280:80: it is there already" ]]
	run -1 --separate-stderr vmrun forward one remove tcp:127.0.0.1:9
	[[ $stderr == "vmrun: one: tcp:127.0.0.1:9: there is no such forward" ]]
	run --separate-stderr vmrun forward one add tcp:88
	((status != 0))
	[[ $stderr == *"TCP port 88 is one of the first 1024"* ]]
	run -64 vmrun forward one add 88
	# The transfer has gone on all the time, and still does.
	local before
	before=$(bytes)
	wait_for 10 eval '(($(bytes) > before))'
	kill "$other"
	wait "$other" 2>/dev/null || :

	# What was added for now can be saved later.
	run -0 vmrun forward one add tcp:8019:19
	run -0 vmrun forward one add --save tcp:8019:19
	[[ $output == "one: tcp:8019:19 was there already, and saved" ]]
	run -0 vmrun forward one remove --save tcp:127.0.0.1:2219
	run -0 vmrun kill one
	run -1 --separate-stderr vmrun forward one list
	[[ $stderr == *"it is not running"* ]]
	run -0 vmrun forward one add --save tcp:8080:80
	[[ $output == "one: tcp:8080:80 added in its file; it is not running" ]]
	# What the file says already, or does not say, is not done.
	run -0 vmrun forward one add --save tcp:8080:80
	[[ $output == "one: tcp:8080:80 was there already in its file; it is not running" ]]
	run -1 --separate-stderr vmrun forward one add --save tcp:8080:81
	[[ $stderr == "vmrun: one: its file has that port as tcp:8080:80" ]]
	run -1 --separate-stderr vmrun forward one remove --save udp:1:1
	[[ $stderr == "vmrun: one: udp:1: there is no such forward in its file" ]]
	run -0 cat "$ROOT/etc/vms/one.conf"
	[[ $output == *"# The first guest"*"user = true; # QEMU's own"*'forward = ['*'"tcp:8019:19",'*'"tcp:8080:80"'*']'* ]]
	[[ $output != *2219* ]]
	run -0 vmrun start one
	wait_for 60 page 10.99.0.1:8080
	run -0 vmrun kill one
	nothing_left
}

@test "a forward is not saved that another VM's file has, whatever else is wrong with the fleet" {
	vm one 'nics = { user = true; };'
	vm two 'nics = { user = true; forward = "tcp:4000:40"; };'
	vm wrong 'memroy = 1;'
	run -78 --separate-stderr vmrun forward one add --save tcp:127.0.0.1:4000:41
	[[ $stderr == "vmrun: one: $ROOT/etc/vms/one.conf is left as it is: "*"nics[0].forward[0]: "*"already that of two ($ROOT/etc/vms/two.conf:1)"* ]]
	[[ $(cat "$ROOT/etc/vms/one.conf") == 'nics = { user = true; };' ]]
	run -0 vmrun forward one add --save tcp:4001:40
	# One that is there already can be taken out.
	vm one 'nics = { user = true; forward = [ "tcp:4000:40", "tcp:4001:40" ]; };'
	run -0 vmrun forward one remove --save tcp:4000
	run -0 vmrun check one two
}

@test "what has no forwards says so" {
	vm one 'nics = ( { user = true; }, { bridge = "br0"; }, { user = true; } );'
	run -0 vmrun start one
	run -1 --separate-stderr vmrun forward one list
	[[ $stderr == *"2 of its NICs are on a network in user mode: say which"* ]]
	run -1 --separate-stderr vmrun forward one 1 list
	[[ $stderr == *"that NIC is not on a network in user mode"* ]]
	run -78 --separate-stderr vmrun forward two list
	[[ $stderr == "vmrun: two: there is no VM of that name" ]]
	run -1 --separate-stderr vmrun forward one 7 list
	[[ $stderr == *"it has no nics[7]"* ]]
	run -0 vmrun forward one 2 add tcp:127.0.0.1:7003
	run -0 vmrun forward one 0 list
	[[ -z $output ]]
	run -0 vmrun forward one 2 list
	[[ $output == *7003* ]]
	run -0 vmrun kill one
	nothing_left
}
