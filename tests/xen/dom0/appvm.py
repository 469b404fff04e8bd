"""An AppVM: a stock Debian kernel with its own netfront."""
import functools
import hashlib
import re

from .outside import WORLD, World

MAC = "00:16:3e:5e:6c:00"  # every VM of Qubes has the same


class AppVm:
    def __init__(self, toolstack, number, wired=True, queues=1):
        self.toolstack, self.queues = toolstack, queues
        self.name, self.address = f"app{number}", f"10.137.0.{10 + number}"
        self.vifs = (self.vif(),) if wired else ()
        self.guest = None

    def vif(self, address=None):
        # Hotplug scripts are the backend's business: the name has to be there, the file is not looked for in dom0.
        return f"backend=gateway,ip={address or self.address},mac={MAC},script=/etc/xen/scripts/none"

    def create(self):
        """Returns when xl does; the AppVM's kernel has only begun."""
        address = {"ip": self.address} if self.vifs else {}
        self.guest = self.toolstack.create(self.name, "app", self.vifs, queues=self.queues, **address)
        return self

    def wait_ready(self):
        self.guest.wait_ready()
        return self

    def alive(self):
        return self.guest is not None and self.guest.alive()

    def destroy(self):
        guest, self.guest = self.guest, None
        return self.toolstack.destroy(guest)

    def run(self, command, **kwargs):
        return self.guest.run(command, **kwargs)

    def start(self, command):
        return self.guest.start(command)

    def attach(self):
        done = self.toolstack.xl("network-attach", self.guest.domid, *self.vif().split(","))
        self.run(f"net-up {self.address}")
        return done

    def detach(self, device=0):
        return self.toolstack.xl("network-detach", self.guest.domid, device)

    def wait_without_device(self):
        """xl does not wait for the guest, and netfront, when its device comes back before it has noticed that it went, spins."""
        self.run("while [ -e /sys/class/net/eth0 ]; do usleep 50000; done")

    def device(self, device=0):
        """The frontend's node in xenstore."""
        return self.guest.node(f"device/vif/{device}")

    def ping(self, address=WORLD, count=3, wait=10):
        """How many answers came. `wait`: for the last one, in seconds; an answer that cannot come is not to be waited for long."""
        done = self.run(f"ping -c {count} -i 0.3 -W {wait} {address}", check=False, timeout=20 + count + wait)
        found = re.search(r"(\d+) packets received", done.output)
        return int(found[1]) if found else 0

    def unreachables(self):
        """How often its kernel was told by ICMP that a destination is out of reach."""
        names, numbers = (line.split() for line in self.run("grep ^Icmp: /proc/net/snmp").output.splitlines())
        return int(numbers[names.index("InDestUnreachs")])

    def gets_through(self):
        try:
            return self.ping(count=1) == 1 or self.ping() > 0
        except TimeoutError:  # not even its agent answers
            return False

    def steady_ping(self):
        return SteadyPing(self)

    def fetch(self, name="large"):
        """Starts to fetch one of the world's files; see expect_fetched(). MD5, since SHA-256 would take longer than the fetch."""
        return self.start(f"wget -q -O - http://{WORLD}/{name} | md5sum")

    def expect_fetched(self, job, name="large", timeout=200):
        """Fails unless the file came, byte by byte as it is."""
        output = job.wait(timeout).output
        if output.split()[:1] != [_hash_of(name)]:
            raise AssertionError(f"{self.name} got something else than the file: {output}")


class SteadyPing:
    """A ping that goes on beside what is tested, to show that it disturbs nobody else."""

    def __init__(self, app):
        self.app = app
        self.job = app.start(f"echo $$ > /run/steady; exec ping -q -i 0.5 {WORLD}")

    def stop(self):
        """(sent, received)."""
        self.app.run("kill -INT $(cat /run/steady)")
        output = self.job.wait().output
        numbers = re.search(r"(\d+) packets transmitted, (\d+) packets received", output)
        if numbers is None:
            raise AssertionError(f"the ping in {self.app.name} ended without a result: {output}")
        return int(numbers[1]), int(numbers[2])

    def expect_undisturbed(self):
        sent, received = self.stop()
        # One may be on its way, and one late, when the ping is stopped; and the emulated machine stalls now and then.
        if sent < 3 or received < sent - 2 - sent // 100:
            raise AssertionError(f"{self.app.name} was disturbed: {received} of {sent} pings were answered")


@functools.cache
def _hash_of(name):
    return hashlib.md5((World.FOLDER / name).read_bytes()).hexdigest()
