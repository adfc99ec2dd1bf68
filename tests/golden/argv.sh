#!/bin/sh
# Each VM file in argv/ composes to exactly the command line beside it: argv.sh PRINT_ARGV FOLDER. Where a later
# QEMU gets another one than the case's own, that is beside it as well, in NAME.later.argv.
# To accept what is composed now, run it with UPDATE=1 and read the difference.
set -u
print=$1 folder=$2 cases=0 wrong=0
later=10.2 # the latest that is known, see src/qemu/version.h
dir=$(mktemp -d "${TMPDIR:-/tmp}/vmrun-argv.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

# compare FILE: with what is composed now, in DIR/now; neither is there where there is nothing to say.
compare() {
	want=$1
	cases=$((cases + 1))
	if [ -n "${UPDATE:-}" ]; then
		if [ -e "$dir/now" ]; then cp "$dir/now" "$want"; else rm -f "$want"; fi
	elif [ -e "$want" ] || [ -e "$dir/now" ]; then
		diff -uN "$want" "$dir/now" || wrong=$((wrong + 1))
	fi
}

for conf in "$folder"/*.conf; do
	"$print" "$conf" >"$dir/own" || wrong=$((wrong + 1))
	"$print" "$conf" "$later" >"$dir/later" || wrong=$((wrong + 1))
	cp "$dir/own" "$dir/now"
	compare "${conf%.conf}.argv"
	if cmp -s "$dir/own" "$dir/later"; then rm "$dir/now"; else mv "$dir/later" "$dir/now"; fi
	compare "${conf%.conf}.later.argv"
done
for file in "$folder"/*.argv; do
	conf=${file%.argv}
	[ -e "${conf%.later}.conf" ] || { echo "$file has no case"; wrong=$((wrong + 1)); }
done
echo "$cases command lines, $wrong wrong"
[ "$cases" -gt 0 ] && [ "$wrong" -eq 0 ]
