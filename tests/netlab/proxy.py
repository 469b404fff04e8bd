#!/usr/bin/env python3
"""A proxy for tests: HTTP CONNECT (without login, basic, digest) and SOCKS 5 (streams and datagrams, with and without login), on one
port each. curl and openvpn itself are tried on it too, so that it is no private dialect."""
import argparse
import asyncio
import base64
import hashlib
import re
import secrets
import socket
import struct

NONCE = secrets.token_hex(16)


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def join(reader, writer, host, port):
    """The server's ends, once connected."""
    far_reader, far_writer = await asyncio.open_connection(host, port)
    return far_reader, far_writer


def md5(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def digest_is_right(value, options):
    fields = dict(re.findall(r'(\w+)="?([^",]*)"?', value))
    one, two = md5(options.user, "test realm", options.password), md5("CONNECT", fields.get("uri", ""))
    expected = md5(one, NONCE, fields.get("nc", ""), fields.get("cnonce", ""), "auth", two)
    return fields.get("username") == options.user and fields.get("nonce") == NONCE and fields.get("response") == expected


def may_pass(head, options):
    if options.login == "none":
        return True
    given = re.search(r"^Proxy-Authorization: (\w+) (.*?)\r$", head, re.M | re.I)
    if not given:
        return False
    if options.login == "basic":
        return given[1] == "Basic" and base64.b64decode(given[2]).decode() == f"{options.user}:{options.password}"
    return given[1] == "Digest" and digest_is_right(given[2], options)


async def http(reader, writer, options):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    print(head.splitlines()[0], flush=True)
    target = re.match(r"CONNECT \[?([^\]\s]+?)\]?:(\d+) HTTP/1\.[01]\r\n", head)
    if not target or not may_pass(head, options):
        challenge = 'Basic realm="test realm"' if options.login == "basic" else \
            f'Digest realm="test realm", nonce="{NONCE}", qop="auth", algorithm=MD5, opaque="xyz"'
        writer.write(f"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: {challenge}\r\nContent-Length: 0\r\n"
                     "Connection: close\r\n\r\n".encode())
        await writer.drain()
        return writer.close()
    far_reader, far_writer = await join(reader, writer, target[1], int(target[2]))
    writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


async def socks_address(reader):
    kind = (await reader.readexactly(1))[0]
    size = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
    raw = await reader.readexactly(size)
    host = raw.decode() if kind == 3 else socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, raw)
    return host, struct.unpack(">H", await reader.readexactly(2))[0]


class Relay(asyncio.DatagramProtocol):
    """Datagrams of one client, to wherever their headers say, and back."""

    def __init__(self):
        self.client, self.out, self.transport = None, None, None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        if data[:2] == b"\0\0" and data[2] == 0 and data[3] in (1, 3):
            self.client = peer
            size = 4 if data[3] == 1 else 1 + data[4]
            host = socket.inet_ntoa(data[4:8]) if data[3] == 1 else data[5:4 + size].decode()
            port = struct.unpack(">H", data[4 + size:6 + size])[0]
            print(f"UDP {host}:{port}", flush=True) if not self.out else None
            if not self.out:
                self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self.out.setblocking(False)
                self.out.connect((host, port))
                asyncio.get_running_loop().add_reader(self.out, self.answer)
            try:
                self.out.send(data[6 + size:])
            except OSError:
                pass

    def answer(self):
        try:
            data = self.out.recv(65536)
        except OSError:
            return
        host, port = self.out.getpeername()
        self.transport.sendto(b"\0\0\0\1" + socket.inet_aton(host) + struct.pack(">H", port) + data, self.client)


async def socks(reader, writer, options):
    _, count = await reader.readexactly(2)
    methods = await reader.readexactly(count)
    method = 2 if options.login != "none" else 0
    writer.write(bytes([5, method if method in methods else 255]))
    if method not in methods:
        return writer.close()
    if method == 2:
        _, size = await reader.readexactly(2)
        user = await reader.readexactly(size)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        good = user.decode() == options.user and password.decode() == options.password
        writer.write(bytes([1, 0 if good else 1]))
        if not good:
            return writer.close()
    _, command, _ = await reader.readexactly(3)
    host, port = await socks_address(reader)
    print(f"SOCKS {command} {host}:{port}", flush=True)
    if command == 3:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Relay, local_addr=(options.address, 0))
        relay = transport.get_extra_info("sockname")
        bound = options.relay or ("0.0.0.0" if options.any else relay[0])
        writer.write(b"\5\0\0\1" + socket.inet_aton(bound) + struct.pack(">H", relay[1]))
        await reader.read()
        return transport.close()
    far_reader, far_writer = await join(reader, writer, host, port)
    writer.write(b"\5\0\0\1" + bytes(6))
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("http", "socks"))
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--login", default="none", choices=("none", "basic", "digest", "password"))
    parser.add_argument("--user", default="proxy-user")
    parser.add_argument("--password", default="proxy-password")
    parser.add_argument("--any", action="store_true", help="says 0.0.0.0 for where it takes datagrams")
    parser.add_argument("--relay", default="", help="says this address for it, which is not its own")
    options = parser.parse_args()
    handler = http if options.kind == "http" else socks

    async def serve(reader, writer):
        try:
            await handler(reader, writer, options)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
    server = await asyncio.start_server(serve, options.address, options.port)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
