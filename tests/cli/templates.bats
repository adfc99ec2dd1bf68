# Templates: files that others build on; and show, which tells what comes of all of them.
load ../lib/common

setup() {
	world
	mkdir -p "$ROOT/etc/templates"
}

teardown() {
	finish_test
}

# template NAME SETTINGS
template() {
	printf '%s\n' "$2" >"$ROOT/etc/templates/$1.conf"
}

# key VM PATH: its value, and where it was said.
key() {
	vmrun --json show "$1" |
		jq -r --arg key "$2" '.[][] | select(.key == $key) |
			"\(.value) \(if .default then "default" else "\(.file | sub(".*/"; "")):\(.line)" end)"'
}

@test "what a file does not say its templates do, the last one first, and then the defaults for all VMs" {
	template base 'memory = "96M"; cpus = 2; description = "%n";'
	template web 'template = "base";
		cpus = 3;
		tags = [ "web", "all" ];'
	template big 'memory = "128M";'
	vm web1 'template = [ "web", "big" ];
		tags = "mine";'
	[[ $(key web1 memory.size) == '"128M" big.conf:1' ]]
	[[ $(key web1 cpus.count) == '3 web.conf:2' ]]
	[[ $(key web1 description) == '"web1" base.conf:1' ]]
	[[ $(key web1 tags) == '[ "mine" ] web1.conf:2' ]]
	[[ $(key web1 accel) == '"tcg" vmrun.conf:1' ]]
	[[ $(key web1 on_reboot) == '"reset" default' ]]
	run -0 vmrun argv web1
	[[ $output == *"-smp 3 "* && $output == *"-m 128M "* ]]
	[[ $(vmrun --json list @mine | jq -r '.[].name') == web1 ]]
}

@test "a template that two others name counts where it is the weakest" {
	template base 'cpus = 2;'
	template one 'template = "base"; cpus = 3;'
	template two 'template = "base"; memory = "80M";'
	vm web1 'template = [ "one", "two" ];'
	[[ $(key web1 cpus.count) == '3 one.conf:1' ]]
}

@test "defaults name a template, which an empty list puts away, and a path names one anywhere" {
	echo 'defaults = { accel = "tcg"; memory = "64M"; template = "base"; };' >"$ROOT/etc/vmrun.conf"
	template base 'cpus = 2;'
	vm one
	vm two 'template = [ ];'
	mkdir "$ROOT/else"
	echo 'template = "./near.conf";' >"$ROOT/else/three.conf"
	echo 'cpus = 5;' >"$ROOT/else/near.conf"
	[[ $(key one cpus.count) == '2 base.conf:1' ]]
	[[ $(key two cpus.count) == '1 default' ]]
	[[ $(key "$ROOT/else/three.conf" cpus.count) == '5 near.conf:1' ]]
}

@test "a template that is missing, a loop, and what is wrong in one are told with their places" {
	template a 'template = "b";'
	template b '
		template = "a";'
	template bad '
		memori = "1G";'
	template broken 'memory = '
	vm lost 'template = "nowhere";'
	vm loop 'template = "a";'
	vm typo 'template = "bad";'
	vm cut 'template = "broken";'
	vm word 'template = "a/../b c@";'
	run -78 vmrun check
	[[ $output == *"lost: $ROOT/etc/vms/lost.conf:1: template[0]: there is no template \"nowhere\": $ROOT/etc/templates/nowhere.conf does not exist"* ]]
	[[ $output == *"loop: $ROOT/etc/templates/b.conf:2: template[0]: a loop: a > b > a"* ]]
	[[ $output == *"typo: $ROOT/etc/templates/bad.conf:2: memori: unknown key, did you mean \"memory\"?"* ]]
	[[ $output == *"cut: $ROOT/etc/templates/broken.conf:1: "* ]]
	for name in lost loop typo cut; do
		run -78 vmrun start $name
	done
	nothing_left
}

@test "a VM whose template is gone does not start without it, and others do" {
	template base 'args = [ "-S" ];'
	vm one 'template = "base";'
	vm two 'args = [ "-S" ];'
	rm "$ROOT/etc/templates/base.conf"
	run vmrun start one two
	((status == 78))
	run -0 vmrun status two
	run -3 vmrun status one
	vmrun stop hard two
	nothing_left
}

@test "the name of a template is no VM's, and a MAC in one is refused" {
	template base 'nics = ( { bridge = "br0"; mac = "52:54:00:00:00:05"; } );'
	run -78 vmrun start base
	[[ $output == *"there is no VM of that name"*"a template has it"* ]]
	vm one 'template = "base";'
	run -78 vmrun check one
	[[ $output == *"base.conf:1: nics[0].mac: would be that of every VM with this template"* ]]
}

@test "what show prints is a VM file that says the same" {
	template base 'cpus = { sockets = 1; cores = 2; }; display = { vnc = ":7"; };
		nics = ( "br0", { user = true; forward = "tcp:127.0.0.1:2222:22"; } ); stop_timeout = 90; usb = { };'
	vm one 'template = "base"; memory = "65536K"; description = "a \"word\" \\ 50%";'
	mkdir "$ROOT/shown"
	vmrun show one >"$ROOT/shown/one.conf"
	grep -q "memory = {" "$ROOT/shown/one.conf"
	grep -q 'size = "64M"; .*# .*/one.conf:1$' "$ROOT/shown/one.conf"
	grep -q '^# accel\|^accel = "tcg"; .*# .*vmrun.conf:1$' "$ROOT/shown/one.conf"
	grep -q '^# on_reboot = "reset"; .*# default$' "$ROOT/shown/one.conf"
	values() { vmrun --json show "$1" | jq -c '[.[][] | select(.key != "template") | [.key, .value]]'; }
	[[ $(values one) == "$(values "$ROOT/shown/one.conf")" ]]
	diff <(vmrun argv one 2>/dev/null) <(vmrun argv "$ROOT/shown/one.conf" 2>/dev/null)
}

@test "what a template switched on, and the VM's own file off again, is no error in what show prints" {
	template base 'display = { vnc = ":7"; }; vsock = { cid = 77; }; boot = { timeout = "9s"; };'
	vm one 'template = "base"; display = "none"; vsock = false;'
	run -0 vmrun argv one
	mkdir "$ROOT/shown"
	vmrun show one >"$ROOT/shown/one.conf"
	run -0 vmrun argv "$ROOT/shown/one.conf"
}
