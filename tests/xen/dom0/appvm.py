"""An AppVM: a stock Debian kernel with its own netfront."""
import hashlib
import re

from .outside import WORLD, World

MAC = "00:16:3e:5e:6c:00"  # every VM of Qubes has the same


class AppVm:
    def __init__(self, toolstack, number, wired=True, processors=1):
        self.toolstack, self.processors = toolstack, processors
        self.name, self.address = f"app{number}", f"10.137.0.{10 + number}"
        self.vifs = (self.vif(),) if wired else ()
        self.guest = None

    def vif(self):
        # Hotplug scripts are the backend's business: the name has to be there, the file is not looked for in dom0.
        return f"backend=gateway,ip={self.address},mac={MAC},script=/etc/xen/scripts/none"

    def create(self):
        """Returns when xl does; the AppVM's kernel has only begun."""
        address = {"ip": self.address} if self.vifs else {}
        self.guest = self.toolstack.create(self.name, "app", self.vifs, processors=self.processors, **address)
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

    def device(self, device=0):
        """The frontend's node in xenstore."""
        return self.guest.node(f"device/vif/{device}")

    def ping(self, address=WORLD, count=3, wait=10):
        """How many answers came. `wait`: for the last one, in seconds; an answer that cannot come is not to be waited for long."""
        done = self.run(f"ping -c {count} -i 0.3 -W {wait} {address}", check=False, timeout=20 + count + wait)
        found = re.search(r"(\d+) packets received", done.output)
        return int(found[1]) if found else 0

    def gets_through(self):
        try:
            return self.ping(count=1) == 1 or self.ping() > 0
        except TimeoutError:  # not even its agent answers
            return False

    def steady_ping(self):
        return SteadyPing(self)

    def fetch(self):
        """Starts to fetch the world's file; see expect_fetched()."""
        return self.start(f"wget -q -O - http://{WORLD}/file | sha256sum")

    def expect_fetched(self, job, timeout=200):
        """Fails unless the file came, byte by byte as it is."""
        output = job.wait(timeout).output
        if output.split()[:1] != [_hash_of_file()]:
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
        # One may be on its way, and one late, when the ping is stopped.
        if sent < 3 or received < sent - 2:
            raise AssertionError(f"{self.app.name} was disturbed: {received} of {sent} pings were answered")


class _Hash:
    value = None


def _hash_of_file():
    if _Hash.value is None:
        _Hash.value = hashlib.sha256((World.FOLDER / "file").read_bytes()).hexdigest()
    return _Hash.value
