"""The data channel of older servers: CBC ciphers, compression framings, fragmenting, sizes."""
import re

from netlab.capture import Capture, Packet
from netlab.openvpn import TUNNEL4, ServerSetup
from netlab.scenario import expect, scenario
from netlab.shell import wait_until

from .common import tunnel
from .rekey import rekeys

ETHERNET_HEADER = 14

# cipher, auth, wrap, transport: every digest and every transport at least once.
CBC = [("AES-128-CBC", "SHA1", "tls-auth", "udp4"), ("AES-256-CBC", "SHA256", "none", "udp4"),
       ("AES-256-CBC", "SHA512", "tls-auth", "tcp4"), ("AES-192-CBC", "SHA384", "tls-crypt", "udp6"),
       ("AES-256-CBC", "MD5", "none", "tcp4")]


def make_cbc(cipher, auth, wrap, proto):
    @scenario(f"{cipher} with {auth}, {wrap}, {proto}")
    def run(keep):
        setup = ServerSetup(wrap=wrap, auth=auth, proto=proto, cipher=cipher, extra=(f"auth {auth}",))
        # As older profiles say it: a lone cipher, behind the usual ones.
        with tunnel(keep, setup, profile_extra=(f"cipher {cipher.lower()}", f"auth {auth}")) as t:
            status = t.gateway.status()
            expect(status["cipher"] == cipher, f"cipher is {status['cipher']}")
            for size in (1, 15, 16, 17, 1340):
                t.expect_ping(2, size=size)
            expect(not status["counters"]["dropped_outside"], str(status["counters"]))


for row in CBC:
    make_cbc(*row)


@scenario("large transfers under AES-256-CBC arrive unchanged")
def cbc_transfers(keep):
    setup = ServerSetup(cipher="AES-256-CBC", extra=("auth SHA256",))
    with tunnel(keep, setup, profile_extra=("data-ciphers AES-256-CBC", "auth SHA256")) as t:
        t.expect_transfers(t.lab.WORLD4)


@scenario("rekeys under AES-128-CBC lose no ping")
def cbc_rekeys(keep):
    rekeys(keep, 10, 10, duration=22, cipher="AES-128-CBC", profile_extra=("data-ciphers AES-128-CBC",))


@scenario("a peer that does not negotiate: the cipher of its options string, or data-ciphers-fallback")
def no_negotiation(keep):
    # The first says its cipher in its options string, the second has none to say.
    for server_lines, client_lines in (
            (("cipher AES-256-CBC", "auth SHA256"), ("cipher AES-256-CBC", "auth SHA256")),
            (("auth SHA256",), ("data-ciphers-fallback AES-256-CBC", "auth SHA256"))):
        setup = ServerSetup(point_to_point=True, cipher="AES-256-CBC", wrap="tls-crypt", extra=server_lines)
        role = ("tls-client", f"ifconfig {TUNNEL4}.2 {TUNNEL4}.1", "compat-mode 2.3.0", *client_lines)
        with tunnel(keep, setup, role=role) as t:
            t.server.process.wait_for("Initialization Sequence Completed")
            expect(t.gateway.status()["cipher"] == "AES-256-CBC", t.gateway.status()["cipher"])
            t.expect_ping(3)


# what the server says, what it pushes, what the profile says
FRAMINGS = [(("comp-lzo no",), (), ("comp-lzo no",)), (("comp-lzo no",), ("comp-lzo no",), ()),
            (("compress",), (), ("compress",)), (("compress stub",), ("compress stub",), ()),
            (("compress stub-v2",), ("compress stub-v2",), ()), (("compress lz4",), (), ("compress lz4",)),
            (("compress lz4-v2",), (), ("compress lz4-v2",)),
            (("compress migrate",), (), ("comp-lzo",)), (("compress migrate",), (), ("compress lz4",)), (("compress migrate",), (), ())]


@scenario("compression framings, in the profile or pushed, and nothing compressed")
def framings(keep):
    for server, push, client in FRAMINGS:
        setup = ServerSetup(extra=(*server, "allow-compression asym"), push=push)
        with tunnel(keep, setup, profile_extra=client) as t:
            for size in (1, 1400):
                t.expect_ping(2, size=size)
            dropped = t.gateway.status()["counters"]["dropped_outside"]
            expect(not dropped, f"{server}: {dropped}")


# What the server says, what it pushes, what the profile says; the last two with pieces inside.
COMPRESSING = [(("comp-lzo yes",), ("comp-lzo yes",), ("comp-lzo",)), (("comp-lzo adaptive",), (), ("comp-lzo adaptive",)),
               (("comp-lzo yes",), ("comp-lzo yes",), ()), (("compress lzo",), ("compress lzo",), ("compress",)),
               (("compress lz4",), ("compress lz4",), ()), (("compress lz4",), (), ("compress lz4",)),
               (("compress lz4-v2",), ("compress lz4-v2",), ()),
               (("comp-lzo yes", "fragment 500"), (), ("comp-lzo yes", "fragment 500")),
               (("compress lz4-v2", "fragment 500"), ("compress lz4-v2",), ("fragment 500",))]
TEXT = "".join(f"<p>Line {number} of a page as a browser would get it.</p>\n" for number in range(3500))[:184000].encode()


def warnings(t):
    return "\n".join(t.gateway.status()["warnings"])


def carried(t, direction):
    """Bytes that the gateway's uplink has carried."""
    return int(t.lab.gateway_host.run("cat", f"/sys/class/net/eth0/statistics/{direction}_bytes").stdout)


@scenario("text that a server compresses, by LZO or LZ4, pushed or said in the profile, arrives; what we send is not compressed")
def compressed(keep):
    for server, push, client in COMPRESSING:
        setup = ServerSetup(extra=(*server, "allow-compression yes"), push=push)
        with tunnel(keep, setup, profile_extra=client) as t:
            for size in (20, 1200):
                t.expect_ping(2, size=size)
            (t.lab.directory / "page").write_bytes(TEXT)
            t.lab.world.start("python3", "-m", "http.server", "--bind", t.lab.WORLD4, "--directory", t.lab.directory, "80", log="http.log")
            t.wait_for_listener(80)
            before = carried(t, "rx")
            page = t.app.run("curl", "-sS", "-m", "20", f"http://{t.lab.WORLD4}/page", timeout=30).stdout
            expect(page.encode() == TEXT, f"{server}: {len(page)} of {len(TEXT)} bytes arrived\n{t.gateway.status()}")
            came = carried(t, "rx") - before
            expect(came < len(TEXT) * 0.7, f"{server}: the server did not compress: {came} bytes for {len(TEXT)}")
            up = t.lab.directory / "up"
            t.lab.world.start("sh", "-c", f"ncat -l {t.lab.WORLD4} 9 > {up}", log="sink.log")
            t.wait_for_listener(9)
            before = carried(t, "tx")
            t.app.run("sh", "-c", f"ncat --send-only {t.lab.WORLD4} 9 < {t.lab.directory / 'page'}", timeout=60)
            wait_until(lambda: up.stat().st_size == len(TEXT), 20, "the upload")
            expect(up.read_bytes() == TEXT, f"{server}: the upload differs")
            went = carried(t, "tx") - before
            expect(went > len(TEXT), f"{server}: {went} bytes went for {len(TEXT)}")
            dropped = t.gateway.status()["counters"]["dropped_outside"]
            expect(not dropped, f"{server}: {dropped}")


@scenario("packets that a server compresses though it was told not to are dropped and counted, others pass")
def compressed_unasked(keep):
    for server, client in (("comp-lzo yes", ("comp-lzo no",)), ("compress lz4", ("compress",)), ("compress lz4-v2", ("compress stub-v2",)),
                           ("comp-lzo yes", ("comp-lzo", "allow-compression no"))):
        setup = ServerSetup(extra=(server, "allow-compression yes"))
        with tunnel(keep, setup, profile_extra=client) as t:
            # Short packets are not worth compressing for the server, long ones of one byte are.
            t.expect_ping(3, size=20)
            expect(t.app.ping(t.lab.WORLD4, count=2, size=1200) == 0, f"{server}: a compressed packet came through")
            dropped = t.gateway.status()["counters"]["dropped_outside"]
            expect(dropped.get("compressed payload, which was not agreed on", 0) >= 2, f"{server}: {dropped}")
            # Half a tunnel, and that is said, too.
            t.app.ping(t.lab.WORLD4, count=3, size=1200)
            wait_until(lambda: "compressed payload" in warnings(t), 10, "a warning in status")
            expect(t.gateway.state() == "connected" and "comp-lzo" in warnings(t), str(t.gateway.status()))


# Each leaves out what the server has; then the server leaves out what the profile has.
DIFFERENT = [(("comp-lzo no",), (), "no IP packet inside"), (("fragment 1200",), (), "no IP packet inside"),
             ((), ("comp-lzo no",), "unexpected compression framing"), (("compress",), ("comp-lzo no",), "unexpected compression framing"),
             (("compress", "fragment 1200"), ("compress",), "unexpected compression framing")]


@scenario("server and profile with different framings: the tunnel comes up and carries nothing, and status says why and what to compare")
def different_framings(keep):
    for server, client, reason in DIFFERENT:
        setup = ServerSetup(extra=(*server, "allow-compression asym"), keepalive="1 60")
        with tunnel(keep, setup, profile_extra=client) as t:
            wait_until(lambda: reason in warnings(t), 15, f"{server}, {client}: a warning in status")
            expect(t.gateway.state() == "connected" and "comp-lzo" in warnings(t) and "fragment" in warnings(t), str(t.gateway.status()))
            expect(t.app.ping(t.lab.WORLD4, count=2) == 0, f"{server}, {client}: a ping came through")


@scenario("fragment: packets are cut and put together, both ways, also under CBC and with framing")
def fragment(keep):
    for cipher, extra in (("AES-256-GCM", ("fragment 500",)), ("AES-256-CBC", ("fragment 1300", "comp-lzo no", "mssfix 0")),
                          ("AES-128-GCM", ("fragment 600 mtu", "compress"))):
        setup = ServerSetup(cipher=cipher, extra=(*extra, "allow-compression asym"))
        with tunnel(keep, setup, profile_extra=(*extra, f"cipher {cipher}")) as t:
            for size in (1, 440, 460, 1400):
                t.expect_ping(2, size=size)
            limit = int(extra[0].split()[1]) + (0 if "mtu" in extra[0] else 28)
            largest = largest_datagram(t, lambda: t.expect_ping(2, size=1400))
            expect(limit // 2 < largest <= limit, f"{extra[0]}: the largest packet has {largest} bytes")
            t.expect_transfers(t.lab.WORLD4)
            dropped = t.gateway.status()["counters"]["dropped_outside"]
            expect(not dropped, str(dropped))


def largest_datagram(t, action):
    """The largest IP packet that the gateway sends meanwhile."""
    # Cut by the kernel, not behind the capture.
    t.lab.gateway_host.run("ip", "link", "set", "eth0", "gso_max_segs", "1")
    capture = Capture(t.lab.gateway_host, "eth0")
    action()
    sent = [frame for _, frame in capture.stop() if Packet(frame).source == t.lab.GATEWAY4]
    return max(len(frame) for frame in sent) - ETHERNET_HEADER


def syn_mss(t):
    """The segment size in a SYN of an AppVM as the world sees it."""
    process = t.lab.world.start("tcpdump", "-l", "-i", "eth0", "-n", "-v", "tcp[tcpflags] == tcp-syn", log=f"syn-{t.gateway.starts}.log")
    process.wait_for("listening on")
    t.app.run("ncat", "-w", "1", t.lab.WORLD4, "9", check=False)
    process.wait_for("mss ")
    process.stop()
    return int(re.search(r"mss (\d+)", process.output()).group(1))


SIZES = [("AES-256-GCM", "udp4", ()), ("AES-256-GCM", "udp6", ("mssfix 1450",)), ("AES-256-CBC", "udp4", ("mssfix 1400 mtu",)),
         ("AES-256-CBC", "tcp4", ("mssfix 1300", "comp-lzo no")), ("AES-128-CBC", "udp4", ("mssfix 1250 fixed",)),
         ("CHACHA20-POLY1305", "udp4", ("tun-mtu 1400",)), ("AES-256-CBC", "udp4", ("mssfix", "fragment 1200")),
         ("AES-256-GCM", "udp4", ("fragment 1200", "comp-lzo no"))]


@scenario("mssfix in all its forms makes the same segment size as OpenVPN's own")
def mssfix(keep):
    for cipher, proto, lines in SIZES:
        found = []
        common = tuple(line for line in lines if not line.startswith("mssfix"))
        for ours in (True, False):
            with_limit, without = lines, (*common, "mssfix 0")
            setup = ServerSetup(cipher=cipher, proto=proto, extra=(*(without if ours else with_limit), "allow-compression asym"))
            with tunnel(keep, setup, profile_extra=(f"cipher {cipher}", *(with_limit if ours else without))) as t:
                found.append(syn_mss(t))
        expect(found[0] == found[1], f"{cipher} {proto} {lines}: {found[0]} by us, {found[1]} by OpenVPN")


@scenario("a pushed tun-mtu is taken: what is larger is refused with 'fragmentation needed'")
def pushed_mtu(keep):
    with tunnel(keep, ServerSetup(extra=("tun-mtu 1300",), push=("tun-mtu 1300",))) as t:
        t.expect_ping(2, size=1272)
        done = t.app.run("ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", "1273", t.lab.WORLD4, check=False)
        expect("mtu = 1300" in done.stdout or "mtu=1300" in done.stdout, done.stdout + done.stderr)
