"""QEMU without KVM, running Xen: one machine from power-on to power-off."""
import dataclasses
import subprocess


@dataclasses.dataclass(frozen=True)
class Machine:
    """What is emulated. Two processors in threads of their own carry PV guests well; QEMU's SVM emulation, which PVH guests
    need, takes only one processor in one thread, and nested paging has to be named (Debian's Xen has no shadow paging)."""
    processor: str = "qemu64,+rdrand"
    processors: int = 2
    threads: str = "multi"
    memory: int = 2560


PV = Machine()
PVH = Machine(processor="qemu64,+npt,+rdrand", processors=1, threads="single")

_XEN = "console=com1 com1=115200,8n1 dom0_mem=768M,max:768M loglvl=warning guest_loglvl=warning"
_DOM0 = "console=hvc0 rdinit=/init quiet swiotlb=1024 cryptomgr.notests mitigations=off audit=0 apparmor=0 random.trust_cpu=on"


class Emulator:
    """Standard output is the second serial port; Xen's and dom0's consoles go to `console`."""

    def __init__(self, machine, images, console):
        initrd = f"{images.kernel} {_DOM0},{images.dom0}"
        arguments = ["qemu-system-x86_64", "-accel", f"tcg,thread={machine.threads},tb-size=1024", "-cpu", machine.processor,
                     "-smp", str(machine.processors), "-m", str(machine.memory), "-nodefaults", "-no-user-config", "-display", "none",
                     "-monitor", "none", "-no-reboot", "-serial", f"file:{console}", "-serial", "stdio",
                     "-kernel", str(images.xen), "-append", _XEN, "-initrd", initrd]
        self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = self._process.stdout

    def running(self):
        return self._process.poll() is None

    def stop(self):
        self._process.kill()
        self._process.wait()
