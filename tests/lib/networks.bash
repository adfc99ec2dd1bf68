# For tests of networks of the host's own.

# networks LINE…: the bridges of vmrun.conf.
networks() {
	local IFS=','
	echo "bridges = ( $* );" >>"$ROOT/etc/vmrun.conf"
}

# What the host's own network is set to.
host_network() {
	net ip -o link | sed 's/state [A-Z]* //' | grep -v -e tun -e 'web[0-9]'
	net ip -o addr show scope global
	net ip route
	net sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding
	net sysctl -a 2>/dev/null | grep 'ipv6.conf.*accept_ra '
	net nft list ruleset
}

# As the test has kept it in "before".
# shellcheck disable=SC2154
as_before() {
	diff <(echo "$before") <(host_network)
}
