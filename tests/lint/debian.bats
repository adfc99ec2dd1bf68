# The Debian package: built from this checkout, looked at by lintian, and installed, upgraded, removed and purged on this
# machine as it is, but for an overlay that takes all that is written.
load ../lib/common

build=$BATS_TEST_DIRNAME/../../conf/packaging/debian/build

setup_file() {
	[[ -f /etc/debian_version ]] || skip "this is no Debian"
	OUT=$(mktemp -d /tmp/vmrun-debian.XXXXXX)
	export OUT
	[[ ! -d /usr/lib/ccache ]] || PATH=/usr/lib/ccache:$PATH
	"$build" "$OUT" >"$OUT/log" 2>&1 || { tail -n 40 "$OUT/log"; return 1; }
	DEB=$(echo "$OUT"/vmrun_*.deb)
	export DEB
}

teardown_file() {
	[[ ! -d ${OUT:-} ]] || rm -rf "$OUT"
}

# on_host SCRIPT: as root of this machine, of which all that changes is thrown away.
on_host() {
	# shellcheck disable=SC2016 # for the shell inside
	unshare --mount --pid --fork --net bash -ec '
		mkdir -p "$OUT/top"
		mount -t tmpfs none "$OUT/top"
		mkdir "$OUT"/top/{upper,work,root}
		mount -t overlay overlay -o "lowerdir=/,upperdir=$OUT/top/upper,workdir=$OUT/top/work" "$OUT/top/root"
		mount -t tmpfs none "$OUT/top/root/run"
		mount -t proc proc "$OUT/top/root/proc"
		mount --rbind /dev "$OUT/top/root/dev"
		mkdir -p "$OUT/top/root$OUT"
		mount --bind "$OUT" "$OUT/top/root$OUT"
		export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
		exec chroot "$OUT/top/root" bash -ec "$1"' - "$1" 3>&-
}

setup() {
	# shellcheck disable=SC2016
	lacks "overlayfs" unshare --mount bash -ec 'mkdir -p "$OUT/try"; mount -t tmpfs none "$OUT/try"; mkdir "$OUT"/try/{u,w,m}
		mount -t overlay overlay -o "lowerdir=/,upperdir=$OUT/try/u,workdir=$OUT/try/w" "$OUT/try/m"'
}

# The next version, with another vmrun.conf: NEXT.
next_version() {
	NEXT=$OUT/next.deb
	[[ ! -f $NEXT ]] || return 0
	dpkg-deb -R "$DEB" "$OUT/unpacked"
	sed -i 's/^Version: .*/&+next/' "$OUT/unpacked/DEBIAN/control"
	echo "# of the next version" >>"$OUT/unpacked/etc/vmrun/vmrun.conf"
	dpkg-deb --root-owner-group -b "$OUT/unpacked" "$NEXT" >/dev/null
}

@test "lintian finds no error and gives no warning" {
	run -0 lintian --allow-root --fail-on error,warning "$OUT"/*.changes
	[[ -z $output ]] || echo "$output"
}

@test "the version is the project's, and the checkout is left as it was" {
	[[ $(dpkg-deb -f "$DEB" Version) == "$(meson introspect --projectinfo "$BATS_TEST_DIRNAME/../../meson.build" | jq -r .version)" ]]
	[[ $(dpkg-deb -f "$DEB" Depends) == *libconfig*libjansson*libmnl* ]]
	[[ ! -e $BATS_TEST_DIRNAME/../../debian ]]
}

@test "what is in it: program, manual, units, completion, schemas; two conffiles" {
	local file files
	files=$(dpkg-deb -c "$DEB" | awk '{ print $6 }')
	for file in ./usr/bin/vmrun ./usr/share/man/man1/vmrun.1.gz ./usr/share/man/man5/vmrun{,-vm}.conf.5.gz \
		./usr/lib/{sysusers,tmpfiles}.d/vmrun.conf ./usr/share/bash-completion/completions/vmrun \
		./usr/share/zsh/vendor-completions/_vmrun ./usr/share/fish/vendor_completions.d/vmrun.fish \
		./usr/share/doc/vmrun/copyright ./etc/vmrun/vmrun.conf; do
		grep -qxF "$file" <<<"$files" || { echo "no $file"; return 1; }
	done
	grep -qE '/lib/systemd/system/vmrun@\.service$' <<<"$files"
	grep -qE '/lib/systemd/system/vmrun-fleet\.service$' <<<"$files"
	[[ $(grep -c '^./usr/share/vmrun/schema/.*\.json$' <<<"$files") == "$(find "$BATS_TEST_DIRNAME/../../man/schema" -name '*.json' | wc -l)" ]]
	[[ $(dpkg-deb -I "$DEB" conffiles | sort) == "/etc/needrestart/conf.d/vmrun.conf
/etc/vmrun/vmrun.conf" ]]
}

@test "needrestart is kept from restarting VMs, and nothing else" {
	local file=$OUT/needrestart
	dpkg-deb --fsys-tarfile "$DEB" | tar -xO ./etc/needrestart/conf.d/vmrun.conf >"$file"
	# shellcheck disable=SC2016 # perl
	run -0 perl -we 'use strict; our %nrconf; eval "no strict; " . join("", <STDIN>); die $@ if $@;
		my ($pattern) = keys %{$nrconf{override_rc}};
		print join(" ", grep { /$pattern/ } qw(vmrun-fleet.service vmrun@web-1.service ssh.service vmrunner.service));' <"$file"
	[[ $output == "vmrun-fleet.service vmrun@web-1.service" ]]
}

@test "installed it works, its pages are found, and the fleet's service is enabled" {
	# shellcheck disable=SC2016 # for the shell inside
	on_host 'dpkg -i "$DEB"
		vmrun version
		[[ $(command -v vmrun) == /usr/bin/vmrun ]]
		mandoc -T ascii "$(echo /usr/share/man/man1/vmrun.1.gz)" | grep -q "run QEMU virtual machines"
		[[ -L /etc/systemd/system/multi-user.target.wants/vmrun-fleet.service ]]
		getent passwd vmrun
		systemd-analyze verify /lib/systemd/system/vmrun-fleet.service 2>&1 | { ! grep vmrun; }
		for page in /etc/vmrun /var/lib/vmrun /var/log/vmrun; do [[ -d $page && $(stat -c %U:%a $page) == root:755 ]]; done
		printf "memory = \"64M\"; accel = \"tcg\";\n" >/etc/vmrun/vms/web1.conf
		vmrun check web1
		vmrun start web1
		vmrun status web1
		vmrun stop hard web1'
}

@test "an upgrade keeps an edited vmrun.conf and lets VMs run on" {
	next_version
	export NEXT
	# shellcheck disable=SC2016 # for the shell inside
	on_host 'dpkg -i "$DEB"
		printf "memory = \"64M\"; accel = \"tcg\";\n" >/etc/vmrun/vms/web1.conf
		vmrun start web1
		pid=$(vmrun --json status web1 | jq ".[0].pid")
		echo "# mine" >>/etc/vmrun/vmrun.conf
		dpkg --force-confdef --force-confold -i "$NEXT"
		[[ $(dpkg-query -W -f "\${Version}" vmrun) == *+next ]]
		grep -qx "# mine" /etc/vmrun/vmrun.conf
		grep -q "of the next version" /etc/vmrun/vmrun.conf.dpkg-dist
		[[ $(vmrun --json status web1 | jq ".[0].pid") == "$pid" ]]
		vmrun stop hard web1'
}

@test "removing stops what runs; purging leaves nothing but the files of VMs, and without any nothing" {
	# shellcheck disable=SC2016 # for the shell inside
	on_host 'find /etc /usr /var -path "*vmrun*" -o -path "/etc/systemd/*" | sort >/tmp/before
		dpkg -i "$DEB"
		printf "memory = \"64M\"; accel = \"tcg\";\n" >/etc/vmrun/vms/web1.conf
		vmrun start web1
		pid=$(vmrun --json status web1 | jq ".[0].pid")
		dpkg -r vmrun
		[[ ! -d /proc/$pid && ! -e /usr/bin/vmrun && -f /etc/vmrun/vmrun.conf && -f /etc/vmrun/vms/web1.conf ]]
		dpkg -P vmrun | tee /tmp/said
		grep -q "holds files of VMs" /tmp/said
		[[ -f /etc/vmrun/vms/web1.conf && -f /var/lib/vmrun/ledger && ! -e /etc/vmrun/vmrun.conf ]]
		dpkg -i "$DEB"
		rm /etc/vmrun/vms/web1.conf
		dpkg -P vmrun
		find /etc /usr /var -path "*vmrun*" -o -path "/etc/systemd/*" | sort >/tmp/after
		diff /tmp/before /tmp/after'
}
