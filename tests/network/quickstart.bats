# The newcomer's command, from a copy of the sources in which nothing is built.
load ../lib/common

setup() {
	ROOT=
	copy=$(mktemp -d /tmp/vmrun-copy.XXXXXX)
	(cd "$BATS_TEST_DIRNAME/../.." && tar -cf - --exclude=./build* --exclude=./.git --exclude=./.cache .) |
		tar -xf - -C "$copy"
	# The kernel package is downloaded once for all tests.
	export VMRUN_CACHE=${VMRUN_CACHE:-$BATS_TEST_DIRNAME/../../.cache/guest}
	find /tmp -maxdepth 1 -name 'vmrun-quickstart.*' | sort >"$copy.before"
}

teardown() {
	rm -rf "$copy" "$copy".*
}

nothing_of_it() {
	find /tmp -maxdepth 1 -name 'vmrun-quickstart.*' | sort | diff "$copy.before" -
	! grep -F "$(comm -13 "$copy.before" <(find /tmp -maxdepth 1 -name 'vmrun-quickstart.*' | sort)).." /proc/mounts
}

@test "quickstart shows the guest's page, and leaves nothing" {
	ls /sys/class/net >"$copy.net"
	run "$copy/examples/quickstart" 3>&-
	echo "$output"
	[[ $status == 0 && $output == *"Hello from web1"* && $output == *"address 10.99.0.2/24"* ]]
	[[ $output == *"Nothing is left"* ]]
	nothing_of_it
	ls /sys/class/net | diff "$copy.net" -
}

@test "quickstart that is told to end, at any moment, leaves nothing" {
	local moment pid status signal
	export CFLAGS=-O0 # built four times
	for moment in 'Building' 'small guest' 'Starting web1' 'vmrun list'; do
		for signal in TERM; do
			"$copy/examples/quickstart" >"$copy.out" 2>&1 3>&- &
			pid=$!
			wait_for 300 grep -q "$moment" "$copy.out"
			kill -"$signal" "$pid"
			status=0
			wait "$pid" || status=$?
			((status == 143))
			nothing_of_it
		done
	done
}

@test "quickstart --keep leaves the VM running, and its own words remove it" {
	export CFLAGS=-O0
	run "$copy/examples/quickstart" --keep 3>&-
	[[ $status == 0 ]]
	local work
	work=$(comm -13 "$copy.before" <(find /tmp -maxdepth 1 -name 'vmrun-quickstart.*' | sort))
	[[ -n $work ]]
	[[ $(nsenter --net="$work/net" -- curl -s http://10.99.0.2/) == *"Hello from web1"* ]]
	bash -e <<<"$(grep -A 2 'nsenter.*vmrun stop web1' <<<"$output")" 3>&-
	nothing_of_it
}
