"""Sallyport in the gateway's domain: the program under test, as users run it."""
import collections
import json

from netlab.shell import wait_until

CONTROL = "/run/sallyport.sock"
PROFILE = "/etc/sallyport/profile.ovpn"


Footprint = collections.namedtuple("Footprint", "open_files mappings resident_kib")


class Sallyport:
    def __init__(self, guest, downstreams=("netback",), qubesdb="none", preload=None):
        self.guest, self.downstreams, self.qubesdb, self.preload, self.job = guest, tuple(downstreams), qubesdb, preload, None

    def command(self):
        links = " ".join(f"--downstream {link}" for link in self.downstreams)
        environment = f"env LD_PRELOAD={self.preload} " if self.preload else ""
        return f"{environment}sallyport run --profile {PROFILE} {links} --uplink eth0 --qubesdb {self.qubesdb} --user nobody --control {CONTROL}"

    def start(self):
        """Returns once it can be asked; the tunnel may not be up yet."""
        self.guest.run(f"rm -f {CONTROL}")
        self.job = self.guest.start(f"echo $$ > /run/sallyport.pid; exec {self.command()} > /dev/console 2>&1")
        wait_until(lambda: self.state() != "gone" or self.job.done(), 20 * self.guest.patience, "sallyport's control socket", every=0.2)
        if self.job.done():
            raise AssertionError(f"sallyport ended with exit code {self.job.wait().returncode}")
        return self

    def running(self):
        return self.job is not None and self.guest.alive() and not self.job.done()

    def signal(self, name):
        self.guest.run(f"kill -{name} $(cat /run/sallyport.pid)")

    def kill(self):
        """As a crash does it: nothing is tidied up."""
        self.signal("KILL")
        self.job.wait(10)

    def stop(self):
        self.signal("TERM")
        return self.job.wait(20)

    def status(self):
        return json.loads(self.guest.run(f"sallyport status --json --control {CONTROL}").output)

    def state(self):
        asked = self.guest.run(f"sallyport status --json --control {CONTROL}", check=False)
        return json.loads(asked.output)["state"] if asked.returncode == 0 else "gone"

    def wait_for_state(self, *states, timeout=40):
        wait_until(lambda: self.state() in states, timeout * self.guest.patience, f"the tunnel to be {'/'.join(states)}", every=0.5)
        return self

    def client(self, address):
        """status' entry about the client that has this address, or None."""
        return next((c for c in self.status()["clients"] if c["ip"] == address), None)

    def refused(self, address, reason):
        return (self.client(address) or {"refused": {}})["refused"].get(reason, 0)

    def footprint(self):
        """What a leak would make grow."""
        process = "/proc/$(cat /run/sallyport.pid)"
        listed = self.guest.run(f"ls {process}/fd | wc -l; wc -l < {process}/maps; awk '/VmRSS/{{print $2}}' {process}/status").output
        return Footprint(*map(int, listed.split()))
