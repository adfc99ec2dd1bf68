# What powering off the machine of first.bats did to its VMs, and that the next boot is like the first.
load common

setup_file() {
	wait_for 120 is_active vmrun-fleet.service
}

@test "shutdown stopped the guests in reverse order, each by its own shutdown" {
	local vm
	for vm in web app db; do
		grep -q 'stopped.*the guest shut down' "/keep/log/$vm.log" || { tail -n 5 "/keep/log/$vm.log"; return 1; }
		run -1 grep -E 'failed|did not shut down in time|found dead' "/keep/log/$vm.log"
	done
	before "$(logged web stopped | head -n 1)" "$(logged app stopped | head -n 1)" "$(logged db stopped | head -n 1)"
}

@test "VMs that were started by hand were stopped as well" {
	local vm
	for vm in solo hand; do
		before "$(logged $vm started | tail -n 1)" "$(logged $vm stopped | tail -n 1)"
		tail -n 1 /keep/log/$vm.log | grep -q 'stopped.*the guest shut down' || { tail -n 3 /keep/log/$vm.log; return 1; }
	done
	[[ $(state solo) == stopped ]]
}

@test "the next boot brings the fleet up again" {
	[[ $(state db) == running && $(state app) == running && $(state web) == running ]]
	[[ $(logged db started | wc -l) == 2 ]]
	before "$(logged db started | tail -n 1)" "$(logged app started | tail -n 1)" "$(logged web started | tail -n 1)"
}

@test "stopping the service stops every VM, in reverse" {
	systemctl stop vmrun-fleet.service
	[[ $(state db) == stopped && $(state app) == stopped && $(state web) == stopped ]]
	before "$(logged web stopped | tail -n 1)" "$(logged app stopped | tail -n 1)" "$(logged db stopped | tail -n 1)"
	[[ -z $(ls -A /run/vmrun) ]]
}
