# The order of real guests: those that come up say when they did, and what "up" means to others.
load ../lib/common
load ../lib/networks

setup() {
	world
}

teardown() {
	finish_test
}

# came_up NAME: its kernel began, and it was ready to serve, when its own clock said so many seconds.
declare -gA began ready
came_up() {
	local times
	times=$(in_guest "$1" 'echo UP $(grep btime /proc/stat | cut -d " " -f 2) $(stat -c %Y /www/disk)' |
		sed -n 's/.*UP \([0-9]* [0-9]*\).*/\1/p')
	echo "$1 began and was ready: $times"
	[[ -n $times ]]
	began[$1]=${times% *}
	ready[$1]=${times#* }
}

# came_before A B: A served before the kernel of B began. A second is what the clocks are good for.
came_before() {
	((ready[$1] <= began[$2] + 1))
}

# Three layers, each with another sign of being up: a port of an address, a port over a forward, ping.
layers() {
	guest db1 10.99.0.11 'ready = "tcp:10.99.0.11:80";'
	guest app1 10.99.0.12 'requires = "db1"; tags = [ "app" ]; ready = "tcp:80";'
	sed -i 's/^\(.*nics = \).*/\1{ user = true; forward = "tcp:127.0.0.1:8080:80"; };/; s/ vmrun.ip=[^ "]*//' \
		"$ROOT/etc/vms/app1.conf"
	guest app2 10.99.0.13 'requires = "db*"; tags = [ "app" ]; ready = "ping:10.99.0.13";'
	guest web1 10.99.0.14 'requires = "@app";'
	guest web2 10.99.0.15 'requires = "@app"; after = "db1";'
}

obeys() {
	local vm app web
	run -0 --separate-stderr vmrun start -j "$1" 'web*'
	[[ -z $stderr && $output == *"db1: running"* ]]
	wait_for 120 page 10.99.0.14
	wait_for 120 page 10.99.0.15
	for vm in db1 app1 app2 web1 web2; do came_up "$vm"; done
	for app in app1 app2; do
		came_before db1 "$app"
		for web in web1 web2; do came_before "$app" "$web"; done
	done
	run -0 vmrun stop -t 60 db1
	[[ $(cut -d : -f 1 <<<"$output" | tail -n 1) == db1 ]]
	nothing_left
}

@test "three layers of guests come up in order, one at a time" {
	layers
	obeys 1
}

@test "three layers of guests come up in order, however many may be launched at once" {
	layers
	obeys 50
}

@test "a guest that hangs on its way up delays nobody who does not wait for it" {
	guest hang 10.99.0.11 'ready = { by = "tcp:10.99.0.11:99"; timeout = "50s"; };'
	vm poor 'requires = "hang";'
	guest db1 10.99.0.12 'ready = "tcp:10.99.0.12:80";'
	guest web1 10.99.0.13 'requires = "db1";'
	net "$VMRUN" --root "$ROOT" start -j 1 hang poor web1 >"$ROOT/out" 2>&1 &
	wait_for 45 grep -q 'web1: running' "$ROOT/out"
	run ! grep -q hang.*ready "$ROOT/out"
	local status=0
	wait $! || status=$?
	[[ $status == 1 ]]
	grep -q 'poor: not started: it requires hang, which is not ready within 50s: port 99 of 10.99.0.11: Connection refused' "$ROOT/out"
	vmrun stop -t 0 --all
	nothing_left
}

@test "an address that the file gives a guest, and one that a lease does, are found" {
	networks '{ name = "lab0"; create = "auto"; address = "10.98.0.1/24"; dhcp = true; }'
	guest one 10.99.0.11 'ready = "tcp:80";'
	sed -i 's/bridge = "br0";/& guard = true; addresses = "10.99.0.11";/' "$ROOT/etc/vms/one.conf"
	guest two 10.98.0.0 'ready = "ping";'
	sed -i 's/"br0"/"lab0"/; s/ vmrun.ip=[^ "]*//' "$ROOT/etc/vms/two.conf"
	run -0 vmrun start --ready one two
	page 10.99.0.11
	[[ $(vmrun ip two) == *10.98.0.* ]]
	vmrun stop -t 0 --all
	nothing_left
}
