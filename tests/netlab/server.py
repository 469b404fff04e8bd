"""Sallyport as the server, and real openvpn clients of it.

    client namespaces ==eth0== net (a router) ==eth1== server (sallyport) ==eth2== world
"""
import dataclasses
import json

from .gateway import binary, cpu_seconds
from .namespaces import Net
from .openvpn import TUNNEL4, TUNNEL6
from .pki import CLIENT, Pki
from .shell import run, wait_until


@dataclasses.dataclass
class OurServer:
    """What the server is like; the defaults are tls-crypt-v2 over UDP."""
    wrap: str = "tls-crypt-v2"     # none, tls-auth, tls-auth-nodir, tls-crypt, tls-crypt-v2
    auth: str = "SHA256"
    force_cookie: bool = False
    metadata: str = "timestamp"
    proto: str = "udp4"
    cipher: str = "AES-256-GCM"
    tls_max: str = ""
    topology: str = "subnet"
    ipv6: bool = True
    keepalive: str = "10 60"
    push: tuple = ()
    extra: tuple = ()
    client_extra: tuple = ()


class ServerLab(Net):
    SERVER4, WORLD4 = "203.0.113.1", "198.51.100.10"
    SERVER6, WORLD6 = "2001:db8:1::1", "2001:db8:2::10"

    def __init__(self, setup=None, keep=None):
        super().__init__(keep=keep)
        self.setup = setup or OurServer()

    def __enter__(self):
        super().__enter__()
        self.host, self.world = self.namespace("srv"), self.namespace("world")
        self.cable(self.host, "eth2", self.world, "eth0")
        self.host.run("ip", "addr", "add", "198.51.100.1/24", "dev", "eth2")
        self.host.run("ip", "-6", "addr", "add", "2001:db8:2::1/64", "dev", "eth2", "nodad")
        self.world.run("ip", "addr", "add", f"{self.WORLD4}/24", "dev", "eth0")
        self.world.run("ip", "-6", "addr", "add", f"{self.WORLD6}/64", "dev", "eth0", "nodad")
        self.world.run("ip", "route", "add", f"{TUNNEL4}.0/24", "via", "198.51.100.1")
        self.world.run("ip", "-6", "route", "add", f"{TUNNEL6}/64", "via", "2001:db8:2::1")
        # A bridge joins the clients and the server.
        # Without an address of its own a bridge takes another with each new port, and neighbours are cut off for a while.
        self.host.run("ip", "link", "add", "br0", "address", "02:00:00:00:00:01", "type", "bridge")
        self.host.run("ip", "link", "set", "br0", "up")
        self.host.run("ip", "addr", "add", f"{self.SERVER4}/24", "dev", "br0")
        self.host.run("ip", "-6", "addr", "add", f"{self.SERVER6}/64", "dev", "br0", "nodad")
        self.host.sysctl("net.ipv4.ip_forward", 1)
        self.host.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.pki = Pki(self.directory)
        self.certificate, self.key = self.pki.issue("server.example.net")
        self.control = self.directory / "server.sock"
        self.process, self.starts, self.client_starts, self.hosts = None, 0, 0, {}
        self._make_keys()
        return self

    def _make_keys(self):
        d, setup = self.directory, self.setup
        if setup.wrap == "tls-crypt-v2":
            run(binary(), "genkey", "tls-crypt-v2-server", d / "v2-server.key")
            self.client_key("v2-client.key", setup.metadata)
        elif setup.wrap != "none":
            run("openvpn", "--genkey", "secret", d / "static.key")

    def client_key(self, name, metadata="timestamp"):
        d = self.directory
        args = [] if metadata == "timestamp" else ["--metadata", metadata]
        run(binary(), "genkey", "tls-crypt-v2-client", "--server-key", d / "v2-server.key", d / name, *args)
        return d / name

    def config(self):
        setup, d = self.setup, self.directory
        proto = setup.proto + ("-server" if setup.proto.startswith("tcp") else "")
        lines = [f"proto {proto}", "port 1194", "dev tun-srv", "dev-type tun", f"topology {setup.topology}",
                 f"server {TUNNEL4}.0 255.255.255.0", f"ca {self.pki.ca}", f"cert {self.certificate}", f"key {self.key}", "dh none",
                 f"data-ciphers {setup.cipher}", f"keepalive {setup.keepalive}", 'push "redirect-gateway def1 ipv6"', "persist-tun"]
        lines += [f'push "{option}"' for option in setup.push]
        if setup.ipv6:
            lines.append(f"server-ipv6 {TUNNEL6}/64")
        if setup.wrap == "tls-crypt-v2":
            lines.append(f"tls-crypt-v2 {d}/v2-server.key" + (" force-cookie" if setup.force_cookie else ""))
        elif setup.wrap == "tls-crypt":
            lines.append(f"tls-crypt {d}/static.key")
        elif setup.wrap.startswith("tls-auth"):
            lines += [f"tls-auth {d}/static.key" + (" 0" if setup.wrap == "tls-auth" else ""), f"auth {setup.auth}"]
        if setup.tls_max:
            lines.append(f"tls-version-max {setup.tls_max}")
        return "\n".join(lines + list(setup.extra)) + "\n"

    def write_config(self, text=None):
        path = self.directory / "server.conf"
        path.write_text(text or self.config())
        return path

    def start(self, *prefix, user="nobody"):
        """`prefix`: a program that starts it."""
        self.starts += 1
        command = [*prefix, binary(), "server", "--config", self.write_config(), "--control", self.control]
        command += ["--user", user] if user else []
        self.process = self.host.start(*command, log=f"sallyport-server-{self.starts}.log")
        self.process.wait_for("listening")
        return self

    def log(self):
        return self.process.output()

    def status(self):
        return json.loads(self.host.run(binary(), "status", "--json", "--control", self.control).stdout)

    def ctl(self, *args, check=True):
        return self.host.run(binary(), "ctl", *args, "--control", self.control, check=check)

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def client_host(self, name):
        """A namespace on the server's network."""
        if name not in self.hosts:
            number = len(self.hosts) + 2
            host = self.hosts[name] = self.namespace(name)
            self.cable(host, "eth0", self.host, f"c{number}")
            self.host.run("ip", "link", "set", f"c{number}", "master", "br0")
            host.number = number
            host.run("ip", "addr", "add", f"203.0.113.{number}/24", "dev", "eth0")
            host.run("ip", "-6", "addr", "add", f"2001:db8:1::{number}/64", "dev", "eth0", "nodad")
        return self.hosts[name]

    def profile(self, name="alice", extra=(), certificate=True, key="v2-client.key", remote=None, port=1194):
        setup, d = self.setup, self.directory
        host = remote or (self.SERVER6 if setup.proto.endswith("6") else self.SERVER4)
        proto = setup.proto + ("-client" if setup.proto.startswith("tcp") else "")
        lines = ["client", "dev tun", "nobind", f"remote {host} {port} {proto}", "remote-cert-tls server", *setup.client_extra, *extra]
        blocks = {"ca": self.pki.ca}
        if certificate:
            if not (d / "Test-CA" / f"{name}.crt").exists():
                self.pki.issue(name, CLIENT)
            blocks |= {"cert": d / "Test-CA" / f"{name}.crt", "key": d / "Test-CA" / f"{name}.key"}
        if setup.wrap == "tls-crypt-v2":
            blocks["tls-crypt-v2"] = d / key
        elif setup.wrap == "tls-crypt":
            blocks["tls-crypt"] = d / "static.key"
        elif setup.wrap.startswith("tls-auth"):
            blocks["tls-auth"] = d / "static.key"
            lines += [f"auth {setup.auth}"] + (["key-direction 1"] if setup.wrap == "tls-auth" else [])
        lines += [f"<{tag}>\n{file.read_text().strip()}\n</{tag}>" for tag, file in blocks.items()]
        return "\n".join(lines) + "\n"

    def client(self, name="alice", wait=True, **profile):
        """A real openvpn client in a namespace of its own."""
        made = RealClient(self, self.client_host(name), name, self.profile(name, **profile))
        made.start()
        if wait:
            made.wait()
        return made


class RealClient:
    def __init__(self, lab, host, name, profile):
        self.lab, self.host, self.name = lab, host, name
        self.path = lab.directory / f"{name}.ovpn"
        self.path.write_text(profile)
        self.process = None

    def start(self):
        self.lab.client_starts += 1
        self.process = self.host.start("openvpn", "--config", self.path, "--verb", "4", "--disable-dco",
                                       "--connect-retry", "1", "2",
                                       log=f"{self.name}-{self.lab.client_starts}.log")
        return self

    def wait(self, timeout=20):
        try:
            self.process.wait_for("Initialization Sequence Completed", timeout)
        except Exception as problem:
            raise RuntimeError(f"{problem}\n{self.log()[-3000:]}\n{self.lab.log()[-3000:]}") from None
        return self

    def log(self):
        return self.process.output()

    def ping(self, address=None, **kwargs):
        return self.host.ping(address or self.lab.WORLD4, **kwargs)

    def stop(self):
        self.process.stop()


def password_line(name, password):
    return run(binary(), "password", name, input=password + "\n").stdout


def wait_for_clients(lab, count, timeout=10):
    wait_until(lambda: len(lab.status()["clients"]) == count, timeout, f"{count} clients")
