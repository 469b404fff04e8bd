"""Packets made by hand, for those who send what no socket would."""
import random
import socket
import struct

from .capture import ETH_IPV4, ETH_IPV6, ICMP, ICMP6, TCP, UDP

SYN = 0x02


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def ipv4(source, destination, protocol, payload, flags_offset=0):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), random.randrange(65536), flags_offset, 64, protocol, 0,
                         packed(source), packed(destination))
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ipv6(source, destination, protocol, payload, hop_limit=255):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload), protocol, hop_limit, packed(source), packed(destination)) + payload


def udp(source_port, port, payload):
    """Without a checksum, as IPv4 allows."""
    return struct.pack(">HHHH", source_port, port, 8 + len(payload), 0) + payload


def ipv4_udp(source, source_port, destination, port, payload):
    return ipv4(source, destination, UDP, udp(source_port, port, payload))


def ipv4_syn(source, source_port, destination, port):
    segment = struct.pack(">HHIIBBHHH", source_port, port, 1, 0, 5 << 4, SYN, 1024, 0, 0)
    pseudo = packed(source) + packed(destination) + struct.pack(">HH", TCP, len(segment))
    sum_ = struct.pack(">H", checksum(pseudo + segment))
    return ipv4(source, destination, TCP, segment[:16] + sum_ + segment[18:])


def ipv6_icmp(source, destination, kind, body):
    message = struct.pack(">BBH", kind, 0, 0) + body
    pseudo = packed(source) + packed(destination) + struct.pack(">II", len(message), ICMP6)
    return ipv6(source, destination, ICMP6, message[:2] + struct.pack(">H", checksum(pseudo + message)) + message[4:])


def echo_request(source, destination):
    body = struct.pack(">HH", 1, 1) + b"probe"
    if ":" in destination:
        return ipv6_icmp(source, destination, 128, body)
    message = struct.pack(">BBH", 8, 0, 0) + body
    return ipv4(source, destination, ICMP, message[:2] + struct.pack(">H", checksum(message)) + message[4:])


def router_advertisement(router, on_link, routes):
    """`on_link`: a prefix that is said to be on this cable (RFC 4861 4.6.2); `routes`: prefixes that the router offers a
    way to (RFC 4191 2.3). No default route and no addresses are offered."""
    lifetime, flag_on_link = 1800, 0x80
    body = struct.pack(">BBHII", 64, 0, 0, 0, 0)
    prefix, length = on_link.split("/")
    body += struct.pack(">BBBBIII16s", 3, 4, int(length), flag_on_link, lifetime, lifetime, 0, packed(prefix))
    for route in routes:
        prefix, length = route.split("/")
        body += struct.pack(">BBBBI16s", 24, 3, int(length), 0, lifetime, packed(prefix))
    return ipv6_icmp(router, "ff02::1", 134, body)


def ethernet(destination, source, packet):
    return destination + source + struct.pack(">H", ETH_IPV4 if packet[0] >> 4 == 4 else ETH_IPV6) + packet
