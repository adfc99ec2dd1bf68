# The crash matrix: at every system call on the way of a start or a stop, the call fails or its
# process is killed. Whatever happens: the next command finds out, and nothing is left.
#
# Each run tries a share of the calls, another one each time: VMRUN_CRASH_SEED repeats it, VMRUN_CRASH_SHARE=1
# tries all that the tests name.
load ../lib/common

setup_file() {
	export VMRUN_CRASH_SHARE=${VMRUN_CRASH_SHARE:-3} VMRUN_CRASH_SEED=${VMRUN_CRASH_SEED:-$RANDOM}
	echo "# VMRUN_CRASH_SEED=$VMRUN_CRASH_SEED" >&3
}

setup() {
	RANDOM=$((VMRUN_CRASH_SEED + BATS_TEST_NUMBER))
	world
	# The ledger, and what is remembered of QEMU, are there as on a host in use.
	idle one
	vmrun start one
	vmrun kill one
	[[ -n $(macs one) ]]
	cases=0 broken=0
}

teardown() {
	finish_test
}

# idle NAME: a VM with a NIC whose guest never runs; more: what else there is of it; nic: more NICs.
more='' nic=''
idle() {
	vm "$1" "memory = \"32M\"; args = [ \"-S\" ]; nics = ( { bridge = \"br0\"; } $nic ); $more"
}

calls="openat,socket,socketpair,connect,bind,listen,accept4,ioctl,sendto,sendmsg,recvfrom,recvmsg,
	pipe2,read,write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat,mknod,
	mknodat,unlink,unlinkat,rmdir,flock,fcntl,dup,dup2,dup3,memfd_create,pidfd_open,
	pidfd_send_signal,clone,clone3,fork,vfork,execve,setresuid,setresgid,setgroups,prctl,
	close_range,close,poll,ppoll,epoll_create1,epoll_ctl,epoll_wait,timerfd_create,signalfd4,
	fsopen,fsconfig,fsmount,getdents64,setsid,chdir,ftruncate,fchmod,fchown,sendfile,copy_file_range,statx,newfstatat,
	mmap,brk,wait4,exit_group"
calls=${calls//[$'\t\n ']/}

# QEMU is let go at its execve. The tracer stays beside the supervisor, and ends with it.
traced() {
	net timeout 60 strace -D -f -qq -b execve "$@"
}

# tally TRACE…: "CALL COUNT" for each call in the traces, the most that one process made.
tally() {
	awk -F '(' '/^[a-z]/ { n[FILENAME " " $1]++ }
		END { for (k in n) { split(k, w, " "); if (n[k] > most[w[2]]) most[w[2]] = n[k] }
			for (c in most) print c, most[c] }' "$@" | sort >"$ROOT/steps"
	[[ -s $ROOT/steps ]]
}

# sound WHAT NAME STATUS: after a case, what vmrun says is true, one more command leaves nothing, and
# no MAC was given twice or lost.
sound() {
	local state=0
	cases=$((cases + 1))
	(($3 == 0)) || broken=$((broken + 1))
	(($3 != 124)) || { echo "$1: the command does not end"; return 1; }
	vmrun status "$2" >"$ROOT/out" 2>&1 || state=$?
	[[ $1 != start* || $3 != 0 || $state == 0 ]] || { echo "$1: said to run, but status $state"; return 1; }
	case $state in
	0)
		[[ $1 != start* || $(taps | wc -l)$(ports br0 | wc -l) == 11 ]] ||
			{ echo "$1: runs, but not on its bridge"; return 1; }
		vmrun kill "$2" >"$ROOT/out" 2>&1 || { echo "$1: cannot be killed"; cat "$ROOT/out"; return 1; }
		;;
	3) ;;
	*) echo "$1: status $state"; cat "$ROOT/out"; return 1 ;;
	esac
	vmrun gc >"$ROOT/out" 2>&1 || { echo "$1: gc"; cat "$ROOT/out"; return 1; }
	nothing_left || { echo "$1"; return 1; }
	[[ -z $(macs | sort | uniq -d) ]] || { echo "$1: a MAC was given twice"; return 1; }
	[[ $(macs one) == "$mac" ]] || { echo "$1: another MAC"; return 1; }
}

report() {
	echo "# $1: $cases cases, in $broken of which the command failed; nothing was left" >&3
	((broken > cases / 8))
}

# numbers COUNT STRIDE: tries, the calls of one kind that are tried: each STRIDEth, and of these this run's
# share.
numbers() {
	local n step=$(($2 * VMRUN_CRASH_SHARE))
	tries=()
	for ((n = 1 + RANDOM % step; n <= $1 && n <= 60; n += step)); do tries+=("$n"); done
}

# every_start INJECTION STRIDE [NAME]: each call of a start. Without NAME, a VM that is started for the
# first time in each case.
every_start() {
	local call count n name=${3:-first} file
	mac=$(macs one)
	idle "$name"
	traced -ff -o "$ROOT/trace" -e "trace=?${calls//,/,?}" "$VMRUN" --root "$ROOT" start "$name" >/dev/null
	vmrun kill "$name" >/dev/null
	tally "$ROOT"/trace.*
	while read -r call count <&4; do
		# A close always closes, and a signal to a child that lives always arrives.
		[[ $1 != error* || ($call != close && $call != pidfd_send_signal) ]] || continue
		numbers "$count" "$2"
		for n in "${tries[@]}"; do
			[[ -n ${3:-} ]] || { rm "$ROOT/etc/vms/$name.conf"; name=first$cases; idle "$name"; }
			status=0
			traced -o /dev/null -e "trace=$call" -e "inject=$call:$1:when=$n" \
				"$VMRUN" --root "$ROOT" start "$name" >"$ROOT/said" 2>&1 || status=$?
			sound "start, $call number $n: $1" "$name" "$status" || { cat "$ROOT/said"; return 1; }
		done
	done 4<"$ROOT/steps"
	report "start${3:+ again}, $1"
}

@test "first start: the process is killed at each of its system calls" {
	every_start signal=KILL 1
}

@test "start again: the process is killed at each of its system calls" {
	every_start signal=KILL 2 one
}

@test "first start: each call fails for want of memory" {
	every_start error=ENOMEM 2
}

@test "first start: each call fails for want of descriptors" {
	every_start error=EMFILE 4
}

@test "first start: each call fails for want of space" {
	every_start error=ENOSPC 4
}

@test "start again: each call finds the thing busy" {
	every_start error=EBUSY 4 one
}

@test "start again: each call is not permitted" {
	every_start error=EPERM 4 one
}

@test "start with companions: the process is killed at each of its system calls" {
	more="tpm = \"2.0\"; shares = \"$ROOT/etc\";"
	every_start signal=KILL 5 one
}

@test "start with companions: each call fails for want of memory" {
	more="tpm = \"2.0\"; shares = \"$ROOT/etc\";"
	every_start error=ENOMEM 5 one
}

# A macvtap and the link that a rate needs outlive every process.
with_links() {
	net ip link add eth0 type veth peer name far
	net ip link set eth0 up
	nic=', { macvtap = "eth0"; rate = { in = "8M"; out = "8M"; }; }'
	idle one
	vmrun start one
	vmrun kill one
}

@test "start with a macvtap and rates: the process is killed at each of its system calls" {
	with_links
	every_start signal=KILL 6 one
}

@test "start with a macvtap and rates: each call is not permitted" {
	with_links
	every_start error=EPERM 8 one
}

@test "stop: the command is killed at each of its system calls" {
	local call count n
	mac=$(macs one)
	vmrun start one
	traced -ff -o "$ROOT/trace" -e "trace=?${calls//,/,?}" "$VMRUN" --root "$ROOT" stop hard one >/dev/null
	tally "$ROOT"/trace.*
	while read -r call count <&4; do
		numbers "$count" 1
		for n in "${tries[@]}"; do
			vmrun start one >/dev/null
			status=0
			traced -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
				"$VMRUN" --root "$ROOT" stop hard one >"$ROOT/said" 2>&1 || status=$?
			sound "stop, $call number $n" one "$status" || { cat "$ROOT/said"; return 1; }
		done
	done 4<"$ROOT/steps"
	report "stop, the command killed"
}

# beside_supervisor ARGUMENT…: strace of the supervisor, until one of them ends.
beside_supervisor() {
	local supervisor
	supervisor=$(supervisor_pid one)
	strace -qq -p "$supervisor" "$@" >"$ROOT/strace" 2>&1 3>&- &
	tracer=$!
	wait_for 10 eval "! grep -q 'TracerPid:	0' /proc/$supervisor/status"
}

@test "stop: the supervisor is killed at each of its system calls" {
	local call count n tracer
	mac=$(macs one)
	vmrun start one
	beside_supervisor -o "$ROOT/trace.1" -e "trace=?${calls//,/,?}"
	vmrun stop hard one
	wait "$tracer" || :
	tally "$ROOT/trace.1"
	while read -r call count <&4; do
		numbers "$count" 1
		for n in "${tries[@]}"; do
			vmrun start one >/dev/null
			beside_supervisor -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$n"
			status=0
			vmrun stop hard one >"$ROOT/said" 2>&1 || status=$?
			wait "$tracer" || :
			sound "stop, $call number $n of the supervisor" one "$status" || { cat "$ROOT/said"; return 1; }
		done
	done 4<"$ROOT/steps"
	echo "# stop, the supervisor killed: $cases cases, in $broken of which the command failed" >&3
}
