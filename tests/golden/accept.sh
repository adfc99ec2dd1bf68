#!/bin/sh
# A real QEMU accepts every command line that is composed from the VM files in argv/, and says nothing:
# accept.sh RUN_ARGV FOLDER. In a network namespace of its own, so as root. What this system's QEMU cannot
# know is replaced, and told line by line.
set -u
run=$1 folder=$2 cases=0 wrong=0 skipped=0
if [ "$(id -u)" -ne 0 ] || ! unshare -n true 2>/dev/null; then
	echo "skipped: needs root, for a network namespace"
	exit 77
fi
if [ -z "${IN_NAMESPACE:-}" ]; then
	IN_NAMESPACE=1 exec unshare -n "$0" "$@"
fi
ip link set lo up
for conf in "$folder"/*.conf; do
	name=$(basename "$conf" .conf)
	dir=$(mktemp -d "${TMPDIR:-/tmp}/vmrun-accept.XXXXXX")
	cases=$((cases + 1))
	"$run" "$conf" "$dir" >"$dir/replaced" 2>"$dir/messages"
	status=$?
	sed "s/^/$name: /" "$dir/replaced"
	case $status in
	0) ;;
	77)
		skipped=$((skipped + 1))
		echo "$name: skipped: no such QEMU here"
		;;
	*)
		wrong=$((wrong + 1))
		sed "s/^/$name: /" "$dir/messages"
		;;
	esac
	rm -rf "$dir"
done
echo "$cases command lines, $wrong refused, $skipped skipped"
[ "$cases" -gt "$skipped" ] && [ "$wrong" -eq 0 ]
