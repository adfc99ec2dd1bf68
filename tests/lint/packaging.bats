# What is installed on each system, and what the FreeBSD port and the Homebrew formula say of it. The other systems are
# configured, not built: meson is told that the host is one of them, with this machine's compiler.
bats_require_minimum_version 1.5.0

top=$BATS_TEST_DIRNAME/../..
port=$top/conf/packaging/freebsd
formula=$top/conf/packaging/homebrew/vmrun.rb

setup() {
	tmp=$(mktemp -d)
}

teardown() {
	rm -rf "$tmp"
}

# configure SYSTEM [OPTION…]: into $tmp/SYSTEM.
configure() {
	local system=$1
	shift
	cat >"$tmp/$system.ini" <<-END
		[host_machine]
		system = '$system'
		cpu_family = 'x86_64'
		cpu = 'x86_64'
		endian = 'little'
		[properties]
		needs_exe_wrapper = false
		[binaries]
		c = 'cc'
		ar = 'ar'
		strip = 'strip'
		pkgconfig = 'pkg-config'
	END
	meson setup --cross-file "$tmp/$system.ini" -Dtests=false "$@" "$tmp/$system" "$top"
}

# places SYSTEM: of the config, the state, the runtime folders and the logs, from the sample of the host config.
places() {
	grep -qF "#template_dir = \"$(sed -n 's/^#vm_dir = "\(.*\)vms";$/\1/p' "$tmp/$1/conf/vmrun.conf")templates\";" "$tmp/$1/conf/vmrun.conf" || echo template_dir
	sed -n 's/^#\(vm\|state\|run\|log\)_dir = "\(.*\)";$/\2/p' "$tmp/$1/conf/vmrun.conf" | sed '1s|/vms$||'
}

# installed SYSTEM: by full name; of a folder all that is in it.
installed() {
	local from to
	meson introspect --installed -i "$tmp/$1" | jq -r 'to_entries[] | "\(.key)\t\(.value)"' | while IFS=$'\t' read -r from to; do
		if [[ -d $from ]]; then find "$from" -type f -printf "$to/%P\n"; else echo "$to"; fi
	done | sort
}

# port_plist: what the port's pkg-plist lists, and what its Makefile adds, without what FreeBSD alone installs.
port_plist() {
	grep -q 'FIND} share/vmrun/schema -type f .*>>${TMPPLIST}$' "$port/Makefile"
	cat "$port/pkg-plist"
	(cd "$top/man" && find schema -type f | sed 's|^|share/vmrun/|')
}

# port_variable NAME: its words, continued lines and all.
port_variable() {
	sed -e :a -e '/\\$/N; s/\\\n//; ta' "$port/Makefile" | sed -n "s/^$1=//p"
}

@test "Linux: the places" {
	configure linux
	[[ $(places linux) == /etc/vmrun$'\n'/var/lib/vmrun$'\n'/run/vmrun$'\n'/var/log/vmrun ]]
}

@test "FreeBSD: the places, the config below the prefix" {
	configure freebsd --prefix=/usr/local
	[[ $(places freebsd) == /usr/local/etc/vmrun$'\n'/var/db/vmrun$'\n'/var/run/vmrun$'\n'/var/log/vmrun ]]
	grep -q '^\.It Pa /usr/local/etc/vmrun/vms$' "$tmp/freebsd/man/vmrun.conf.5.paths"
	grep -q '^\.It Pa /usr/local/etc/vmrun/vms/NAME\.conf' "$tmp/freebsd/man/vmrun.1"
	grep -q '^\.It Pa /var/db/vmrun/ledger$' "$tmp/freebsd/man/vmrun.1"
	grep -q 'vmrun_binary:=/usr/local/bin/vmrun}' "$tmp/freebsd/conf/vmrun.rc"
}

@test "macOS: the places, the config of root never below the prefix" {
	configure darwin --prefix=/opt/homebrew
	[[ $(places darwin) == /etc/vmrun$'\n'/var/db/vmrun$'\n'/var/run/vmrun$'\n'/var/log/vmrun ]]
	[[ $(installed darwin) == *"/opt/homebrew/share/vmrun/launchd/agent.plist"* ]]
	[[ $(installed darwin) == *"/opt/homebrew/share/vmrun/launchd/daemon.plist"* ]]
	grep -q '<string>/opt/homebrew/bin/vmrun</string>' "$tmp/darwin/conf/daemon.plist"
}

@test "macOS: the formula's options give users a config below the prefix, and the manual says so" {
	configure darwin --prefix=/opt/homebrew/Cellar/vmrun/1 -Duserconfdir=/opt/homebrew/etc/vmrun
	grep -q '^#vm_dir = "/opt/homebrew/etc/vmrun/vms"' "$tmp/darwin/conf/vmrun.conf"
	grep -q '^\.Pa /opt/homebrew/etc/vmrun \.$' "$tmp/darwin/man/vmrun.1"
	run -0 mandoc -Tlint -Wwarning "$tmp/darwin/man/vmrun.1"
	grep -q -e '-Duserconfdir=#{etc}/vmrun$' "$formula"
}

@test "what the builder says wins on every system" {
	local system
	for system in linux freebsd darwin; do
		configure "$system" -Dconfdir=/c -Dstatedir=/s -Drundir=/r -Dlogdir=/l
		[[ $(places "$system") == /c$'\n'/s$'\n'/r$'\n'/l ]]
	done
	rm -r "$tmp/freebsd"
	configure freebsd --sysconfdir=/opt/etc --localstatedir=/opt/var
	[[ $(places freebsd) == /opt/etc/vmrun$'\n'/opt/var/db/vmrun$'\n'/opt/var/run/vmrun$'\n'/opt/var/log/vmrun ]]
}

@test "OpenBSD and NetBSD are refused by name, with where to read on" {
	run ! configure openbsd
	[[ $output == *"does not support OpenBSD yet"*src/os/os.h* ]]
	run ! configure netbsd
	[[ $output == *"does not support NetBSD yet"*src/os/os.h* ]]
}

@test "meson install: what the port's pkg-plist lists, by the names of Linux; an edited host config is kept" {
	local build=${VMRUN%/src/vmrun} got want
	meson install --quiet --no-rebuild -C "$build" --destdir "$tmp/stage"
	got=$(cd "$tmp/stage" && find . -type f | sed -e 's|^\./||' -e 's|^usr/local/||' -e '/^lib\//d' | sort)
	want=$(port_plist | sed -e '/^etc\/rc\.d\//d' -e 's/^@sample //' -e 's/\.sample$//' -e 's/\.gz$//' | sort)
	[[ $got == "$want" ]] || { diff <(echo "$want") <(echo "$got"); return 1; }
	cmp "$build/conf/vmrun.conf" "$tmp/stage/etc/vmrun/vmrun.conf"
	echo "# mine" >>"$tmp/stage/etc/vmrun/vmrun.conf"
	meson install --quiet --no-rebuild -C "$build" --destdir "$tmp/stage"
	grep -q '^# mine' "$tmp/stage/etc/vmrun/vmrun.conf"
}

@test "Linux: vmrun-net is installed where that was asked for, and says what a package has to do" {
	configure linux -Dhelper=setuid
	[[ $(meson introspect --installed -i "$tmp/linux" | jq -r '.[]') == */usr/local/libexec/vmrun-net* ]]
	run -0 env DESTDIR="$tmp/stage" "$top/conf/install-capability" /usr/local/libexec/vmrun-net
	[[ $output == "Where the package is installed: setcap cap_net_admin=ep /usr/local/libexec/vmrun-net" ]]
	run configure freebsd -Dhelper=setuid
	[[ $status != 0 && $output == *"vmrun-net is of Linux"* ]]
}

@test "Linux: without the option vmrun-net is not installed" {
	configure linux
	[[ $(meson introspect --installed -i "$tmp/linux") != *vmrun-net* ]]
}

# What systemd reads, by prefix.
units='lib/systemd/system-preset/80-vmrun.preset
lib/systemd/system/vmrun-fleet.service
lib/systemd/system/vmrun.slice
lib/systemd/system/vmrun@.service
lib/systemd/user/vmrun@.service
lib/sysusers.d/vmrun.conf
lib/tmpfiles.d/vmrun.conf'

@test "Linux: what systemd reads is installed below the prefix, with the places of this build, or not at all" {
	local prefix
	for prefix in /usr /usr/local; do
		rm -rf "$tmp/linux"
		configure linux --prefix="$prefix"
		[[ $(installed linux | sed -n "s|^$prefix/lib/|lib/|p") == "$units" ]]
		grep -qx "ExecStart=$prefix/bin/vmrun start --foreground %i" "$tmp/linux/conf/vmrun@.service"
		grep -qx "ExecStart=-$prefix/bin/vmrun start --enabled" "$tmp/linux/conf/vmrun-fleet.service"
		grep -qx "d /var/lib/vmrun 0755 root root -" "$tmp/linux/conf/tmpfiles.conf"
	done
	rm -rf "$tmp/linux"
	configure linux -Dsystemd=false
	[[ $(installed linux) != *systemd* ]]
}

@test "Linux: systemd finds nothing wrong with the units, nor do its sysusers and tmpfiles" {
	local build=${VMRUN%/src/vmrun}
	command -v systemd-analyze >/dev/null || skip "there is no systemd here"
	meson install --quiet --no-rebuild -C "$build" --destdir "$tmp/stage"
	# As installed, but for the program, which is elsewhere.
	sed -i "s|/usr/local/bin/vmrun|$VMRUN|" "$tmp"/stage/usr/local/lib/systemd/*/*.service
	cd "$tmp/stage/usr/local/lib"
	SYSTEMD_UNIT_PATH=$PWD/systemd/system: run -0 systemd-analyze --man=no verify vmrun@web1.service vmrun-fleet.service vmrun.slice
	[[ -z $output ]] || { echo "$output"; return 1; }
	XDG_RUNTIME_DIR=$tmp HOME=$tmp SYSTEMD_UNIT_PATH=$PWD/systemd/user: run -0 systemd-analyze --man=no --user verify vmrun@web1.service
	[[ -z $output ]] || { echo "$output"; return 1; }
	run -0 systemd-sysusers --dry-run "$PWD/sysusers.d/vmrun.conf"
	mkdir -p "$tmp/root/etc"
	cp /etc/passwd /etc/group "$tmp/root/etc/"
	run -0 systemd-tmpfiles --root="$tmp/root" --create "$PWD/tmpfiles.d/vmrun.conf"
	[[ -d $tmp/root/run/vmrun && -d $tmp/root/var/lib/vmrun && -d $tmp/root/var/log/vmrun ]]
	# A deadline of systemd's would be SIGKILL before the VM's own.
	[[ -z $(grep -L '^TimeoutStopSec=infinity$' systemd/*/*.service) ]]
	[[ -z $(grep -L '^KillMode=process$' systemd/*/*.service) ]]
}

@test "FreeBSD: the port's options install exactly what its pkg-plist lists" {
	local options want
	read -ra options <<<"$(port_variable MESON_ARGS)"
	[[ " ${options[*]} " == *" -Dtests=false "* ]]
	configure freebsd --prefix=/usr/local "${options[@]}"
	want=$(port_plist | sed -e 's/^@sample //' -e 's/\.gz$//' -e 's|^|/usr/local/|' | sort)
	[[ $(installed freebsd) == "$want" ]] || { diff <(echo "$want") <(installed freebsd); return 1; }
}

@test "FreeBSD: the port is of this version, and says what it needs and what rc.d is asked" {
	[[ $(port_variable DISTVERSION | tr -d '\t ') == "$(meson introspect --projectinfo "$top/meson.build" | jq -r .version)" ]]
	[[ $(port_variable USES) == *meson*pkgconfig* ]]
	[[ $(port_variable LIB_DEPENDS) == *libconfig.so:devel/libconfig*libjansson.so:devel/jansson* ]]
	[[ $(port_variable RUN_DEPENDS) == *:emulators/qemu* ]]
	# Each variable that the message names is one that the script reads.
	local variable
	for variable in $(grep -o 'vmrun_[a-z]*' "$port/pkg-message" | sort -u); do
		grep -q "$variable" "$top/conf/rc.d/vmrun.in"
	done
	(($(wc -L <"$port/pkg-descr") <= 80))
}

@test "macOS: the formula names options that there are, and no checksum before there is a release" {
	local option
	for option in $(grep -o -e '-D[a-z_]*' "$formula"); do
		option=${option#-D}
		meson introspect --buildoptions "$top/meson.build" | jq -e --arg name "$option" 'any(.[]; .name == $name)'
	done
	run -1 grep -E '^ *(sha256|url) ' "$formula"
	run -1 grep -E '^ *head "https?:' "$formula"
}
