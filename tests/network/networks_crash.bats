# Networks of the host's own, when something of them is killed.
load ../lib/common
load ../lib/networks

setup() {
	world
}

teardown() {
	finish_test
}

@test "whatever is killed, and whenever: a command later all is whole, and at the end nothing is left" {
	local before i pid all
	before=$(host_network)
	networks '{ name = "nat0"; create = "auto"; address = "10.88.0.1/24"; address6 = "fd00:88::1/64"; nat = true; dhcp = true; }'
	vm web1 'nics = ( { bridge = "nat0"; } );'
	for i in {1..20}; do
		vmrun start web1 >/dev/null 2>&1 &
		pid=$!
		# Half of them while it starts, the others once it runs.
		if ((i % 2)); then
			sleep "0.$((RANDOM % 30 + 10))"
		else
			wait "$pid"
		fi
		mapfile -t all < <(processes)
		for pid in ${all[@]:+"${all[RANDOM % ${#all[@]}]}" "${all[RANDOM % ${#all[@]}]}"}; do
			kill -KILL "$pid" 2>/dev/null || :
			wait_for 5 gone "$pid"
		done
		wait || :
		vmrun gc
		if vmrun status web1 >/dev/null; then
			[[ $(net nft list tables) == *vmrun-nat0* ]]
			wait_for 10 pgrep -f "dnsmasq .*$ROOT/"
			[[ $(pgrep -fc "dnsmasq .*$ROOT/") == 1 ]]
		fi
		vmrun kill web1 || :
		vmrun gc
		as_before
		nothing_left
	done
}

@test "a keeper that is killed while a VM starts: the start makes another one and goes on" {
	local before keeper
	before=$(host_network)
	networks '{ name = "nat0"; create = "auto"; address = "10.88.0.1/24"; dhcp = true; }'
	vm web1 'nics = ( { bridge = "nat0"; } );'
	vm web2 'nics = ( { bridge = "nat0"; } );'
	vmrun start web1
	keeper=$(jq -r .keeper.pid "$ROOT/run/.networks/nat0.serve")
	# Its lock outlives it for a moment: the start still takes it to be there.
	flock -n "$ROOT/run/.networks/nat0.keeper" true && return 1
	kill -KILL "$keeper"
	wait_for 5 gone "$keeper"
	flock "$ROOT/run/.networks/nat0.keeper" sleep 1 3>&- &
	wait_for 5 sh -c "! flock -n $ROOT/run/.networks/nat0.keeper true"
	vmrun start web2
	[[ $(jq -r .keeper.pid "$ROOT/run/.networks/nat0.serve") != "$keeper" ]]
	[[ $(pgrep -fc "dnsmasq .*$ROOT/") == 1 ]]
	grep "10.88.0.*web2" "$ROOT/run/.networks/nat0.conf"
	vmrun kill web1 web2
	as_before
	nothing_left
}

@test "a keeper that is killed before its dnsmasq serves: the start makes another one" {
	local before
	before=$(host_network)
	networks '{ name = "nat0"; create = "auto"; address = "10.88.0.1/24"; dhcp = true; }'
	vm web1 'nics = ( { bridge = "nat0"; } );'
	cat >"$ROOT/dnsmasq" <<-END
		#!/bin/sh
		mkdir "$ROOT/once" 2>/dev/null || exec /usr/sbin/dnsmasq "\$@"
		kill -KILL "\$PPID"
	END
	chmod 755 "$ROOT/dnsmasq"
	net unshare -m sh -c "mount -t tmpfs none /usr/local/bin && cp '$ROOT/dnsmasq' /usr/local/bin &&
		exec '$VMRUN' --root '$ROOT' start web1"
	[[ -d $ROOT/once && $(pgrep -fc "dnsmasq .*$ROOT/") == 1 ]]
	vmrun kill web1
	as_before
	nothing_left
}
