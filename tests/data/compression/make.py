#!/usr/bin/env python3
"""Writes NAME.lzo1, .lzo3, .lzo9, .lz4-1 and .lz4-9 beside itself: blocks as the programs lzop and lz4 (liblzo2, liblz4)
compress them at that level, without the files' own headers. What is in them is made by plain() here, and once more by
tests/unit/compression."""
import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).parent
WORDS = ("GET ", "HTTP/1.1\r\n", "Host: ", "example.net", "\r\n", "<p>", "</p>", "tunnel ", "the ", "packet", "0123456789", " ")


def texts(size):
    state, text = 1, b""
    while len(text) < size:
        state = (state * 1103515245 + 12345) % 2**31
        text += WORDS[(state >> 16) % len(WORDS)].encode()
    return text[:size]


def noise(size):
    state, out = 2, bytearray()
    for _ in range(size):
        state = (state * 1103515245 + 12345) % 2**31
        out.append(state >> 16 & 255)
    return bytes(out)


def plain(name):
    return {"text": texts(1400), "zeros": bytes(1500), "twice": noise(700) * 2, "far": texts(20000) * 2}[name]


def run(data, *command):
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def lzo_block(data, level):
    file = run(data, "lzop", "-c", "-F", "-n", f"-{level}")
    flags = struct.unpack_from(">I", file, 17)[0]
    at = 34 + file[33] + 4
    size, packed = struct.unpack_from(">II", file, at)
    assert size == len(data) and packed < size and flags & 0x302 == 0
    at += 12 if flags & 1 else 8  # a checksum of the text
    assert file[at + packed:] == bytes(4)
    return file[at:at + packed]


def lz4_block(data, level):
    file = run(data, "lz4", "-c", "--no-frame-crc", f"-{level}")
    at = 7 + (8 if file[4] & 8 else 0)
    size = struct.unpack_from("<I", file, at)[0]
    assert size < 2**31 and file[at + 4 + size:] == bytes(4)
    return file[at + 4:at + 4 + size]


if __name__ == "__main__":
    for name in ("text", "zeros", "twice", "far"):
        for level in (1, 3, 9):
            (HERE / f"{name}.lzo{level}").write_bytes(lzo_block(plain(name), level))
        for level in (1, 9):
            (HERE / f"{name}.lz4-{level}").write_bytes(lz4_block(plain(name), level))
