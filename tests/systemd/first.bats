# A fleet under a real systemd: boot, services, limits. The machine is then powered off, and second.bats looks at what
# that did.
load common

setup_file() {
	# The test itself is started by the boot that it looks at.
	wait_for 120 is_active vmrun-fleet.service
	vmrun list
}

@test "boot brings the fleet up in its order, and a wrong file only itself to fail" {
	[[ $(state db) == running && $(state app) == running && $(state web) == running ]]
	local db app web
	db=$(logged db started) app=$(logged app started) web=$(logged web started)
	jq -en "$db + 3 <= $app and $app + 2 <= $web"
	[[ $(vmrun --json status wrong | jq -r '.[0].state') == stopped ]]
	run -0 journalctl -u vmrun-fleet.service -o cat
	[[ $output == *"wrong.conf:3: memroy: unknown"* && $output == *"web: running"* ]]
	[[ $(property vmrun-fleet.service ActiveState) == active ]]
	# Its processes are those of the service, in the slice that is for all VMs.
	[[ $(cgroup "$(qemu_pid web)") == */vmrun.slice/vmrun-fleet.service ]]
}

@test "what systemd was given beside the units is there" {
	[[ $(stat -c '%a %U' /run/vmrun) == "755 root" ]]
	getent passwd vmrun
	[[ " $(id -nG vmrun) " == *" kvm "* ]]
	run -0 systemd-analyze --man=no --recursive-errors=no verify /usr/local/lib/systemd/system/vmrun@.service /usr/local/lib/systemd/system/vmrun-fleet.service
	[[ -z $output ]]
	# Names of VMs need no systemd-escape(1).
	[[ $(property vmrun@worker@1 ExecStart) == *" start --foreground worker@1 ;"* ]]
	[[ $(property vmrun@web-1 ExecStart) == *" start --foreground web-1 ;"* ]]
}

@test "one VM as a service: it is up when it runs, and systemctl status says what it does" {
	systemctl start vmrun@solo
	[[ $(property vmrun@solo SubState) == running ]]
	[[ $(property vmrun@solo StatusText) == "running, QEMU $(qemu_pid solo), kvm" ]]
	run -0 systemctl status vmrun@solo
	[[ $output == *"Status: \"running, QEMU "* ]]
	vmrun pause solo
	wait_for 10 eval '[[ $(property vmrun@solo StatusText) == "paused, "* ]]'
	vmrun resume solo
}

@test "its limits are those of a scope of systemd's" {
	local group
	group=$(cgroup "$(qemu_pid solo)")
	[[ $group == /sys/fs/cgroup/vmrun.slice/vmrun-solo.scope ]]
	[[ $(<"$group/memory.max") == $((400 << 20)) && $(<"$group/cpu.weight") == 300 && $(<"$group/cpuset.cpus") == 0 ]]
	[[ $(property vmrun-solo.scope IOWeight) == 50 ]]
	run -0 vmrun status solo
	[[ $output == *"memory_max 400M (cgroup), cpu_weight 300 (cgroup), io_weight 50 (cgroup), cpus_allowed 0 (cgroup)"* ]]
	run -0 vmrun check solo
	[[ $output == *"memory_max 400M (cgroup)"* ]]
	# The supervisor is not among those that are limited.
	[[ $(cgroup "$(property vmrun@solo MainPID)") == */vmrun@solo.service ]]
}

@test "a SIGKILLed service is started again and goes on with the QEMU that was there" {
	local qemu supervisor
	qemu=$(qemu_pid solo) supervisor=$(property vmrun@solo MainPID)
	systemctl kill --kill-whom=main -s KILL vmrun@solo
	wait_for 20 eval '[[ $(property vmrun@solo SubState) == running && $(property vmrun@solo MainPID) != '"$supervisor"' ]]'
	[[ $(qemu_pid solo) == "$qemu" && $(state solo) == running ]]
	[[ $(property vmrun@solo StatusText) == "running, QEMU $qemu, kvm" ]]
	[[ $(property vmrun@solo NRestarts) == 1 ]]
}

@test "systemctl stop shuts the guest down, and nothing of it is left" {
	# A guest that has just booted may not hear yet; vmrun asks it again.
	local qemu
	qemu=$(qemu_pid solo)
	systemctl stop vmrun@solo
	[[ $(property vmrun@solo ActiveState) == inactive && $(property vmrun@solo Result) == success ]]
	[[ $(state solo) == stopped && ! -e /proc/$qemu ]]
	tail -n 3 /keep/log/solo.log | grep -q 'stopped.*the guest shut down'
	[[ ! -e /run/vmrun/solo ]]
	wait_for 10 eval '[[ ! -e /sys/fs/cgroup/vmrun.slice/vmrun-solo.scope ]]'
}

@test "a VM that is out of memory_max is ended by the kernel, and the log says so" {
	cat >/etc/vmrun/vms/hungry.conf <<-END
		memory_max = "48M"; args = [ "-S" ]; memory = { size = "128M"; prealloc = true; };
	END
	vmrun start hungry || :
	wait_for 30 grep -q 'out of memory' /keep/log/hungry.log || { tail /keep/log/hungry.log; return 1; }
	wait_for 10 eval '[[ ! -e /sys/fs/cgroup/vmrun.slice/vmrun-hungry.scope ]]'
	rm /etc/vmrun/vms/hungry.conf
}

@test "started by hand a VM with limits gets its scope as well, and after kill -9 of both there is nothing left" {
	vmrun start solo
	[[ $(cgroup "$(qemu_pid solo)") == */vmrun-solo.scope ]]
	local pids
	pids=$(vmrun --json status solo | jq -r '.[0] | .pid, .supervisor')
	# shellcheck disable=SC2086 # two numbers
	kill -KILL $pids
	run -0 vmrun gc
	wait_for 10 eval '[[ ! -e /sys/fs/cgroup/vmrun.slice/vmrun-solo.scope ]]'
	vmrun start solo
	[[ $(cgroup "$(qemu_pid solo)") == */vmrun-solo.scope ]]
}

@test "started by hand a VM without limits is kept from ending with the session of whoever started it" {
	printf 'description = "By hand";\n' >/etc/vmrun/vms/hand.conf
	systemd-run --quiet --wait --collect --property=KillMode=process vmrun start hand
	local qemu
	qemu=$(qemu_pid hand)
	wait_for 20 eval '[[ $(cgroup '"$qemu"') == */vmrun.slice/vmrun-hand.scope ]]'
	# Its supervisor is told to end like anything else of a session, and stops it as it should be stopped.
	systemd-run --quiet --unit=session --property=KillMode=control-group --property=TimeoutStopSec=120 sleep infinity
	echo "$(vmrun --json status hand | jq '.[0].supervisor')" >"$(systemctl show -P ControlGroup session | sed 's|^|/sys/fs/cgroup|')/cgroup.procs"
	systemctl stop session
	wait_for 10 eval '[[ $(state hand) == stopped ]]'
	tail -n 1 /keep/log/hand.log | grep -q 'stopped.*the guest shut down'
	wait_for 10 eval '[[ ! -e /sys/fs/cgroup/vmrun.slice/vmrun-hand.scope ]]'
	vmrun start hand
}
