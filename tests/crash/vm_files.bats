# create, clone, edit and remove, killed at each of the system calls that change something: the VM is there or it is
# not, whole, and the next command finds nothing of the half.
#
# Each run tries a share of the calls: VMRUN_CRASH_SEED repeats it, VMRUN_CRASH_SHARE=1 tries all, as in matrix.bats.
load ../lib/common

# An open(2) changes something as well, but one of these comes next.
calls=mkdir,mkdirat,link,linkat,rename,renameat,renameat2,unlink,unlinkat,rmdir,chmod,fchmodat,fchmod,fchown,fsync,write
calls+=,ftruncate,flock,clone,clone3,fork,vfork,exit_group

setup_file() {
	export VMRUN_CRASH_SHARE=${VMRUN_CRASH_SHARE:-6} VMRUN_CRASH_SEED=${VMRUN_CRASH_SEED:-$RANDOM}
	echo "# VMRUN_CRASH_SEED=$VMRUN_CRASH_SEED" >&3
}

setup() {
	command -v strace >/dev/null || skip "no strace"
	RANDOM=$((VMRUN_CRASH_SEED + BATS_TEST_NUMBER))
	world
	vms=$ROOT/etc/vms
	images=$ROOT/images
	mkdir "$images" "$ROOT/lib"
	strace -o /dev/null -e inject=getppid:error=EPERM true 2>/dev/null || skip "strace may not trace here"
}

teardown() {
	finish_test
}

# killed_at CALL N WORD…: vmrun, killed at the N-th call of that name. 1: it ended before.
killed_at() {
	local call=$1 n=$2 status=0
	shift 2
	strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" \
		"$VMRUN" --root "$ROOT" "$@" >"$ROOT/said" 2>&1 3>&- </dev/null || status=$?
	((status == 137)) && return 0
	((status == 0)) || { echo "not killed at $call $n, and status $status:"; cat "$ROOT/said"; return 2; }
	return 1
}

# each_call BEFORE AFTER WORD…: the command, killed at one call after the other, this run's share of them; BEFORE makes
# what there is, AFTER looks at what is, with the status of killed_at.
each_call() {
	local before=$1 after=$2 call n count status killed=0
	shift 2
	"$before"
	strace -qq -o "$ROOT/trace" -e "trace=?${calls//,/,?}" "$VMRUN" --root "$ROOT" "$@" >/dev/null 3>&- </dev/null
	"$after" 1
	for call in $(sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$ROOT/trace" | sort -u); do
		count=$(grep -c "^$call(" "$ROOT/trace")
		for ((n = 1; n <= count; n++)); do
			((RANDOM % VMRUN_CRASH_SHARE == 0)) || continue
			"$before"
			status=0
			killed_at "$call" "$n" "$@" || status=$?
			((status < 2)) || return 1
			"$after" "$status" || { echo "killed at $call $n: $*"; find "$ROOT/etc" "$ROOT/lib" "$ROOT/run" "$images"; return 1; }
			killed=$((killed + 1 - status))
		done
	done
	echo "# $1: killed $killed times" >&3
	((killed > 0))
}

# Nothing but what belongs there, after the next command.
tidy() {
	vmrun -q gc >/dev/null || return 1
	[[ -z $(find "$vms" "$images" \( -name '*.new*' -o -name '.*' \) ! -name '.web*.edit-*') &&
		-z $(find "$ROOT/lib/pending" "$ROOT/run" -mindepth 1 2>/dev/null) ]] || { echo "left:"; return 1; }
}

clean() {
	rm -rf "${vms:?}"/* "${vms:?}"/.web* "${images:?}"/* "${ROOT:?}"/lib/*
}

# STATUS of killed_at: with 1 the command has done all.
created() {
	if [[ -e $vms/web1.conf ]]; then
		grep -q '^memory = "96M";$' "$vms/web1.conf" && vmrun -q check web1 || return 1
	else
		(($1 == 0)) && vmrun -q create web1 --memory 96M || return 1
	fi
	tidy
}

@test "create" {
	each_call clean created create web1 --memory 96M --disk 1M
}

two() {
	clean
	vm web1 'memory = "64M"; # mine'
}

edited() {
	[[ $(<"$vms/web1.conf") == 'memory = "64M"; # mine' && $1 == 0 || $(<"$vms/web1.conf") == 'memory = "96M"; # mine' ]] || return 1
	vmrun -q edit web1 --set memory=128M && [[ $(<"$vms/web1.conf") == 'memory = "128M"; # mine' ]] && tidy
}

@test "edit --set" {
	each_call two edited edit web1 --set memory=96M
}

@test "edit with an editor" {
	printf '#!/bin/sh\nsed -i s/64M/96M/ "$1"\n' >"$ROOT/editor"
	chmod +x "$ROOT/editor"
	EDITOR=$ROOT/editor each_call two edited edit web1
}

source_of_clones() {
	clean
	mkdir -p "$ROOT/lib/nvram/web1"
	echo boot >"$ROOT/lib/nvram/web1/uefi.fd"
	qemu-img create -q -f qcow2 "$images/web1.qcow2" 1M
	cp "$ROOT/data.qcow2" "$images/web1-data.qcow2"
	vm web1 "disks = ( \"$images/web1.qcow2\", \"$images/web1-data.qcow2\" );"
}

holds_seven() {
	! qemu-io -r -c 'read -P 7 0 64k' "$1" | grep -q 'verification failed'
}

cloned() {
	local kept
	if [[ -e $vms/web2.conf ]]; then
		tidy && vmrun -q check web2 >/dev/null && holds_seven "$images/web2-data.qcow2" &&
			[[ -e $images/web2.qcow2 && -e $ROOT/lib/nvram/web2/uefi.fd ]] || return 1
	else
		(($1 == 0)) && tidy || return 1
		kept=$(ls -A "$images")
		[[ $kept == $'web1-data.qcow2\nweb1.qcow2' && ! -e $ROOT/lib/nvram/web2 ]] || { echo "$kept"; return 1; }
		[[ $(stat -c %a "$images/web1.qcow2") == 644 ]] || return 1
		[[ -z $(qemu-img info --output=json "$images/web1.qcow2" | jq -r '."backing-filename" // empty') ]] || return 1
		vmrun -q "${again[@]}" && holds_seven "$images/web2-data.qcow2" || return 1
	fi
	holds_seven "$images/web1-data.qcow2"
}

data() {
	qemu-img create -q -f qcow2 "$ROOT/data.qcow2" 1M
	qemu-io -c 'write -P 7 0 64k' "$ROOT/data.qcow2" >/dev/null
}

@test "clone --full" {
	data
	again=(clone web1 web2)
	each_call source_of_clones cloned clone web1 web2
}

@test "clone --linked" {
	data
	again=(clone --linked web1 web2)
	each_call source_of_clones cloned clone --linked web1 web2
}

to_remove() {
	clean
	mkdir -p "$ROOT/lib/nvram/web1" "$ROOT/lib/failed"
	echo boot >"$ROOT/lib/nvram/web1/uefi.fd"
	touch "$ROOT/lib/failed/web1"
	cp "$ROOT/ledger" "$ROOT/lib/ledger"
	cp "$ROOT/data.qcow2" "$images/web1.qcow2"
	vm web1 "disks = ( \"$images/web1.qcow2\" ); nics = \"br0\"; args = [ \"-S\" ];"
}

# All is as before, or nothing is there once the next command has run.
removed() {
	local mac
	tidy || return 1
	mac=$(vmrun mac | grep -c '^web1 ') || :
	if [[ -e $vms/web1.conf ]]; then
		(($1 == 0 && mac == 1)) && [[ -e $ROOT/lib/nvram/web1/uefi.fd && -e $images/web1.qcow2 ]] &&
			vmrun -q remove --yes --disks web1 && mac=$(vmrun mac | grep -c '^web1 ' || :) || return 1
	fi
	((mac == 0)) && [[ -z $(find "$vms" "$images" "$ROOT/lib" -name 'web1*') ]] && vmrun -q create web1
}

@test "remove --disks" {
	data
	vm web1 'nics = "br0"; args = [ "-S" ];'
	vmrun -q start web1
	vmrun -q stop hard web1
	cp "$ROOT/lib/ledger" "$ROOT/ledger"
	each_call to_remove removed remove --yes --disks web1
}
