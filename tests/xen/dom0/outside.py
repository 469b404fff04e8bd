"""What lies beyond the gateway's uplink, all of it in dom0: the real openvpn server, and a host behind it.

    gateway ==eth0 (netfront, xen-netback)== dom0 (openvpn) ==veth== world (a network namespace: web server, DNS)"""
import pathlib
import subprocess

from netlab.shell import Process, run, wait_until

SERVER, UPLINK, WORLD, TUNNEL = "203.0.113.1", "203.0.113.2", "198.51.100.10", "10.8.0"
LOGS = pathlib.Path("/var/log/bed")
MARKER = b"CLEAR-TEXT-OF-AN-APPVM"

CONFIG = f"""proto udp4
port 1194
dev tun-srv
dev-type tun
disable-dco
verb 3
dh none
ca /etc/openvpn/ca.crt
cert /etc/openvpn/server.crt
key /etc/openvpn/server.key
tls-crypt /etc/openvpn/static.key
data-ciphers AES-128-GCM
topology subnet
server {TUNNEL}.0 255.255.255.0
keepalive 3 30
push "redirect-gateway def1"
push "dhcp-option DNS {WORLD}"
"""


class Server:
    """Debian's openvpn."""

    def __init__(self):
        self.process, self.starts = None, 0
        pathlib.Path("/etc/openvpn/server.conf").write_text(CONFIG)

    def running(self):
        return self.process is not None and self.process.running()

    def start(self):
        self.starts += 1
        self.process = Process(["openvpn", "--config", "/etc/openvpn/server.conf"], LOGS / f"openvpn-{self.starts}.log")
        self.process.wait_for("Initialization Sequence Completed")

    def kill(self):
        self.process.kill()


class World:
    """A host that only the server reaches. Its web server's files are marked in every packet."""

    SIZES = {"large": 20 << 20, "small": 3 << 20}
    FOLDER = pathlib.Path("/world")

    def __init__(self):
        self._holder = subprocess.Popen(["unshare", "-n", "sleep", "1000000"])
        wait_until(lambda: self._namespace() != self._own(), 10, "a network namespace")
        run("ip", "link", "add", "behind", "type", "veth")  # busybox calls the other end veth0
        run("ip", "link", "set", "veth0", "netns", self._holder.pid)
        run("ip", "addr", "add", "198.51.100.1/24", "dev", "behind")
        run("ip", "link", "set", "behind", "up")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "addr", "add", f"{WORLD}/24", "dev", "veth0")
        self.run("ip", "link", "set", "veth0", "up")
        self.run("ip", "route", "add", f"{TUNNEL}.0/24", "via", "198.51.100.1")
        pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        # What comes out of the tunnel goes to the world and nowhere else: a provider's server does not send it back to its
        # clients' own addresses, and nor may anything of it be seen in clear on the uplink.
        run("ip", "route", "add", "default", "via", WORLD, "dev", "behind", "table", "100")
        run("ip", "rule", "add", "iif", "tun-srv", "table", "100")
        self._make_files()
        self.start("httpd", "-f", "-p", f"{WORLD}:80", "-h", self.FOLDER, log="httpd.log")
        self.start("python3", "-S", "-B", "-c", f"from xen.dom0.dns import main; main('{WORLD}')", log="dns.log").wait_for("answering")

    def _namespace(self):
        return pathlib.Path(f"/proc/{self._holder.pid}/ns/net").readlink()

    @staticmethod
    def _own():
        return pathlib.Path("/proc/self/ns/net").readlink()

    def _make_files(self):
        self.FOLDER.mkdir()
        for name, size in self.SIZES.items():
            with open(self.FOLDER / name, "wb") as file:
                for number in range(size // 4096):
                    block = b"%016d" % number + MARKER * 186
                    file.write(block[:4096])

    def run(self, *arguments, **kwargs):
        return run("nsenter", "-t", self._holder.pid, "-n", *arguments, **kwargs)

    def start(self, *arguments, log):
        return Process(["nsenter", "-t", self._holder.pid, "-n", *arguments], LOGS / log)
