# Helpers for the bats files: a folder and a network of its own for each test, VM files, waiting, and
# the check that nothing is left.
#
# VMRUN is the program under test; VMRUN_GUEST the folder with the small guest.
bats_require_minimum_version 1.5.0

: "${VMRUN:=$BATS_TEST_DIRNAME/../../build-test-gcc/src/vmrun}"
: "${VMRUN_GUEST:=$(realpath -m "$BATS_TEST_DIRNAME/../../build-test-guest")}"

# On a busy host an emulated timer may be late just when the kernel looks whether it ticks, and it panics.
[[ $(uname -m) == aarch64 ]] && CONSOLE=ttyAMA0 || CONSOLE="ttyS0 no_timer_check"

# world: ROOT, a folder for --root, and a network namespace with the bridge br0 (10.99.0.1/24) in it.
world() {
	ROOT=$(mktemp -d /tmp/vmrun-test.XXXXXX)
	mkdir -p "$ROOT/etc/vms"
	# /dev/kvm may be there without working, and tests are to be the same everywhere.
	cat >"$ROOT/etc/vmrun.conf" <<-END
		defaults = { accel = "tcg"; memory = "64M"; };
	END
	touch "$ROOT/net"
	unshare --net="$ROOT/net" true
	net ip link set lo up
	bridge br0 10.99.0.1/24
}

# net COMMAND…: in the test's network namespace. bats's own descriptor 3 must not go to a supervisor.
net() {
	nsenter --net="$ROOT/net" -- "$@" 3>&-
}

# bridge NAME [ADDRESS]
bridge() {
	net ip link add "$1" type bridge
	[[ -z ${2:-} ]] || net ip addr add "$2" dev "$1"
	net ip link set "$1" up
}

vmrun() {
	net "$VMRUN" --root "$ROOT" "$@"
}

# vm NAME [SETTINGS]: a VM without anything to boot, unless SETTINGS say what.
vm() {
	printf '%s\n' "${2:-}" >"$ROOT/etc/vms/$1.conf"
}

# guest NAME ADDRESS [SETTINGS [CMDLINE]]: a VM that boots the small guest, on br0.
guest() {
	vm "$1" "
		memory = \"160M\";
		kernel = \"$VMRUN_GUEST/vmlinuz\";
		initrd = \"$VMRUN_GUEST/initrd.img\";
		cmdline = \"console=$CONSOLE quiet vmrun.host=$1 vmrun.ip=$2/24 ${4:-}\";
		nics = ( { bridge = \"br0\"; } );
		${3:-}"
}

# wait_for SECONDS COMMAND…: until the command succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || { echo "in vain: $*"; return 1; }
		sleep 0.1
	done
}

page() {
	net curl -fs --connect-timeout 0.5 -m 3 "http://$1/${2:-}"
}

# in_guest NAME COMMAND: what the command says, run by the shell on the guest's console as soon as there is
# one; the status is the command's own.
in_guest() {
	"$BATS_TEST_DIRNAME/../lib/in-guest" "$ROOT/run/$1/serial.sock" "$2"
}

# The pid of a VM's QEMU, and of its supervisor, as vmrun tells them.
qemu_pid() {
	vmrun --json status "$1" | jq -re 'if type == "array" then .[0] else . end | .pid'
}

supervisor_pid() {
	vmrun --json status "$1" | jq -re 'if type == "array" then .[0] else . end | .supervisor'
}

# macs [NAME]: the MACs of a VM, or of all, as vmrun tells them.
macs() {
	vmrun mac | awk -v name="${1:-}" 'name == "" || $1 == name' | grep -o '52:54:00:[0-9a-f:]*' || :
}

gone() {
	[[ ! -e /proc/$1 || $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null || echo Z) == Z ]]
}

# Processes of this test: those in its network namespace, and those that left it for one of their own.
processes() {
	local pid
	pgrep -f "virtiofsd .*$ROOT/" || :
	for pid in $(find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/net' \
		-lname "net:\[$(stat -Lc %i "$ROOT/net")\]" 2>/dev/null | cut -d / -f 3); do
		gone "$pid" || echo "$pid"
	done
}

no_processes() {
	[[ -z $(processes) ]]
}

taps() {
	net ip -o link show type tun | sed 's/^[0-9]*: \([^:@]*\).*/\1/'
}

# What else a NIC may need on the host.
others() {
	net ip -o link show type macvtap
	net ip -o link show type ifb
}

# ports BRIDGE
ports() {
	net ip -o link show master "$1" | sed 's/^[0-9]*: \([^:@]*\).*/\1/'
}

# Nothing of any VM is there: no process, tap, port, runtime folder, or lock.
nothing_left() {
	local pid
	wait_for 10 no_processes || {
		for pid in $(processes); do
			echo "left: process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c 1-200)"
		done
		return 1
	}
	[[ -z $(taps) ]] || { echo "left: tap $(taps)"; return 1; }
	[[ -z $(others) ]] || { echo "left: $(others)"; return 1; }
	if [[ -d $ROOT/run && -n $(find "$ROOT/run" -mindepth 1 -print -quit) ]]; then
		echo "left: $(find "$ROOT/run" -mindepth 1)"
		return 1
	fi
}

# end_world: whatever a test did, nothing of it stays on the machine.
end_world() {
	local pid
	[[ -n ${ROOT:-} && -d $ROOT ]] || return 0
	for pid in $(processes); do
		kill -KILL "$pid" 2>/dev/null || :
	done
	wait_for 10 no_processes || :
	umount "$ROOT/net"
	rm -rf "$ROOT"
}

# What helps to understand a failure.
explain() {
	local log
	[[ -n ${ROOT:-} && -d $ROOT ]] || return 0
	# shellcheck disable=SC2012 # the newest, of names that we made
	for log in $(ls -t "$ROOT"/log/*.log "$ROOT"/log/networks/*.log 2>/dev/null | head -n 4); do
		echo "== $log"
		tail -n 20 "$log"
	done
}

finish_test() {
	[[ ${BATS_TEST_COMPLETED:-} == 1 ]] || explain
	end_world
}

# lacks WHAT COMMAND…: skip if the running kernel cannot do what the command tries.
lacks() {
	local what=$1
	shift
	"$@" >/dev/null 2>&1 || skip "kernel lacks $what"
}
