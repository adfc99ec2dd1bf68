# Channels into a guest: consoles, the agent's, ports; each carries data both ways.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

# channels NAME SETTINGS [CMDLINE]: the small guest without a NIC.
channels() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet ${3:-}\";
		$2"
	vmrun start "$1"
}

# port NAME: the device of a virtio port, in the guest's shell. There is no udev to name it.
port() {
	printf '/dev/$(basename $(dirname $(grep -lx %q /sys/class/virtio-ports/*/name)))' "$1"
}

# exchange SOCKET-OR-PTY WHAT-IS-SENT: sends a line until it is answered, and prints the answer.
exchange() {
	timeout 60 bash -c 'until [[ -n ${answer:-} ]]; do
		answer=$( (echo "$2"; sleep 2) | socat -t 2 - "$1" 2>/dev/null | tr -d "\r" | head -n 1)
	done; echo "$answer"' _ "$1" "$2" 3>&-
}

# answering DEVICE: what in the guest answers each line of the device with one. A port whose other end
# is not connected is at its end.
answering() {
	echo "{ (while :; do read -r line && echo \"guest heard \$line\" || sleep 0.1; done <>$1 >&0) 2>/dev/null & }"
}

@test "the agent's channel carries words both ways, on a socket that is its owner's alone" {
	channels web1 'agent = true;'
	in_guest web1 "$(answering "$(port org.qemu.guest_agent.0)")"
	[[ $(stat -c '%a %F' "$ROOT/run/web1/agent.sock") == "600 socket" ]]
	run -0 exchange "UNIX-CONNECT:$ROOT/run/web1/agent.sock" ping
	[[ $output == "guest heard ping" ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "a virtio console carries words both ways, and console reaches it by its name" {
	channels web1 'consoles = ( "socket", "pty" );'
	in_guest web1 'stty -F /dev/hvc0 -echo raw; stty -F /dev/hvc1 -echo raw'
	in_guest web1 "$(answering /dev/hvc0); $(answering /dev/hvc1)"
	run timeout 20 bash -c "(echo one; sleep 1) |
		nsenter --net='$ROOT/net' '$VMRUN' --root '$ROOT' console web1 console0 3>&-"
	[[ $output == *"guest heard one"* ]]
	run timeout 20 bash -c "(echo two; sleep 1) |
		nsenter --net='$ROOT/net' '$VMRUN' --root '$ROOT' console web1 console1 3>&-"
	[[ $output == *"guest heard two"* ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "status names the pty that QEMU made, and whoever opens it talks to the guest" {
	local pty
	channels web1 'serial = ( "socket", "pty" );'
	pty=$(vmrun --json status web1 | jq -r '.[0].channels[] | select(.id == "serial1") | .path')
	[[ -c $pty ]]
	run -0 vmrun status web1
	[[ $output == *"serial1"*"pty $pty"* ]]
	in_guest web1 "stty -F /dev/ttyS1 -echo raw; $(answering /dev/ttyS1)"
	run -0 exchange "$pty,rawer" hello
	[[ $output == "guest heard hello" ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "a second serial port to a file adds to what is there" {
	echo before >"$ROOT/serial1"
	channels web1 "serial = ( \"socket\", { to = \"file\"; path = \"$ROOT/serial1\"; } );"
	in_guest web1 'echo said on ttyS1 >/dev/ttyS1'
	wait_for 5 grep -q 'said on ttyS1' "$ROOT/serial1"
	[[ $(head -n 1 "$ROOT/serial1") == before ]]
	run -1 vmrun console web1 serial1
	[[ $output == *"leads to file $ROOT/serial1"* ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "the log of a console holds what nobody was connected to hear" {
	channels web1 "serial = { log = \"$ROOT/console\"; };"
	wait_for 60 grep -q 'vmrun guest ready' "$ROOT/console"
	[[ $(stat -c %a "$ROOT/console") == 600 ]]
	run in_guest web1 'echo still connected'
	[[ $output == "still connected" ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "a port of the file's own has its name in the guest" {
	channels web1 "ports = ( \"org.example.data.0\",
		{ name = \"org.example.log.0\"; to = \"file\"; path = \"$ROOT/port\"; } );"
	in_guest web1 "$(answering "$(port org.example.data.0)")"
	in_guest web1 "echo by port >$(port org.example.log.0)"
	run -0 exchange "UNIX-CONNECT:$ROOT/run/web1/port.sock" ping
	[[ $output == "guest heard ping" ]]
	wait_for 5 grep -qx 'by port' "$ROOT/port"
	run -1 vmrun console web1 nothing.0
	[[ $output == *"serial0, org.example.data.0, org.example.log.0"* ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "a serial port on a terminal device of the host" {
	net socat "PTY,link=$ROOT/tty,rawer" "UNIX-LISTEN:$ROOT/far" &
	wait_for 5 test -c "$ROOT/tty"
	channels web1 "serial = ( \"socket\", { to = \"device\"; path = \"$ROOT/tty\"; } );"
	in_guest web1 "stty -F /dev/ttyS1 -echo raw; $(answering /dev/ttyS1)"
	run timeout 20 bash -c "(echo over the wire; sleep 2) | socat -t 2 - UNIX-CONNECT:$ROOT/far"
	[[ $output == *"guest heard over the wire"* ]]
	vmrun stop -t 1 web1
	nothing_left
}

@test "stdio is the terminal of a foreground start, and nothing else" {
	vm web1 "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet\";
		serial = \"stdio\";"
	run -1 vmrun start web1
	[[ $output == *"--foreground"* ]]
	nothing_left
	run timeout 60 bash -c "(for _ in {1..60}; do
			grep -q 'guest ready' '$ROOT/said' && break; sleep 0.5; done
		echo 'echo sum \$((40+2)); poweroff -f'; sleep 5) |
		nsenter --net='$ROOT/net' '$VMRUN' --root '$ROOT' start --foreground web1 >'$ROOT/said' 2>&1 3>&-"
	grep -q 'sum 42' "$ROOT/said"
	nothing_left
}

@test "a file that cannot be a channel's end fails the start, with nothing left" {
	mkdir "$ROOT/folder"
	vm web1 "serial = { to = \"file\"; path = \"$ROOT/folder\"; };"
	run -1 vmrun start web1
	[[ $output == *"serial0: $ROOT/folder: Is a directory"* ]]
	vm web1 "serial = { to = \"device\"; path = \"/dev/null\"; };"
	run -1 vmrun start web1
	[[ $output == *"serial0: /dev/null: not a serial port"* ]]
	nothing_left
}
