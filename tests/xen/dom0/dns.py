"""The world's DNS: one name, one address. """
import socket
import struct

NAME, ANSWER = "file.example.net", "198.51.100.10"


def answer(query):
    """RFC 1035: the question again, and an A record for our name; no such name for others, nothing for other types."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12:at + 5]
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    known = ".".join(labels).lower() == NAME
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(ANSWER) if known and kind == 1 else b""
    return query[:2] + struct.pack(">HHHHH", 0x8180 if known else 0x8183, 1, 1 if record else 0, 0, 0) + question + record


def main(address):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    print("answering", flush=True)
    while True:
        query, client = server.recvfrom(4096)
        try:
            server.sendto(answer(query), client)
        except IndexError:
            pass

