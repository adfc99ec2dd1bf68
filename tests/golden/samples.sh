#!/bin/sh
# The committed samples are what the key tables print, and they load: as they are, and uncommented.
# samples.sh KEYDOC CHECK_CONF TOP. UPDATE=1 writes them anew.
set -u
keydoc=$1 check=$2 top=$(cd "$3" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/vmrun-samples.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
umask 022
failed=0

expect() {
	"$@" || {
		echo "failed: $*"
		failed=$((failed + 1))
	}
}

if [ "${UPDATE:-0}" = 1 ]; then
	"$keydoc" vm sample >"$top/examples/every-key.conf"
	"$keydoc" host sample >"$top/conf/vmrun.conf"
fi
"$keydoc" vm sample >"$dir/vm.conf"
"$keydoc" host sample >"$dir/host.conf"
expect diff -u "$top/examples/every-key.conf" "$dir/vm.conf"
expect diff -u "$top/conf/vmrun.conf" "$dir/host.conf"
for kind in vm host; do
	# Settings have no space after their '#', comments have.
	sed 's/^#\([^ ]\)/\1/' "$dir/$kind.conf" >"$dir/$kind-uncommented.conf"
	expect grep -q '^[a-z_]* = ' "$dir/$kind-uncommented.conf"
	expect "$check" "--$kind" "$dir/$kind.conf"
	expect "$check" "--$kind" "$dir/$kind-uncommented.conf"
done
for example in "$top"/examples/*.conf; do
	cp "$example" "$dir/example.conf"
	expect "$check" --vm "$dir/example.conf"
done
[ "$failed" -eq 0 ]
