# vmrun metrics: what Prometheus reads.
load ../lib/common

setup() {
	world
}

teardown() {
	[[ -z ${server:-} ]] || kill "$server" 2>/dev/null || :
	finish_test
}

# figures [PATTERN…]: as tests/lib/check-metrics prints what it has read
figures() {
	vmrun metrics | "$BATS_TEST_DIRNAME/../lib/check-metrics" "$@"
}

over() {
	awk -v least="$1" '{ n = $NF } END { exit !(NR == 1 && n + 0 > least) }' <<<"$(figures "$2")"
}

# serve [OPTION…]: metrics on the socket $ROOT/m.sock, in the background.
serve() {
	nsenter --net="$ROOT/net" -- "$VMRUN" --root "$ROOT" metrics --listen "$ROOT/m.sock" "$@" 2>"$ROOT/serve.err" 3>&- &
	server=$!
	wait_for 10 test -S "$ROOT/m.sock"
}

scrape() {
	curl -sS -m 10 --unix-socket "$ROOT/m.sock" "$@"
}

@test "figures of what runs and what does not, in Prometheus's format, of devices that are there" {
	truncate -s 16M "$ROOT/disk.raw"
	guest web1 10.99.0.11 "disks = ( { file = \"$ROOT/disk.raw\"; } );"
	sed -i 's/^\(.*nics = ( { bridge = "br0"; }\) );/\1, { user = true; } );/' "$ROOT/etc/vms/web1.conf"
	vm frozen 'args = [ "-S" ]; memory = "48M"; cpus = 2;'
	vm idle ''
	vmrun -q start web1 frozen
	wait_for 90 page 10.99.0.11
	in_guest web1 'dd if=/dev/vda of=/dev/null bs=1M count=4'
	net ping -c 10 -i 0.01 10.99.0.11 >/dev/null
	run -0 figures 'vmrun_vm_up*' 'vmrun_vm_state{*} 1' 'vmrun_build_info*' 'vmrun_scrape_errors*'
	[[ $output == *'vmrun_build_info{version="'*'"} 1'* ]]
	[[ $output == *'vmrun_vm_up{vm="web1"} 1'* && $output == *'vmrun_vm_up{vm="idle"} 0'* ]]
	[[ ${lines[-1]} == 'vmrun_scrape_errors{} 0' ]]
	run -0 figures
	for line in 'vmrun_vm_state{state="running",vm="web1"} 1' 'vmrun_vm_state{state="paused",vm="web1"} 0' \
		'vmrun_vm_state{state="paused",vm="frozen"} 1' 'vmrun_vm_state{state="stopped",vm="idle"} 1' \
		'vmrun_vm_memory_bytes{vm="frozen"} 50331648' 'vmrun_vm_cpus{vm="frozen"} 2' \
		'vmrun_vm_restarts_total{vm="web1"} 0'; do
		[[ $'\n'$output$'\n' == *$'\n'$line$'\n'* ]] || { echo "missing: $line"; return 1; }
	done
	[[ $output != *'kind="all"'* && $(grep -c 'vm="idle"' <<<"$output") == 9 ]]
	wait_for 5 over $(((4 << 20) - 1)) 'vmrun_vm_disk_read_bytes_total{disk="disk0",vm="web1"}'
	over 0.1 'vmrun_vm_cpu_seconds_total{kind="vcpu",vm="web1"}'
	over 1000000 'vmrun_vm_resident_memory_bytes{vm="frozen"}'
	over 9 'vmrun_vm_network_receive_packets_total{bridge="br0",interface="web1.0",nic="0",vm="web1"}'
	over 500 'vmrun_vm_network_transmit_bytes_total{bridge="br0",interface="web1.0",nic="0",vm="web1"}'
	# QEMU's own network passes no interface of the host.
	[[ -z $(figures '*nic="1"*') ]]
	kill -STOP "$(qemu_pid frozen)"
	run -0 figures 'vmrun_vm_up{vm="frozen"}' 'vmrun_scrape_errors*'
	[[ ${lines[0]} == 'vmrun_vm_up{vm="frozen"} 0' && ${lines[1]} == 'vmrun_scrape_errors{} 1' ]]
	vmrun kill --all
	nothing_left
}

@test "a restart by the policy is counted" {
	vm web1 'restart = "always"; args = [ "-S" ];'
	vmrun -q start web1
	kill -KILL "$(qemu_pid web1)"
	wait_for 10 eval "figures 'vmrun_vm_restarts_total*' | grep -qx 'vmrun_vm_restarts_total{vm=\"web1\"} 1'"
	run -0 figures 'vmrun_vm_last_end*'
	[[ ${#lines[@]} == 1 && $output =~ ^'vmrun_vm_last_end_timestamp_seconds{cause="killed",state="restarting",vm="web1"} '([0-9]+)$ ]]
	((BASH_REMATCH[1] > $(date +%s) - 60 && BASH_REMATCH[1] <= $(date +%s)))
	vmrun kill web1
	nothing_left
}

@test "a file for node_exporter: whole at any moment, for all to read, and only where that reads it" {
	local n
	vm web1 'args = [ "-S" ];'
	vmrun -q start web1
	run -0 vmrun metrics --output "$ROOT/vmrun.prom"
	[[ -z $output && $(stat -c %a "$ROOT/vmrun.prom") == 644 ]]
	(
		for n in $(seq 10); do
			vmrun metrics --output "$ROOT/vmrun.prom" || exit 1
		done
		touch "$ROOT/written"
	) 3>&- &
	while [[ ! -e $ROOT/written ]]; do
		"$BATS_TEST_DIRNAME/../lib/check-metrics" 'vmrun_vm_up*' <"$ROOT/vmrun.prom" >"$ROOT/read"
		[[ $(cat "$ROOT/read") == 'vmrun_vm_up{vm="web1"} 1' ]]
	done
	wait
	[[ $(find "$ROOT" -maxdepth 1 -name 'vmrun.prom*' | wc -l) == 1 ]]
	run -64 vmrun metrics --output "$ROOT/vmrun.txt"
	[[ $output == *"names end in .prom"* ]]
	run -1 vmrun metrics --output "$ROOT/none/vmrun.prom"
	run -64 vmrun metrics --output "$ROOT/vmrun.prom" --listen "$ROOT/m.sock"
	run -64 vmrun metrics --mode 660
	run -64 vmrun metrics --listen "$ROOT/m.sock" --mode rw
	vmrun kill web1
	nothing_left
}

@test "a socket that answers HTTP: figures, heads, what is not there, and its end takes it away" {
	vm web1 'args = [ "-S" ];'
	vmrun -q start web1
	serve --mode 660
	[[ $(stat -c %a "$ROOT/m.sock") == 660 ]]
	run -0 scrape http://localhost/metrics
	[[ $("$BATS_TEST_DIRNAME/../lib/check-metrics" 'vmrun_vm_up*' <<<"$output") == 'vmrun_vm_up{vm="web1"} 1' ]]
	run -0 scrape -I http://localhost/metrics
	[[ $output == "HTTP/1.0 200 OK"*"text/plain; version=0.0.4"* ]]
	[[ $(scrape -o /dev/null -w '%{http_code}' http://localhost/other) == 404 ]]
	[[ $(scrape -o /dev/null -w '%{http_code}' -X POST http://localhost/metrics) == 405 ]]
	# What changes is seen a second later.
	vmrun kill web1
	sleep 1.1
	run -0 scrape http://localhost/
	[[ $output == *'vmrun_vm_up{vm="web1"} 0'* ]]
	run -75 vmrun metrics --listen "$ROOT/m.sock"
	[[ $output == *"somebody listens there already"* ]]
	kill "$server"
	wait "$server"
	[[ ! -e $ROOT/m.sock && ! -s $ROOT/serve.err ]]
	serve
	kill -HUP "$server"
	wait "$server"
	[[ ! -e $ROOT/m.sock && ! -s $ROOT/serve.err ]]
	nothing_left
}

@test "those who say nothing, or too much, take nobody's place for long, and a socket that was left is taken over" {
	local talkers
	vm web1 ''
	serve
	python3 -c 'import socket, sys, time
all = [socket.socket(socket.AF_UNIX) for _ in range(16)]
for s in all:
    s.connect(sys.argv[1])
    s.send(b"GET /metr")
open(sys.argv[2], "w").close()
time.sleep(60)' "$ROOT/m.sock" "$ROOT/talking" 3>&- &
	talkers=$!
	wait_for 10 test -e "$ROOT/talking"
	# It may not have taken all of them in yet.
	wait_for 5 eval "[[ \$(scrape -o /dev/null -w '%{http_code}' http://localhost/metrics) == 503 ]]"
	wait_for 15 eval "[[ \$(scrape -o /dev/null -w '%{http_code}' http://localhost/metrics) == 200 ]]"
	kill "$talkers"
	[[ $(scrape -o /dev/null -w '%{http_code}' -H "X: $(printf '%9000s' | tr ' ' x)" http://localhost/metrics) == 400 ]]
	kill -KILL "$server"
	wait "$server" || :
	[[ -S $ROOT/m.sock ]]
	serve
	wait_for 5 scrape -f http://localhost/metrics
	kill "$server"
	wait "$server"
	echo mine >"$ROOT/m.sock"
	run -1 vmrun metrics --listen "$ROOT/m.sock"
	[[ $output == *"no socket"* && $(cat "$ROOT/m.sock") == mine ]]
}
