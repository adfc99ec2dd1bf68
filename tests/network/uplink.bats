# A NIC of the host becomes the uplink of a bridge and comes back, under a running ping, and whatever is killed.
load ../lib/common

setup() {
	world
	net ip link del br0
	wire
}

teardown() {
	[[ ! -e $ROOT/far ]] || umount "$ROOT/far"
	finish_test
}

far() {
	nsenter --net="$ROOT/far" -- "$@" 3>&-
}

# bridges [SETTINGS [UPLINK]]: what vmrun.conf says of br0.
bridges() {
	local uplink=${2:-'interface = "eth0"; timeout = "5s";'}
	cat >"$ROOT/etc/vmrun.conf" <<-END
		defaults = { accel = "tcg"; memory = "64M"; };
		bridges = ( { name = "br0"; uplink = { $uplink }; ${1:-} } );
	END
}

# wire: the host's eth0 and a gateway behind it, with what an interface of a server can have.
wire() {
	touch "$ROOT/far"
	unshare --net="$ROOT/far" true
	bridges
	net ip link add eth0 address 02:00:00:00:00:02 type veth peer name far0 address 02:00:00:00:00:01
	net ip link set far0 netns "$ROOT/far"
	far ip link set lo up
	far ip addr add 10.0.0.1/24 dev far0
	far ip addr add fd00::1/64 dev far0 nodad
	far ip addr add fe80::1/64 dev far0 nodad
	far ip link set far0 addrgenmode none up
	far ip route add 10.0.1.0/24 dev far0
	net ip link set eth0 addrgenmode none up
	net ip addr add 10.0.0.2/24 brd + dev eth0
	net ip addr add 10.0.0.3/24 dev eth0 label eth0:1
	net ip addr add 10.0.1.2/24 dev eth0 valid_lft 1000 preferred_lft 500
	net ip addr add 10.0.2.2/24 dev eth0 noprefixroute
	net ip addr add fe80::2/64 dev eth0 nodad
	net ip addr add fd00::2/64 dev eth0 nodad
	net ip addr add fd00:1::2/64 dev eth0 nodad valid_lft 1000 preferred_lft 500 noprefixroute
	net ip route add default via 10.0.0.1
	net ip route add default via 10.0.0.1 metric 500
	net ip route add default via 10.0.0.1 table 100
	net ip route add 10.5.0.0/16 via 10.0.0.1 src 10.0.0.3 mtu 1400
	net ip route add 10.6.0.0/16 nexthop via 10.0.0.1 weight 2 nexthop via 10.0.0.9
	net ip route add 10.7.0.0/16 via 10.9.9.9 onlink dev eth0 proto static
	net ip -6 route add default via fe80::1 dev eth0 expires 5000 proto ra
	net ip -6 route add fd05::/48 via fd00::1 metric 77
	net ip -6 route add default via fe80::1 dev eth0 table 100
	net ip neigh add 10.0.0.77 lladdr 02:00:00:00:00:77 dev eth0
	wait_for 10 far ping -c 1 -W 1 10.0.0.2
	wait_for 10 far ping -c 1 -W 1 fd00::2
}

# state: the namespace's interfaces, addresses, routes, rules and fixed neighbours; what counts down is left out, and
# so is what numbers an interface.
state() {
	net sh -c 'ip -j -d addr; ip -j -d route show table all; ip -j rule; ip -j -6 rule; ip -j neigh show nud permanent' |
		jq -cS 'map(del(.ifindex, .link_index, .link_netnsid, .expires, .linkinfo.info_data, .linkinfo.info_slave_data)
			| if .addr_info then .addr_info |= map(if .dynamic then del(.valid_life_time, .preferred_life_time) else . end)
			else . end) | sort_by(tostring)[]'
}

# reachable: from the far side, at once, both families.
reachable() {
	far ping -c 1 -W 1 -q 10.0.0.2 && far ping -c 1 -W 1 -q 10.0.1.2 && far ping -c 1 -W 1 -q fd00::2
} >/dev/null

# pinging NAME SECONDS ADDRESS: a hundred a second from the far side; lost NAME says how many got no answer.
pinging() {
	far timeout -s INT "$2" ping -i 0.01 -q "$3" >"$ROOT/$1.ping" &
}

lost() {
	sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$ROOT/$1.ping" |
		{ read -r sent got && echo $((sent - got)); }
}

@test "the uplink's addresses, routes and MAC move to the bridge and back, and under a ping at most a second is lost" {
	local before
	before=$(state)
	pinging four 6 10.0.0.2
	pinging six 6 fd00::2
	wait_for 5 far ping -c 1 -q fd00::2
	run -0 vmrun net up br0
	[[ $output == "br0: up"*"6 addresses of eth0 on br0"*"10.0.0.1, fe80::1 answer"* ]]
	# Nothing is another than before but the interface's name.
	diff <(grep -v '"ifname":"eth0"' <<<"${before//eth0/br0}" | grep -v '"ifname":"br0"') \
		<(state | grep -v '"ifname":"\(eth0\|br0\)"' | sed 's/eth0/br0/g') | grep -v 'ff00::/8' | grep '^[<>]' && return 1
	[[ $(net ip -j addr show br0 | jq '.[0].addr_info | length') == 7 ]]
	[[ $(net ip -j addr show eth0 | jq '.[0].addr_info | length') == 0 ]]
	[[ $(net cat /sys/class/net/br0/address 2>/dev/null || net ip -j link show br0 | jq -r '.[0].address') == *00:02 ]]
	[[ $(net ip -j -d link show br0 | jq '.[0].linkinfo.info_data | .stp_state, .forward_delay' | paste -sd,) == 0,0 ]]
	run -0 vmrun net up br0
	[[ $output == "br0: already up" ]]
	run -0 vmrun --json net down br0
	[[ $(jq -r '.[0] | .state, .already, .addresses, .gateways[0]' <<<"$output" | paste -sd,) == down,false,6,10.0.0.1 ]]
	diff <(echo "$before") <(state)
	run -0 vmrun net down br0
	[[ $output == "br0: already down" ]]
	nothing_left
	wait
	echo "# lost of a hundred a second, up and down together: $(lost four) over IPv4, $(lost six) over IPv6" >&3
	(($(lost four) <= 100 && $(lost six) <= 100))
}

@test "a gateway that does not answer: everything is as it was, status 1, and the reason" {
	local before
	bridges '' 'interface = "eth0"; timeout = "1s"; gateway = "10.0.0.200";'
	before=$(state)
	run -1 --separate-stderr vmrun net up br0
	# shellcheck disable=SC2154 # bats sets it
	[[ -z $output && $stderr == *"br0: gateway 10.0.0.200 does not answer on br0"* &&
		$stderr == *"everything is as it was before"* ]]
	diff <(echo "$before") <(state)
	reachable
	nothing_left
	# -t wins; and the way back is verified as well.
	bridges
	vmrun net up br0
	bridges '' 'interface = "eth0"; timeout = "1m"; gateway = "10.0.0.200";'
	before=$(state)
	run -1 vmrun net down -t 1 br0
	[[ $output == *"gateway 10.0.0.200 does not answer on eth0"* ]]
	diff <(echo "$before") <(state)
	reachable
	nothing_left
}

# settled VICTIMS NEXT: whoever is still at work comes to an end; if the watchdog was killed as well, the next command
# puts it right. Then it is one whole state or the other, and answers.
settled() {
	local is
	wait_for 20 flock -n "$ROOT/run" true
	if [[ $1 == both && -e $ROOT/run/.br0.uplink ]]; then
		again=$((again + 1))
		vmrun "$2"
	fi >"$ROOT/said"
	reachable
	is=$(state)
	[[ $is == "$up" ]] && now=up || now=down
	[[ $now == up ]] || diff <(echo "$down") - <<<"$is"
	# Killed before it had a watchdog, it leaves a file, and nothing else.
	[[ ! -e $ROOT/run/.br0.uplink ]] || vmrun "$2" >"$ROOT/said"
}

# other_than STATE: brings it there from which a command leads to the state.
other_than() {
	[[ $now != "$1" ]] || vmrun net "$([[ $1 == up ]] && echo down || echo up)" br0 >"$ROOT/said"
}

# both_states: how it looks up and down.
both_states() {
	down=$(state)
	vmrun net up br0
	up=$(state)
	vmrun net down br0
	[[ $up != "$down" ]]
	now=down again=0
}

@test "killed at twenty random moments of up and of down, alone or with its watchdog: never anything in between" {
	local up down now again seed=${VMRUN_UPLINK_SEED:-$RANDOM} verb victims i killed=0
	RANDOM=$seed
	both_states
	for ((i = 0; i < 40; i++)); do
		((i < 20)) && verb=up || verb=down
		other_than $verb
		((i % 2)) && victims=both || victims=alone
		net "$BATS_TEST_DIRNAME/../lib/kill-at" "0.0$((RANDOM % 40 + 10))" $victims \
			"$VMRUN" --root "$ROOT" net "$verb" br0 && killed=$((killed + 1))
		settled $victims "$( ((i % 4 < 2)) && echo gc || echo net)"
	done
	echo "# seed $seed: killed $killed times; after $again of them the next command had to put it right" >&3
	((killed > 10))
	vmrun net down br0
	nothing_left
}

# Every nth of the calls; VMRUN_CRASH_SHARE=1 tries all.
@test "killed at any of its system calls that change something, alone or with its watchdog" {
	local up down now again n verb follow status share=${VMRUN_CRASH_SHARE:-8} killed=0
	both_states
	for follow in '' -f; do
		for verb in up down; do
			for ((n = 1 + RANDOM % share, status = 1; status != 0; n += share)); do
				((n < 500))
				other_than "$verb"
				# shellcheck disable=SC2086 # a word, or nothing
				net strace $follow -qq -o /dev/null -e trace=sendto,rename,unlink,write \
					-e "inject=sendto,rename,unlink,write:signal=KILL:when=$n" \
					"$VMRUN" --root "$ROOT" net "$verb" br0 >/dev/null 2>&1 && status=0 || status=$?
				killed=$((killed + (status != 0)))
				settled "$([[ -n $follow ]] && echo both || echo alone)" net
			done
		done
	done
	echo "# killed $killed times; after $again of them the next command had to put it right" >&3
	((killed > 60 / share && again > 0))
	vmrun net down br0
	nothing_left
}

# of6 INTERFACE: its IPv6 addresses and routes by router advertisements, without what counts down.
of6() {
	net ip -6 addr show dev "$1" scope global | sed -n 's/^ *\(inet6 .*\)/\1/p' | sort
	net ip -6 route show | sed 's/expires [0-9]*sec/expires/; s/'"$1"'/DEV/' | sort
}

@test "what router advertisements have configured moves as well, and is renewed on the bridge" {
	local before
	net ip addr flush dev eth0
	net ip link set eth0 down
	net ip link set eth0 addrgenmode eui64 up
	net ip link set eth0 up
	# advertised INTERFACE SECONDS: the router says that it is one for so long, and is believed.
	advertised() {
		far "$BATS_TEST_DIRNAME/../lib/advertise" far0 fd77:: "$2"
		[[ $(net ip -6 route show default dev "$1") =~ via\ fe80::1\ .*proto\ ra.*expires\ ([0-9]+)sec ]] &&
			((BASH_REMATCH[1] > $2 - 10 && BASH_REMATCH[1] <= $2)) &&
			! net ip -6 addr show dev "$1" | grep -q tentative && net ip -6 addr show dev "$1" | grep -q fd77::
	}
	wait_for 20 advertised eth0 600
	before=$(of6 eth0)
	[[ $before == *"fd77::ff:fe00:2/64 scope global dynamic mngtmpaddr"* ]]
	vmrun net up br0
	diff <(echo "$before") <(of6 br0)
	wait_for 10 advertised br0 1200
	[[ $(net ip -6 route show default | wc -l) == 1 ]]
	diff <(echo "$before") <(of6 br0)
	vmrun net down br0
	diff <(echo "$before") <(of6 eth0)
	nothing_left
}

@test "a connection over the uplink goes on while it moves there and back" {
	net socat -u TCP-LISTEN:7777,reuseaddr OPEN:"$ROOT/received",creat &
	wait_for 10 net sh -c 'ss -Hltn sport = :7777 | grep -q 7777'
	mkfifo "$ROOT/sent"
	far socat -u OPEN:"$ROOT/sent" TCP:10.0.0.2:7777 &
	exec 7>"$ROOT/sent"
	echo before >&7
	wait_for 10 grep -q before "$ROOT/received"
	vmrun net up br0
	echo up >&7
	wait_for 10 grep -q up "$ROOT/received"
	vmrun net down br0
	echo down >&7
	wait_for 10 grep -q down "$ROOT/received"
	exec 7>&-
	wait
}

# refused REASON: net up fails for it, and nothing has changed.
refused() {
	local before
	before=$(state)
	run -1 --separate-stderr vmrun net up br0
	# shellcheck disable=SC2154 # bats sets it
	[[ -z $output && $stderr == "vmrun: br0: "*"$1"* ]] || { echo "$stderr"; return 1; }
	diff <(echo "$before") <(state)
}

@test "what cannot be an uplink is refused with the reason and what to do instead" {
	bridges '' 'interface = "eth7";'
	refused "eth7: there is no such interface (this host has eth0)"
	bridges '' 'interface = "lo";'
	refused "lo cannot be its uplink: it is the loopback interface"
	bridges '' 'interface = "tap0";'
	net ip tuntap add tap0 mode tap
	refused "tap0 cannot be its uplink: it is a tap or a tunnel of a program"
	net ip tuntap del tap0 mode tap
	bridges '' 'interface = "br1";'
	net ip link add br1 type bridge
	refused "br1 cannot be its uplink: it is a bridge itself"
	bridges
	net ip link add veth0 type veth peer name veth1
	bridges '' 'interface = "veth0";'
	net ip link set veth0 master br1 up
	refused "veth0 cannot be its uplink: it is a port of br1 already"
	net ip link set veth0 nomaster
	refused "veth0 has no carrier"
	bridges
	mkdir -p "$ROOT/host/sys/class/net/eth0/phy80211"
	refused "eth0 cannot be its uplink: it is a wireless station"
	rm -r "$ROOT/host"
	net ip link add br0 type bridge
	net ip addr add 10.8.8.1/24 dev br0
	refused "it has an address of its own already, 10.8.8.1/24"
	net ip link del br0
	net ip link add br0 type veth peer name veth3
	refused "there is an interface of that name already, and it is no bridge"
	net ip link del br0
	bridges 'mtu = 9000;'
	refused "an MTU of 9000 bytes is more than that of eth0, which is 1500"
	bridges
	net ip addr add fd00::77/64 dev eth0
	vmrun net up br0
	run -78 vmrun net up br9
	[[ $output == *"br9: "*"does not describe it"* ]]
	chmod 755 "$ROOT"
	run -77 net setpriv --reuid=65534 --regid=65534 --clear-groups "$VMRUN" --root "$ROOT" net down br0
	[[ $output == "vmrun: br0: moving eth0 needs root: it changes how this host is reached" ]]
	run -64 vmrun net sideways br0
	run -64 vmrun net up
	nothing_left
}

# speaks RULES…: what nft and ip are told; net up is refused until --force.
speaks() {
	local before=$1
	shift
	printf '%s\n' "$@" | net nft -f - || return
	run -1 vmrun net up br0
	echo "$output"
	[[ $output == "vmrun: br0: what passes eth0 now would pass br0, of which these rules say nothing: $before (have"* ]]
	run ! net ip link show br0
	net nft flush ruleset
}

@test "rules that name the uplink alone: nothing is moved, there and back, unless it is forced" {
	lacks nf_tables net nft list ruleset
	speaks 'chain in of table inet fw' 'add table inet fw' 'add chain inet fw in' 'add rule inet fw in iifname { "lo", "eth0" } accept'
	speaks 'chain in of table ip fw' 'add table ip fw' 'add chain ip fw in' 'add rule ip fw in iif "eth0" tcp dport 22 accept' \
		'add chain ip fw out' 'add rule ip fw out oifname "eth0" accept' 'add rule ip fw out oifname "br0" accept'
	speaks 'set wan of table inet fw, chain nat of table ip fw' 'add table inet fw' 'add set inet fw wan { type ifname; elements = { "eth0" }; }' \
		'add table ip fw' 'add chain ip fw nat { type nat hook postrouting priority 100; }' 'add rule ip fw nat oifname "eth*" masquerade'
	net ip rule add iif eth0 lookup 100 pref 77
	net ip -6 rule add oif eth0 lookup 100 pref 78
	speaks 'ip rule 77, ip -6 rule 78' 'add table ip fw'
	net ip rule add iif br0 lookup 100 pref 79
	net ip -6 rule del pref 78
	# Of these none would hold no more: comments, what both names are in, what is about bridged frames, other families.
	net nft -f - <<-END
		add table inet fw
		add chain inet fw in
		add rule inet fw in tcp dport 22 log prefix "eth0" accept comment "eth0"
		add rule inet fw in iifname { "eth0", "br0" } accept
		add chain inet fw forward
		add rule inet fw forward iifname "br0" oifname "br0" accept
		add table bridge fw
		add chain bridge fw in
		add rule bridge fw in iifname "eth0" accept
	END
	run -0 vmrun net up br0
	net nft 'add chain inet fw more; add rule inet fw more iifname "br*" accept'
	run -1 vmrun net down br0
	[[ $output == *"what passes br0 now would pass eth0, of which these rules say nothing: chain more of table inet fw (have"* ]]
	run -0 vmrun net down --force br0
	net nft 'add rule inet fw more iifname "eth0" accept; add rule inet fw more iifname "br0" accept; add chain inet fw last; add rule inet fw last iifname "eth0" drop'
	run -1 vmrun net up br0
	run -0 vmrun net up --force br0
	run -0 vmrun net up br0
	[[ $output == "br0: already up" ]]
}

@test "an interface that is down and has no addresses, for guests only, and one without a gateway" {
	local before
	net ip addr flush dev eth0
	net ip link set eth0 down
	before=$(state)
	run -0 vmrun net up br0
	[[ $output == "br0: up: eth0 had no address, so none was moved (ip addr add ADDRESS/BITS dev br0, if this host is to be reached there); no gateway to ask, so the carrier was looked at" ]]
	[[ $(net ip -j link show eth0 | jq -r '.[0].master') == br0 ]]
	run -0 vmrun net down br0
	[[ $output == "br0: down: br0 had no address, so none was moved"* ]]
	net ip link set eth0 down
	diff <(echo "$before") <(state)
	# Without a carrier it is undone.
	far ip link set far0 down
	run -1 vmrun net up -t 1 br0
	[[ $output == *"br0 sends nothing: eth0 has no carrier"*"everything is as it was before"* ]]
	diff <(echo "$before") <(state)
	nothing_left
}

@test "a bridge that others made stays when the uplink leaves, and what is on it stays on it" {
	net ip link add br0 type bridge
	net ip link set br0 up
	net ip link add veth0 type veth peer name veth1
	net ip link set veth0 master br0
	vmrun net up br0
	reachable
	run -75 vmrun net down br0
	[[ $output == *"there are guests on it: veth0"* ]]
	run -0 vmrun net down --force br0
	[[ $output == *"the bridge stays"* && $(ports br0) == veth0 ]]
	reachable
	[[ $(net ip -j addr show br0 | jq '.[0].addr_info | length') == 0 ]]
}

@test "a bridge that was deleted has taken its addresses along, and that is said" {
	vmrun net up br0
	net ip link del br0
	run -0 vmrun net up br0
	[[ $output == "br0: up: eth0 had no address, so none was moved"* && $output != *"as before"* ]]
	[[ $(vmrun --json net down br0 | jq '.[0].addresses') == 0 ]]
}

@test "an uplink that was taken off its bridge gets back what the bridge has kept" {
	local before
	before=$(state)
	vmrun net up br0
	net ip link set eth0 nomaster
	run -0 vmrun net down br0
	[[ $output == "br0: down: 6 addresses of eth0 on eth0"*"10.0.0.1, fe80::1 answer" ]]
	diff <(echo "$before") <(state)
	reachable
	# With a guest, as when the uplink is on it.
	net ip link add veth0 type veth peer name veth1
	vmrun net up br0
	net ip link set veth0 master br0
	net ip link set eth0 nomaster
	run -75 vmrun net down br0
	[[ $output == *"there are guests on it: veth0"* ]]
	run -0 vmrun net down --force br0
	[[ $output == "br0: down: 6 addresses"*"the bridge stays" && $(ports br0) == veth0 ]]
	reachable
	run -0 vmrun net down br0
	[[ $output == "br0: already down" ]]
	# Addresses of a bridge that others made are theirs.
	net ip link set br0 alias theirs
	net ip addr flush dev eth0
	net ip addr add 10.8.8.1/24 dev br0
	run -1 vmrun net down br0
	[[ $output == "vmrun: br0: it has the address 10.8.8.1/24, and eth0, which has none, is not on it"* ]]
	[[ $(net ip -br addr show br0) == *10.8.8.1/24* ]]
}

@test "a guest on a bridge that is made for it is reached from the far side, and keeps the uplink" {
	local pid
	bridges 'create = true;'
	guest one 10.0.0.50
	# Half made by a command that was killed with its watchdog: a start begins anew.
	bridges '' 'interface = "eth0"; timeout = "60s"; gateway = "10.0.0.200";'
	vmrun net up br0 &
	wait_for 20 eval '[[ $(ports br0) == *eth0* ]]'
	pid=$(net pgrep -o -f "^$VMRUN --root $ROOT net up br0")
	# shellcheck disable=SC2046 # several
	kill -KILL $pid $(pgrep -P "$pid")
	wait_for 20 flock -n "$ROOT/run" true
	[[ -e $ROOT/run/.br0.uplink ]]
	bridges 'create = true;'
	vmrun start one
	[[ $(ports br0) == *eth0* ]]
	wait_for 60 far curl -fs -m 2 http://10.0.0.50/
	[[ $(far ip neigh show 10.0.0.50) == *"$(macs one)"* ]]
	reachable
	run -75 vmrun net down br0
	[[ $output == *"there are guests on it: one"* ]]
	vmrun kill one
	run -0 vmrun net down br0
	reachable
	nothing_left
}
