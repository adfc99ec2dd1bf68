# What firmware brings to a guest: a boot loader from a disk, variables that stay, secure boot, tables and files.
load ../lib/common

setup() {
	world
	case $(uname -m) in
	aarch64) efi=aa64 package=arm64 ;;
	*) efi=x64 package=amd64 ;;
	esac
	GUID=5d4e8c2f-6a0b-4b7e-9a53-0c1d2e3f4a5b # of the variables that this test makes
}

teardown() {
	finish_test
}

# Debian's shim and GRUB, which Microsoft's and Debian's keys have signed: downloaded, never installed.
loaders() {
	local cache=${VMRUN_CACHE:-$BATS_TEST_DIRNAME/../../.cache/loaders} deb
	LOADERS=$BATS_FILE_TMPDIR/loaders
	[[ ! -d $LOADERS ]] || return 0
	mkdir -p "$cache" "$LOADERS"
	(
		cd "$cache"
		flock 9
		compgen -G 'shim-signed_*.deb' >/dev/null && compgen -G 'grub-efi-*-signed_*.deb' >/dev/null ||
			apt-get -q -o APT::Sandbox::User=root download shim-signed "grub-efi-$package-signed"
	) 9>"$cache/lock" >"$BATS_FILE_TMPDIR/apt" 2>&1 || { cat "$BATS_FILE_TMPDIR/apt"; return 1; }
	for deb in "$cache"/{shim-signed,grub-efi-*-signed}_*.deb; do
		dpkg-deb -x "$deb" "$LOADERS"
	done
}

# esp FILE [WORDS]: an image with the small guest on an EFI system partition, and what is signed to start it.
esp() {
	loaders
	truncate -s 64M "$1"
	mkfs.vfat "$1" >/dev/null
	mmd -i "$1" ::EFI ::EFI/BOOT ::EFI/debian
	mcopy -i "$1" "$LOADERS/usr/lib/shim/shim$efi.efi.signed" "::EFI/BOOT/BOOT${efi^^}.EFI"
	mcopy -i "$1" "$LOADERS"/usr/lib/grub/*-efi-signed/"grub$efi.efi.signed" "::EFI/BOOT/grub$efi.efi"
	mcopy -i "$1" "$VMRUN_GUEST/vmlinuz" "$VMRUN_GUEST/initrd.img" ::
	mcopy -i "$1" - ::EFI/debian/grub.cfg <<-END
		linux /vmlinuz console=$CONSOLE quiet ${2:-}
		initrd /initrd.img
		boot
	END
}

# booted NAME: the guest answers, and its kernel can reach the firmware's variables.
booted() {
	in_guest "$1" 'mount -t efivarfs none /sys/firmware/efi/efivars'
}

# variable NAME VARIABLE: its bytes behind the four of its attributes, in hex.
variable() {
	in_guest "$1" "dd if=/sys/firmware/efi/efivars/$2 bs=4 skip=1 2>/dev/null | hexdump -v -e '1/1 \"%02x\"'"
}

SECURE_BOOT=SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c

@test "UEFI boots from a disk, and what the guest writes into its variables is there after a stop" {
	esp "$ROOT/disk.img"
	vm web1 "memory = \"512M\"; firmware = \"uefi\"; disks = \"$ROOT/disk.img\";"
	vmrun start web1
	[[ $(stat -c %a "$ROOT/lib/nvram/web1/uefi.fd") == 600 ]]
	booted web1
	[[ $(variable web1 $SECURE_BOOT) == 00 ]]
	in_guest web1 "printf '\\007\\000\\000\\000kept' >/sys/firmware/efi/efivars/Vmrun-$GUID"
	vmrun stop hard web1
	vmrun start web1
	booted web1
	[[ $(variable web1 Vmrun-$GUID) == 6b657074 ]]
	vmrun stop hard web1
	nothing_left
}

@test "secure boot is on, and starts what is signed" {
	esp "$ROOT/disk.img"
	vm web1 "memory = \"512M\"; firmware = \"uefi-secure\"; disks = \"$ROOT/disk.img\";"
	vmrun start web1
	booted web1
	[[ $(variable web1 $SECURE_BOOT) == 01 ]]
	vmrun stop hard web1
	nothing_left
}

@test "secure boot refuses what Microsoft has not signed" {
	esp "$ROOT/disk.img"
	mcopy -o -i "$ROOT/disk.img" "$VMRUN_GUEST/vmlinuz" "::EFI/BOOT/BOOT${efi^^}.EFI"
	vm web1 "memory = \"512M\"; firmware = \"uefi-secure\"; disks = \"$ROOT/disk.img\";"
	vmrun start web1
	net socat -u "UNIX-CONNECT:$ROOT/run/web1/serial.sock" "CREATE:$ROOT/console" &
	wait_for 60 grep -aq 'Access Denied' "$ROOT/console"
	vmrun stop hard web1
	wait
	nothing_left
}

@test "a guest reads its SMBIOS tables, its credentials, and the files that the firmware interface brings" {
	head -c 3000 /dev/urandom >"$ROOT/blob"
	chmod 600 "$ROOT/blob"
	vm web1 "
		memory = \"512M\";
		firmware = \"uefi\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet\";
		smbios = {
			bios = { vendor = \"Example BIOS\"; };
			system = { manufacturer = \"Example, Inc.\"; product = \"Server\"; serial = \"S-0001\"; };
			base = { asset = \"A-0001\"; };
			chassis = { serial = \"C-0001\"; };
			oem_strings = \"org.example:role=web\";
		};
		fw_cfg = (
			{ name = \"opt/org.example/role\"; string = \"web, and more\"; },
			{ name = \"opt/org.example/blob\"; file = \"$ROOT/blob\"; }
		);
		credentials = (
			{ name = \"greeting\"; value = \"good morning\"; },
			{ name = \"blob\"; file = \"$ROOT/blob\"; }
		);"
	vmrun start web1
	[[ $(in_guest web1 'cd /sys/class/dmi/id; cat bios_vendor sys_vendor product_name product_serial board_asset_tag chassis_serial') == \
		$'Example BIOS\nExample, Inc.\nServer\nS-0001\nA-0001\nC-0001' ]]
	in_guest web1 'grep -aq org.example:role=web /sys/firmware/dmi/tables/DMI'
	in_guest web1 "grep -aq io.systemd.credential.binary:greeting=$(printf 'good morning' | base64) \
		/sys/firmware/dmi/tables/DMI"
	[[ $(in_guest web1 'grep -ao io.systemd.credential.binary:blob=[A-Za-z0-9/+=]* /sys/firmware/dmi/tables/DMI | \
		cut -d = -f 2- | base64 -d | sha256sum') == "$(sha256sum <"$ROOT/blob")" ]]
	! grep -q 'morning\|Z29vZCBtb3JuaW5n' "/proc/$(qemu_pid web1)/cmdline" "$ROOT/run/web1/qemu" "$ROOT/log/web1.log"
	[[ $(in_guest web1 'cat /sys/firmware/qemu_fw_cfg/by_name/opt/org.example/role/raw; echo') == 'web, and more' ]]
	[[ $(in_guest web1 'sha256sum </sys/firmware/qemu_fw_cfg/by_name/opt/org.example/blob/raw') == \
		"$(sha256sum <"$ROOT/blob")" ]]
	vmrun stop hard web1
	nothing_left
}

@test "an Arm board starts UEFI by itself, with a store that takes only the room of what is in it" {
	vm arm "arch = \"aarch64\"; memory = \"512M\";"
	vmrun start arm
	net socat -u "UNIX-CONNECT:$ROOT/run/arm/serial.sock" "CREATE:$ROOT/console" &
	wait_for 120 grep -aq 'UEFI Interactive Shell' "$ROOT/console"
	[[ $(stat -c %s "$ROOT/lib/nvram/arm/uefi.fd") == $((64 << 20)) ]]
	(($(du -k "$ROOT/lib/nvram/arm/uefi.fd" | cut -f 1) < 4096))
	vmrun stop hard arm
	wait
	nothing_left
}

@test "what is booted once is not booted again after the guest's reboot" {
	esp "$ROOT/once.img" vmrun.host=once
	esp "$ROOT/later.img" vmrun.host=later
	vm web1 "
		memory = \"512M\";
		firmware = \"uefi\";
		disks = \"$ROOT/later.img\";
		cdrom = \"$ROOT/once.img\";
		boot = { once = \"cdrom\"; order = \"disk\"; };"
	vmrun start web1
	[[ $(in_guest web1 hostname) == once ]]
	in_guest web1 'reboot -f' || :
	wait_for 60 grep -q 'the guest was reset' "$ROOT/log/web1.log"
	[[ $(in_guest web1 hostname) == later ]]
	vmrun stop hard web1
	nothing_left
}
