#!/bin/sh
# Each VM file in argv/ composes to exactly the command line beside it: argv.sh PRINT_ARGV FOLDER.
# To accept what is composed now, run it with UPDATE=1 and read the difference.
set -u
print=$1 folder=$2 cases=0 wrong=0
for conf in "$folder"/*.conf; do
	want=${conf%.conf}.argv
	cases=$((cases + 1))
	if [ -n "${UPDATE:-}" ]; then
		"$print" "$conf" >"$want" || wrong=$((wrong + 1))
	elif ! "$print" "$conf" | diff -u "$want" -; then
		wrong=$((wrong + 1))
	fi
done
echo "$cases command lines, $wrong wrong"
[ "$cases" -gt 0 ] && [ "$wrong" -eq 0 ]
