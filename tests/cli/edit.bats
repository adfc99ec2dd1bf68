# edit: a file is replaced once it is sound, and what it was stays until then.
load ../lib/common

setup() {
	world
	vms=$ROOT/etc/vms
	export EDITOR=$ROOT/editor
	unset VISUAL
}

teardown() {
	finish_test
}

# editor SCRIPT: what $EDITOR does with the file $1.
editor() {
	printf '#!/bin/sh\n%s\n' "$1" >"$ROOT/editor"
	chmod +x "$ROOT/editor"
}

# Nothing but VM files is in their folder.
no_copies() {
	[[ -z $(find "$vms" -mindepth 1 ! -name '[a-z]*.conf') ]] || { find "$vms" -mindepth 1; return 1; }
}

@test "what the editor wrote takes the file's place, with its mode, its owner and its comments" {
	vm web1 '# mine
memory = "64M"; # small'
	chmod 640 "$vms/web1.conf"
	chown 1234:2345 "$vms/web1.conf"
	editor 'sed -i s/64M/96M/ "$1"'
	run -0 --separate-stderr vmrun edit web1
	[[ $output == "web1: changed" && $stderr == *"web1.conf: "*1234* ]]
	diff "$vms/web1.conf" <(printf '# mine\nmemory = "96M"; # small\n')
	[[ $(stat -c '%a %u %g' "$vms/web1.conf") == "640 1234 2345" ]]
	no_copies
}

@test "the editor is VISUAL, then EDITOR, with the arguments that are in it, and sees a name that ends in .conf" {
	vm web1
	editor 'echo "cpus = $2; # $1" >>"${3:-$1}"'
	EDITOR="$ROOT/editor x 3" run -0 vmrun edit web1
	grep -q '^cpus = 3' "$vms/web1.conf"
	vm web1
	editor 'case $1 in *.conf) echo "cpus = 2;" >>"$1" ;; esac'
	VISUAL=$ROOT/editor EDITOR=false run -0 vmrun edit web1
	grep -q '^cpus = 2' "$vms/web1.conf"
}

@test "without a change nothing is written" {
	vm web1
	local inode
	inode=$(stat -c %i "$vms/web1.conf")
	editor 'touch "$1"'
	run -0 vmrun edit web1
	[[ $output == "web1: unchanged" && $(stat -c %i "$vms/web1.conf") == "$inode" ]]
	no_copies
}

@test "an editor that fails changes nothing" {
	vm web1 '# mine'
	editor 'exit 3'
	run -1 vmrun edit web1
	[[ $output == *"ended with status 3"* ]]
	no_copies
	editor 'echo "cpus = 2;" >"$1"; exit 1'
	run -1 vmrun edit web1
	[[ $output == *"what was written is in $vms/.web1.edit-"* && $(<"$vms/web1.conf") == '# mine' ]]
	grep -q '^cpus = 2' "$vms"/.web1.edit-*
	EDITOR=/none run -1 vmrun edit web1
}

@test "what is wrong is said, the file stays, and what was written is kept where nobody can be asked" {
	vm web1 '# mine'
	vm web2 'display = { vnc = ":5"; };'
	editor 'printf "cpus = 2;\nmemroy = 1;\n" >"$1"'
	run -78 vmrun edit web1
	[[ $output == *"$vms/web1.conf:2: memroy: unknown key, did you mean \"memory\""* ]]
	[[ $output == *"what was written is in $vms/.web1.edit-"* && $(<"$vms/web1.conf") == '# mine' ]]
	grep -q memroy "$vms"/.web1.edit-*
	run -0 vmrun check web1
	rm "$vms"/.web1.edit-*
	editor 'echo "display = { vnc = \":5\"; };" >"$1"'
	run -78 vmrun edit web1
	[[ $output == *"TCP port 5905: already that of web2"* && $(<"$vms/web1.conf") == '# mine' ]]
	editor 'echo "memory = {" >"$1"'
	run -78 vmrun edit web1
	[[ $(<"$vms/web1.conf") == '# mine' ]]
}

@test "on a terminal the editor comes again, or the changes go" {
	vm web1 '# mine'
	# Wrong the first time, right the second.
	editor 'if grep -q memroy "$1"; then echo "cpus = 3;" >"$1"; else echo "memroy = 1;" >"$1"; fi'
	run -0 on_terminal 'e\n' edit web1
	[[ $output == *"did you mean"*"Edit it again (e), or discard"*"web1: changed"* ]]
	[[ $(<"$vms/web1.conf") == 'cpus = 3;' ]]
	editor 'echo "memroy = 1;" >"$1"'
	run -0 on_terminal 'x\nd\n' edit web1
	[[ $output == *"did you mean"*"web1: unchanged"* && $(<"$vms/web1.conf") == 'cpus = 3;' ]]
	no_copies
}

# on_terminal ANSWERS WORD…: vmrun with a terminal on which that is typed.
on_terminal() {
	local answers=$1
	shift
	printf "$answers" | net script -qec "'$VMRUN' --root '$ROOT' $*" /dev/null
}

@test "a file that another has changed meanwhile is not overwritten" {
	vm web1 '# mine'
	editor "echo 'cpus = 2;' >\"\$1\"; echo '# of another' >'$vms/web1.conf'"
	run -1 vmrun edit web1
	[[ $output == *"changed by somebody else meanwhile"*"$vms/.web1.edit-"* ]]
	[[ $(<"$vms/web1.conf") == '# of another' && $(cat "$vms"/.web1.edit-*) == 'cpus = 2;' ]]
}

@test "a symbolic link stays one, and what it leads to is changed" {
	mkdir "$ROOT/elsewhere"
	echo '# mine' >"$ROOT/elsewhere/x"
	ln -s "$ROOT/elsewhere/x" "$vms/web1.conf"
	editor 'echo "cpus = 2;" >>"$1"'
	run -0 vmrun edit web1
	[[ -L $vms/web1.conf && $(tail -n 1 "$ROOT/elsewhere/x") == 'cpus = 2;' ]]
	[[ $(ls -A "$ROOT/elsewhere") == x ]]
	no_copies
}

@test "--set and --unset change what is written, and nothing else" {
	vm web1 '# mine
memory = "64M"; # small
nics = ( { bridge = "br0"; }, { bridge = "br1"; } ); # two
'
	run -0 vmrun edit web1 --set memory=96M --set cpus=2 --unset 'nics[1]'
	diff "$vms/web1.conf" - <<-END
		# mine
		memory = "96M"; # small
		nics = ( { bridge = "br0"; } ); # two
		cpus = 2;

	END
	run -0 vmrun edit web1 --set memory=96M
	[[ $output == "web1: unchanged" ]]
	run -1 vmrun edit web1 --unset kernel
	[[ $output == *"kernel is not written in the file itself"* ]]
	run -78 vmrun edit web1 --set memory=lots
	[[ $output == *"memory: \"lots\" is not a size"*"left as it is"* ]]
	grep -q '"96M"' "$vms/web1.conf"
	no_copies
}

@test "several VMs by a glob, a tag, or the path of a file" {
	vm web1 'tags = "a";'
	vm web2
	vm db1
	run -0 vmrun edit 'web*' --set cpus=2
	run -0 vmrun edit @a --set memory=96M
	[[ $(grep -l cpus "$vms"/*) == "$vms/web1.conf
$vms/web2.conf" && $(grep -l 96M "$vms"/*) == "$vms/web1.conf" ]]
	vm db2 'display = { vnc = ":5"; };'
	echo '# elsewhere' >"$ROOT/x.conf"
	run -0 vmrun edit "$ROOT/x.conf" --set cpus=3
	grep -q 'cpus = 3' "$ROOT/x.conf"
	run -78 vmrun edit "$ROOT/x.conf" --set display.vnc=:5
	[[ $output == *"TCP port 5905: already that of db2"* ]]
	run -78 vmrun edit none --set cpus=2
	[[ $output == *"$vms/none.conf"* ]]
	run -78 vmrun edit 'x*' --set cpus=2
	run -64 vmrun edit
}

@test "a running VM is not touched, and it is said what brings the change into force" {
	vm web1 'args = [ "-S" ];'
	vmrun start web1
	local pid
	pid=$(qemu_pid web1)
	run -0 vmrun edit web1 --set cpus=2
	[[ $output == "web1: changed; it runs on as it was started"*"vmrun diff web1"*"vmrun apply web1"* ]]
	[[ $(qemu_pid web1) == "$pid" ]]
	[[ $(vmrun --json edit web1 --set cpus=3 | jq -c '.[0] | [.state, .running, .file]') == \
		"[\"changed\",true,\"$vms/web1.conf\"]" ]]
	vmrun stop hard web1
	[[ $(vmrun --json edit web1 --set cpus=3 | jq -c '.[0] | [.state, .running]') == '["unchanged",false]' ]]
}

@test "of an edit that was killed a copy with changes is named, and one without is removed" {
	vm web1 '# mine'
	# shellcheck disable=SC2016 # of the editor
	editor 'echo "cpus = 2;" >>"$1"; kill -KILL "$(echo "$1" | sed "s/.*edit-\\([0-9]*\\)-.*/\\1/")"'
	run vmrun edit web1
	[[ $(<"$vms/web1.conf") == '# mine' ]]
	editor 'true'
	run -0 vmrun edit web1
	[[ $output == *"an earlier edit left $vms/.web1.edit-"* ]]
	rm "$vms"/.web1.edit-*
	# shellcheck disable=SC2016 # likewise
	editor 'kill -KILL "$(echo "$1" | sed "s/.*edit-\\([0-9]*\\)-.*/\\1/")"'
	run vmrun edit web1
	[[ -n $(find "$vms" -name '.web1.edit-*') ]]
	editor 'true'
	run -0 vmrun edit web1
	[[ $output == "web1: unchanged" ]]
	no_copies
}

@test "a template, and a file of instances, is held against all VMs that are of it" {
	mkdir -p "$ROOT/etc/templates"
	printf '# of all\nmemory = "96M";\n' >"$ROOT/etc/templates/web.conf"
	vm web1 'template = "web"; display = { vnc = ":5"; };'
	vm web2 'template = "web";'
	vm worker@ 'instances = "1..3"; cpus = 1; # few'
	run -0 vmrun edit --template web --set cpus=2
	diff "$ROOT/etc/templates/web.conf" <(printf '# of all\nmemory = "96M";\ncpus = 2;\n')
	run -78 --separate-stderr vmrun edit --template web --set memory=x
	# Once, however many VMs are of it.
	[[ $(grep -c 'is not a size' <<<"$stderr") == 1 && $stderr == *"templates/web.conf:2"* ]]
	run -78 vmrun edit --template web --set display.vnc=:5
	[[ $output == *"TCP port 5905"* ]]
	run -78 vmrun edit --template none --set cpus=2
	run -64 vmrun edit --template web web1
	run -0 vmrun edit worker@ --set cpus=2
	run -0 vmrun edit 'worker@*' --set memory=96M
	[[ $output == "worker@: changed" ]]
	diff "$vms/worker@.conf" <(printf 'instances = "1..3"; cpus = 2; # few\nmemory = "96M";\n')
	run -78 vmrun edit worker@ --set display.vnc=:9
	[[ $output == *"TCP port 5909"* ]]
	run -78 vmrun edit worker@1 --set cpus=2
	[[ $output == *"vmrun edit worker@ changes all of them"* ]]
}

@test "a cycle, and a VM that is not there, are refused as check would" {
	vm web1 'after = "web2";'
	vm web2
	run -78 vmrun edit web2 --set after=web1
	[[ $output == *"web1"*"web2"*"left as it is"* && -z $(tr -d '\n' <"$vms/web2.conf") ]]
	run -78 vmrun edit web2 --set requires=none
	[[ $output == *"there is no VM called none"* ]]
	run -0 vmrun edit web2 --set cpus=2
}
