# Helpers of the tests in the machine with systemd.
bats_require_minimum_version 1.5.0

# wait_for SECONDS COMMAND…
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || { echo "in vain: $*"; return 1; }
		sleep 0.2
	done
}

is_active() {
	[[ $(systemctl is-active "$1") == active ]]
}

# state VM: "running", …
state() {
	vmrun --json status "$1" | jq -r '.[0].state'
}

qemu_pid() {
	vmrun --json status "$1" | jq -re '.[0].pid'
}

# logged VM PATTERN: when lines that match were written to its log, in seconds.
logged() {
	sed -n "s/^\([0-9T:.-]*Z\) vmrun: $2.*/\1/p" "/keep/log/$1.log" | while read -r stamp; do date -d "$stamp" +%s.%3N; done
}

# before TIME TIME…: each is before the next.
before() {
	[[ $# -ge 2 && $(printf '%s\n' "$@" | sort -n) == "$(printf '%s\n' "$@")" ]] || { echo "not in this order: $*"; return 1; }
}

# property UNIT NAME
property() {
	systemctl show -P "$2" "$1"
}

# cgroup PID: as a folder.
cgroup() {
	echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
}

# What helps to understand a failure.
teardown() {
	[[ ${BATS_TEST_COMPLETED:-} == 1 ]] && return
	journalctl -b -o short-monotonic --no-hostname -u vmrun-fleet.service -u vmrun@solo.service -n 20
	tail -n 3 /keep/log/*.log
}
