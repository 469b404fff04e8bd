"""The clients that are measured, behind one and the same lab: AppVM == client == openvpn server == world.

Both run in the gateway's namespace and reach the same server process over the same cable, one after the other."""
import pathlib

from netlab.gateway import Gateway, cpu_seconds

APP4 = "10.137.0.10"
PEER_NET = "10.137.1"


class Contestant:
    name = ""

    def __init__(self, lab, server):
        self.lab, self.server = lab, server

    def start(self):
        """Returns when the tunnel carries packets."""

    def stop(self):
        pass

    def pid(self):
        raise NotImplementedError

    def host(self):
        """The namespace of the AppVM behind this client."""
        raise NotImplementedError

    def cpu_seconds(self):
        return cpu_seconds(self.pid())

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.pid()}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")


class Sallyport(Contestant):
    name = "sallyport"

    def __init__(self, lab, server):
        super().__init__(lab, server)
        self.app = lab.apps.get("a") or lab.add_app("a", APP4)
        self.gateway = Gateway(lab, [])
        self.gateway.profiles = [self.gateway.write_profile(server.client_profile())]

    def start(self):
        self.gateway.start().wait_for_state("connected")

    def stop(self):
        self.gateway.stop()

    def pid(self):
        return self.gateway.real_pid()

    def host(self):
        return self.app.namespace


class OpenVpn(Contestant):
    """Debian's client as a gateway is set up with it: the kernel forwards and masquerades."""
    name = "openvpn"

    def __init__(self, lab, server):
        super().__init__(lab, server)
        gateway = lab.gateway_host
        if "b" not in lab.namespaces:
            gateway.sysctl("net.ipv4.ip_forward", 1)
            app = lab.namespace("b")
            lab.cable(app, "eth0", gateway, "vif1")
            app.run("ip", "addr", "add", f"{PEER_NET}.2/24", "dev", "eth0")
            gateway.run("ip", "addr", "add", f"{PEER_NET}.1/24", "dev", "vif1")
            app.run("ip", "route", "add", "default", "via", f"{PEER_NET}.1")
            gateway.run("nft", "-f", "-", input="table ip nat {\n chain out {\n type nat hook postrouting priority 100;\n"
                                                " oifname tun0 masquerade\n }\n}\n")
        self.app = lab.namespaces["b"]
        self.process = None
        profile = server.client_profile(extra=("disable-dco", "verb 1", "route-nopull",
                                               "route 198.51.100.0 255.255.255.0"))
        self.profile = lab.directory / "openvpn-client.ovpn"
        self.profile.write_text(profile)

    def start(self):
        self.process = self.lab.gateway_host.start("openvpn", "--config", self.profile, "--dev", "tun0", "--verb", "3",
                                                   log="openvpn-client.log")
        self.process.wait_for("Initialization Sequence Completed")

    def stop(self):
        self.process.stop()

    def pid(self):
        return self.process.pid

    def host(self):
        return self.app


CONTESTANTS = {kind.name: kind for kind in (Sallyport, OpenVpn)}
