"""A Qubes VM: systemd and the installed package, booted in a namespace whose links are there before power-on. What Qubes brings is
stand-ins, in units/ and root/. The client sends from before power-on to the end, and the uplink is captured as long."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from lock.network_vm import NOISE, QUBES, NetworkVm
from netlab.capture import MARKER, Capture
from netlab.shell import CommandFailed, Process, wait_until

UNITS, ROOT_OF_QUBES = (pathlib.Path(__file__).with_name(name) for name in ("units", "root"))
ICMP6_OF_THE_KERNEL = {133, 135, 136, 143}


def put_stand_ins(tree):
    """Qubes' units, and the group whose devices Xen's are, into a tree."""
    for unit in UNITS.iterdir():
        shutil.copy(unit, tree.root / "etc/systemd/system")
    shutil.copytree(ROOT_OF_QUBES, tree.root, dirs_exist_ok=True)
    shutil.copy(QUBES, tree.root / "etc/qubes.nft")
    tree.run("groupadd", "-r", "qubes")
    tree.run("systemctl", "enable", "-q", *[unit.name for unit in UNITS.iterdir() if "\n[Install]" in unit.read_text()])


def qubesdb(services):
    """What dom0 tells a network VM, as the stand-ins for QubesDB's tools read it. Its client may speak to one host, which has a name."""
    entries = {"/qubes-vm-type": "ProxyVM", "/qubes-vm-persistence": "rw-only"} | {f"/qubes-service/{name}": 1 for name in services}
    rules = f"/qubes-firewall/{NetworkVm.CLIENT4}"
    entries |= {f"{rules}/0000": "action=accept dsthost=www.example.com", f"{rules}/policy": "drop"}
    return "".join(f"{path} = {value}\n" for path, value in sorted(entries.items()))


class Machine(NetworkVm):
    """`words` are those of the kernel's command line that dom0 gives; `devices` are this machine's, shared."""

    def __init__(self, tree, services, keep=None, words=(), devices=()):
        super().__init__(keep)
        self.tree, self.services, self.words, self.devices, self.container, self.leader = tree, services, words, devices, None, None

    def __enter__(self):
        super().__enter__()
        (self.tree.root / "etc/qubesdb").write_text(qubesdb(self.services))
        # Whoever sets the uplink up in the machine brings it up, too. Until then it is looked at from its far end.
        self.vm.run("ip", "link", "set", "eth0", "down")
        self.capture = Capture(self.world, "eth0")
        self.noise_maker = self.client.start("python3", NOISE, 600, self.NEXT4, self.NEXT6, self.CLIENT4, log="noise.log")
        return self

    def __exit__(self, *exception):
        self.power_off()
        return super().__exit__(*exception)

    def power_on(self, until_up=True):
        name = f"{self.prefix}-boot"
        args = ["systemd-nspawn", "--quiet", "-D", self.tree.root, f"--network-namespace-path=/run/netns/{self.vm.name}", "--register=no", "--keep-unit",
                "--capability=CAP_NET_ADMIN", f"--machine={name}", "--console=pipe",
                *[f"--bind={device}" for device in self.devices], "--boot", *self.words]
        os.environ["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] = "network"
        self.container = self.track(Process(args, self.directory / "boot.log"))
        wait_until(lambda: self.find_leader() or not self.container.running(), 20, "the machine's first process")
        if not self.leader:
            raise CommandFailed(self.container.output())
        if until_up:
            wait_until(lambda: self.is_up(), 60, "the machine to be up")
        return self

    def find_leader(self):
        """The child of the container's that is the first process in its own process namespace, and systemd."""
        for child in pathlib.Path(f"/proc/{self.container.pid}/task/{self.container.pid}/children").read_text().split():
            status = pathlib.Path(f"/proc/{child}/status").read_text()
            if re.search(r"^Name:\s+systemd$", status, re.M) and re.search(r"^NSpid:.*\t1$", status, re.M):
                self.leader = int(child)
        return self.leader

    def is_up(self):
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")

    def settle(self, seconds):
        """It is up, or as far as it will get."""
        end = time.monotonic() + seconds
        while self.run("systemctl", "is-system-running", check=False).stdout.strip() not in ("running", "degraded", "maintenance") and time.monotonic() < end:
            time.sleep(0.05)

    def became(self):
        """Locked, a router, without a network: by the units that decide it."""
        units = {"lock": "sallyport-lock.service", "uplink": "qubes-network-uplink@eth0.service", "router": "qubes-network.service",
                 "xl devd": "xendriverdomain.service", "gateway": "sallyport.service"}
        states = self.run("systemctl", "is-active", *units.values(), check=False).stdout.split()
        # A machine in which nobody answers has no more than its kernel.
        return ", ".join(f"{name} {state}" for name, state in zip(units, states)) if len(states) == len(units) else "nobody answers"

    def cut_the_power(self):
        # One that could not come up may have ended by itself.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.leader, signal.SIGKILL)
        self.container.process.wait(20)

    def power_off(self):
        if self.container and self.container.running():
            self.container.signal(signal.SIGTERM)
            try:
                self.container.process.wait(20)
            except subprocess.TimeoutExpired:
                self.container.kill()

    def run(self, *args, check=True, input=None):
        """In the machine."""
        done = subprocess.run(["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", *map(str, args)],
                              capture_output=True, text=True, timeout=60, input=input,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})
        if check and done.returncode:
            raise CommandFailed(f"{' '.join(map(str, args))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def show(self, unit, *properties):
        """systemctl show: one value, or a tuple of them."""
        lines = self.run("systemctl", "show", unit, *[f"--property={p}" for p in properties]).stdout.splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return tuple(values[p] for p in properties) if len(properties) > 1 else values[properties[0]]

    def main_pid(self):
        return int(self.show("sallyport.service", "MainPID"))

    def wait_for_gateway(self, timeout=20):
        wait_until(lambda: self.show("sallyport.service", "ActiveState") == "active" and
                   self.run("sallyport", "status", check=False).returncode == 0, timeout, "the gateway")

    def keep_sending(self, seconds):
        """The client goes on as ever, and is still there afterwards."""
        time.sleep(seconds)
        if not self.noise_maker.running():
            raise RuntimeError(f"the noise has ended: {self.noise_maker.output()}")

    def sent(self):
        """The frames that this VM sent on the uplink, as (is a client's, frame); ends the capture."""
        own = bytes.fromhex(self.vm.run("cat", "/sys/class/net/eth0/address").stdout.strip().replace(":", ""))
        frames = [frame for _, frame in self.capture.stop() if frame[6:12] == own]
        return [(MARKER in frame, frame) for frame in frames if not is_of_the_link(frame)]


def is_of_the_link(frame):
    """ARP, and what an IPv6 link's ends say to each other."""
    if frame[12:14] == b"\x08\x06":
        return True
    payload = frame[62:] if frame[20:21] == b"\x00" else frame[54:]
    return frame[12:14] == b"\x86\xdd" and payload[:1] and payload[0] in ICMP6_OF_THE_KERNEL
