"""What real nftables says of packets, with a rule set rendered as Qubes' own agent does it: in a router between two
namespaces, with packets that are sent and either come out on the other side or do not."""
import socket
import struct
import threading

from grammar import HOSTS, RESOLVERS
from netlab.namespaces import Net

PROTOCOLS = {4: {"tcp": 6, "udp": 17, "icmp": 1}, 6: {"tcp": 6, "udp": 17, "icmp": 58}}
SOURCE = {4: "10.137.0.9", 6: "fd09:24ef:4179::a89:9"}
ROUTER_MAC, FAR_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
LAST = 0xFFFF


def render(rule_set):
    """Lines of a chain; a rule for DNS on another port than 53 has none."""
    family, icmp = ("ip", "icmp") if rule_set.version == 4 else ("ip6", "icmpv6")
    lines = []
    for rule in rule_set.rules:
        keys = dict(part.split("=", 1) for part in rule.split(" "))
        match = []
        protocol = keys.get("proto")
        if protocol:
            match.append(f"meta l4proto {icmp if protocol == 'icmp' else protocol}")
        for key in ("dst4", "dst6"):
            if key in keys:
                match.append(f"{family} daddr {keys[key]}")
        if "dsthost" in keys:
            addresses = HOSTS[rule_set.version][keys["dsthost"]]
            match.append(f"{family} daddr {{ {', '.join(addresses)} }}")
        ports = keys.get("dstports")
        if "specialtarget" in keys:
            if ports not in (None, "53-53"):
                continue
            ports = "53-53"
            match.append(f"{family} daddr @dns")
        if "icmptype" in keys:
            match.append(f"{icmp} type {keys['icmptype']}")
        verdict = "accept" if keys["action"] == "accept" else "drop"
        for each in ([protocol] if protocol else ["tcp", "udp"]) if ports else [None]:
            lines.append(" ".join((*match, *([f"{each} dport {ports}"] if each else []), verdict)))
    return lines


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(version, packet, number):
    """The number is in the payload, by which the packet is known again."""
    protocol, destination, port = packet
    payload = struct.pack(">H", number)
    if protocol == "tcp":
        transport = struct.pack(">HHIIBBHHH", 4000, port, 1, 0, 5 << 4, 2, 100, 0, 0) + payload
    elif protocol == "udp":
        transport = struct.pack(">HHHH", 4000, port, 8 + len(payload), 0) + payload
    else:
        transport = struct.pack(">BBHHH", port, 0, 0, 7, 1) + payload
    kind = PROTOCOLS[version][protocol]
    if version == 4:
        ends = socket.inet_aton(SOURCE[4]) + socket.inet_aton(destination)
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(transport), number, 0x4000, 64, kind, 0)
        header = header[:10] + struct.pack(">H", checksum(header + ends)) + ends
    else:
        header = struct.pack(">IHBB", 6 << 28, len(transport), kind, 64)
        header += socket.inet_pton(socket.AF_INET6, SOURCE[6]) + socket.inet_pton(socket.AF_INET6, destination)
    ethernet = bytes.fromhex(ROUTER_MAC.replace(":", "")) + bytes(6) + struct.pack(">H", 0x0800 if version == 4 else 0x86DD)
    return ethernet + header + transport


class Router:
    """Use as a context."""

    def __enter__(self):
        self.net = Net().__enter__()
        self.near, self.router, self.far = (self.net.namespace(n) for n in ("near", "router", "far"))
        self.net.cable(self.near, "eth0", self.router, "vif1.0")
        self.net.cable(self.router, "eth0", self.far, "eth0")
        self._set_up()
        self.sender, self.receiver = self._socket(self.near), self._socket(self.far)
        self.receiver.settimeout(5)
        return self

    def __exit__(self, *reason):
        self.sender.close()
        self.receiver.close()
        return self.net.__exit__(*reason)

    def _set_up(self):
        router = self.router
        router.run("ip", "link", "set", "vif1.0", "address", ROUTER_MAC)
        self.far.run("ip", "link", "set", "eth0", "address", FAR_MAC)
        for name in ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.vif1/0.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0",
                     "net.ipv6.conf.all.forwarding=1"):
            router.run("sysctl", "-qw", name)
        router.run("ip", "addr", "add", "10.250.0.1/24", "dev", "eth0")
        router.run("ip", "-6", "addr", "add", "fd00:250::1/64", "dev", "eth0", "nodad")
        for gateway in ("10.250.0.2", "fd00:250::2"):
            router.run("ip", "neigh", "replace", gateway, "lladdr", FAR_MAC, "dev", "eth0", "nud", "permanent")
            router.run("ip", "route", "replace", "default", "via", gateway, "dev", "eth0")

    @staticmethod
    def _socket(namespace):
        """A packet socket there. Only the thread that makes it goes."""
        made = []

        def make():
            import ctypes
            with open(f"/run/netns/{namespace.name}") as there:
                if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), 0x40000000):
                    raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
            made[0].bind(("eth0", 0))
            made[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]

    def load(self, rule_set):
        family = "ip" if rule_set.version == 4 else "ip6"
        dns = f"elements = {{ {', '.join(RESOLVERS)} }};" if rule_set.version == 4 else ""
        self.router.run("nft", "-f", "-", input="\n".join((
            "flush ruleset", f"table {family} rules {{", f"set dns {{ type {'ipv4' if rule_set.version == 4 else 'ipv6'}_addr; {dns} }}",
            f"chain forward {{ type filter hook forward priority 0; policy {rule_set.policy};", *render(rule_set), "}", "}", "")))

    def verdicts(self, version, packets):
        """"a" for each packet that came through, "d" for the others. The last one sent is a frame that no rule sees."""
        for number, packet in enumerate(packets):
            self.sender.send(frame(version, packet, number))
        came = set()
        self.router.run("nft", "flush", "ruleset")
        end = frame(version, ("udp", "203.0.113.9" if version == 4 else "2a00::9", 9), LAST)
        self.sender.send(end)
        while LAST not in came:
            data = self.receiver.recv(2048)
            if data[:6] == bytes.fromhex(FAR_MAC.replace(":", "")):
                came.add(struct.unpack(">H", data[14:][self._payload_at(data[14:]):][:2])[0])
        return "".join("a" if number in came else "d" for number in range(len(packets)))

    @staticmethod
    def _payload_at(ip):
        header, kind = (20, ip[9]) if ip[0] >> 4 == 4 else (40, ip[6])
        return header + (20 if kind == 6 else 8)
