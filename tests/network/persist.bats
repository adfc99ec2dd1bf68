# What vmrun net up --persist writes for the programs that configure a host at boot, and what it leaves alone.
load ../lib/common

setup() {
	world
	net ip link del br0
	cat >"$ROOT/etc/vmrun.conf" <<-END
		bridges = ( { name = "br0"; uplink = "eth0"; } );
	END
	net ip link add eth0 address 02:00:00:00:00:02 type veth peer name far0
	net ip link set far0 up
	net ip link set eth0 addrgenmode none up
	net ip addr add 10.0.0.2/24 dev eth0
	HOST=$ROOT/host index=$(net ip -j link show eth0 | jq '.[0].ifindex')
	mkdir -p "$HOST"
}

teardown() {
	finish_test
}

# as_golden NAME: the files that vmrun wrote, each below its name, are those of tests/golden/persist; UPDATE=1 writes them.
as_golden() {
	local file golden=$BATS_TEST_DIRNAME/../golden/persist/$1
	grep -rl '^# Written by vmrun' "$HOST" | sort | while read -r file; do
		printf '==> %s %s\n' "$(stat -c %a "$file")" "${file#"$HOST"}"
		cat "$file"
	done >"$ROOT/written"
	[[ -z ${UPDATE:-} ]] || cp "$ROOT/written" "$golden"
	diff "$golden" "$ROOT/written"
}

# shown_and_agreed: without a terminal and --yes it is shown and refused; with it done, and taken back.
shown_and_agreed() {
	local before
	before=$(find "$HOST" -type f -exec md5sum {} + | sort)
	run -1 --separate-stderr vmrun net up --persist br0
	# shellcheck disable=SC2154 # bats sets it
	[[ $output == *"==> /etc/"*"# Written by vmrun"* && $stderr == *"--yes agrees"* ]]
	[[ $(find "$HOST" -type f -exec md5sum {} + | sort) == "$before" && -z $(net ip link show type bridge) ]]
	run -0 vmrun net up --persist --yes br0
	[[ $(ports br0) == eth0 ]]
	as_golden "$1"
	run -1 vmrun net down --persist br0
	[[ $(ports br0) == eth0 ]]
	run -0 vmrun net down --persist --yes br0
	[[ $output == *"removed"* && $(find "$HOST" -type f -exec md5sum {} + | sort) == "$before" ]]
	nothing_left
}

networkd() {
	mkdir -p "$HOST/run/systemd/netif/links" "$HOST/etc/systemd/network"
	printf 'ADMIN_STATE=configured\nOPER_STATE=routable\nNETWORK_FILE=/etc/systemd/network/20-wired.network\n' \
		>"$HOST/run/systemd/netif/links/$index"
	cat >"$HOST/etc/systemd/network/20-wired.network" <<-'END'
		# the office
		[Match]
		Name=en* eth*

		[Link]
		MTUBytes=1500

		[Network]
		Address=10.0.0.2/24
		Gateway=10.0.0.1
		DNS=10.0.0.1

		[Route]
		Destination=10.5.0.0/16
		Gateway=10.0.0.9
	END
}

@test "systemd-networkd: the bridge gets what the uplink has, and the uplink's own file stays" {
	networkd
	shown_and_agreed networkd
}

@test "ifupdown: a stanza for the bridge, and what is to be taken out by hand" {
	mkdir -p "$HOST/run/network" "$HOST/etc/network/interfaces.d"
	printf 'lo=lo\neth0=eth0\n' >"$HOST/run/network/ifstate"
	cat >"$HOST/etc/network/interfaces" <<-'END'
		source /etc/network/interfaces.d/*
		auto lo
		iface lo inet loopback

		auto eth0
		iface eth0 inet static
			address 10.0.0.2/24
			gateway 10.0.0.1
			# the laboratory
			up ip route add 10.5.0.0/16 via 10.0.0.9 dev eth0

		iface eth0 inet6 auto
	END
	shown_and_agreed ifupdown
	run -0 vmrun net up --persist --yes br0
	[[ $output == *"take out what eth0 has now: /etc/network/interfaces lines 6 to 10, /etc/network/interfaces line 12; and install bridge-utils"* ]]
}

@test "NetworkManager: keyfiles that root alone can read, of the connection there is" {
	mkdir -p "$HOST/run/NetworkManager/devices" "$HOST/etc/NetworkManager/system-connections"
	printf '[device]\nmanaged=true\nconnection-uuid=8f0f7b56-0000-4000-8000-000000000001\n' \
		>"$HOST/run/NetworkManager/devices/$index"
	cat >"$HOST/etc/NetworkManager/system-connections/office.nmconnection" <<-'END'
		[connection]
		id=office
		uuid=8f0f7b56-0000-4000-8000-000000000001
		type=ethernet

		[ethernet]

		[ipv4]
		address1=10.0.0.2/24,10.0.0.1
		dns=10.0.0.1;
		method=manual

		[ipv6]
		method=auto
	END
	shown_and_agreed network-manager
}

@test "what an interface of jumbo frames needs at boot is in each of them, and a port keeps what is its own" {
	net ip link set eth0 mtu 9000
	networkd
	sed -i 's/^MTUBytes=1500/MTUBytes=9000\nMACAddress=02:00:00:00:00:09\nRequiredForOnline=no/' "$HOST/etc/systemd/network/20-wired.network"
	shown_and_agreed networkd-jumbo
	rm -r "$HOST"
	mkdir -p "$HOST/run/NetworkManager/devices" "$HOST/run/NetworkManager/system-connections"
	printf '[device]\nmanaged=true\nconnection-uuid=8f0f7b56-0000-4000-8000-000000000001\n' \
		>"$HOST/run/NetworkManager/devices/$index"
	cat >"$HOST/run/NetworkManager/system-connections/netplan-eth0.nmconnection" <<-'END'
		[connection]
		id=netplan-eth0
		uuid=8f0f7b56-0000-4000-8000-000000000001
		type=ethernet
		zone=dmz

		[ethernet]
		wake-on-lan=1

		[802-1x]
		eap=tls;

		[ipv4]
		address1=10.0.0.2/24,10.0.0.1
		method=manual
	END
	shown_and_agreed network-manager-jumbo
	sed -i 's/type=ethernet/type=bond/' "$HOST/run/NetworkManager/system-connections/netplan-eth0.nmconnection"
	run -1 vmrun net up --persist --yes br0
	[[ $output == *"the connection of eth0 is of the type bond, which is to become a port by hand"* ]]
	rm -r "$HOST"
	mkdir -p "$HOST/run/network" "$HOST/etc/network/interfaces.d"
	printf 'eth0=eth0\n' >"$HOST/run/network/ifstate"
	printf 'source /etc/network/interfaces.d/*\niface eth0 inet static\n\taddress 10.0.0.2/24\n\tmtu 9000\n' \
		>"$HOST/etc/network/interfaces"
	shown_and_agreed ifupdown-jumbo
	printf '\tbond-slaves eth1 eth2\n' >>"$HOST/etc/network/interfaces"
	run -1 vmrun net up --persist --yes br0
	[[ $output == *"/etc/network/interfaces:5: bond-slaves eth1 eth2: this makes eth0 what it is"*"by hand"* ]]
	[[ -z $(ls "$HOST/etc/network/interfaces.d") && -z $(net ip link show type bridge) ]]
}

@test "a file that vmrun did not write is not written over, and not removed" {
	networkd
	echo '[NetDev]' >"$HOST/etc/systemd/network/05-vmrun-br0.netdev"
	run -1 vmrun net up --persist --yes br0
	[[ $output == *"05-vmrun-br0.netdev: vmrun did not write it, and does not write over it"* ]]
	[[ -z $(net ip link show type bridge) ]]
	run -0 vmrun net down --persist --yes br0
	[[ $(cat "$HOST/etc/systemd/network/05-vmrun-br0.netdev") == '[NetDev]' ]]
}

@test "who configures the uplink is said, and what renews its lease; where there is nobody, --persist says so" {
	run -1 vmrun net up --persist --yes br0
	[[ $output == *"nothing that vmrun can write for configures eth0 at boot"* ]]
	networkd
	echo "$$" >"$HOST/run/dhclient.eth0.pid"
	run -0 --separate-stderr vmrun net up br0
	[[ $stderr == *"systemd-networkd configures eth0 and may do so again"*"--persist"* ]]
	[[ $stderr == *"the DHCP client dhclient renews the lease of eth0"*"start it on br0"* ]]
}
