#!/bin/sh
# Each fail/NAME.conf, a VM file or, where NAME begins with host-, a host config, must fail with exactly the
# messages of fail/NAME.err, and end with status 78 or 1.
# run.sh CHECK_CONF SOURCE_DIR. UPDATE=1 writes the .err files anew, to be read before they are committed.
set -u
check=$(realpath "$1") cases=$(cd "$2/fail" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/vmrun-golden.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
umask 022
cp "$cases"/*.conf "$cases"/*.inc "$dir" || exit 1
cd "$dir" || exit 1
mkfifo fifo
count=0 failed=0

# What only a running system can have: names given here, made below, each with its .err file.
mkfifo is-fifo.conf
mkdir is-folder.conf
truncate -s 100M is-huge.conf
ln -s is-link-loop.conf is-link-loop.conf
: >is-world-writable.conf
chmod 666 is-world-writable.conf

for conf in ./*.conf; do
	conf=${conf#./}
	want=$cases/${conf%.conf}.err
	# Only root has reason to mistrust a file of its own.
	[ "$conf" = is-world-writable.conf ] && [ "$(id -u)" -ne 0 ] && continue
	count=$((count + 1))
	kind=--vm
	case $conf in host-*) kind=--host ;; esac
	timeout 20 "$check" "$kind" "./$conf" >out 2>err
	status=$?
	sed -i "s|$dir|DIR|g" out
	if [ "${UPDATE:-0}" = 1 ]; then
		cp out "$want"
	fi
	case $status in
	1 | 77 | 78) ;;
	*)
		echo "$conf: status $status"
		failed=$((failed + 1))
		;;
	esac
	if [ -s err ]; then
		echo "$conf: not silent on stderr:"
		cat err
		failed=$((failed + 1))
	fi
	if ! diff -u "$want" out; then
		echo "$conf: other messages than expected"
		failed=$((failed + 1))
	fi
done
echo "$count cases, $failed failures"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
