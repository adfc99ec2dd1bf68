# A formula for a tap of your own. There is no release yet, and so no URL with a checksum: it builds a git checkout,
# and says which once sed has put its path here. In the checkout:
#
#   brew tap-new "$USER/vmrun"
#   sed "s|@CHECKOUT@|$PWD|" conf/packaging/homebrew/vmrun.rb >"$(brew --repository "$USER/vmrun")/Formula/vmrun.rb"
#   brew install --HEAD "$USER/vmrun/vmrun"
class Vmrun < Formula
  desc "Run QEMU virtual machines as members of the host's network"
  license "ISC"
  head "file://@CHECKOUT@", using: :git, branch: "main"

  depends_on "meson" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "jansson"
  depends_on "libarchive"
  depends_on "libconfig"
  depends_on :macos
  depends_on "qemu"

  def install
    args = %W[
      -Dmandir=#{man}
      -Dprefer_static=false
      -Dtests=false
      -Duserconfdir=#{etc}/vmrun
    ]
    system "meson", "setup", "build", *args, *std_meson_args
    system "meson", "compile", "-C", "build", "--verbose"
    system "meson", "install", "-C", "build"
    # A folder of one version is gone with the next.
    inreplace Dir[pkgshare/"launchd/*.plist"], prefix.to_s, opt_prefix.to_s
  end

  def caveats
    <<~EOS
      Your VMs are the files in #{etc}/vmrun/vms, or in ~/.config/vmrun/vms once
      there is a folder ~/.config/vmrun.

      A bridged NIC without root is a socket of socket_vmnet:
        brew install socket_vmnet
        sudo brew services start socket_vmnet
      and in the VM's file:
        nics = ( { socket = "#{var}/run/socket_vmnet"; } );

      As root, vmrun reads /etc/vmrun only, because others can write #{HOMEBREW_PREFIX}.
      Whoever can is root as well where root runs a vmrun or a QEMU from there.

      To start a VM at login or at boot, see the heads of the files in
        #{opt_pkgshare}/launchd
    EOS
  end

  test do
    system bin/"vmrun", "version"
    (testpath/"web1.conf").write "memroy = 1;\n"
    assert_match 'did you mean "memory"', shell_output("#{bin}/vmrun check #{testpath}/web1.conf 2>&1", 78)
  end
end
