"""A Qubes network VM as a namespace, with a client on a vif of the kernel's own: the worst that a gateway could become.

    client ==eth0 / vif12.0== network VM ==eth0== world
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from netlab.capture import MARKER, Capture  # noqa: E402
from netlab.namespaces import Net  # noqa: E402
from netlab.shell import wait_until  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCK = ROOT / "qubes/lock/lock"
QUBES = pathlib.Path(__file__).with_name("qubes.nft")
NOISE = ROOT / "tests/failclosed/noise.py"
CLIENT_MAC, VIF_MAC = "00:16:3e:5e:6c:00", "fe:ff:ff:ff:ff:ff"
# Who plays the gateway's user, and who plays another program of the VM.
GATEWAY_USER, OTHER_USER = "nobody", "daemon"


class NetworkVm(Net):
    CLIENT4, CLIENT6 = "10.137.0.10", "fd09:24ef:4179::a89:a"
    OWN4, OWN6 = "203.0.113.2", "2001:db8:1::2"
    NEXT4, NEXT6 = "203.0.113.1", "2001:db8:1::1"
    WORLD4, WORLD6 = "198.51.100.10", "2001:db8:2::10"

    def __enter__(self):
        super().__enter__()
        self.client, self.vm, self.world = (self.namespace(name) for name in ("client", "vm", "world"))
        self.cable(self.client, "eth0", self.vm, "vif12.0")
        self.cable(self.vm, "eth0", self.world, "eth0")
        self._set_up_client()
        self._set_up_uplink()
        return self

    def _set_up_client(self):
        client, vm = self.client, self.vm
        client.run("ip", "link", "set", "eth0", "address", CLIENT_MAC)
        vm.run("ip", "link", "set", "vif12.0", "address", VIF_MAC)
        vm.run("ip", "link", "set", "vif12.0", "group", "2")
        for family, own, gateway in (("-4", f"{self.CLIENT4}/32", "10.137.0.1"), ("-6", f"{self.CLIENT6}/128", "fe80::1")):
            client.run("ip", family, "addr", "add", own, "dev", "eth0", *(["nodad"] if family == "-6" else []))
            client.run("ip", family, "neigh", "replace", gateway, "lladdr", VIF_MAC, "dev", "eth0", "nud", "permanent")
            client.run("ip", family, "route", "replace", "default", "via", gateway, "dev", "eth0", "onlink")
            vm.run("ip", family, "route", "add", own, "dev", "vif12.0")
            vm.run("ip", family, "neigh", "replace", own.split("/")[0], "lladdr", CLIENT_MAC, "dev", "vif12.0", "nud", "permanent")

    def _set_up_uplink(self):
        vm, world = self.vm, self.world
        vm.run("ip", "link", "set", "eth0", "group", "1")
        for family, own, peer, net in (("-4", self.OWN4, self.NEXT4, 24), ("-6", self.OWN6, self.NEXT6, 64)):
            extra = ["nodad"] if family == "-6" else []
            vm.run("ip", family, "addr", "add", f"{own}/{net}", "dev", "eth0", *extra)
            world.run("ip", family, "addr", "add", f"{peer}/{net}", "dev", "eth0", *extra)
            vm.run("ip", family, "route", "add", "default", "via", peer)
        world.run("ip", "addr", "add", f"{self.WORLD4}/32", "dev", "lo")
        world.run("ip", "-6", "addr", "add", f"{self.WORLD6}/128", "dev", "lo", "nodad")

    def lock(self, user=GATEWAY_USER, check=True):
        return self.vm.run(LOCK, user, check=check)

    def become_a_router(self):
        """Everything that makes a network VM pass its clients' packets on."""
        self.vm.run("nft", "-f", QUBES)
        self.switch_forwarding_on()

    def switch_forwarding_on(self):
        self.vm.sysctl("net.ipv4.ip_forward", 1)
        self.vm.sysctl("net.ipv6.conf.all.forwarding", 1)

    def remove_table(self):
        self.vm.run("nft", "delete", "table", "inet", "sallyport_lock")

    def remove_rules(self):
        for family in ("-4", "-6"):
            self.vm.run("ip", family, "rule", "del", "pref", "1")

    def uplink_during(self, act, name="uplink"):
        """The frames on the uplink while `act` runs."""
        capture = Capture(self.vm, "eth0", name)
        act()
        return [frame for _, frame in capture.stop()]

    def noise(self, seconds=1):
        """The client sends whatever a client can send, all of it marked."""
        process = self.client.start("python3", NOISE, seconds, self.NEXT4, self.NEXT6, self.CLIENT4, log="noise.log")
        wait_until(lambda: not process.running(), seconds + 20, "the noise to end")
        if int(process.output().strip().splitlines()[-1]) < 3:
            raise RuntimeError(f"no noise was made: {process.output()}")

    def leaked(self):
        """The frames of the client's that come out on the uplink, by the kind of packet they are."""
        kinds = {}
        for frame in self.uplink_during(self.noise):
            if MARKER in frame:
                kind = {b"\x08\x00": "IPv4", b"\x86\xdd": "IPv6"}.get(frame[12:14], frame[12:14].hex())
                kinds[kind] = kinds.get(kind, 0) + 1
        return kinds

    def counters(self, table="sallyport_lock"):
        """Packets that a table counted, by counter."""
        listed = json.loads(self.vm.run("nft", "-j", "list", "counters", "table", "inet", table).stdout)["nftables"]
        return {entry["counter"]["name"]: entry["counter"]["packets"] for entry in listed if "counter" in entry}
