# Completion: what vmrun offers for each place of a command line, and that bash, zsh and fish put it there.
load ../lib/common

scripts=$BATS_TEST_DIRNAME/../../conf/completion

setup() {
	world
	mkdir -p "$ROOT/etc/templates"
	vm web1 'nics = ( { bridge = "br0"; }, { user = true; forward = [ "tcp:2222:22" ]; } );
		serial = ( { to = "socket"; } ); tags = [ "prod" ];'
	vm web2 'tags = [ "prod", "two words" ];'
	vm db1
	vm worker@
	echo >"$ROOT/etc/templates/base.conf"
	echo 'tags = [ "inherited" ];' >"$ROOT/etc/templates/web.conf"
}

teardown() {
	finish_test
}

# offers WORDS… -- CANDIDATE…: exactly these, whatever their order.
offers() {
	local words=()
	while [[ $1 != -- ]]; do words+=("$1") && shift; done
	shift
	run -0 --separate-stderr vmrun complete -- "${words[@]}"
	[[ -z $stderr && $(cut -f 1 <<<"$output" | sort) == "$(printf '%s\n' "$@" | sort)" ]] || {
		echo "after ${words[*]@Q}: $output $stderr"
		return 1
	}
}

# has WORDS… -- CANDIDATE…: these among others.
has() {
	local words=() word
	while [[ $1 != -- ]]; do words+=("$1") && shift; done
	shift
	run -0 --separate-stderr vmrun complete -- "${words[@]}"
	for word; do
		grep -qxF -- "$word" <(cut -f 1 <<<"$output") || { echo "no $word after ${words[*]@Q}: $output"; return 1; }
	done
}

@test "verbs: each of them, and nothing for a verb that there is not" {
	local verbs
	mapfile -t verbs < <(vmrun --json help | jq -r '.verbs[].name')
	has "" -- start net help
	for verb in "${verbs[@]}"; do
		case $verb in
		complete) ;;
		*) has "$verb" -- "$verb" ;;
		esac
	done
	offers sto -- stop
	offers strat "" -- ""
	offers help lin -- link
}

@test "options: those that the verb takes, by the table that parses them" {
	local verb option
	for verb in start stop net; do
		for option in $(vmrun --json help "$verb" | jq -r '.verbs[0].options[].name, .options[].name'); do
			has "$verb" "--$option" -- "--$option"
		done
	done
	offers start --dot -- ""
	offers argv --os "" -- linux freebsd darwin
	offers argv --os=d -- --os=darwin
	offers wait --for p -- paused
	offers wait --for r -- ready running
	offers stop -t "" -- ""
}

@test "VMs: those that the verb has something to do with, no word twice" {
	offers start "" -- web1 web2 db1 worker@
	offers start web1 w -- web2 worker@
	offers stop "" -- soft hard
	vmrun start web1
	offers start "" -- web2 db1 worker@
	offers stop "" -- soft hard web1
	offers stop soft "" -- soft hard web1 || offers stop soft "" -- web1
	offers status w -- web1 web2 worker@
	offers -q --json stop w -- web1
}

@test "tags, of the VMs and of templates, however odd" {
	offers start @ -- @prod "@two words" @inherited
	offers start @p -- @prod
	offers start @prod @p -- ""
}

@test "what else a usage names: NICs, channels, forwards, templates, bridges, names of the ledger" {
	bridge lab
	offers link web1 "" -- 0 1 up down
	vmrun start web1
	offers link web1 1 "" -- up down
	offers forward web1 "" -- 0 1 list add remove
	offers forward web1 1 remove "" -- tcp:2222:22
	offers forward web1 add "" -- tcp: udp:
	offers console web1 "" -- serial0
	offers create --template "" -- base web
	offers create --template base,w -- base,web
	has create --bridge "" -- br0 lab
	printf 'bridges = ( { name = "br7"; uplink = "eth0"; } );\n' >>"$ROOT/etc/vmrun.conf"
	offers net "" -- up down
	offers net up "" -- br7
	has create --bridge "" -- br0 br7 lab
	vmrun stop hard web1
	offers mac release "" -- ""
	rm "$ROOT/etc/vms/web1.conf"
	offers mac release "" -- web1
	offers mac check "" -- ""
	[[ $output == $'\tfiles' ]]
	has top --sort "" -- cpu rss
	has top --sort -r -- -rss
}

@test "keys by the key table, and their values" {
	has create --set mem -- memory. memory=
	has edit --set nics[0].mo -- nics[0].model=
	has edit --set nics[1]. -- nics[1].bridge= nics[1].user.
	offers edit --set nics[1] -- nics[1].
	offers edit --set nics[0].br -- nics[0].bridge=
	offers edit --set nics[0].bridge=b -- nics[0].bridge=br0
	offers edit --set accel=t -- accel=tcg
	offers edit --set=agent= -- --set=agent=true --set=agent=false
	offers edit --unset descr -- description
	offers edit --set nonsense.x -- ""
	offers qmp web1 query-status "" -- ""
}

@test "what cannot be read is said nothing of" {
	run -0 --separate-stderr "$VMRUN" complete -- --root /no/such/folder start ""
	[[ -z $output && -z $stderr ]]
	echo 'nonsense' >"$ROOT/etc/vmrun.conf"
	offers start "" -- ""
	offers sto -- stop
	echo 'nonsense' >"$ROOT/etc/vms/web1.conf"
	echo >"$ROOT/etc/vmrun.conf"
	offers start @tw -- "@two words"
	printf 'tags = [ "a\\nb", "c\\td" ];\n' >"$ROOT/etc/vms/db1.conf"
	offers start @a -- ""
}

@test "nothing is touched, asked or put right" {
	local before
	vmrun start web1 db1
	kill -KILL "$(supervisor_pid web1)"
	before=$(find "$ROOT" -newer "$ROOT/net" -printf '%p %T@\n' | sort)
	has stop "" -- web1
	has link web1 "" -- 0
	[[ $(find "$ROOT" -newer "$ROOT/net" -printf '%p %T@\n' | sort) == "$before" ]]
	vmrun gc
}

@test "a thousand files do not make it slow" {
	local i begin
	for i in {1..1000}; do echo 'memory = "64M"; tags = [ "prod" ];' >"$ROOT/etc/vms/vm$i.conf"; done
	begin=${EPOCHREALTIME/./}
	for i in {1..10}; do vmrun complete -- start vm99 >/dev/null; done
	i=$(((${EPOCHREALTIME/./} - begin) / 10000))
	echo "names: $i ms each"
	# On an idle machine it is 5; here others run beside it, and sanitizers.
	((i < 150))
	offers start @p -- @prod
}

# typed SHELL LINE WORD…: with Tab at its end LINE becomes a command of these words.
typed() {
	local shell=$1 line=$2 got
	shift 2
	mkdir -p "$ROOT/bin"
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\nexec nsenter --net="%s/net" -- "%s" --root "%s" "$@"\n' "$ROOT" "$VMRUN" "$ROOT" >"$ROOT/bin/vmrun"
	chmod +x "$ROOT/bin/vmrun"
	got=$(cd "$ROOT" && PATH=$ROOT/bin:$PATH "$BATS_TEST_DIRNAME/../lib/press-tab" "$shell" "$scripts/vmrun.$shell" "$line" | tail -n 1)
	[[ $got == "$(printf '<%s>' "$@")" ]] || { echo "$shell: $line: $got"; return 1; }
}

# What each shell has to get right in its own way.
in_shell() {
	typed "$1" 'vmrun stat' vmrun status
	typed "$1" 'vmrun start d' vmrun start db1
	typed "$1" 'vmrun start wo' vmrun start worker@
	typed "$1" 'vmrun start web1 @p' vmrun start web1 @prod
	typed "$1" 'vmrun start @t' vmrun start '@two words'
	typed "$1" 'vmrun argv --os=d' vmrun argv --os=darwin
	typed "$1" 'vmrun create --template base,w' vmrun create --template base,web
	typed "$1" 'vmrun edit --set accel=t' vmrun edit --set accel=tcg
	# zsh takes the slash away again before a space.
	typed "$1" 'vmrun mac check ./et' vmrun mac check ./etc/ || typed "$1" 'vmrun mac check ./et' vmrun mac check ./etc
}

@test "bash" {
	in_shell bash
	typed bash "vmrun start '@t" vmrun start '@two words'
	typed bash 'vmrun edit --set nics[0].mod' vmrun edit --set 'nics[0].model='
	typed bash 'vmrun forward web1 remove tcp:2' vmrun forward web1 remove tcp:2222:22
}

@test "zsh" {
	in_shell zsh
}

@test "fish" {
	in_shell fish
	typed fish 'vmrun edit --set nics[0].mod' vmrun edit --set 'nics[0].model='
}

@test "a shell lists what there is" {
	local shell
	for shell in bash zsh fish; do
		typed "$shell" 'vmrun start web' vmrun start web
		run -0 env PATH="$ROOT/bin:$PATH" "$BATS_TEST_DIRNAME/../lib/press-tab" "$shell" "$scripts/vmrun.$shell" 'vmrun start web'
		[[ $output == *web1*web2* ]]
	done
}
