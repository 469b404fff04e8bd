"""The images that the bed boots: Xen, a kernel, dom0's initramfs, and inside that the guests'."""
import gzip
import json
import pathlib
import subprocess

from netlab.gateway import binary

from .cpio import Cpio
from .debian import UnpackedPackages, dependency
from .identity import Identity
from .kernel import vmlinux
from .programs import Programs, Python

HERE = pathlib.Path(__file__).resolve().parents[1]
XEN = "4.17"

HOST_PACKAGES = ("qemu-system-x86", "binutils", "gcc", "libc6-dev", "libxen-dev", "openssl")
PACKAGES = (f"xen-hypervisor-{XEN}-amd64", f"xen-utils-{XEN}", "xen-utils-common", "xenstore-utils", "busybox-static", "openvpn", "tcpdump",
            # What those need and not every machine has.
            f"libxenmisc{XEN}", "libxencall1", "libxendevicemodel1", "libxenevtchn1", "libxenforeignmemory1", "libxengnttab1", "libxenhypfs1",
            "libxenstore4", "libxentoolcore1", "libxentoollog1", "libyajl2", "libcap-ng0", "libdbus-1-3", "liblz4-1", "liblzo2-2",
            "libnl-3-200", "libnl-genl-3-200", "libpcap0.8", "libpkcs11-helper1")

GUEST_MODULES = ("drivers/xen/xen-evtchn", "drivers/xen/xen-gntdev", "drivers/xen/xen-gntalloc", "drivers/xen/xen-privcmd",
                 "drivers/net/xen-netfront", "drivers/net/xen-netback/xen-netback", "drivers/net/tun", "drivers/net/dummy")
DOM0_MODULES = ("drivers/xen/xen-evtchn", "drivers/xen/xen-gntdev", "drivers/xen/xen-gntalloc", "drivers/xen/xen-privcmd",
                "drivers/xen/xenfs/xenfs", "drivers/net/xen-netback/xen-netback", "drivers/net/tun", "drivers/net/veth")


class Images:
    """Made in `directory`. What costs time and does not change is kept there: the packages and the kernel."""

    def __init__(self, directory):
        self.directory = directory
        self.xen, self.kernel, self.dom0 = directory / "xen", directory / "vmlinux", directory / "dom0.cpio"
        self._guest = directory / "guest.cpio"
        directory.mkdir(parents=True, exist_ok=True)

    def build(self, setup):
        """`setup`: what dom0's main is to know (dom0/main.py)."""
        packages = UnpackedPackages(self.directory)
        self.root = packages.root
        packages.update([*PACKAGES, dependency("linux-image-amd64", r"linux-image-\d.*")])
        self._make_kernels(packages.stamp.stat().st_mtime)
        identity = Identity(self.directory / "identity")
        self._make_guest(identity)
        self._make_dom0(identity, setup)

    def _make_kernels(self, packages_time):
        for image, make in ((self.xen, lambda: gzip.decompress((self.root / f"boot/xen-{XEN}-amd64.gz").read_bytes())),
                            (self.kernel, lambda: vmlinux(next((self.root / "boot").glob("vmlinuz-*"))))):
            if not image.exists() or image.stat().st_mtime < packages_time:
                image.write_bytes(make())

    def _common(self, modules):
        image = Cpio()
        programs = Programs(image, self.root)
        for path in ("proc", "sys", "dev", "tmp", "run", "var", "root"):
            image.directory(path)
        image.character_device("dev/console", 5, 1)
        image.character_device("dev/null", 1, 3)
        image.link("var/run", "/run")
        busybox = self.root / "bin/busybox"
        image.copy("bin/busybox", busybox)
        for applet in subprocess.run([busybox, "--list"], check=True, text=True, stdout=subprocess.PIPE).stdout.split():
            if applet != "busybox":
                image.link(f"bin/{applet}", "busybox")
        for program in ("exists", "list", "ls", "read", "rm", "watch", "write"):
            programs.add(f"usr/bin/xenstore-{program}", self.root / f"usr/bin/xenstore-{program}")
        kernel = next((self.root / "lib/modules").iterdir()) / "kernel"
        for module in modules:
            image.copy(f"mod/{pathlib.Path(module).name}.ko", kernel / f"{module}.ko")
        image.copy("lib/bed/common.sh", HERE / "guest/common.sh")
        image.file("etc/hosts", "127.0.0.1 localhost\n")
        image.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
        return image, programs

    def _make_guest(self, identity):
        image, programs = self._common(GUEST_MODULES)
        for script in ("gateway.sh", "uplink.sh", "app.sh"):
            image.copy(f"lib/bed/{script}", HERE / "guest" / script)
        image.copy("init", HERE / "guest/init", 0o755)
        image.copy("usr/bin/net-up", HERE / "guest/net-up", 0o755)
        image.copy("sbin/poweroff", HERE / "guest/poweroff", 0o755)
        for program, source, libraries in (("bed-agent", "guest/agent.c", ("xenstore",)),
                                           ("hostile_frontend", "guest/hostile_frontend.c", ("xenstore", "xengnttab", "xenevtchn"))):
            programs.add(f"usr/bin/{program}", self._compile(program, HERE / source, libraries))
        programs.add("usr/lib/slow_events.so", self._compile("slow_events.so", HERE / "guest/slow_events.c", (), "-shared", "-fPIC"))
        stripped = self.directory / "sallyport"
        subprocess.run(["strip", "-o", stripped, binary()], check=True)
        programs.add("usr/bin/sallyport", stripped)
        self._add_xen(image, programs, "xl")  # for `xl devd`, which Qubes runs in its network VMs
        image.file("etc/sallyport/profile.ovpn", identity.profile(), 0o600)
        image.write(self._guest)

    def _compile(self, program, source, libraries, *options):
        made = self.directory / program
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-result", *options, "-o", made, source,
                        *(f"-l{l}" for l in libraries)], check=True)
        return made

    def _add_xen(self, image, programs, *names):
        """xl looks for its helpers where Debian has them."""
        directory = f"usr/lib/xen-{XEN}/bin"
        for name in names:
            programs.add(f"{directory}/{name}", self.root / directory / name)
            image.link(f"usr/sbin/{name}", f"/{directory}/{name}")
        programs.add_library("libgcc_s.so.1")  # for pthread_cancel in xl

    def _make_dom0(self, identity, setup):
        image, programs = self._common(DOM0_MODULES)
        self._add_xen(image, programs, "xl", "xenstored", "xenconsoled", "xen-init-dom0", "libxl-save-helper")
        programs.add("usr/sbin/openvpn", self.root / "usr/sbin/openvpn")
        programs.add("usr/bin/tcpdump", self.root / "usr/bin/tcpdump")
        for name, content in identity.server_files().items():
            image.file(f"etc/openvpn/{name}", content, 0o600)
        image.file("etc/xen/xl.conf", 'autoballoon="off"\n')
        image.copy("etc/xen/scripts/vif-uplink", HERE / "dom0/vif-uplink", 0o755)
        image.copy("init", HERE / "dom0/init", 0o755)
        Python(programs, HERE.parent).add("xen.dom0.main", "xen.dom0.dns")
        programs.add_library(f"libxenvchan.so.{XEN}")  # for standin/vchan.py
        image.file("bed/setup.json", json.dumps(setup))
        image.copy("boot/vmlinux", self.kernel)
        image.copy("boot/guest.cpio", self._guest)
        image.write(self.dom0)
