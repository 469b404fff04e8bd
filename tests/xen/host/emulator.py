"""QEMU without KVM, running Xen: one machine from power-on to power-off.

Its clock counts instructions, one a nanosecond, and jumps to the next event when nothing is left to do. So a busy host makes a run
longer, but no time-out in it shorter (libxl's ten seconds, above all); and what waits costs nothing. That takes one emulated
processor, which is also the only number with which QEMU's SVM emulation carries PVH guests."""
import subprocess

# Without rdrand each xl create waits for entropy; without the others the tunnel's two ends would do AES in emulated C.
_FEATURES = "+rdrand,+ssse3,+sse4.1,+sse4.2,+aes,+pclmulqdq"
PV = f"qemu64,{_FEATURES}"
PVH = f"qemu64,+npt,{_FEATURES}"  # Debian's Xen has no shadow paging
_CLOCK = ("-icount", "shift=0,sleep=off", "-rtc", "clock=vm")
_MEMORY_MIB = 2560

_XEN = "console=com1 com1=115200,8n1 dom0_mem=768M,max:768M loglvl=warning guest_loglvl=warning"
_DOM0 = "console=hvc0 rdinit=/init quiet swiotlb=1024 cryptomgr.notests mitigations=off audit=0 apparmor=0 random.trust_cpu=on"


class Emulator:
    """Standard output is the second serial port; Xen's and dom0's consoles go to `console`."""

    def __init__(self, processor, images, console):
        initrd = f"{images.kernel} {_DOM0},{images.dom0}"
        arguments = ["qemu-system-x86_64", "-accel", "tcg,thread=single,tb-size=1024", "-cpu", processor, "-smp", "1", *_CLOCK,
                     "-m", str(_MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot",
                     "-serial", f"file:{console}", "-serial", "stdio",
                     "-kernel", str(images.xen), "-append", _XEN, "-initrd", initrd]
        self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = self._process.stdout

    def running(self):
        return self._process.poll() is None

    def stop(self):
        self._process.kill()
        self._process.wait()
