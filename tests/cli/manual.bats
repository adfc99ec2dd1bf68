# Every verb has an entry in vmrun.1 with an example, and each example does what the manual says: it is run here, with
# VMs of the names that the manual uses. tests/lib/manual says what an example is.
load ../lib/common

manual=$BATS_TEST_DIRNAME/../lib/manual
page=${VMRUN%/src/vmrun}/man/vmrun.1

setup() {
	world
	export ROOT VMRUN VMRUN_ROOT=$ROOT
	PATH=$ROOT/bin:$PATH
	mkdir -p "$ROOT/bin" "$ROOT/here" "$ROOT/srv/vm" "$ROOT/tmp" "$ROOT/var/lib"
	# As the reader types it.
	cat >"$ROOT/bin/vmrun" <<-'END'
		#!/bin/sh
		exec nsenter --net="$ROOT/net" -- "$VMRUN" "$@"
	END
	# Stands in for Graphviz, which is large: what it is given must be a graph.
	cat >"$ROOT/bin/dot" <<-'END'
		#!/bin/sh
		grep -qE '^(di)?graph '
	END
	chmod +x "$ROOT"/bin/*
	cd "$ROOT/here"
}

teardown() {
	cd /
	finish_test
}

vms() {
	guest web1 10.99.0.11 'description = "the web server"; tags = [ "prod" ];'
	sed -i 's/^\(.*nics = \).*/\1( { bridge = "br0"; }, { user = true; } );/' "$ROOT/etc/vms/web1.conf"
	guest db1 10.99.0.12 'tags = [ "prod" ];'
	vm web2 'nics = ( { bridge = "br0"; } );'
	cp "$ROOT/etc/vms/web1.conf" .
}

# up NAME: it runs, and its guest can be talked to.
up() {
	vmrun -q start "$1"
	[[ $(vmrun --json list "$1" | jq -r '.[0].state') != paused ]] || vmrun -q resume "$1"
	case $1 in
	web1) wait_for 90 page 10.99.0.11 ;;
	db1) wait_for 90 page 10.99.0.12 ;;
	esac
}

started_again() {
	(($(grep -c ': started: ' "$ROOT/log/$1.log") == 2))
}

# What the reader has done before, where that is more than two guests that run.
before() {
	case $1 in
	start) vmrun -q stop web1 ;;
	screenshot)
		vmrun -q stop hard web1
		vm web1 'display = { vnc = ":5"; };'
		vmrun -q start web1
		sleep 3 # the firmware's own size
		;;
	metrics) mkdir -p "$ROOT/var/lib/node_exporter" ;;
	resume) vmrun -q pause web1 ;;
	diff | apply) sed -i 's/user = true;/& link = false;/' "$ROOT/etc/vms/web1.conf" ;;
	mac)
		vm old1 'nics = ( { bridge = "br0"; } );' && vmrun -q start old1 && vmrun -q stop hard old1
		rm "$ROOT/etc/vms/old1.conf"
		mkdir hosts
		echo 'mac = { range = "52:54:00:10:00:00/28"; };' >hosts/a.conf
		echo 'mac = { range = "52:54:00:20:00:00/28"; };' >hosts/b.conf
		;;
	net)
		net ip link add eth0 address 02:00:00:00:00:02 type veth peer name far0
		net ip link set far0 up
		net ip link set eth0 up
		net ip addr add 192.0.2.10/24 dev eth0
		net ip addr flush dev br0
		printf 'bridges = ( { name = "br0"; uplink = "eth0"; } );\n' >>"$ROOT/etc/vmrun.conf"
		networkd
		;;
	EXAMPLES)
		# The guest that is waited for shuts down by itself.
		(wait_for 200 started_again web1 && wait_for 60 page 10.99.0.11 &&
			vmrun monitor web1 system_powerdown) >/dev/null 2>&1 3>&- &
		;;
	esac
}

# The files of a host that systemd-networkd configures.
networkd() {
	local host=$ROOT/host index
	index=$(net ip -j link show eth0 | jq '.[0].ifindex')
	mkdir -p "$host/run/systemd/netif/links" "$host/etc/systemd/network"
	printf 'ADMIN_STATE=configured\nOPER_STATE=routable\nNETWORK_FILE=/etc/systemd/network/20-wired.network\n' \
		>"$host/run/systemd/netif/links/$index"
	printf '[Match]\nName=eth0\n[Network]\nAddress=192.0.2.10/24\n' >"$host/etc/systemd/network/20-wired.network"
}

# examples ENTRY…: all of them are run, whatever fails.
examples() {
	local entry wrong=0
	for entry; do
		vms
		echo "== $entry"
		{ up web1 && up db1 && before "$entry"; } || return
		"$manual" run "$page" "$entry" "$ROOT" 3>&- || wrong=1
	done
	vmrun -q stop hard --all
	return "$wrong"
}

@test "every verb has an entry in the manual, and the entry has an example" {
	local verb wrong=0
	vmrun help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort >"$ROOT/verbs"
	"$manual" entries "$page" | sort >"$ROOT/entries"
	(($(wc -l <"$ROOT/verbs") > 20))
	diff "$ROOT/verbs" "$ROOT/entries"
	while read -r verb; do
		"$manual" examples "$page" "$verb" | grep -qE "^(.*[ |])?vmrun (.* )?$verb\b" ||
			{ echo "the entry of $verb has no example"; wrong=1; }
	done <"$ROOT/verbs"
	return "$wrong"
}

@test "examples: starting and stopping" {
	examples start restart stop kill pause resume reset link
}

@test "examples: looking" {
	examples list status top metrics wait log ip check argv show
}

@test "examples: reaching the guest, and others" {
	examples console monitor qmp forward mac gc version help screenshot
}

@test "examples: VM files" {
	examples create clone edit remove
}

@test "examples: the files against what runs" {
	examples diff apply
}

@test "examples: net" {
	examples net
}

@test "examples: those at the end of the manual" {
	examples EXAMPLES
}

@test "no example is left out" {
	local entry
	for entry in $("$manual" entries "$page") EXAMPLES; do
		grep -qE "^	examples (.* )?$entry( |$)" "$BATS_TEST_FILENAME" || { echo "$entry is not run above"; return 1; }
	done
}

@test "an example that fails, or prints what the manual does not say, is seen" {
	page=$ROOT/page
	cat >"$page" <<-'END'
		.Sh VERBS
		.Bl -tag -width Ds
		.It Cm good
		.Bd -literal
		$ echo "pid 17, tcg, 52:54:00:00:00:01"
		pid 18537, kvm, 52:54:00:a0:f1:d3
		$ seq 9; echo end
		\&...
		end
		.Ed
		.It Cm fails
		.Dl $ false
		.It Cm other
		.Bd -literal
		$ echo two words
		one word
		.Ed
		.It Cm more
		.Bd -literal
		$ seq 2
		1
		.Ed
		.El
	END
	run -0 "$manual" run "$page" good "$ROOT"
	run -1 "$manual" run "$page" fails "$ROOT"
	[[ $output == *"status 1"* ]]
	run -1 "$manual" run "$page" other "$ROOT"
	run -1 "$manual" run "$page" more "$ROOT"
}
