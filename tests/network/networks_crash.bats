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
