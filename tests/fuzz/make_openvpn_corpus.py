# Writes corpus/{control_packet,early_negotiation,key_method,tcp_framing,data_packet,fragments,proxy,session,wrapped_key,listener,
# server_config,unpack}: what real peers send, from the vectors of tests/unit/openvpn and tests/data/compression, in the input
# formats of the *_fuzz.cpp.
import base64
import pathlib
import re
import struct

HERE = pathlib.Path(__file__).parent
VECTORS = (HERE.parent / "unit" / "openvpn" / "vectors.h").read_text()

OPTIONS = (b"V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,key-method 2,tls-server")
PING = bytes.fromhex("2a187bf3641eb4cb07ed2d0a981fc748")
EXIT = bytes.fromhex("287f346bd4ef7a812d56b8d3afc5459c06")


def hex_vector(name):
    found = re.search(name + r" =\s*((?:\"[0-9a-f]+\"\s*)+);", VECTORS)
    return bytes.fromhex("".join(re.findall(r"\"([0-9a-f]+)\"", found.group(1))))


def wrapped_key(name):
    found = re.search(name + r" =\s*R\"\(-----BEGIN [^\n]*\n(.*?)-----END", VECTORS, re.S)
    return base64.b64decode(found.group(1))[256:]


def write(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def text(value):
    return struct.pack(">H", len(value) + 1) + value + b"\0" if value else b"\0\0"


def control_packets():
    # Setup: which wrap (modulo 5), with 0x80 where the server receives. Operation 0 is a packet as it is.
    def raw(packet):
        return b"\0" + struct.pack(">H", len(packet)) + packet

    tls_auth, tls_crypt = hex_vector("kTlsAuthReset"), hex_vector("kTlsCryptReset")
    write("control_packet", "tls-auth", b"\x83" + raw(tls_auth) + raw(tls_auth))
    write("control_packet", "tls-crypt", b"\x80" + raw(tls_crypt) + raw(tls_crypt))
    plain_reset = tls_auth[:9] + bytes(5)
    write("control_packet", "plain", b"\x82" + raw(plain_reset) + raw(plain_reset[:9] + b"\1\0\0\0\0" + bytes(12)))
    for name in ("kClientKeyTimestamp", "kClientKeyUser"):
        packet = b"\x50" + tls_crypt[1:] + wrapped_key(name)
        write("control_packet", "wrapped-" + name[10:].lower(), b"\0\3" + struct.pack(">H", len(packet)) + packet)
    # Sealed bodies (1) and changed ones (2) under every wrap: acknowledgements, then a message with a payload.
    ack = b"\2" + struct.pack(">IIQ", 0, 1, 7)
    message = b"\1" + struct.pack(">IQI", 0, 7, 1) + b"\x16\3\1\0\2hi"
    for wrap in range(5):
        seeds = bytes([wrap])
        for header, body in ((b"\x08\6", ack), (b"\0\6", message), (b"\x28\6", b"\0" * 5 + b"\0\1\0\2\0\1")):
            seeds += b"\1" + header + bytes([len(body)]) + body
            seeds += b"\2" + header + struct.pack(">HB", 20, 1) + bytes([len(body)]) + body
        write("control_packet", "sealed-%d" % wrap, seeds)


def wrapped_keys():
    # 1: a packet as it is. 0: where to change, with what, and the metadata to wrap.
    for name in ("kClientKeyTimestamp", "kClientKeyUser"):
        write("wrapped_key", name[10:].lower(), b"\1" + b"\x50" + bytes(53) + wrapped_key(name))
    write("wrapped_key", "whole", b"\0" + bytes(3) + b"\1" + struct.pack(">Q", 1_700_000_000))
    write("wrapped_key", "length", b"\0" + struct.pack(">HB", 292, 1) + b"\0")


def listeners():
    # Setup: which wrap, what the door is like. Operations: 0 reset (path, message id, early, session), 1 third packet
    # (path, acknowledged id, whose cookie, message id, session), 2 any bytes, 3 and 4 again, 5 time, 6 thrown back, 7 data.
    reset = lambda path, early=1: bytes([0, path, 0, early, 0])
    third = lambda path, which=0: bytes([1, path, 0, which, 1, 0])
    for wrap in range(5):
        for setup in range(4):
            write("listener", "in-%d-%d" % (wrap, setup), bytes([wrap, setup]) + reset(2) + third(2) + bytes([3, 1, 2, 5, 1]) * 4)
        write("listener", "borrowed-%d" % wrap, bytes([wrap, 0]) + reset(2) + third(4) + bytes([5, 3]) + third(2) + bytes([6, 0, 4, 0, 0, 20, 1]))
        write("listener", "old-%d" % wrap, bytes([wrap, 0]) + reset(2, 0) * 5 + bytes([5, 2, 7]) + bytes(40) + bytes([2, 6, 9]) + bytes(range(9)))


SERVER_CONF = b"""port 1194
proto udp
dev tun
ca ca.crt
cert server.crt
key server.key
dh dh.pem
topology subnet
server 10.8.0.0 255.255.255.0
server-ipv6 fd00:8::/64
ifconfig-pool-persist ipp.txt
push "redirect-gateway def1 bypass-dhcp"
client-config-dir ccd
client-to-client
keepalive 10 120
tls-crypt-v2 server.key force-cookie
tls-crypt-v2-max-age 365
data-ciphers AES-256-GCM:AES-128-GCM
max-clients 100
persist-key
persist-tun
status openvpn-status.log
verb 3
explicit-exit-notify 1
auth-gen-token 3600
reneg-sec 3600
"""


def server_configs():
    pki = HERE.parent / "data" / "pki"
    key = base64.b64encode(bytes(range(128))).decode()
    files = b"".join((pki / name).read_bytes() for name in ("server.crt", "server.key", "ca.crt"))
    files += ("-----BEGIN OpenVPN tls-crypt-v2 server key-----\n%s\n%s\n%s\n-----END OpenVPN tls-crypt-v2 server key-----\n"
              % (key[:64], key[64:128], key[128:])).encode()
    # client-config-dir's files would have to be these too.
    conf = SERVER_CONF.replace(b"client-config-dir ccd\n", b"")
    write("server_config", "usual", conf + b"\0" + files)
    write("server_config", "net30", conf.replace(b"topology subnet\n", b"") + b"\0" + files)
    write("server_config", "folder", SERVER_CONF + b"\0push \"ping 1\"\nifconfig-push 10.8.0.9 255.255.255.0\niroute 10.0.0.0 255.0.0.0\n")
    words = conf.replace(b"server-ipv6 fd00:8::/64\n", b"ifconfig-ipv6 fd00:8::1/64 fd00:8::2\nifconfig-ipv6-pool fd00:8::a0/124\n")
    words += (b"local *\nlocal * 1195 tcp6\nroute 10.7.0.0 255.255.0.0 10.8.0.2 5\nroute-ipv6 fd01::/48 fd00:8::2\nroute-gateway 10.8.0.2\n"
              b"setenv FORWARD_COMPATIBLE 1\nno-such-option 7\nsetenv NAME value\nproviders legacy default\nmanagement /run/x unix\n"
              b"ns-cert-type client\nroute-noexec\nx509-username-field CN\ncompat-mode 2.4.0\ntun-mtu 9000\naskpass pass\n")
    write("server_config", "words", words + b"\0" + files)
    write("server_config", "refused", b"server 10.8.0.0 255.255.255.0\nup /bin/sh\nverify-client-cert none\nlocal 1.2.3.4 1 tcp\nfragment 1\n")


def messages():
    write("early_negotiation", "none", b"")
    write("early_negotiation", "resend", bytes.fromhex("000100020001"))
    write("early_negotiation", "unknown", bytes.fromhex("0005000401020304" "000100020003" "00020000"))
    write("early_negotiation", "cut", bytes.fromhex("0001000200"))

    # The first byte: 1 for a client's message.
    head = b"\0\0\0\0\2"
    server = b"\0" + head + b"\x11" * 32 + b"\x22" * 32 + text(OPTIONS)
    write("key_method", "server", server + text(b"") * 3)
    write("key_method", "old-server", server)
    client = b"\1" + head + b"\x33" * 48 + b"\x11" * 32 + b"\x22" * 32 + text(OPTIONS.replace(b"server", b"client"))
    write("key_method", "client", client + text(b"alice") + text(b"secret") +
          text(b"IV_VER=2.6.14\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
               b"IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=990\n"))

    # Limit and step, then the stream.
    tls_auth, tls_crypt = hex_vector("kTlsAuthReset"), hex_vector("kTlsCryptReset")
    stream = b"".join(struct.pack(">H", len(packet)) + packet for packet in (tls_auth, tls_crypt, tls_crypt, b"x"))
    write("tcp_framing", "packets", struct.pack(">HB", 1600, 40) + stream)
    write("tcp_framing", "bytewise", struct.pack(">HB", 1600, 0) + stream)
    write("tcp_framing", "too-long", struct.pack(">HB", 40, 255) + stream)
    write("tcp_framing", "zero", struct.pack(">HB", 100, 3) + b"\0\1x\0\0\0\1y")


def data_packets():
    ip = bytes.fromhex("45000054a1b240004001") + bytes(10) + bytes(range(56))
    for setup in [*range(64), *(64 + n for n in range(32) if not n & 4)]:
        seeds = bytes([setup])
        # Framed as an honest server does (3), as it is (1), sent (4), changed (2); rekey (5), time (7), removal (6).
        for plain in (ip, PING, EXIT):
            seeds += b"\3" + bytes([len(plain)]) + plain
            for mark in (b"", b"\xfa", b"\xfb", b"\x50\0"):
                seeds += b"\1" + struct.pack(">H", len(mark + plain)) + mark + plain
            seeds += b"\4" + bytes([len(plain)]) + plain
        seeds += b"\2" + bytes([len(ip)]) + ip + b"\x0c\3" + b"\5" + b"\3" + bytes([len(ip)]) + ip
        seeds += b"\4" + bytes([len(ip)]) + ip + b"\7\x3c" + b"\4" + bytes([len(ip)]) + ip + b"\6\0\6\1"
        write("data_packet", "setup-%02d" % setup, seeds)
    # What liblzo2 and liblz4 made, as openvpn frames it, where that is agreed on (0x80).
    for name, framing in (("zeros.lzo1", 1), ("text.lzo9", 1), ("zeros.lz4-1", 2), ("text.lz4-9", 2), ("twice.lz4-1", 3)):
        block = compressed(name)
        block = (b"\x66" + block, b"\x69" + block[1:] + block[:1], b"\x50\1" + block)[framing - 1]
        write("data_packet", "compressed-" + name, bytes([0x80 | framing << 3]) + (b"\1" + struct.pack(">H", len(block)) + block) * 2)
    write("data_packet", "any", b"\0" + b"\0\0\x18\x48\0\0\7" + struct.pack(">I", 1) + bytes(17))


def compressed(name):
    return (HERE.parent / "data" / "compression" / name).read_bytes()


def unpack():
    # 0: LZO, 1: LZ4; the room; the block.
    for name in ("text", "zeros", "twice"):
        for which, suffix in enumerate(("lzo1", "lz4-1", "lzo9", "lz4-9")):
            block = compressed(f"{name}.{suffix}")
            for room in (1500, 700):
                write("unpack", f"{name}-{suffix}-{room}", bytes([which % 2]) + struct.pack(">H", room) + block)


def sessions():
    # Wrap, setup, then operations: the low half is which, the high half its argument.
    def operation(kind, argument=0):
        return bytes([kind | argument << 4])

    run, inside, rekey = operation(0, 1), operation(12), operation(11)
    data = operation(9) + b"\4ping"
    life = run * 2 + inside + data + run + rekey + run + inside + data + run * 3 + operation(14, 2) + run + inside
    for wrap in range(5):
        for setup in range(0, 16, 3):
            write("session", "life-%d-%d" % (wrap, setup), bytes([wrap, setup]) + life + operation(14, 1) + run)
    # Each text of the server behind the PUSH_REPLY, and once the tunnel is up; each disturbance of the network.
    for text in range(10):
        write("session", "text-%d" % text, b"\0\2" + operation(7, text) + run * 2 + operation(7, text) + inside + run * 3)
    for which in range(5):
        trouble = operation(15, which) + run + inside + run + operation(14, which) + run * 3 + inside
        write("session", "trouble-%d" % which, b"\4\xe2" + run * 2 + inside + trouble)
    # Lost, repeated and changed packets all through the handshake.
    rough = (operation(5) + operation(3) + operation(2, 1) + operation(4) + b"\0\x0a\xff") * 12 + operation(1, 3)
    write("session", "rough", b"\2\1" + rough * 3 + run + inside)
    own = operation(10) + b"\x21\x10" + b"\1" + bytes(12) + b"\0\0\7" + operation(8) + b"\5a\0b\0c"
    write("session", "forged", b"\0\2" + run * 2 + own + operation(6) + b"\x0a" + bytes(range(10)) + run)


def proxies():
    # Setup (1: SOCKS, 2: a login, 4: not in clear, 8: datagrams), the size of pieces, what the proxy says.
    digest = b'HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm="r", nonce="abc", qop="auth,auth-int", opaque="o"\r\n' \
        b'Proxy-Authenticate: Basic realm="r"\r\n\r\n'
    connected = b"HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n\0\x1a8"
    for setup in (0, 2, 4, 6):
        write("proxy", "http-%d" % setup, bytes([setup, 6]) + digest + connected)
    write("proxy", "http-refuses", b"\2\0HTTP/1.1 503 Service\x07 Unavailable\r\n\r\n")
    write("proxy", "http-basic", b"\2\x0fHTTP/1.1 407 No\nproxy-authenticate:basic\n\n" + connected)
    for setup in (1, 3, 9, 11):
        login = b"\5\2\1\0" if setup & 2 else b"\5\0"
        for name, bound in (("v4", b"\1\xcb\0\x71\x09\x0c\x38"), ("v6", b"\4" + bytes(16) + b"\x0c\x38"), ("name", b"\3\4host\0\1")):
            write("proxy", "socks-%d-%s" % (setup, name), bytes([setup, 2]) + login + b"\5\0\0" + bound + b"\0\x1a8")
    write("proxy", "socks-refuses", b"\1\1\5\0\5\2\0\1")
    write("proxy", "datagram", b"\x09\7\0\0\0\1\xcb\0\x71\1\4\xaa8hello")


def fragments():
    # A packet of its own first (limit, sequence, size, bytes); then operations: 0 as it is, 1 cut and sent, 2 again, 3 time.
    first = struct.pack(">HBH", 500, 3, 1400) + bytes(i & 255 for i in range(1400))
    sent = b"".join(b"\1" + struct.pack(">HHB", 1400 + i, 300 + i, 255 if i % 3 else i) + b"\2" + bytes([i]) for i in range(20))
    write("fragments", "sent", first + sent + b"\3\x0b" + sent)
    # Headers alone, with other payloads: three pieces and a whole packet.
    pieces = [0x0000001d, 0x0000041d, 0x003d081e, 0]
    seen = b"".join(b"\0\x40" + struct.pack(">I", word) + bytes(60) for word in pieces)
    write("fragments", "headers", first[:5] + seen)
    write("fragments", "hostile", b"\0" * 5 + b"".join(b"\0\x10" + struct.pack(">I", word) + bytes(12)
                                                      for word in (2, 0x7c02, 0x1fff8002, 0x7c01, 3, 0x00018402, 0x00018001)))


control_packets()
wrapped_keys()
listeners()
server_configs()
messages()
data_packets()
fragments()
unpack()
proxies()
sessions()
