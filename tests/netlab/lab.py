"""The standard lab:

    AppVM namespaces ==TAP== gateway ==eth0 (uplink)== server (openvpn, its resolver) ==eth1== world (web, DNS, iperf3)

The gateway's kernel has an address on the uplink and nothing else; AppVMs are set up as Qubes sets them up."""
import time

from .namespaces import Net
from .openvpn import Server, ServerSetup, TUNNEL4, TUNNEL6
from .pki import CLIENT, Pki
from .shell import wait_until

GATEWAY_MAC = "fe:ff:ff:ff:ff:ff"
APP_MAC = "00:16:3e:5e:6c:00"


class AppVm:
    def __init__(self, lab, name, address, address6=None, mac=APP_MAC):
        self.lab, self.address, self.address6, self.mac = lab, address, address6, mac
        self.namespace = lab.namespace(name)
        self.tap = f"{lab.prefix}{name}"[-15:]
        self.namespace.resolv_conf("10.139.1.1", "10.139.1.2")

    def spec(self):
        spec = f"tap:{self.tap},ip={self.address}"
        if self.address6:
            spec += f",ip6={self.address6}"
        return spec + f",mac={self.mac}"

    def take_tap(self, process):
        """Moves the TAP device that the gateway made into this namespace and configures it."""
        host, ns = self.lab.gateway_host, self.namespace
        wait_until(lambda: not process.running() or host.run("ip", "link", "show", self.tap, check=False).returncode == 0,
                   10, f"the device {self.tap}")
        ns.run("ip", "link", "del", "eth0", check=False)
        host.run("ip", "link", "set", self.tap, "netns", ns.name)
        ns.run("ip", "link", "set", self.tap, "name", "eth0")
        self.configure()

    def configure(self):
        """What qubes-core-agent does with eth0, whoever is behind it."""
        ns = self.namespace
        ns.run("ip", "link", "set", "eth0", "address", self.mac, "up")
        ns.run("ip", "addr", "add", f"{self.address}/32", "dev", "eth0")
        ns.run("ip", "neigh", "replace", "10.137.0.1", "lladdr", GATEWAY_MAC, "dev", "eth0", "nud", "permanent")
        ns.run("ip", "route", "replace", "10.137.0.1", "dev", "eth0", "scope", "link")
        ns.run("ip", "route", "replace", "default", "via", "10.137.0.1", "dev", "eth0", "onlink")
        if self.address6:
            ns.run("ip", "-6", "addr", "add", f"{self.address6}/128", "dev", "eth0", "nodad")
            ns.run("ip", "-6", "neigh", "replace", "fe80::1", "lladdr", GATEWAY_MAC, "dev", "eth0", "nud", "permanent")
            ns.run("ip", "-6", "route", "replace", "default", "via", "fe80::1", "dev", "eth0", "onlink")

    def run(self, *args, **kwargs):
        return self.namespace.run(*args, **kwargs)

    def ping(self, *args, **kwargs):
        return self.namespace.ping(*args, **kwargs)


class Lab(Net):
    GATEWAY4, SERVER4, WORLD4 = "203.0.113.2", "203.0.113.1", "198.51.100.10"
    GATEWAY6, SERVER6, WORLD6 = "2001:db8:1::2", "2001:db8:1::1", "2001:db8:2::10"

    def __enter__(self):
        super().__enter__()
        self.apps, self._clients = {}, {}
        self.gateway_host = self.namespace("gw")
        self.server = self.namespace("srv")
        self.world = self.namespace("world")
        self.lay_uplink()
        self.cabled = time.monotonic()
        self.cable(self.server, "eth1", self.world, "eth0")
        self._address(self.server, "eth1", "198.51.100.1", "2001:db8:2::1")
        self._address(self.world, "eth0", self.WORLD4, self.WORLD6)
        self.server.sysctl("net.ipv4.ip_forward", 1)
        self.server.sysctl("net.ipv6.conf.all.forwarding", 1)
        # A provider's server does not send what comes out of the tunnel back to its clients' own addresses.
        self.server.nft("table inet provider {\n chain forward {\n type filter hook forward priority 0;\n"
                        " iifname tun-srv oifname eth0 drop\n }\n}\n")
        self.world.run("ip", "route", "add", f"{TUNNEL4}.0/24", "via", "198.51.100.1")
        self.world.run("ip", "-6", "route", "add", f"{TUNNEL6}/64", "via", "2001:db8:2::1")
        self.pki = Pki(self.directory)
        return self

    def lay_uplink(self):
        """What is between the gateway and the server: here, one cable."""
        self.cable(self.gateway_host, "eth0", self.server, "eth0")
        self._address(self.gateway_host, "eth0", self.GATEWAY4, self.GATEWAY6)
        self._address(self.server, "eth0", self.SERVER4, self.SERVER6)
        self._default_route(self.gateway_host, self.SERVER4, self.SERVER6)
        self.gateway_host.resolv_conf(self.SERVER4)
        self.resolvers = self.uplink_peers = {self.SERVER4, self.SERVER6}

    @staticmethod
    def _default_route(namespace, v4, v6):
        namespace.run("ip", "route", "add", "default", "via", v4)
        namespace.run("ip", "-6", "route", "add", "default", "via", v6)

    @staticmethod
    def _address(namespace, interface, v4, v6):
        namespace.run("ip", "addr", "add", f"{v4}/24", "dev", interface)
        namespace.run("ip", "-6", "addr", "add", f"{v6}/64", "dev", interface, "nodad")

    def let_the_uplink_settle(self):
        """What the two kernels say on the cable when it comes up is over when this returns."""
        self.gateway_host.sysctl("net.ipv6.conf.eth0.router_solicitations", 0)
        time.sleep(max(0, self.cabled + 1.7 - time.monotonic()))

    def client_certificate(self, name="client"):
        if name not in self._clients:
            self._clients[name] = self.pki.issue(name, CLIENT)
        return self._clients[name]

    def openvpn_server(self, setup=None, name="server", **changes):
        return Server(self, setup or ServerSetup(**changes), name)

    def add_app(self, name, address, address6=None):
        self.apps[name] = AppVm(self, name, address, address6)
        return self.apps[name]

    def start_dns(self, namespace, address, names, log, *extra):
        """dnsmasq, answering `names` (name -> address) and nothing else."""
        args = ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--no-daemon", "--log-queries", "--bind-interfaces",
                f"--listen-address={address}", "--pid-file=", "--user=root", "--conf-file=/dev/null"]
        args += [f"--host-record={name},{value}" for name, value in names.items()]
        process = namespace.start(*args, *extra, log=log)
        process.wait_for("started")
        return process
