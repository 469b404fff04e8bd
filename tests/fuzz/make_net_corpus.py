# Writes corpus/net_*: the packets of real stacks in tests/data/net, in the input formats of the net_*_fuzz.cpp.
import pathlib
import struct

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent / "data" / "net"


def frames(name):
    data = (DATA / name).read_bytes()
    at = 24
    while at < len(data):
        size = struct.unpack("<I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def write(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def main():
    client = list(frames("client.pcap"))

    # gso, segment size, needs checksum, csum start and offset, a value; then the frame.
    plain = struct.pack(">BHBBBH", 0, 0, 0, 0, 0, 1200)
    for number in (3, 4, 5, 9, 10, 11, 15, 16, 45, 65, 84, 85, 90, 91, 97, 99, 101, 105, 107, 137, 139, 140, 142, 144):
        write("net_packet", "client-%03d" % number, plain + client[number])
    kinds = {0: 0, 1: 1, 4: 2, 5: 3}
    for number, frame in enumerate(frames("super.pcap")):
        flags, kind, _, size, start, offset = struct.unpack("<BBHHHH", frame[:10])
        head = struct.pack(">BHBBBH", kinds[kind & 0x7F], size, flags & 1, start - 14, offset, 1200)
        write("net_packet", "super-%02d" % number, head + frame[10:])

    # Operation 2: a fragment as it is. First four datagrams one by one, then all of them mixed.
    def raw(frame, owner=0):
        return bytes([2 | owner << 3, 0]) + struct.pack(">H", len(frame) - 14) + frame[14:]

    for first in (84, 87, 90, 93):
        write("net_reassembly", "datagram-%d" % first, b"".join(raw(client[i]) for i in range(first, first + 3)))
    mixed = [i for step in range(3) for i in (84 + step, 87 + step, 90 + step, 93 + step)]
    write("net_reassembly", "mixed", b"".join(raw(client[i], i % 3) for i in mixed))
    built = bytes([0x23 | 0x40, 1, 0, 4, 0x23, 1, 4, 9, 0x43, 2, 0, 2, 3, 2, 2, 5, 0, 31, 1])
    write("net_reassembly", "built", built)

    # Operation 7: a packet as it is, from client 1; before it, operation 2 adds that client.
    def sent(number):
        return bytes([7 | 1 << 3]) + struct.pack(">H", len(client[number]) - 14) + client[number][14:]

    add = bytes([2 | 1 << 3])
    write("net_nat", "pings", add + sent(5) + sent(11) + sent(96) + sent(98))
    write("net_nat", "tcp4", add + b"".join(sent(i) for i in (15, 17, 18, 25)))
    write("net_nat", "tcp6", add + b"".join(sent(i) for i in (110, 124, 126, 127)))
    write("net_nat", "udp", add + b"".join(sent(i) for i in (100, 102, 106, 108, 145, 148)))
    # Two clients, few ports: question, answer, error, time, expiry, removal, reset.
    talk = bytes([2, 10, 18])
    for client_number in (0, 1, 2):
        for version in (0, 1):
            ask = bytes([5 | client_number << 3, version, 1, 2, client_number % 2])
            reply = bytes([6, version, 1, 0, client_number % 2])
            talk += ask + b"\x01" + reply + b"\x01" + ask + b"\x00\x02" + reply + b"\x00\x12" + ask + b"\x00\x10"
            talk += ask + b"\x02\x01" + reply + b"\x02\x01" + reply + b"\x03\x03" + ask + b"\x03\x03"
    write("net_nat", "talk", talk + bytes([0, 200, 1, 255, 11, 4, 1, 0, 2, 4, 0]))


main()
