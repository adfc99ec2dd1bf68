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
	# The kernel looks at both SCSI disks at once, and which it names first is chance.
	run in_guest web1 "case \$(cat /sys/block/sda/ro) in 0) ln -s sda /dev/scsi ;; *) ln -s sdb /dev/scsi ;; esac; $each vda scsi nvme0n1"
	echo "$output"
	[[ $status == 0 && $output == $'I am vda\nI am scsi\nI am nvme0n1' ]]
	run in_guest web1 'cd /sys/block; echo vda/mq/*; ro=sdb; grep -q 0 sdb/ro && ro=sda; cat nvme0n1/queue/logical_block_size $ro/ro $ro/device/wwid $ro/queue/rotational'
	echo "$output"
	[[ $status == 0 && $output == $'vda/mq/0 vda/mq/1\n4096\n1\nnaa.5000c500a1b2c3d4\n0' ]]
	[[ $(vmrun monitor web1 info iothreads | grep -c 'thread_id=') == 2 ]]
	vmrun stop -t 1 web1
	nothing_left
	[[ $(written virtio.raw) == 'I am vda' && $(written scsi.raw) == 'I am scsi' ]]
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

@test "what a guest writes to a temporary disk is gone with it, and takes no name while it is there" {
	local before
	image base.raw
	qemu-img create -q -f qcow2 "$ROOT/images/base.qcow2" 16M
	before=$(cd "$ROOT/images" && sha256sum base.raw base.qcow2)
	disk_guest web1 "
		disks = (
			{ file = \"$ROOT/images/base.raw\"; temporary = true; },
			{ file = \"$ROOT/images/base.qcow2\"; temporary = true; }
		);"
	run in_guest web1 "$each vda vdb"
	echo "$output"
	[[ $status == 0 && $output == $'I am vda\nI am vdb' ]]
	[[ -z $(find "$ROOT/lib" -name '*temporary*') ]]
	# Another VM reads the same images at the same time.
	vm web2 "disks = { file = \"$ROOT/images/base.raw\"; temporary = true; };"
	vmrun start web2
	vmrun kill web2
	vmrun stop -t 1 web1
	nothing_left
	[[ $(cd "$ROOT/images" && sha256sum base.raw base.qcow2) == "$before" ]]
	vmrun start web1
	run in_guest web1 'mkdir -p /mnt; mount -t ext4 /dev/vda /mnt || mount -t ext4 /dev/vdb /mnt'
	[[ $status != 0 ]]
	vmrun kill web1
	nothing_left
}

@test "a missing image is made once, with the size of the file, or that of its base, on which it is an overlay" {
	qemu-img create -q -f qcow2 "$ROOT/images/base.qcow2" 24M
	image base.raw 20M
	boot_sector base.raw
	disk_guest web1 "
		disks = (
			{ file = \"$ROOT/images/new.qcow2\"; size = \"32M\"; },
			{ file = \"$ROOT/images/new.raw\"; size = \"40M\"; },
			{ file = \"$ROOT/images/over.qcow2\"; base = \"$ROOT/images/base.qcow2\"; },
			{ file = \"$ROOT/images/grown.qcow2\"; base = \"$ROOT/images/base.raw\"; size = \"48M\"; }
		);"
	run in_guest web1 'for d in vda vdb vdc vdd; do echo $(($(cat /sys/block/$d/size) / 2048)); done'
	[[ $status == 0 && $output == $'32\n40\n24\n48' ]]
	run in_guest web1 "dd if=/dev/vdd bs=512 count=1 2>/dev/null | od -An -tx1 -N3; $each vda vdb vdc vdd"
	echo "$output"
	[[ $status == 0 && $output == $' 31 c0 8e\nI am vda\nI am vdb\nI am vdc\nI am vdd' ]]
	vmrun stop -t 1 web1
	nothing_left
	# They are the caller's own, for nobody else; what they are based on is named beside them, and unchanged.
	[[ $(stat -c '%u %a' "$ROOT"/images/{new.qcow2,new.raw,over.qcow2} | sort -u) == '0 600' ]]
	[[ $(qemu-img info --output=json "$ROOT/images/over.qcow2" | jq -r '."backing-filename"') == base.qcow2 ]]
	[[ $(ls "$ROOT/images" | wc -l) == 6 ]]
	[[ $(written base.raw) == '' ]]
	# Those that are there are left as they are.
	vmrun start web1
	run in_guest web1 'mkdir -p /mnt; mount -t ext4 /dev/vdd /mnt; cat /mnt/name'
	[[ $status == 0 && $output == 'I am vdd' ]]
	vmrun kill web1
	nothing_left
}

@test "an image is not made over a base that may not be opened, or is another than the file says" {
	mkdir "$ROOT/elsewhere"
	qemu-img create -q -f qcow2 "$ROOT/elsewhere/base.qcow2" 16M
	qemu-img create -q -f qcow2 "$ROOT/images/base.qcow2" 16M
	vm web1 "disks = { file = \"$ROOT/images/a.qcow2\"; base = \"$ROOT/elsewhere/base.qcow2\"; };"
	run ! vmrun start web1
	[[ $output == *"disks[0]: "*"neither in the image's folder nor in one of image_dirs"* ]]
	vm web1 "disks = { file = \"$ROOT/images/a.qcow2\"; base = \"$ROOT/images/base.qcow2\"; size = \"8M\"; };"
	run ! vmrun start web1
	[[ $output == *"size is less than the 16777216 bytes of its base"* ]]
	[[ $(ls "$ROOT/images") == base.qcow2 ]]
	qemu-img create -q -f qcow2 "$ROOT/images/a.qcow2" 16M
	vm web1 "disks = { file = \"$ROOT/images/a.qcow2\"; base = \"$ROOT/images/base.qcow2\"; };"
	run ! vmrun start web1
	[[ $output == *"a.qcow2: is there, and based on nothing"* ]]
	run ! vmrun check web1
	nothing_left
}

@test "two starts at once make one image" {
	local i
	for i in {1..5}; do
		rm -f "$ROOT/images/one.qcow2"
		# Two worlds, so that neither knows of the other's VM.
		mkdir -p "$ROOT/other/etc/vms"
		cp "$ROOT/etc/vmrun.conf" "$ROOT/other/etc"
		vm web1 "disks = { file = \"$ROOT/images/one.qcow2\"; size = \"1G\"; };"
		cp "$ROOT/etc/vms/web1.conf" "$ROOT/other/etc/vms/web2.conf"
		vmrun start web1 >"$ROOT/said1" 2>&1 &
		net "$VMRUN" --root "$ROOT/other" start web2 >"$ROOT/said2" 2>&1 || :
		wait $! || :
		# One of them has the image, the other was told so.
		[[ $(grep -c running "$ROOT/said1") != $(grep -c running "$ROOT/said2") ]]
		[[ $(ls "$ROOT/images") == one.qcow2 ]]
		qemu-img check -q -U "$ROOT/images/one.qcow2"
		vmrun kill web1 || :
		net "$VMRUN" --root "$ROOT/other" kill web2 || :
	done
	rm -r "$ROOT/other"
	nothing_left
}

@test "an encrypted image is made, written and read back, and nothing of it is in the clear" {
	echo 'a secret of some length' >"$ROOT/passphrase"
	chmod 600 "$ROOT/passphrase"
	disk_guest web1 "
		disks = (
			{ file = \"$ROOT/images/a.luks\"; size = \"16M\"; secret_file = \"$ROOT/passphrase\"; },
			{ file = \"$ROOT/images/b.qcow2\"; size = \"16M\"; secret_file = \"$ROOT/passphrase\"; }
		);"
	run in_guest web1 "$each vda vdb"
	echo "$output"
	[[ $status == 0 && $output == $'I am vda\nI am vdb' ]]
	! tr '\0' ' ' <"/proc/$(qemu_pid web1)/cmdline" | grep -q 'some length'
	vmrun stop -t 1 web1
	run ! grep -l 'I am vd' "$ROOT/images/a.luks" "$ROOT/images/b.qcow2"
	vmrun start web1
	run in_guest web1 'mkdir -p /mnt; for d in vda vdb; do mount -t ext4 /dev/$d /mnt && cat /mnt/name && umount /mnt; done'
	[[ $status == 0 && $output == $'I am vda\nI am vdb' ]]
	vmrun kill web1
	echo 'another secret' >"$ROOT/passphrase"
	run ! vmrun start web1
	[[ $output == *'Invalid password, cannot unlock any keyslot'* ]]
	vm web1 "disks = \"$ROOT/images/b.qcow2\";"
	run ! vmrun start web1
	[[ $output == *'is encrypted, and no secret_file is given'* ]]
	nothing_left
}

# serve COMMAND…: in the test's network, until the test ends.
serve() {
	net "$@" </dev/null >/dev/null 2>&1 &
}

@test "a guest writes to an image that an NBD server has, by TCP and by a socket, and reads one by HTTP" {
	image tcp.raw
	image socket.raw
	image web.img
	boot_sector web.img
	serve qemu-nbd -t -f raw -b 127.0.0.1 -p 10811 -x tcp "$ROOT/images/tcp.raw"
	serve qemu-nbd -t -f raw -k "$ROOT/nbd.sock" "$ROOT/images/socket.raw"
	serve busybox httpd -f -p 127.0.0.1:8011 -h "$ROOT/images"
	wait_for 10 test -S "$ROOT/nbd.sock"
	wait_for 10 net curl -fs -o /dev/null http://127.0.0.1:8011/web.img
	wait_for 10 net bash -c '</dev/tcp/127.0.0.1/10811'
	disk_guest web1 "
		disks = (
			{ url = \"nbd://127.0.0.1:10811/tcp\"; },
			{ url = \"nbd+unix:///?socket=$ROOT/nbd.sock\"; bus = \"scsi\"; },
			{ url = \"http://127.0.0.1:8011/web.img\"; readonly = true; }
		);"
	run in_guest web1 "$each vda sda && dd if=/dev/vdb bs=512 count=1 2>/dev/null | od -An -tx1 -N3"
	echo "$output"
	[[ $status == 0 && $output == $'I am vda\nI am sda\n 31 c0 8e' ]]
	vmrun stop -t 1 web1
	[[ $(written tcp.raw) == 'I am vda' && $(written socket.raw) == 'I am sda' ]]
}

@test "a VM does not start without the server that has its image" {
	vm web1 "disks = { url = \"nbd+unix:///?socket=$ROOT/nobody.sock\"; };"
	run ! vmrun start web1
	[[ $output == *"disks[0]: nobody answers on socket $ROOT/nobody.sock"* ]]
	run ! vmrun check web1
	[[ $output == *"nobody answers on socket"* ]]
	vm web1 "disks = { url = \"nbd://127.0.0.1:10811\"; };"
	run ! vmrun start web1
	[[ $output == *"Connection refused"* ]]
	nothing_left
}
