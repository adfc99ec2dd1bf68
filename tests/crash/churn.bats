# Churn: in a running fleet, QEMU, supervisor or both of random VMs are killed, again and again. In the end each
# VM is what its restart policy asks for, and nothing is left of any that ended.
#
# VMRUN_CHURN_SEED repeats a run; VMRUN_CHURN_KILLS and VMRUN_CHURN_VMS say how many.
load ../lib/common

kills=${VMRUN_CHURN_KILLS:-500}
fleet=${VMRUN_CHURN_VMS:-50}

setup() {
	: "${VMRUN_CHURN_SEED:=$((RANDOM + 1))}"
	echo "# VMRUN_CHURN_SEED=$VMRUN_CHURN_SEED" >&3
	world
}

teardown() {
	finish_test
}

@test "killed at random: each VM ends as its policy asks, with its MAC, and nothing is left" {
	local before alive
	"$BATS_TEST_DIRNAME/../lib/churn" --files "$ROOT/etc/vms" "$fleet"
	vmrun start --all >/dev/null
	before=$(vmrun mac)
	net "$BATS_TEST_DIRNAME/../lib/churn" "$VMRUN_CHURN_SEED" "$kills" "$fleet" "$VMRUN" --root "$ROOT" \
		>"$ROOT/alive" 2>"$ROOT/said" || { cat "$ROOT/said"; return 1; }
	alive=$(<"$ROOT/alive")
	sed 's/^/# /' "$ROOT/said" >&3
	[[ $(vmrun mac) == "$before" ]]
	[[ -z $(macs | sort | uniq -d) && $(macs | wc -l) == "$fleet" ]]
	[[ $(taps | wc -l) == "$alive" && $(ports br0 | wc -l) == "$alive" ]]
	[[ $(find "$ROOT/run" -mindepth 1 -maxdepth 1 -name 'vm*' | wc -l) == "$alive" ]]
	((alive >= fleet / 3))
	vmrun stop --all hard >/dev/null
	nothing_left
}
