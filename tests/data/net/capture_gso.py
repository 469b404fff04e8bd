# Writes super.pcap and split.pcap: super-packets with a virtio_net_hdr go into a TAP that is bridged to a veth pair
# without offloads, and are captured at its other end as the segments that Linux made of them. Root.
import fcntl
import os
import socket
import struct
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TUNSETIFF, TUNSETVNETHDRSZ = 0x400454CA, 0x400454D8
TAP_WITH_VNET_HDR = 0x2 | 0x1000 | 0x4000
CLIENT = {4: socket.inet_aton("10.137.0.5"), 6: socket.inet_pton(socket.AF_INET6, "fd09:24ef:4179::a89:5")}
SERVER = {4: socket.inet_aton("198.51.100.7"), 6: socket.inet_pton(socket.AF_INET6, "2001:db8::7")}
ETHERNET = bytes.fromhex("feffffffffff00163e5e6c05")
TIMESTAMPS = bytes.fromhex("0101080a0011223344556677")
GSO = {"tcp4": 1, "tcp6": 4, "udp": 5, "none": 0}
TCP, UDP = 6, 17


def shell(command):
    subprocess.check_call(command, shell=True)


def word_sum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    return total


def ip(version, protocol, size, ident):
    ends = CLIENT[version] + SERVER[version]
    if version == 6:
        return ETHERNET + b"\x86\xdd" + struct.pack(">IHBB", 0x60212345, size, protocol, 64) + ends
    header = struct.pack(">BBHHHBBH", 0x45, 2, 20 + size, ident, 0x4000, 64, protocol, 0) + ends
    checksum = struct.pack(">H", ~word_sum(header) & 0xFFFF)
    return ETHERNET + b"\x08\x00" + header[:10] + checksum + header[12:]


def pseudo(version, protocol, size):
    return word_sum(CLIENT[version] + SERVER[version] + struct.pack(">II", size, protocol))


def tcp(version, payload, flags, options=b"", sequence=0xFFFFF000, ident=0x4321):
    size = 20 + len(options) + len(payload)
    header = struct.pack(">HHIIBBHHH", 40000, 443, sequence, 0x01020304, (20 + len(options)) // 4 << 4, flags, 501,
                         pseudo(version, TCP, size), 0)
    return ip(version, TCP, size, ident) + header + options + payload


def udp(version, payload):
    size = 8 + len(payload)
    return ip(version, UDP, size, 0x4321) + struct.pack(">HHHH", 40001, 443, size, pseudo(version, UDP, size)) + payload


def vnet(version, kind, segment, checksum_offset, transport_header):
    start = 14 + (20 if version == 4 else 40)
    return struct.pack("<BBHHHH", 1, kind, start + transport_header, segment, start, checksum_offset)


def cases():
    for version in (4, 6):
        kind = GSO["tcp%d" % version]
        ecn = 0x80
        full = 1448 if version == 4 else 1428
        yield vnet(version, kind, 1000, 16, 32), tcp(version, os.urandom(3500), 0x18, TIMESTAMPS)
        yield vnet(version, kind | ecn, 501, 16, 20), tcp(version, os.urandom(1700), 0xD9, b"", 7, 0xFFFE)
        yield vnet(version, kind, full, 16, 32), tcp(version, os.urandom(2 * full), 0x10, TIMESTAMPS)
        yield vnet(version, GSO["udp"], 333, 6, 8), udp(version, os.urandom(1000))
        yield vnet(version, GSO["none"], 0, 16, 20), tcp(version, os.urandom(777), 0x18)
        yield vnet(version, GSO["none"], 0, 6, 8), udp(version, os.urandom(29))


def main():
    frames = list(cases())
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", b"cap-tap", TAP_WITH_VNET_HDR))
    fcntl.ioctl(tap, TUNSETVNETHDRSZ, struct.pack("i", 10))
    shell("ip netns add cap-gso; ip link set cap-tap netns cap-gso")
    inside = "ip netns exec cap-gso "
    shell(inside + "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1")
    shell("ip -n cap-gso link add v0 type veth peer name v1; ip -n cap-gso link add br0 type bridge")
    for port in ("cap-tap", "v0"):
        shell("ip -n cap-gso link set %s master br0" % port)
    shell(inside + "python3 %s/no_offload.py v0" % HERE)
    for link in ("cap-tap", "v0", "v1", "br0"):
        shell("ip -n cap-gso link set %s up" % link)
    time.sleep(2)
    capture = subprocess.Popen((inside + "tcpdump -i v1 -p -U -w %s/split.pcap" % HERE).split())
    time.sleep(2)
    for header, frame in frames:
        os.write(tap, header + frame)
        time.sleep(0.05)
    time.sleep(2)
    capture.terminate()
    capture.wait()
    shell("ip netns del cap-gso")
    with open(HERE + "/super.pcap", "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 147))
        for header, frame in frames:
            size = len(header) + len(frame)
            out.write(struct.pack("<IIII", 0, 0, size, size) + header + frame)


main()
