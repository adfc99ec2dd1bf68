# The disks and drives that a guest finds, and what it leaves on them.
load ../lib/common

setup() {
	world
	mkdir "$ROOT/images"
}

teardown() {
	finish_test
}

# disk_guest NAME [SETTINGS]: the small guest without a NIC.
disk_guest() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet\";
		${2:-}"
	vmrun start "$1"
}

# image NAME [SIZE]: a raw one.
image() {
	truncate -s "${2:-16M}" "$ROOT/images/$1"
}

# In the guest: "each DISK…" makes a file system on each, with its name in a file, and reads that after a remount.
each='mkdir -p /mnt; one() { mke2fs -b 4096 /dev/$1 >/dev/null && mount -t ext4 /dev/$1 /mnt && echo "I am $1" >/mnt/name &&
 umount /mnt && echo 3 >/proc/sys/vm/drop_caches && mount -t ext4 /dev/$1 /mnt && cat /mnt/name && umount /mnt; };
 each() { for disk; do one $disk || return; done; }; each'
each=${each//$'\n'/}

# written IMAGE: what the guest wrote there, as the host sees it.
written() {
	debugfs -R 'cat /name' "$ROOT/images/$1" 2>/dev/null
}

# boot_sector IMAGE: what a PC's firmware runs from there: it copies itself to the second sector, through the
# firmware's own driver of the bus, and halts. (xor ax,ax; mov ds,ax; mov es,ax; mov ax,0x301; mov bx,0x7c00;
# mov cx,2; mov dh,0; int 0x13; hlt)
boot_sector() {
	printf '\x31\xc0\x8e\xd8\x8e\xc0\xb8\x01\x03\xbb\x00\x7c\xb9\x02\x00\xb6\x00\xcd\x13\xf4\xeb\xfd' |
		dd of="$ROOT/images/$1" conv=notrunc status=none
	printf '\x55\xaa' | dd of="$ROOT/images/$1" bs=1 seek=510 conv=notrunc status=none
}

# booted IMAGE: has a boot sector run?
booted() {
	cmp -n 512 -i 0:512 "$ROOT/images/$1" "$ROOT/images/$1"
}

x86_only() {
	[[ $(uname -m) == x86_64 ]] || skip "kernel lacks a PC's firmware"
}

@test "a guest writes and reads back a file system on each bus that its kernel knows" {
	local name
	for name in virtio scsi scsi2 nvme; do image $name.raw; done
	disk_guest web1 "
		cpus = 2;
		disks = (
			{ file = \"$ROOT/images/virtio.raw\"; iothread = \"own\"; queues = 2; cache = \"none\"; aio = \"native\"; },
			{ file = \"$ROOT/images/scsi.raw\"; bus = \"scsi\"; iothread = \"fast\"; serial = \"a-serial-of-more-than-twenty-bytes\"; },
			{ file = \"$ROOT/images/nvme.raw\"; bus = \"nvme\"; logical_block_size = 4096; },
			{ file = \"$ROOT/images/scsi2.raw\"; bus = \"scsi\"; iothread = \"fast\"; readonly = true; wwn = \"5000c500a1b2c3d4\"; rotation_rate = 1; }
		);"
	run in_guest web1 "$each vda sda nvme0n1"
	echo "$output"
	[[ $status == 0 && $output == $'I am vda\nI am sda\nI am nvme0n1' ]]
	run in_guest web1 'cd /sys/block; echo vda/mq/*; cat nvme0n1/queue/logical_block_size sdb/ro sdb/device/wwid sdb/queue/rotational'
	echo "$output"
	[[ $status == 0 && $output == $'vda/mq/0 vda/mq/1\n4096\n1\nnaa.5000c500a1b2c3d4\n0' ]]
	[[ $(vmrun monitor web1 info iothreads | grep -c 'thread_id=') == 2 ]]
	vmrun stop -t 1 web1
	nothing_left
	[[ $(written virtio.raw) == 'I am vda' && $(written scsi.raw) == 'I am sda' ]]
	[[ $(written nvme.raw) == 'I am nvme0n1' ]]
}

@test "a guest writes and reads back a file system on IDE, and finds CD-ROM drives with and without a medium" {
	x86_only
	image ide.raw
	# As much of an ISO 9660 image as needs a label: the volume descriptor in the 16th sector.
	truncate -s 2M "$ROOT/images/label.iso"
	printf '\x01CD001\x01' | dd of="$ROOT/images/label.iso" bs=2048 seek=16 conv=notrunc status=none
	disk_guest web1 "
		machine = \"pc\";
		disks = { file = \"$ROOT/images/ide.raw\"; bus = \"ide\"; };
		cdrom = ( \"$ROOT/images/label.iso\", { }, { bus = \"scsi\"; } );"
	run in_guest web1 "$each sda && cat /sys/block/sr*/size && dd if=/dev/sr1 bs=2048 skip=16 count=1 2>/dev/null | cut -b 2-6"
	echo "$output"
	[[ $status == 0 && $output == $'I am sda\n2097151\n4096\n2097151\nCD001' ]]
	vmrun monitor web1 info block | grep -q 'cdrom1: \[not inserted\]'
	vmrun stop -t 1 web1
	nothing_left
	[[ $(written ide.raw) == 'I am sda' ]]
}

@test "a PC boots from the disk whose boot_index is lowest, on every bus that its firmware knows" {
	x86_only
	local bus
	for bus in virtio scsi nvme ide sata usb; do
		image $bus.raw
		image not-$bus.raw
		boot_sector $bus.raw
		vm $bus "disks = ( \"$ROOT/images/not-$bus.raw\", { file = \"$ROOT/images/$bus.raw\"; bus = \"$bus\"; boot_index = 1; } );"
		vmrun start $bus
		wait_for 30 booted $bus.raw
		vmrun kill $bus
	done
	nothing_left
}

@test "a PC boots from a floppy disk, on the old board and the new" {
	x86_only
	local board
	for board in pc q35; do
		image $board.img 1440K
		boot_sector $board.img
		vm $board "machine = \"$board\"; boot = \"floppy\"; floppy = ( \"$ROOT/images/$board.img\", { } );"
		vmrun start $board
		wait_for 30 booted $board.img
		vmrun kill $board
	done
	nothing_left
}

@test "what a disk may take is limited, for all disks of a group together" {
	image a.raw 64M
	image b.raw 64M
	disk_guest web1 "
		disks = (
			{ file = \"$ROOT/images/a.raw\"; limits = { group = \"slow\"; bps = \"2M\"; }; },
			{ file = \"$ROOT/images/b.raw\"; limits = \"slow\"; }
		);"
	# 4 MB from each, at 2 MB a second in all: 4 seconds, of which the first burst costs nothing.
	run in_guest web1 't=$(cut -d . -f 1 /proc/uptime); for d in vda vdb; do dd if=/dev/$d of=/dev/null bs=256k count=16 iflag=direct 2>/dev/null & done; wait; echo $(($(cut -d . -f 1 /proc/uptime) - t))'
	echo "$output"
	[[ $status == 0 && $output -ge 3 ]]
	vmrun stop -t 1 web1
	nothing_left
}
