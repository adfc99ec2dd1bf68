#!/bin/busybox sh
# The guest's page: who it is, and every NIC's MAC and addresses.
printf 'Content-Type: text/plain\r\n\r\n'
echo "Hello from $(hostname), a guest started by vmrun."
for nic in /sys/class/net/eth*; do
	[ -e "$nic/address" ] || continue
	name=${nic##*/}
	address=$(ip -o -4 addr show dev "$name" | sed -n '1s/.* inet \([^ ]*\).*/\1/p')
	echo "$name mac $(cat "$nic/address") mtu $(cat "$nic/mtu") address $address"
done
