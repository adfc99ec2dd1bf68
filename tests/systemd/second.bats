# What powering off the machine of first.bats did to its VMs, and that the next boot is like the first.
load common

setup_file() {
	wait_for 120 is_active vmrun-fleet.service
}

# of LIST: the first boot's.
first() {
	head -n 1
}

@test "shutdown stopped the guests in reverse order, each by its own shutdown" {
	local vm
	for vm in web app db; do
		grep -q 'stopped.*the guest shut down' "/keep/log/$vm.log" || { tail -n 5 "/keep/log/$vm.log"; return 1; }
		run -1 grep -E 'failed|did not shut down in time|found dead' "/keep/log/$vm.log"
	done
	before "$(logged web stopped | first)" "$(logged app stopped | first)" "$(logged db stopped | first)"
}

@test "a VM that was started by hand was stopped as well" {
	[[ $(logged solo started | tail -n 1) < $(logged solo stopped | tail -n 1) ]]
	tail -n 1 /keep/log/solo.log | grep -q 'stopped.*the guest shut down'
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
