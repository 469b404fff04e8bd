"""Gateways: Sallyport, the program itself, driven as users drive it; and what any program that serves AppVMs here has."""
import json
import os
import pathlib
import time

from .shell import run, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    return os.environ.get("SALLYPORT", str(ROOT / "build/src/daemon/sallyport"))


class GatewayProgram:
    """A program in the gateway's namespace, with profiles."""

    def __init__(self, lab, profiles):
        self.lab, self.profiles = lab, profiles
        self.process, self.starts = None, 0

    def write_profile(self, text, name="profile.ovpn"):
        path = self.lab.directory / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def wait_for_state(self, *states, timeout=20):
        last = {}

        def there():
            last["state"] = self.state()
            return last["state"] in states
        try:
            wait_until(there, timeout, f"state {'/'.join(states)}")
        except TimeoutError:
            raise TimeoutError(f"state is {last.get('state')}, not {'/'.join(states)}:\n{self.log()[-3000:]}") from None
        return self

    def log(self):
        return self.process.output()

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()


class Gateway(GatewayProgram):
    """Sallyport."""
    # In its cage, as on Qubes.
    USER = "nobody"

    def __init__(self, lab, profiles, arguments=(), uplink=True):
        super().__init__(lab, profiles)
        self.arguments, self.uplink = list(arguments), uplink
        self.environment = []  # NAME=value
        self.control = lab.directory / "control.sock"

    def command(self):
        args = ["env", *self.environment] if self.environment else []
        args += [binary(), "run", "--control", self.control]
        for profile in self.profiles:
            args += ["--profile", profile]
        for app in self.lab.apps.values():
            args += ["--downstream", app.spec()]
        if self.uplink:
            args += ["--uplink", "eth0"]
        return args + ["--user", self.USER] + self.arguments

    def start(self):
        self.starts += 1
        self.process = self.lab.gateway_host.start(*self.command(), log=f"sallyport-{self.starts}.log")
        for app in self.lab.apps.values():
            app.take_tap(self.process)
        wait_until(lambda: self.control.exists() or not self.process.running(), 10, "the control socket")
        return self

    def status(self):
        done = self.lab.gateway_host.run(binary(), "status", "--json", "--control", self.control)
        return json.loads(done.stdout)

    def state(self):
        try:
            return self.status()["state"]
        except Exception:
            return "gone"

    def kill(self):
        super().kill()
        self.control.unlink(missing_ok=True)

    def reload(self):
        self.lab.gateway_host.run(binary(), "ctl", "reload", "--control", self.control)

    def resident_kib(self):
        for line in pathlib.Path(f"/proc/{self.real_pid()}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError("no VmRSS")

    def cpu_seconds(self):
        return cpu_seconds(self.real_pid())

    def real_pid(self):
        # "ip netns exec" replaces itself by the program.
        return self.process.pid


def cpu_seconds(pid):
    """Of all its threads, to the nanosecond: clock_getcpuclockid(3), of which Python has no form of its own."""
    return time.clock_gettime(~pid << 3 | 2)


def check_profile(path):
    """`sallyport check --json`: (exit code, report)."""
    done = run(binary(), "check", path, "--json", check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}
