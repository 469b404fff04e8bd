"""Network namespaces and the cables between them. Everything made here goes away with the Net."""
import ctypes
import itertools
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

from .shell import Process, run

_numbers = itertools.count()
_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def _enter(namespace_file):
    if _libc.setns(namespace_file.fileno(), CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"cannot enter {namespace_file.name}")


class Namespace:
    def __init__(self, net, name):
        self.net, self.short = net, name
        self.name = f"{net.prefix}-{name}"
        run("ip", "netns", "add", self.name)
        self.run("ip", "link", "set", "lo", "up")
        # Namespaces start with what the host has set; a test must not depend on that.
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 0)
        self.sysctl("net.ipv6.conf.default.accept_dad", 0)
        self.sysctl("net.ipv6.conf.all.accept_dad", 0)
        self.sysctl("net.ipv6.conf.default.accept_ra", 0)

    def command(self, *args):
        return ["ip", "netns", "exec", self.name, *args]

    def run(self, *args, **kwargs):
        return run(*self.command(*args), **kwargs)

    def start(self, *args, log):
        return self.net.track(Process(self.command(*args), self.net.directory / log))

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_DGRAM, protocol=0):
        """A socket of this program that lives in the namespace, closed with the Net."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{self.name}", "rb") as there:
            _enter(there)
            try:
                made = socket.socket(family, kind, protocol)
            finally:
                _enter(home)
        self.net.sockets.append(made)
        return made

    def mac(self, interface):
        return bytes.fromhex(self.run("cat", f"/sys/class/net/{interface}/address").stdout.strip().replace(":", ""))

    def link_local(self, interface):
        return re.search(r"inet6 (fe80::\S+)/", self.run("ip", "-6", "addr", "show", "dev", interface, "scope", "link").stdout)[1]

    def nft(self, rules):
        self.run("nft", "-f", "-", input=rules)

    def sysctl(self, name, value):
        self.run("sysctl", "-qw", f"{name}={value}")

    def ping(self, address, count=1, wait=2, interval=0.2, size=56, extra=()):
        """The number of replies."""
        done = self.run("ping", "-n", "-q", "-c", count, "-W", wait, "-i", interval, "-s", size, *extra, address,
                        check=False, timeout=count * interval + wait + 20)
        found = re.search(r"(\d+) received", done.stdout)
        return int(found[1]) if found else 0

    def resolv_conf(self, *servers):
        directory = pathlib.Path("/etc/netns") / self.name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "resolv.conf").write_text("".join(f"nameserver {s}\n" for s in servers) + "options timeout:1 attempts:2\n")
        (directory / "hosts").write_text("127.0.0.1 localhost\n")


class Net:
    """Use as a context: on leaving, processes end, namespaces and files go."""

    def __init__(self, keep=None):
        self.prefix = f"sp{os.getpid():x}{next(_numbers)}"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-"))
        self.keep = keep
        self.namespaces, self.processes, self.sockets = {}, [], []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for made in self.sockets:
            made.close()
        for process in reversed(self.processes):
            process.stop(timeout=5)
        for namespace in self.namespaces.values():
            for pid in run("ip", "netns", "pids", namespace.name, check=False).stdout.split():
                subprocess.run(["kill", "-9", pid], capture_output=True)
            run("ip", "netns", "del", namespace.name, check=False)
            shutil.rmtree(pathlib.Path("/etc/netns") / namespace.name, ignore_errors=True)
        if kind is not None and self.keep:
            shutil.copytree(self.directory, self.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
        shutil.rmtree(self.directory, ignore_errors=True)

    def track(self, process):
        self.processes.append(process)
        return process

    def namespace(self, name):
        self.namespaces[name] = Namespace(self, name)
        return self.namespaces[name]

    def cable(self, one, one_name, other, other_name, mtu=1500):
        """A veth pair: interface `one_name` in `one`, `other_name` in `other`, both up."""
        # Made under temporary names: two namespaces may both want an eth0.
        number = next(_numbers)
        a, b = f"{self.prefix}a{number}"[-15:], f"{self.prefix}b{number}"[-15:]
        run("ip", "link", "add", a, "type", "veth", "peer", "name", b)
        for temporary, namespace, name in ((a, one, one_name), (b, other, other_name)):
            run("ip", "link", "set", temporary, "netns", namespace.name)
            namespace.run("ip", "link", "set", temporary, "name", name)
            namespace.run("ip", "link", "set", name, "mtu", mtu, "up")
