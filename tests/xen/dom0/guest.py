"""A guest, and commands in it. There is no network between dom0 and an AppVM, so they travel by xenstore (guest/agent.c)."""
import itertools

from netlab.shell import CommandFailed, wait_until

_numbers = itertools.count(1)


class Result:
    def __init__(self, code, output):
        self.returncode, self.output = code, output


class Job:
    """A command that a guest runs in the background."""

    def __init__(self, guest, command):
        self.guest, self.command, self.id = guest, command, next(_numbers)
        self._result = None
        guest.store.write(guest.node(f"data/run/{self.id}"), command)

    def done(self):
        return self._result is not None or self.guest.store.read(self._node("code")) is not None

    def wait(self, timeout=20):
        if self._result is None:
            self._result = self._fetch_result(timeout)
        return self._result

    def _fetch_result(self, timeout):
        wait_until(self.done, timeout * self.guest.patience, f"'{self.command}' in {self.guest.name}", every=0.1)
        code, pieces = self.guest.store.read(self._node("code")).split()
        output = b"".join(self.guest.store.read_bytes(self._node(n)) for n in range(int(pieces)))
        for node in (f"data/run/{self.id}", f"data/done/{self.id}"):
            self.guest.store.remove(self.guest.node(node))
        return Result(int(code), output.decode(errors="replace"))

    def _node(self, name):
        return self.guest.node(f"data/done/{self.id}/{name}")


class Guest:
    """A running domain with our agent in it. `patience` stretches time-outs where emulation is slower."""

    def __init__(self, store, name, domid, patience):
        self.store, self.name, self.domid, self.patience = store, name, domid, patience

    def node(self, relative):
        return f"/local/domain/{self.domid}/{relative}"

    def alive(self):
        return self.store.read(self.node("name")) == self.name

    def wait_ready(self, timeout=60):
        wait_until(lambda: self.store.read(self.node("data/ready")) == "1", timeout * self.patience, f"{self.name}'s agent", every=0.3)
        return self

    def start(self, command):
        return Job(self, command)

    def run(self, command, timeout=20, check=True):
        result = self.start(command).wait(timeout)
        if check and result.returncode:
            raise CommandFailed(f"{self.name}: {command}: exit {result.returncode}\n{result.output}")
        return result
