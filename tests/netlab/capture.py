"""What went over the uplink, packet by packet, each of which has to have an explanation."""
import socket
import struct
import time

from .shell import wait_until

ETH_IPV4, ETH_ARP, ETH_IPV6 = 0x0800, 0x0806, 0x86DD
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
MARKER = b"CLEAR-TEXT-OF-AN-APPVM"


class Capture:
    """tcpdump on one interface, from start() to stop()."""

    def __init__(self, namespace, interface, name="uplink"):
        self.path = namespace.net.directory / f"{name}.pcap"
        self.process = namespace.start("tcpdump", "-i", interface, "-w", self.path, "-U", "-s", "0", "-Z", "root", "--immediate-mode",
                                       "-B", "16384", log=f"{name}-tcpdump.log")
        self.process.wait_for("listening on")

    def stop(self):
        time.sleep(0.2)
        self.process.stop()
        wait_until(lambda: not self.process.running(), 5, "tcpdump to end")
        return list(read_pcap(self.path))


def read_pcap(path):
    data = path.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, size, _ = struct.unpack(order + "IIII", data[at:at + 16])
        yield seconds + fraction / 1e6, data[at + 16:at + 16 + size]
        at += 16 + size


class Packet:
    """The few facts of a frame that an explanation needs."""

    def __init__(self, frame):
        self.frame = frame
        self.type = struct.unpack(">H", frame[12:14])[0]
        self.source = self.destination = self.protocol = self.source_port = self.destination_port = None
        self.payload = b""
        if self.type == ETH_IPV4:
            self._ipv4(frame[14:])
        elif self.type == ETH_IPV6:
            self._ipv6(frame[14:])

    def _ipv4(self, ip):
        header = (ip[0] & 15) * 4
        self.protocol = ip[9]
        self.source, self.destination = socket.inet_ntop(socket.AF_INET, ip[12:16]), socket.inet_ntop(socket.AF_INET, ip[16:20])
        self.later_fragment = struct.unpack(">H", ip[6:8])[0] & 0x1FFF != 0
        self._transport(ip[header:struct.unpack(">H", ip[2:4])[0]])

    def _ipv6(self, ip):
        self.protocol = ip[6]
        self.source, self.destination = socket.inet_ntop(socket.AF_INET6, ip[8:24]), socket.inet_ntop(socket.AF_INET6, ip[24:40])
        self.later_fragment = False
        self._transport(ip[40:])

    def _transport(self, data):
        self.payload = data
        if self.protocol in (TCP, UDP) and len(data) >= 8 and not self.later_fragment:
            self.source_port, self.destination_port = struct.unpack(">HH", data[:4])
            self.payload = data[8:] if self.protocol == UDP else data[(data[12] >> 4) * 4:]

    def __str__(self):
        ends = f"{self.source}:{self.source_port} > {self.destination}:{self.destination_port}" if self.source else "-"
        return f"type {self.type:04x} protocol {self.protocol} {ends} {self.frame[:80].hex()}"


def dns_question(payload):
    labels, at = [], 12
    while at < len(payload) and payload[at]:
        labels.append(payload[at + 1:at + 1 + payload[at]].decode(errors="replace"))
        at += 1 + payload[at]
    return ".".join(labels)


class Uplink:
    """What may be seen on the uplink of a gateway: its tunnel's packets, the look-up of its server's name, and what two
    hosts need to find each other on their cable. Everything else is a leak."""

    def __init__(self, lab, port=1194, names=(), servers=()):
        self.gateway = {lab.GATEWAY4, lab.GATEWAY6}
        self.server = {lab.SERVER4, lab.SERVER6, *servers}
        self.cable, self.resolvers = self.gateway | lab.uplink_peers, lab.resolvers
        self.port, self.names = port, set(names)

    def explain(self, packet):
        if MARKER in packet.frame:
            return None
        if packet.type == ETH_ARP:
            return "arp"
        between = {packet.source, packet.destination}
        link_local = any(a and a.startswith(("fe80:", "ff02:")) for a in between)
        if packet.protocol == ICMP6 and (link_local or between <= self.cable) and packet.payload[:1] in (b"\x87", b"\x88"):
            return "neighbour discovery"
        outgoing = packet.source in self.gateway
        peer, peer_port = ((packet.destination, packet.destination_port) if outgoing else (packet.source, packet.source_port))
        if not between & self.gateway:
            return None
        if peer in self.resolvers and packet.protocol == UDP and peer_port == 53 and dns_question(packet.payload) in self.names:
            return "server's name"
        if peer not in self.server:
            return None
        if packet.protocol in (TCP, UDP) and peer_port == self.port:
            return "tunnel" if packet.protocol == TCP or self._looks_sealed(packet.payload) else None
        # The server's kernel says that nobody listens there (any more), quoting our sealed packet; or we say so of its.
        if packet.protocol in (ICMP, ICMP6) and packet.payload[:1] in (b"\x03", b"\x01"):
            return "port unreachable"
        return None

    @staticmethod
    def _looks_sealed(payload):
        return len(payload) >= 14 and 3 <= payload[0] >> 3 <= 11

    def unexplained(self, packets):
        return [p for p in (Packet(frame) for _, frame in packets) if self.explain(p) is None]

    def counts(self, packets):
        counts = {}
        for _, frame in packets:
            why = self.explain(Packet(frame))
            counts[why] = counts.get(why, 0) + 1
        return counts
