# vmrun screenshot: a picture of what a guest's screen shows.
load ../lib/common

setup() {
	world
	cd "$ROOT"
}

teardown() {
	cd /
	finish_test
}

# png FILE: "WIDTHxHEIGHT dark bright", pixels counted, each by its colours in the file.
png() {
	python3 - "$1" <<-'END'
		import struct, sys, zlib
		data = open(sys.argv[1], "rb").read()
		assert data[:8] == b"\x89PNG\r\n\x1a\n"
		at, idat, end = 8, b"", False
		while at < len(data):
		    length, kind = struct.unpack(">I4s", data[at:at + 8])
		    body = data[at + 8:at + 8 + length]
		    assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]
		    if kind == b"IHDR":
		        width, height, depth, colour, _, _, lace = struct.unpack(">IIBBBBB", body)
		    elif kind == b"IDAT":
		        idat += body
		    end |= kind == b"IEND"
		    at += 12 + length
		assert end and depth == 8 and lace == 0
		size = {2: 3, 6: 4}[colour]
		raw, stride = zlib.decompress(idat), width * size
		before, dark, bright = bytearray(stride), 0, 0
		for y in range(height):
		    how, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
		    for x in range(stride):
		        a, b = line[x - size] if x >= size else 0, before[x]
		        c = before[x - size] if x >= size else 0
		        p = a + b - c
		        paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
		        line[x] = line[x] + (0, a, b, (a + b) // 2, paeth)[how] & 255
		    before = line
		    for x in range(0, stride, size):
		        dark += max(line[x:x + 3]) < 40
		        bright += min(line[x:x + 3]) > 150
		print(f"{width}x{height} {dark} {bright}")
	END
}

# The firmware writes grey words on black.
has_words() {
	vmrun screenshot --force web1 shot.png && png shot.png | awk '{ exit !($1 == "720x400" && $2 > 200000 && $3 > 500 && $3 < 50000) }'
}

@test "what the firmware has written is in the picture, of the screen's size, and the file is the caller's" {
	local width height
	vm web1 'display = { vnc = ":5"; };'
	vmrun -q start web1
	wait_for 30 has_words
	run -0 png shot.png
	[[ $output == "$(net "$BATS_TEST_DIRNAME/../lib/rfb" 127.0.0.1:5905 | cut -d " " -f 1)"\ * ]]
	read -r width height < <(cut -d " " -f 1 <<<"$output" | tr x " ")
	[[ $(stat -c '%U %a' shot.png) == "$(id -un) 644" ]]
	run -0 vmrun --json screenshot --force web1 shot.png
	jq -e --argjson width "$width" --argjson height "$height" '.[0] | .ok and .file == "shot.png" and .width == $width and .height == $height' <<<"$output"
	# However many, QEMU has one file for them, and nothing is left beside the caller's.
	[[ $(vmrun qmp web1 query-fdsets | jq '[.[] | select(."fdset-id" >= 1000000).fds[]] | length') == 1 ]]
	[[ $(find . -maxdepth 1 -name '*shot*' | wc -l) == 1 ]]
	vmrun screenshot web1 - >other.png
	[[ $(png other.png) == "${width}x$height "* ]]
	# Another supervisor takes others.
	kill -KILL "$(supervisor_pid web1)"
	run -0 vmrun screenshot --force web1 shot.png
	[[ $(png shot.png) == "${width}x$height "* ]]
	vmrun kill web1
	nothing_left
}

@test "a file that is there is not written over unless that is said, and a name of its own has the date" {
	vm web1 'display = { vnc = ":5"; }; args = [ "-S" ];'
	vmrun -q start web1
	echo mine >shot.png
	run -1 vmrun screenshot web1 shot.png
	[[ $output == *"shot.png is there already (--force replaces it)"* ]]
	[[ $(cat shot.png) == mine ]]
	run -0 vmrun screenshot --force web1 shot.png
	[[ $output =~ ^web1:\ screen\ of\ [0-9]+x[0-9]+\ in\ shot.png$ ]]
	run -0 vmrun screenshot web1
	[[ $output =~ in\ (web1-[0-9]{8}-[0-9]{6}\.png)$ ]]
	png "${BASH_REMATCH[1]}"
	run -1 vmrun screenshot --force web1 "$ROOT/etc"
	[[ $output == *"no file"* ]]
	run -1 vmrun screenshot web1 "$ROOT/none/shot.png"
	[[ $output == *"none/shot.png"*"No such file"* ]]
	vmrun kill web1
	nothing_left
}

@test "a VM without a screen says so, one that does not run, one that hangs, and a screen that is not there" {
	vm bare 'args = [ "-S" ];'
	vm web1 'display = { vnc = ":5"; }; args = [ "-S" ];'
	run -1 vmrun screenshot web1 shot.png
	[[ $output == "vmrun: web1: it is not running" ]]
	vmrun -q start bare web1
	run -1 vmrun screenshot bare shot.png
	[[ $output == "vmrun: bare: it has no screen"* ]]
	run -0 vmrun screenshot --head 0 web1 head.png
	run -1 vmrun screenshot --head 3 web1 shot.png
	[[ $output == "vmrun: web1: it has no such screen"* ]]
	run -1 vmrun screenshot --device disk7 web1 shot.png
	[[ $output == "vmrun: web1: it has no such screen"*disk7* ]]
	run -64 vmrun screenshot
	run -64 vmrun screenshot web1 a b
	[[ ! -e shot.png ]]
	vmrun kill bare web1
	nothing_left
}
