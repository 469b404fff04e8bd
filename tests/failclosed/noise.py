#!/usr/bin/env python3
"""Runs inside an AppVM's namespace and sends everything an AppVM may send, all of it marked, until told to stop:
noise.py SECONDS SERVER4 SERVER6 OWN4 [INTERFACE]"""
import pathlib
import random
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from netlab.capture import MARKER  # noqa: E402
from netlab.packets import ipv4, ipv4_udp, udp  # noqa: E402

seconds, server4, server6, own4 = float(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
interface = sys.argv[5] if len(sys.argv) > 5 else "eth0"
TARGETS4 = ["198.51.100.10", server4, "203.0.113.2", "10.139.1.1", "10.139.1.2", "10.137.0.1", "8.8.8.8", "10.8.0.1", "255.255.255.255", "224.0.0.251"]
TARGETS6 = ["2001:db8:2::10", server6, "2001:db8:1::2", "ff02::1", "fd00:8::1"]
random.seed(int(seconds * 1000))


def quietly(function, *args):
    try:
        return function(*args)
    except OSError:
        return None


packet_socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
quietly(packet_socket.bind, (interface, 0))
mac = quietly(lambda: open(f"/sys/class/net/{interface}/address").read().strip().replace(":", "")) or "00163e5e6c00"
FRAME4 = bytes.fromhex("feffffffffff" + mac + "0800")


def raw(packet):
    quietly(packet_socket.send, FRAME4 + packet)


def tcp_connect(family, target, port):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setblocking(False)
    quietly(s.connect, (target, port))
    connections.append(s)


connections = []
udp4 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp4.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
udp6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
end = time.monotonic() + seconds
rounds = 0
while time.monotonic() < end:
    rounds += 1
    for target in TARGETS4:
        for port in (53, 80, 1194, 5353, 123):
            quietly(udp4.sendto, MARKER, (target, port))
        raw(ipv4(own4, target, 1, b"\x08\x00\x00\x00" + MARKER))
        raw(ipv4(own4, target, 47, MARKER))
        raw(ipv4(own4, target, 17, udp(4000, 53, MARKER * 3)[:40], 0x2000))
        raw(ipv4(own4, target, 17, MARKER * 2, 0x0005))
        for forged in ("203.0.113.2", "10.137.0.99", server4, "127.0.0.1", "10.8.0.2"):
            raw(ipv4_udp(forged, 1194, target, 1194, MARKER))
    for target in TARGETS6:
        for port in (53, 443):
            quietly(udp6.sendto, MARKER, (target, port))
    tcp_connect(socket.AF_INET, random.choice(TARGETS4[:8]), random.choice((80, 443, 22, 1194)))
    tcp_connect(socket.AF_INET6, random.choice(TARGETS6[:3]), 443)
    for s in connections:
        quietly(s.send, MARKER)
    while len(connections) > 40:
        connections.pop(0).close()
    time.sleep(0.02)
print(rounds)
