# Instances: one file, worker@.conf, for any number of VMs; and braces on the command line.
load ../lib/common

setup() {
	world
}

teardown() {
	finish_test
}

names() {
	vmrun --json list "$@" | jq -r '[.[].name] | join(" ")'
}

@test "a file of instances describes many VMs, and lists which of them there are" {
	vm worker@ 'instances = [ "1..3", "spare" ]; tags = [ "w", "w%i" ];'
	vm web1
	[[ $(names) == "web1 worker@1 worker@2 worker@3 worker@spare" ]]
	[[ $(names 'worker@*') == "worker@1 worker@2 worker@3 worker@spare" ]]
	[[ $(names @w) == "worker@1 worker@2 worker@3 worker@spare" ]]
	[[ $(names @w2) == worker@2 ]]
	[[ $(names 'w*[12]') == "web1 worker@1 worker@2" ]]
	[[ $(names 'worker@{2,9}') == "worker@2 worker@9" ]]
	run -0 vmrun check
	[[ $output == *"worker@3: ok"* ]]
}

@test "each instance has a MAC, a uuid, a tap, a disk and values of its own" {
	qemu-img create -q -f qcow2 "$ROOT/base.qcow2" 8M
	vm worker@ "args = [ \"-S\" ]; nics = \"br0\"; description = \"%n is %i, 100%%\"; display = { vnc = \":4%i\"; };
		disks = ( { file = \"$ROOT/%n.qcow2\"; base = \"$ROOT/base.qcow2\"; } );"
	run -0 vmrun start 'worker@{1..3}'
	[[ $(vmrun --json mac | jq -r '[.[] | select(.name | startswith("worker@")) | .mac] | unique | length') == 3 ]]
	for i in 1 2 3; do
		[[ $(net ip -j link show master br0) == *"worker~$i.0"* ]]
		[[ $(qemu-img info -U --output json "$ROOT/worker@$i.qcow2" | jq -r '."full-backing-filename"') == "$ROOT/base.qcow2" ]]
		[[ -f $ROOT/log/worker@$i.log ]]
		uuids+=" $(vmrun argv worker@$i | sed -n 's/.*-uuid \([^ ]*\).*/\1/p')"
		[[ $(tr '\0' ' ' <"/proc/$(qemu_pid worker@$i)/cmdline") == *"127.0.0.1:4$i "* ]]
	done
	[[ $(tr ' ' '\n' <<<"$uuids" | sort -u | grep -c .) == 3 ]]
	[[ $(vmrun --json show worker@2 | jq -r '.[][] | select(.key == "description").value') == '"worker@2 is 2, 100%"' ]]
	run -0 vmrun status worker@2
	run -0 vmrun log worker@2
	run -0 vmrun restart worker@2
	run -0 vmrun --json qmp worker@2 query-name
	run -0 vmrun stop hard 'worker@*'
	nothing_left
}

@test "one that its file does not list starts all the same, is shown while it runs, and stops" {
	vm worker@ 'instances = "1..2"; args = [ "-S" ]; tags = "w";'
	run -0 vmrun start worker@7
	[[ $(names) == "worker@1 worker@2 worker@7" ]]
	[[ $(names @w) == "worker@1 worker@2 worker@7" ]]
	run -0 vmrun status worker@7
	run -0 vmrun stop hard --all
	[[ $(names) == "worker@1 worker@2" ]]
	run -3 vmrun status worker@7
	nothing_left
}

@test "a supervisor that died is replaced, and one that restarts finds the file again" {
	vm worker@ 'args = [ "-S" ]; restart = { policy = "always"; delay = "100ms"; };'
	run -0 vmrun start worker@1
	kill -9 "$(supervisor_pid worker@1)"
	run -0 vmrun status worker@1
	old=$(qemu_pid worker@1)
	kill -9 "$old"
	again() { [[ $(qemu_pid worker@1) != "$old" ]]; }
	wait_for 10 again
	run -0 vmrun stop hard worker@1
	nothing_left
}

@test "what an instance came to is what its file says, percent signs and all" {
	mkdir "$ROOT/etc/templates"
	echo 'display = { vnc = ":4%i"; };' >"$ROOT/etc/templates/base.conf"
	vm worker@ 'template = "base"; display = "none"; args = [ "-S" ]; description = "%i: 100%%";
		restart = { policy = "always"; delay = "100ms"; };'
	run -0 vmrun start worker@1
	run -0 vmrun diff worker@1
	[[ -z $output ]]
	# As it ran, where its file cannot be read any more.
	old=$(qemu_pid worker@1)
	vm worker@ 'memory ='
	kill -9 "$old"
	again() { [[ $(qemu_pid worker@1) != "$old" ]]; }
	wait_for 10 again
	run -0 vmrun stop hard worker@1
	nothing_left
}

@test "a file of its own wins, a path works, and what is no instance is told" {
	vm worker@ 'instances = "1..2"; description = "shared";'
	vm worker@1 'description = "own %i";'
	value() { vmrun --json show "$1" | jq -r '.[][] | select(.key == "description").value'; }
	[[ $(value worker@1) == '"own 1"' ]]
	[[ $(value worker@2) == '"shared"' ]]
	[[ $(value "$ROOT/etc/vms/worker@5.conf") == '"shared"' ]]
	[[ $(names) == "worker@1 worker@2" ]]
	for name in worker@ worker@a@b worker@-1 'worker@a b' other@1; do
		run -78 vmrun start "$name"
	done
	[[ $(vmrun start worker@ 2>&1) == *'"worker@" stands for instances: name one, as in worker@1'* ]]
}

@test "a file of instances that is wrong is told once it is checked, whatever it lists" {
	vm empty@ 'memori = 1;'
	vm list@ 'instances = "a b";'
	vm cut@ 'memory ='
	vm one 'args = [ "-S" ];'
	run -78 vmrun check
	[[ $output == *"empty@: $ROOT/etc/vms/empty@.conf:1: memori: unknown key"* ]]
	[[ $output == *"list@.conf:1: instances"* && $output == *"cut@: $ROOT/etc/vms/cut@.conf:1: "* ]]
	run -78 vmrun check empty@
	run vmrun start --all
	((status != 0))
	[[ $output == *"one: running"* && $output == *cut@.conf:1* ]]
	vmrun stop hard one
	nothing_left
}

@test "a name that means two things is an error" {
	vm web1 'args = [ "-S" ];'
	vm web1.conf
	mkdir "$ROOT/else"
	echo 'args = [ "-S" ];' >"$ROOT/else/web1.conf"
	# A file here and a VM of that very name.
	cd "$ROOT/else"
	run -78 vmrun start web1.conf
	[[ $output == *"the word means two VMs"* ]]
	# Two files of one name.
	run -78 vmrun check web1 ./web1.conf
	[[ $output == *"the name means two VMs here"* ]]
	run -0 vmrun check web1 "$ROOT/etc/vms/web1.conf" web1
	# A glob that is a file as well.
	touch 'web*.conf'
	run -78 vmrun check 'web*.conf'
	[[ $output == *"the word means two things"* ]]
	# One that runs, and one that has a file.
	mv "$ROOT/etc/vms/web1.conf" "$ROOT/away"
	run -0 vmrun start ./web1.conf
	mv "$ROOT/away" "$ROOT/etc/vms/web1.conf"
	run -78 vmrun stop hard web1
	[[ $output == *"the name means two VMs"* ]]
	run -0 vmrun stop hard ./web1.conf
	# A tag without its @.
	vm db 'tags = "prod";'
	run -4 vmrun status prod
	[[ $output == *"with that tag there are some: @prod"* ]]
	nothing_left
}

@test "braces are expanded around whatever a word is" {
	vm web1
	vm web2
	vm db
	[[ $(names '{web,db}*') == "web1 web2 db" || $(names '{web,db}*') == "db web1 web2" ]]
	[[ $(names "$ROOT/etc/vms/web{2..1}.conf") == "web2 web1" || $(names "$ROOT/etc/vms/web{2..1}.conf") == "web1 web2" ]]
	run -78 vmrun check 'web{1..3}'
	[[ $output == *"web3"* ]]
	run vmrun check 'web{1..100000}'
	((status == 64))
}

@test "the name of an instance, or of a VM with an underscore, can be in its guest's" {
	vm worker@ 'instances = "1..2"; cloud_init = { hostname = "%n.example.net"; };'
	vm web_1 'cloud_init = { hostname = "web_1"; };'
	run -0 vmrun check
	run -0 vmrun argv worker@2
	# Of others what no hostname can have is an error as before.
	vm web2 'cloud_init = { hostname = "web_2"; };'
	run -78 vmrun check web2
	[[ $output == *"web2.conf:1: cloud_init.hostname: is not a hostname"* ]]
}
