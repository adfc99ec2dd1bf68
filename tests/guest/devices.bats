# The devices that a guest finds: NICs, USB.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# device_guest NAME [SETTINGS]: the small guest with 10.99.0.11 on its first NIC.
device_guest() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet vmrun.ip=10.99.0.11/24\";
		${2:-}"
	vmrun start "$1"
}

@test "a virtio NIC has as many queues as the file says, and all of them carry frames" {
	device_guest web1 'cpus = 2; nics = { bridge = "br0"; queues = 2; };'
	wait_for 60 page 10.99.0.11
	run in_guest web1 'cd /sys/class/net/eth0/queues && echo *; grep -c "virtio.*put\." /proc/interrupts'
	[[ $status == 0 && $output == $'rx-0 rx-1 tx-0 tx-1\n4' ]]
	[[ $(ls -d "/proc/$(qemu_pid web1)"/fd/* | xargs -n 1 readlink | grep -c '^/dev/net/tun$') == 2 ]]
	net ping -c 3 -i 0.2 -W 5 10.99.0.11
	vmrun stop -t 1 web1
	nothing_left
}

@test "a NIC sits where the file says, and offloads that are not allowed are off" {
	device_guest web1 'nics = { bridge = "br0"; pci_address = "1d.0"; offloads = []; };'
	wait_for 60 page 10.99.0.11
	run in_guest web1 'basename "$(readlink -f /sys/class/net/eth0/device/..)"; cut -c 1-16 /sys/class/net/eth0/device/features'
	# Bits 0, 1, 7 to 14: checksums and segmentation, of either side.
	[[ $status == 0 && ${lines[0]} == 0000:00:1d.0 && ${lines[1]} == 00???1?00000000? ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "USB devices hang on the controller that the file names" {
	vm web1 'usb = { controller = "ohci"; }; input = ( "tablet", { kind = "keyboard"; bus = "usb"; }, { kind = "mouse"; bus = "virtio"; } );'
	vmrun start web1
	run vmrun monitor web1 info usb
	[[ $status == 0 && $output == *"Product QEMU USB Tablet"*"Product QEMU USB Keyboard"* && $output != *Mouse* ]]
	run vmrun monitor web1 info qtree
	[[ $output == *'dev: pci-ohci, id "usb0"'* && $output == *"dev: virtio-mouse-pci"* ]]
	vmrun stop -t 0 web1
	nothing_left
}

@test "a USB device that the host does not have is missed before anything is made" {
	vm web1 'nics = { bridge = "br0"; }; usb = "dead:beef";'
	run vmrun check web1
	[[ $status == 78 && $output == *"usb.devices[0]: there is no USB device dead:beef on this host"* ]]
	run vmrun start web1
	[[ $status == 1 && $output == *"usb.devices[0]: there is no USB device dead:beef on this host"* ]]
	nothing_left
}
