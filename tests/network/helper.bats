# vmrun-net: an ordinary user's VM from its file to a ping, and each thing that the helper refuses.
#
# Its places are written into it, so that these tests give them to it: in a mount namespace a copy of /etc with
# users, the host config and QEMU's bridge.conf, an empty /var/lib, and /usr/local with the helper alone.
load ../lib/common

ALICE=1731 BOB=1732 LAB=1740

# host COMMAND…: in the test's own network and files.
host() {
	nsenter --net="$ROOT/net" --mount="$ROOT/mounts/ns" -- "$@" 3>&-
}

# as UID COMMAND…: as that user, with his groups.
as() {
	local uid=$1 groups=--clear-groups
	shift
	((uid != BOB)) || groups=--groups=$LAB
	host setpriv --reuid="$uid" --regid="$uid" $groups env -i PATH=/usr/bin:/bin HOME="$ROOT/home/$uid" \
		XDG_RUNTIME_DIR="$ROOT/home/$uid/run" "$@"
}

alice() {
	as $ALICE "$ROOT/vmrun" "$@"
}

bob() {
	as $BOB "$ROOT/vmrun" "$@"
}

# policy TEXT: root's host config.
policy() {
	printf '%s\n' "$1" >"$ROOT/etc-copy/vmrun/vmrun.conf"
}

# file UID NAME SETTINGS: a VM of that user's.
file() {
	local dir=$ROOT/home/$1/.config/vmrun
	mkdir -p "$dir/vms"
	printf 'defaults = { accel = "tcg"; memory = "160M"; };\n' >"$dir/vmrun.conf"
	printf '%s\n' "$3" >"$dir/vms/$2.conf"
	chown -R "$1:$1" "$ROOT/home/$1"
}

# idle UID NAME NIC: a VM that boots nothing.
idle() {
	file "$1" "$2" "nics = ( { $3 } ); args = [ \"-S\" ];"
}

# install HOW: the helper, setuid or capability.
install_helper() {
	rm -f "$ROOT/local/libexec/vmrun-net"
	install -m 755 "${VMRUN%/*}/vmrun-net" "$ROOT/local/libexec/vmrun-net"
	case $1 in
	setuid) chmod u+s "$ROOT/local/libexec/vmrun-net" ;;
	capability) setcap cap_net_admin=ep "$ROOT/local/libexec/vmrun-net" ;;
	esac
}

setup_file() {
	world
	export ROOT
	chmod 755 "$ROOT"
	[[ ,$(findmnt -no OPTIONS -T "$ROOT"), != *,nosuid,* ]] || skip "kernel lacks setuid programs below /tmp, which is mounted nosuid"
	mkdir -p "$ROOT/mounts" "$ROOT/local/libexec" "$ROOT/var-lib/vmrun" "$ROOT/home"
	cp -a /etc "$ROOT/etc-copy"
	mkdir -p "$ROOT/etc-copy/vmrun" "$ROOT/etc-copy/qemu"
	printf '%s\n' "alice:x:$ALICE:$ALICE::/:/bin/sh" "bob:x:$BOB:$BOB::/:/bin/sh" >>"$ROOT/etc-copy/passwd"
	printf '%s\n' "lab:x:$LAB:" >>"$ROOT/etc-copy/group"
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	install -m 644 "$VMRUN_GUEST/vmlinuz" "$VMRUN_GUEST/initrd.img" "$ROOT/"
	for uid in $ALICE $BOB; do install -d -o "$uid" -m 700 "$ROOT/home/$uid" "$ROOT/home/$uid/run"; done
	mount --bind "$ROOT/mounts" "$ROOT/mounts"
	mount --make-private "$ROOT/mounts"
	touch "$ROOT/mounts/ns"
	# As udev makes it, which may not have run here.
	mknod -m 666 "$ROOT/tun" c 10 200
	unshare --mount="$ROOT/mounts/ns" sh -c "mount --bind $ROOT/tun /dev/net/tun &&
		mount --bind $ROOT/etc-copy /etc && mount --bind $ROOT/var-lib /var/lib && mount --bind $ROOT/local /usr/local"
	install_helper setuid
}

teardown_file() {
	umount "$ROOT/mounts/ns" "$ROOT/mounts"
	end_world
}

setup() {
	policy 'allow = ( { user = "alice"; bridge = "br0"; } );'
}

teardown() {
	wait_for 10 no_processes
	[[ -z $(taps) ]]
}

@test "from a file to a ping, by setuid: status says who made the port, stop leaves nothing" {
	file $ALICE web1 "
		kernel = \"$ROOT/vmlinuz\";
		initrd = \"$ROOT/initrd.img\";
		cmdline = \"console=$CONSOLE quiet vmrun.host=web1 vmrun.ip=10.99.0.11/24\";
		nics = ( { bridge = \"br0\"; } );"
	run alice start web1; ((status == 0)) || { echo "$output"; false; }
	[[ $(ports br0) == web1.0 ]]
	wait_for 60 net ping -c 1 -W 1 10.99.0.11
	run -0 alice status web1
	[[ $output == *"on bridge br0, tap web1.0, made by vmrun-net"* ]]
	[[ $(net ip -j link show web1.0 | jq -r '.[0].ifalias') == "vmrun web1 nic 0 uid $ALICE" ]]
	[[ $(net ip -d -j link show web1.0 | jq -r '.[0].linkinfo.info_data.user') == alice ||
		$(net ip -d link show web1.0) == *"user $ALICE"* ]]
	run -0 alice stop -t 60 web1
	run -0 alice list
	[[ -z $(find "$ROOT/home/$ALICE/run/vmrun" -mindepth 1) ]]
}
