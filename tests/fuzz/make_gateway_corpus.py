# Writes corpus/gateway: clients, server and user of gateway_fuzz.cpp, and packets of real stacks from tests/data/net.
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


def write(name, data):
    folder = HERE / "corpus" / "gateway"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


# The low half says what happens, the high half to whom or which.
def operation(kind, argument=0):
    return bytes([kind | argument << 4])


def packet(client, kind, flags=b""):
    return operation(0, client) + bytes([kind]) + flags


WAIT = operation(8, 1)
SYN, ACK = b"\x02", b"\x10"


def talk(client):
    # UDP, TCP and echo under both versions, with an answer, a forged answer and an error for each.
    seeds = b""
    for version in (0, 0x80):
        for kind, flags in ((0, b""), (5, SYN), (5, ACK), (2, b""), (3, b"\1")):
            answer = operation(5) + b"\x10" + (b"\x12" if kind == 5 else b"") + b"\1"
            forged = operation(13) + answer[1:-1] + b"\x0f\x07\1"
            seeds += packet(client, version | kind, flags) + WAIT + answer + forged
            seeds += operation(6) + b"\3\1\0\1" + operation(15) + answer[1:] + b"\1"
    return seeds


def main():
    write("talk", b"\1" + talk(0) + talk(1))
    for setup in (0, 3, 4, 8):
        write("everywhere-%d" % setup, bytes([setup]) + b"".join(
            packet(0, remote << 4 | port << 2 | kind, SYN if kind == 1 else b"")
            for remote in range(16) for port in (0, 1) for kind in (0, 1, 2)))
    for user in range(5):
        trouble = operation(9, user) + talk(0)[:40] + operation(8, 2) + packet(1, 0) + operation(8, 3) + packet(0, 0)
        write("user-%d" % user, b"\0" + talk(0)[:60] + trouble)
        write("server-%d" % user, b"\0" + talk(0)[:60] + operation(11, user) + trouble[1:] + operation(8, 4))
    for text in range(6):
        write("text-%d" % text, b"\0" + packet(0, 0) + operation(10, text) + WAIT * 3 + packet(0, 0) + operation(8, 3))
    write("clients", b"\0" + packet(0, 0) + WAIT + operation(12) + operation(5) + b"\1\1" + operation(12) +
          operation(5) + b"\1\1" + operation(12, 2) + packet(2, 0) + WAIT + operation(5) + b"\1\1")
    link = b"".join(operation(14, 0) + bytes([remote]) for remote in range(8))
    pieces = operation(4) + b"\0" + operation(4, 8) + b"\4" + operation(4, 1) + b"\1" + SYN
    write("link", b"\1" + link + pieces + WAIT + operation(5) + b"\xff\1" + operation(15) + b"\xff\1")
    supers = b""
    for kind, payload, segment in ((1, 20000, 1400), (0, 20000, 1300), (0xa1, 65000, 48), (1, 3000, 2000)):
        supers += packet(0, 5, SYN) + operation(3) + bytes([kind]) + ACK + struct.pack(">HH", payload, segment)
    write("super", b"\0" + supers + WAIT)
    # IPv6 with destination options of 1,304 bytes in front of TCP, first as it is, then to be split into 48 bytes each.
    options = b"\x06\xa2" + (b"\x01\xd7" + bytes(215)) * 6
    addresses = bytes.fromhex("fd0924ef4179" + "00" * 6 + "0a890010" + "20010db8" + "00" * 11 + "07")
    for name, payload, head in (("once", b"", operation(1)), ("split", bytes(20000), operation(1, 8) + b"\2\0\x30")):
        tcp = struct.pack(">HHIIBBHHH", 4000, 80, 1000, 0, 0x50, 0x02, 500, 0, 0) + payload
        whole = struct.pack(">IHBB", 6 << 28, len(options + tcp), 60, 64) + addresses + options + tcp
        write("headers-" + name, b"\0" + head + struct.pack(">H", len(whole)) + whole + WAIT)
    client = list(frames("client.pcap"))
    for number in (5, 15, 84, 100, 110, 140):
        frame = client[number]
        write("real-%03d" % number, b"\0" + operation(1) + struct.pack(">H", len(frame) - 14) + frame[14:] +
              operation(2) + bytes([min(len(frame), 255)]) + frame[:255] + operation(7) +
              struct.pack(">H", len(frame) - 14) + frame[14:] + b"\1")


main()
