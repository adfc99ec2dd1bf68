#!/bin/sh
# The picture of each host that PRINT_PICTURE knows is what lies in picture/: picture.sh PRINT_PICTURE FOLDER. XML and
# JSON are read by a parser, and nothing that a terminal would obey is in any of it.
# To accept what is printed now, run it with UPDATE=1 and read the difference.
set -u
print=$1 folder=$2 cases=0 wrong=0
dir=$(mktemp -d "${TMPDIR:-/tmp}/vmrun-picture.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

parsed() {
	case $1 in
	*.svg) python3 -c 'import sys, xml.etree.ElementTree as e
root = e.parse(sys.argv[1]).getroot()
assert root.tag == "{http://www.w3.org/2000/svg}svg", root.tag
assert not root.findall(".//{*}script"), "a script"' "$1" ;;
	*.json) python3 -c 'import json, sys; assert isinstance(json.load(open(sys.argv[1])), list)' "$1" ;;
	esac
}

# Other bytes than printable ones, ends of lines and tabs of our own, C1 controls in UTF-8 among them.
quiet() {
	! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$1"
}

for host in busy hostile empty; do
	for format in text json dot svg; do
		now=$dir/$host.$format want=$folder/$host.$format
		cases=$((cases + 1))
		"$print" "$host" "$format" >"$now" || wrong=$((wrong + 1))
		parsed "$now" || { echo "$host.$format cannot be parsed"; wrong=$((wrong + 1)); }
		quiet "$now" || { echo "$host.$format has control characters"; wrong=$((wrong + 1)); }
		if [ -n "${UPDATE:-}" ]; then
			cp "$now" "$want"
		else
			diff -uN "$want" "$now" || wrong=$((wrong + 1))
		fi
	done
done
echo "$cases pictures, $wrong wrong"
[ "$cases" -gt 0 ] && [ "$wrong" -eq 0 ]
