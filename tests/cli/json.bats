# Results as JSON: one document, with fields that scripts can count on.
load ../lib/common

setup_file() {
	world
	export ROOT
	vm one 'args = [ "-S" ]; description = "the \"first\", née one"; nics = ( { bridge = "br0"; } );'
	vm two
	vmrun start one
}

teardown_file() {
	end_world
}

@test "list --json" {
	run -0 --separate-stderr vmrun --json list
	[[ -z $stderr ]]
	[[ $(jq -r '[.[] | .name + " " + .state] | join(", ")' <<<"$output") == "one "*", two stopped" ]]
}

@test "status --json" {
	run -0 vmrun --json status one
	jq -e 'if type == "array" then .[0] else . end | .name == "one" and (.pid | type == "number")' <<<"$output"
	run -3 vmrun --json status two
	jq -e . <<<"$output"
}

@test "argv --json is an array of strings, the first of which is QEMU" {
	run -0 vmrun --json argv one
	jq -e 'type == "array" and all(type == "string") and (.[0] | test("qemu-system-"))' <<<"$output"
}

@test "mac --json and net --json name the same MAC" {
	local mac
	mac=$(macs one)
	[[ -n $mac ]]
	vmrun --json mac | jq -e --arg mac "$mac" 'tostring | contains($mac)'
	vmrun --json net | jq -e --arg mac "$mac" 'tostring | contains($mac)'
}

@test "check --json, version --json" {
	run vmrun --json check
	jq -e . <<<"$output"
	run -0 vmrun --json version
	jq -e '.version | type == "string"' <<<"$output"
}
