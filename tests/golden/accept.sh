#!/bin/sh
# A real QEMU accepts every command line that is composed from the VM files in argv/, says nothing, and has
# every device that the line says: accept.sh RUN_ARGV ASK FOLDER. One line of TAP for each; what this machine
# lacks is replaced, and told. As root, for each runs in a network namespace of its own.
set -u

# As another process for each case: accept.sh --one RUN_ARGV ASK CONF DIR, with its line of TAP in DIR/tap.
if [ "$1" = --one ]; then
	run=$2 ask=$3 conf=$4 dir=$5
	name=$(basename "$conf" .conf)
	mkdir "$dir"
	ip link set lo up
	"$run" "$conf" "$dir" "$ask" >"$dir/replaced" 2>"$dir/messages"
	case $? in
	0) { echo "ok - $name"; sed 's/^/# /' "$dir/replaced"; } >"$dir.tap" ;;
	77) echo "ok - $name # SKIP $(cat "$dir/replaced")" >"$dir.tap" ;;
	*) { echo "not ok - $name"; sed 's/^/# /' "$dir/replaced" "$dir/messages"; } >"$dir.tap" ;;
	esac
	rm -rf "$dir"
	exit 0
fi

run=$1 ask=$2 folder=$3 cases=0
if [ "$(id -u)" -ne 0 ] || ! unshare -n true 2>/dev/null; then
	echo "1..0 # SKIP needs root, for a network namespace"
	exit 0
fi
dir=$(mktemp -d "${TMPDIR:-/tmp}/vmrun-accept.XXXXXX") || exit 1
chmod 711 "$dir"
trap 'rm -rf "$dir"' EXIT
for conf in "$folder"/*.conf; do
	printf '%s\0%s\0' "$conf" "$dir/$(basename "$conf" .conf)"
done | xargs -0 -n 2 -P "$(nproc)" unshare -n "$0" --one "$run" "$ask"
for conf in "$folder"/*.conf; do
	cases=$((cases + 1))
	cat "$dir/$(basename "$conf" .conf).tap" || echo "not ok - $conf was lost"
done
echo "1..$cases"
[ "$cases" -gt 0 ]
