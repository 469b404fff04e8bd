"""Random rule sets as dom0 writes them into QubesDB, and packets that come near them."""
import ipaddress

RESOLVERS = ("10.139.1.1", "10.139.1.2")
# What the names in rules are; one is not known at all.
HOSTS = {
    4: {"www.example.com": ("198.51.100.7", "198.51.100.8"), "one.example": ("192.0.2.1",), "none.example": ()},
    6: {"www.example.com": ("2001:db8::7", "2001:db8::8"), "one.example": ("2001:db8:1::1",), "none.example": ()},
}
UNKNOWN_HOST = "unknown.example"
ADDRESSES = {
    4: ("198.51.100.7", "198.51.100.8", "198.51.100.9", "198.51.101.7", "192.0.2.1", "192.0.2.2", "192.0.3.129", "203.0.113.77", "8.8.8.8",
        *RESOLVERS, "10.139.1.3"),
    6: ("2001:db8::7", "2001:db8::8", "2001:db8::9", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:8000::1", "2a00::1", "2001:4860::8888"),
}
PREFIXES = {4: (0, 1, 8, 16, 22, 23, 24, 25, 30, 31, 32), 6: (0, 1, 3, 32, 33, 48, 64, 127, 128)}
PORTS = (0, 1, 22, 52, 53, 54, 79, 80, 81, 443, 1023, 1024, 65534, 65535)
ICMP_TYPES = (0, 3, 8, 11, 13, 128, 129, 255)


class RuleSet:
    def __init__(self, chance, version, hosts=True):
        self.version = version
        # dom0 always ends with the policy "drop"; the agent knows both.
        self.policy = chance.choice(("drop", "drop", "drop", "accept"))
        self.rules = [self._rule(chance, hosts) for _ in range(chance.randint(0, 9))]

    def _rule(self, chance, hosts):
        parts = [f"action={chance.choice(('accept', 'drop'))}"]
        parts += self._destination(chance, hosts)
        protocol = chance.choice((None, None, "tcp", "tcp", "udp", "udp", "icmp"))
        if protocol:
            parts.append(f"proto={protocol}")
        special = protocol != "icmp" and chance.random() < 0.15
        if special:
            parts.append("specialtarget=dns")
        if protocol in ("tcp", "udp") and chance.random() < 0.6:
            first, last = sorted((chance.choice(PORTS), chance.choice(PORTS)))
            if chance.random() < 0.5:
                last = first
            parts.append(f"dstports={first}-{last}")
        if protocol == "icmp" and chance.random() < 0.6:
            parts.append(f"icmptype={chance.choice(ICMP_TYPES)}")
        return " ".join(parts)

    def _destination(self, chance, hosts):
        kind = chance.random()
        if kind < 0.4:
            return []
        if kind < 0.6 and hosts:
            return [f"dsthost={chance.choice((*hosts,))}"]
        return [f"dst{self.version}={chance.choice(ADDRESSES[self.version])}/{chance.choice(PREFIXES[self.version])}"]


def random_packet(chance, version):
    """(protocol, destination, port or ICMP type)"""
    protocol = chance.choice(("tcp", "tcp", "udp", "udp", "icmp"))
    destination = chance.choice(ADDRESSES[version])
    if chance.random() < 0.3:
        bits = 32 if version == 4 else 128
        flipped = int(ipaddress.ip_address(destination)) ^ 1 << chance.randrange(bits)
        destination = str(ipaddress.ip_address(flipped) if version == 4 else ipaddress.IPv6Address(flipped))
    if protocol == "icmp":
        return protocol, destination, chance.choice(ICMP_TYPES)
    port = chance.choice(PORTS) if chance.random() < 0.8 else chance.randrange(65536)
    return protocol, destination, port
