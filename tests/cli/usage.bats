# What a user sees who types something wrong, or asks for help.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

verbs="start stop kill restart reset pause resume list status wait argv check console forward monitor qmp log mac link net ip gc version help"

@test "without a verb: usage, status 64" {
	run --separate-stderr vmrun
	[[ $status == 64 && -z $output && $stderr == *[Uu]sage* ]]
}

@test "help names every verb" {
	run -0 --separate-stderr vmrun help
	local verb
	for verb in $verbs; do
		[[ $output == *"$verb"* ]] || { echo "help does not name $verb"; return 1; }
	done
	[[ -z $stderr ]]
}

@test "help VERB says how each is used, and --help after it says the same" {
	local verb
	for verb in $verbs; do
		run -0 --separate-stderr vmrun help "$verb"
		[[ $output == *"vmrun"*"$verb"* && -z $stderr ]] || { echo "$verb: $output $stderr"; return 1; }
	done
}

@test "version says vmrun and a number" {
	run -0 vmrun version
	[[ $output =~ ^vmrun\ [0-9]+\.[0-9]+ ]]
}

@test "an unknown verb: status 64, and where the verbs are listed" {
	run --separate-stderr vmrun strat web1
	[[ $status == 64 && -z $output && $stderr == "vmrun: "*strat*help* ]]
}

@test "an unknown option: status 64, for vmrun and for every verb" {
	run -64 vmrun --no-such-option list
	local verb
	for verb in $verbs; do
		run vmrun "$verb" --no-such-option
		((status == 64)) || { echo "$verb: status $status: $output"; return 1; }
	done
}

@test "verbs that need a VM say so: status 64" {
	local verb
	for verb in start stop kill restart reset pause resume argv console forward monitor qmp log link wait; do
		run --separate-stderr vmrun "$verb"
		[[ $status == 64 && -z $output && $stderr == *[Uu]sage* ]] || { echo "$verb: $status $output $stderr"; return 1; }
	done
}

@test "wrong values of options: status 64" {
	vm one
	run -64 vmrun stop -t soon one
	run -64 vmrun stop -t -1 one
	run -64 vmrun stop -t 99999999999999999999 one
	run -64 vmrun start -j 0 one
	run -64 vmrun start -j many one
	run -64 vmrun stop -t
	run -64 vmrun link one
	run -64 vmrun link one out
	run -64 vmrun link one eth0 down
	run -64 vmrun link one two 0 down
	run -64 vmrun link down
}

@test "a VM that there is no file of: status 1 or 78, its name, and what is near" {
	vm web1
	run --separate-stderr vmrun start web2
	[[ $status == 1 || $status == 78 ]]
	[[ -z $output && $stderr == *"web2"* ]]
	nothing_left
}

@test "names that are paths, options, or too long are refused" {
	local name
	for name in '' '-x' '..' 'a b' "$(printf 'a%.0s' {1..300})" $'a\nb' 'a;b'; do
		run --separate-stderr vmrun start -- "$name"
		((status != 0)) || { echo "accepted: $name"; return 1; }
		[[ -z $output ]]
	done
	[[ -z $(find "$ROOT/run" -mindepth 1 2>/dev/null) ]]
}

@test "options of net that would do nothing: status 64" {
	local words
	for words in "--force" "-t 1" "--persist" "--yes" "--svg up br0" "--dot down br0"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr vmrun net $words
		[[ $status == 64 && -z $output && $stderr == *usage:* ]] || { echo "net $words: $status $output"; return 1; }
	done
}

@test "words of the command line are shown without their control characters" {
	local word=$'we\x1b[31m\nb1' verb
	for verb in "start $word" "net $word" "net up $word" "ip $word" "forward one $word" "forward $word list" "link one $word up"; do
		local words
		IFS=' ' read -r -d '' -a words <<<"$verb" || :
		words[-1]=${words[-1]%$'\n'}
		run --separate-stderr vmrun "${words[@]}"
		((status != 0))
		[[ $stderr == *'we\033[31m\nb1'* && $stderr != *$'\x1b'* ]] || { echo "$verb: $stderr"; return 1; }
	done
}

@test "errors go to stderr with the program's and the VM's name, one a line" {
	vm one 'memory = "none";'
	run --separate-stderr vmrun start one
	[[ $status == 78 && -z $output ]]
	local line
	while read -r line; do
		[[ $line == vmrun:* || $line == *one.conf:1:* ]]
	done <<<"$stderr"
}

@test "a host config that was named must be there" {
	vm one
	run --separate-stderr vmrun -c "$ROOT/none.conf" list
	[[ $status == 1 || $status == 78 ]]
	[[ -z $output && $stderr == *"$ROOT/none.conf"* ]]
}

@test "VMRUN_ROOT does what --root does" {
	vm one
	run -0 env VMRUN_ROOT="$ROOT" "$VMRUN" list
	[[ $output == *one* ]]
}
