# The crash matrix: at every system call on the way of a start or a stop, the call fails or its
# process is killed. Whatever happens: the next command finds out, and nothing is left.
load ../lib/common

setup() {
	world
	guest one 10.99.0.11 'args = [ "-S" ];'
	sed -i 's/160M/32M/' "$ROOT/etc/vms/one.conf"
	# The ledger, and what is remembered of QEMU, are there as on a host in use.
	vmrun start one
	vmrun kill one
	mac=$(macs one)
	cases=0
}

teardown() {
	finish_test
}

# Calls that only the C library and the loader make on their own behalf are left out: they are not
# steps of ours.
calls="openat,socket,socketpair,connect,bind,listen,accept4,ioctl,sendto,sendmsg,recvfrom,recvmsg,
	pipe2,write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rmdir,
	flock,fcntl,dup,dup2,dup3,memfd_create,pidfd_open,pidfd_send_signal,clone,clone3,fork,vfork,execve,setresuid,setresgid,setgroups,
	prctl,close_range,poll,ppoll,epoll_create1,epoll_ctl,epoll_wait,timerfd_create,signalfd4,getdents64,setsid,chdir,ftruncate,fchmod,
	fchown,sendfile,copy_file_range,statx,newfstatat"
calls=${calls//[$'\t\n ']/}

# QEMU is let go at its execve. The tracer stays beside the supervisor, and ends with it.
traced() {
	net timeout 60 strace -D -f -qq -b execve "$@"
}

# steps COMMAND…: "CALL COUNT" for each call that a process of the command makes, the most that one
# process makes.
steps() {
	local trace=$ROOT/trace
	rm -f "$trace".*
	traced -ff -o "$trace" -e "trace=?${calls//,/,?}" "$VMRUN" --root "$ROOT" "$@" >/dev/null 2>&1 || return
	awk -F '(' '/^[a-z]/ { n[FILENAME " " $1]++ }
		END { for (k in n) { split(k, w, " "); if (n[k] > most[w[2]]) most[w[2]] = n[k] }
			for (c in most) print c, most[c] }' "$trace".* | sort
}

# sound WHAT: after a case, vmrun's own words are true, one more command leaves nothing, and the
# ledger has not changed.
sound() {
	local state=0
	cases=$((cases + 1))
	vmrun status one >"$ROOT/out" 2>&1 || state=$?
	case $state in
	0)
		[[ $(taps | wc -l) == 1 && $(ports br0 | wc -l) == 1 ]] || { echo "$1: runs, but not on its bridge"; return 1; }
		vmrun kill one >"$ROOT/out" 2>&1 || { echo "$1: cannot be killed"; cat "$ROOT/out"; return 1; }
		;;
	3) ;;
	*) echo "$1: status $state"; cat "$ROOT/out"; return 1 ;;
	esac
	vmrun gc >"$ROOT/out" 2>&1 || { echo "$1: gc"; cat "$ROOT/out"; return 1; }
	nothing_left || { echo "$1"; return 1; }
	[[ $(macs one) == "$mac" ]] || { echo "$1: another MAC"; return 1; }
	if [[ -n $(find "$ROOT/etc" "$ROOT/lib" -name '*.tmp*' -o -name '.*.??????' | head -n 1) ]]; then
		echo "$1: a temporary file is left in $ROOT/lib"
		return 1
	fi
}

# every VERB INJECTION STRIDE: each step of the verb with that injection.
every() {
	local verb=$1 injection=$2 stride=$3 call count n
	[[ $verb == start ]] || vmrun start one >/dev/null
	steps "$verb" one >"$ROOT/steps"
	[[ $verb != start ]] || vmrun kill one >/dev/null
	[[ -s $ROOT/steps ]]
	while read -r call count <&4; do
		for ((n = 1; n <= count && n <= 40; n += stride)); do
			[[ $verb == start ]] || vmrun start one >/dev/null
			traced -o /dev/null -e "trace=$call" -e "inject=$call:$injection:when=$n" \
				"$VMRUN" --root "$ROOT" "$verb" one >"$ROOT/said" 2>&1 || :
			sound "$verb, $call number $n: $injection" || { cat "$ROOT/said"; return 1; }
		done
	done 4<"$ROOT/steps"
	echo "# $verb, $injection: $cases cases" >&3
}

@test "start: the process is killed at each of its system calls" {
	every start signal=KILL 1
}

@test "kill: the process is killed at each of its system calls" {
	every kill signal=KILL 2
}

@test "start: each call fails for want of memory" {
	every start error=ENOMEM 2
}

@test "start: each call fails for want of descriptors" {
	every start error=EMFILE 3
}

@test "start: each call fails for want of space" {
	every start error=ENOSPC 3
}

@test "start: each call finds the thing busy" {
	every start error=EBUSY 3
}

@test "start: each call is not permitted" {
	every start error=EPERM 3
}
