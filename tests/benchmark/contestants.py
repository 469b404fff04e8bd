"""What is measured, each behind one and the same lab: AppVM == client == server == world.

All of them run in the gateway's namespace and reach the same server process over the same cable, one after the other."""
import pathlib
import re

from netlab.gateway import Gateway, binary, cpu_seconds
from netlab.openvpn import Server

APP4 = "10.137.0.10"
PEER_NET = "10.137.1"


class SallyportServer(Server):
    """The lab's server, with our program in openvpn's place: it leaves more of the processors to the clients."""

    def start(self):
        self.starts += 1
        path = self.directory / "server.conf"
        path.write_text(self.config())
        self.process = self.lab.server.start(binary(), "server", "--config", path, "--control", self.directory / "server.sock",
                                             "--user", "nobody", log=f"{self.name}-{self.starts}.log")
        self.process.wait_for("listening")
        return self


SERVERS = {"sallyport": SallyportServer, "openvpn": Server}


class Contestant:
    name = ""

    def __init__(self, lab, server):
        self.lab, self.server = lab, server
        self.peak = 0  # of its memory, in MiB, in all its lives

    def begin(self):
        """Starts the client, and returns while its tunnel comes up."""

    def wait(self):
        """Returns when the tunnel carries packets."""

    def start(self):
        self.begin()
        self.wait()

    def stop(self):
        self.note_peak()
        self.end()

    def end(self):
        """Ends the client."""

    def pid(self):
        """Of the client's process, if there is one."""
        raise NotImplementedError

    def host(self):
        """The namespace of the AppVM behind this client."""
        raise NotImplementedError

    def cpu_seconds(self):
        return cpu_seconds(self.pid())

    def note_peak(self):
        status = pathlib.Path(f"/proc/{self.pid()}/status").read_text()
        self.peak = max(self.peak, int(re.search(r"VmHWM:\s*(\d+)", status)[1]) / 1024)


class Sallyport(Contestant):
    name = "sallyport"

    def __init__(self, lab, server):
        super().__init__(lab, server)
        self.app = lab.add_app("a", APP4)
        self.gateway = Gateway(lab, [])
        self.gateway.profiles = [self.gateway.write_profile(server.client_profile())]

    def begin(self):
        self.gateway.start()

    def wait(self):
        self.gateway.wait_for_state("connected")

    def end(self):
        self.gateway.stop()
        # Its cage keeps it from taking the socket away.
        self.gateway.control.unlink(missing_ok=True)

    def pid(self):
        return self.gateway.real_pid()

    def host(self):
        return self.app.namespace


class KernelGateway(Contestant):
    """What comes from an AppVM is forwarded by the gateway's kernel."""

    def __init__(self, lab, server):
        super().__init__(lab, server)
        gateway, app = lab.gateway_host, lab.namespace("b")
        gateway.sysctl("net.ipv4.ip_forward", 1)
        lab.cable(app, "eth0", gateway, "vif1")
        app.run("ip", "addr", "add", f"{PEER_NET}.2/24", "dev", "eth0")
        gateway.run("ip", "addr", "add", f"{PEER_NET}.1/24", "dev", "vif1")
        app.run("ip", "route", "add", "default", "via", f"{PEER_NET}.1")
        lab.server.run("ip", "route", "add", f"{PEER_NET}.0/24", "via", lab.GATEWAY4)
        lab.world.run("ip", "route", "add", f"{PEER_NET}.0/24", "via", "198.51.100.1")
        self.app = app

    def host(self):
        return self.app


class Plain(KernelGateway):
    """No tunnel at all: what the kernels on the way and the two ends allow."""
    name = "plain"

    def pid(self):
        return None

    def cpu_seconds(self):
        return 0.0

    def note_peak(self):
        pass


class OpenVpn(KernelGateway):
    """Debian's client as a gateway is set up with it: the kernel forwards and masquerades."""
    name = "openvpn"

    def __init__(self, lab, server):
        super().__init__(lab, server)
        self.process, self.starts = None, 0
        self.profile = lab.directory / "openvpn-client.ovpn"
        self.profile.write_text(server.client_profile(extra=("disable-dco", "route-nopull", "route 198.51.100.0 255.255.255.0")))

    def begin(self):
        self.starts += 1
        self.lab.gateway_host.nft("table ip openvpn {\n chain out {\n type nat hook postrouting priority 100;\n"
                                  " oifname tun0 masquerade\n }\n}\n")
        self.process = self.lab.gateway_host.start("openvpn", "--config", self.profile, "--dev", "tun0", "--verb", "3",
                                                   log=f"openvpn-client-{self.starts}.log")

    def wait(self):
        self.process.wait_for("Initialization Sequence Completed")

    def end(self):
        self.process.stop()
        # Whoever is next does not need it, and would pay for it.
        self.lab.gateway_host.run("nft", "delete", "table", "ip", "openvpn")

    def pid(self):
        return self.process.pid


CLIENTS = (Sallyport, OpenVpn)
