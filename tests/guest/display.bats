# How the guest's screen is seen: as VNC and SPICE viewers do, and on a desktop.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

rfb() {
	net "$BATS_TEST_DIRNAME/../lib/rfb" "$@"
}

# certificates DIR: an authority's, and a server's that is signed by it.
certificates() {
	mkdir "$1"
	openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=authority \
		-keyout "$ROOT/ca-key.pem" -out "$1/ca-cert.pem" 2>/dev/null
	openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=localhost \
		-keyout "$1/server-key.pem" -out "$1/server-cert.pem" -CA "$1/ca-cert.pem" -CAkey "$ROOT/ca-key.pem" \
		-addext basicConstraints=critical,CA:FALSE 2>/dev/null
}

@test "VNC without an address is a socket of whoever started the VM, with the password of the file" {
	echo secret12 >"$ROOT/password"
	chmod 600 "$ROOT/password"
	vm web1 "display = { kind = \"vnc\"; password_file = \"$ROOT/password\"; };"
	vmrun start web1
	run vmrun status web1
	[[ $output == *"vnc"*"unix:$ROOT/run/web1/display/vnc.sock"* ]]
	[[ $(vmrun --json status web1 | jq -r '.[0].vnc') == "unix:$ROOT/run/web1/display/vnc.sock" ]]
	run rfb "$ROOT/run/web1/display/vnc.sock" secret12
	[[ $status == 0 && $output == 720x400\ *web1* ]]
	run rfb "$ROOT/run/web1/display/vnc.sock" wrong
	[[ $status == 1 && $output == *"the password is wrong"* ]]
	run rfb "$ROOT/run/web1/display/vnc.sock"
	[[ $status == 1 && $output == *"security types [2]"* ]]
	# Nobody else reaches it, and QEMU's uid no other socket of the VM.
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_DIRNAME/../lib/rfb" "$ROOT/run/web1/display/vnc.sock"
	[[ $output == *"Permission denied"* ]]
	[[ $(stat -c %u "$ROOT/run/web1/display") == $(awk '/^Uid/ { print $2 }' "/proc/$(qemu_pid web1)/status") ]]
	vmrun stop -t 0 web1
	nothing_left
}

@test "VNC on an address of this host alone, and a screen of the size that the file says" {
	vm web1 'display = { vnc = ":5"; }; video = { model = "virtio"; resolution = "1600x900"; };'
	vmrun start web1
	run rfb 127.0.0.1:5905
	[[ $status == 0 && $output == *web1* ]]
	[[ $(net ss -Hltn 'sport = :5905') == *" 127.0.0.1:5905 "* ]]
	run vmrun monitor web1 info qtree
	[[ $output == *"xres = 1600"*"yres = 900"* ]]
	vmrun stop -t 0 web1
	nothing_left
}

@test "TLS from a folder that QEMU's uid cannot read" {
	certificates "$ROOT/pki"
	chmod 700 "$ROOT/pki"
	vm web1 "display = { vnc = \":5\"; tls = \"$ROOT/pki\"; };"
	vmrun start web1
	run rfb 127.0.0.1:5905
	[[ $status == 1 && $output == *"security types [19]"* ]]
	[[ $(stat -c %a "$ROOT/run/web1/tls/server-key.pem") == 440 ]]
	vmrun stop -t 0 web1
	nothing_left

	rm "$ROOT/pki/server-key.pem"
	run vmrun start web1
	[[ $status == 1 && $output == *"display.tls: $ROOT/pki/server-key.pem: No such file"* ]]
	nothing_left
}

# desktop: an X server for the ordinary user whose VMs are in $ROOT/user.
desktop() {
	install -d -o nobody "$ROOT/user" "$ROOT/user/etc" "$ROOT/user/etc/vms"
	chmod 755 "$ROOT"
	install -m 755 "$VMRUN" "$ROOT/vmrun"
	echo 'defaults = { accel = "tcg"; memory = "64M"; };' >"$ROOT/user/etc/vmrun.conf"
	nsenter --net="$ROOT/net" -- setpriv --reuid=65534 --regid=65534 --clear-groups Xvfb -displayfd 5 -screen 0 800x600x24 -nolisten unix \
		-listen tcp -ac 3>&- 5>"$ROOT/displayfd" 2>/dev/null &
	X=$!
	wait_for 20 test -s "$ROOT/displayfd"
	DISPLAY=127.0.0.1:$(<"$ROOT/displayfd")
}

as_user() {
	net setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin "$@"
}

@test "a window on the desktop of an ordinary user" {
	desktop
	local kind
	for kind in gtk sdl; do
		echo "display = \"$kind\"; nics = ();" >"$ROOT/user/etc/vms/one.conf"
		run -0 as_user DISPLAY="$DISPLAY" "$ROOT/vmrun" --root "$ROOT/user" start one
		wait_for 30 eval 'net xwininfo -display "$DISPLAY" -root -tree | grep -q QEMU'
		run -0 as_user "$ROOT/vmrun" --root "$ROOT/user" stop -t 0 one
	done
	kill "$X"
	wait_for 10 no_processes
	[[ -z $(find "$ROOT/user/run" -mindepth 1) ]]
}

@test "without a desktop, and for root's VMs, a window is refused with its reason" {
	vm web1 'display = "gtk";'
	run vmrun start web1
	[[ $status == 77 && $output == *"run vmrun as that user, not as root"* ]]
	nothing_left
	desktop
	echo 'display = "sdl"; nics = ();' >"$ROOT/user/etc/vms/one.conf"
	run as_user "$ROOT/vmrun" --root "$ROOT/user" start one
	[[ $status == 1 && $output == *"neither DISPLAY nor WAYLAND_DISPLAY is set"* ]]
	[[ ! -e $ROOT/user/run/one ]]
	kill "$X"
	wait_for 10 no_processes
}

@test "a SPICE server answers a viewer, on its port and on a socket of whoever started the VM" {
	echo secret >"$ROOT/password"
	vm web1 "display = { spice = \":5930\"; password_file = \"$ROOT/password\"; }; usb = { redirections = 2; };"
	vm web2 'display = "spice";'
	vmrun start web1 web2
	run net "$BATS_TEST_DIRNAME/../lib/spice" 127.0.0.1:5930
	[[ $output == "REDQ 2.2 error 0" ]]
	run net "$BATS_TEST_DIRNAME/../lib/spice" "$ROOT/run/web2/display/spice.sock"
	[[ $output == "REDQ 2.2 error 0" ]]
	[[ $(vmrun --json status web1 web2 | jq -r '.[].spice') == "127.0.0.1:5930
unix:$ROOT/run/web2/display/spice.sock" ]]
	run vmrun monitor web1 info qtree
	[[ $output == *'dev: usb-redir, id "usb-redir0"'* && $output == *'name = "com.redhat.spice.0"'* ]]
	vmrun stop -t 0 web1 web2
	nothing_left
}

@test "a sound card is heard by the viewer, and root's VMs have no desktop to sound on" {
	vm web1 'display = "spice"; audio = "auto";'
	vm web2 'display = "vnc"; audio = { backend = "none"; model = "ac97"; };'
	vm web3 'audio = "pa";'
	vmrun start web1 web2
	run vmrun monitor web1 info qtree
	[[ $output == *'dev: hda-duplex, id "codec0"'*'audiodev = "audio0"'* ]]
	run vmrun monitor web2 info qtree
	[[ $output == *'dev: AC97, id "sound0"'* ]]
	rfb "$ROOT/run/web2/display/vnc.sock"
	run vmrun start web3
	[[ $status == 77 && $output == *"run vmrun as that user, not as root, or write audio"* ]]
	vmrun stop -t 0 web1 web2
	nothing_left
}
