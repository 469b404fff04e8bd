"""Clients whose profiles have compression: openvpn's own, as our client."""
from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab
from netlab.shell import wait_until

NOT_AGREED = "compressed payload, which was not agreed on"
TEXT = "".join(f"<p>Line {number} of a page as a browser would send it.</p>\n" for number in range(3500))[:184000].encode()
# Compressible, and too short for openvpn to compress.
LONG, SHORT = 1200, 20


def upload(lab, client):
    """TEXT from the client to the world; the bytes that its uplink carried for it."""
    sent, arrived = lab.directory / "sent", lab.directory / "arrived"
    sent.write_bytes(TEXT)
    lab.world.start("sh", "-c", f"ncat -l {lab.WORLD4} 9 > {arrived}", log="sink.log")
    wait_until(lambda: ":9 " in lab.world.run("ss", "-Hltn").stdout, 10, "a listener")
    carried = lambda: int(client.host.run("cat", "/sys/class/net/eth0/statistics/tx_bytes").stdout)
    before = carried()
    client.host.run("sh", "-c", f"ncat --send-only {lab.WORLD4} 9 < {sent}", timeout=60)
    wait_until(lambda: arrived.stat().st_size == len(TEXT), 20, "the upload")
    expect(arrived.read_bytes() == TEXT, "the upload differs")
    return carried() - before


@scenario("compress migrate: clients with any compression in their profile, and with none, have a tunnel, and none compresses")
def migrate(keep):
    profiles = ((), ("comp-lzo yes",), ("comp-lzo no",), ("comp-lzo adaptive",), ("compress",), ("compress lz4",), ("compress lz4-v2",),
                ("compress stub-v2",))
    with ServerLab(OurServer(extra=("compress migrate",)), keep=keep) as lab:
        lab.start()
        for number, lines in enumerate(profiles):
            client = lab.client(f"client{number}", extra=(*lines, *(("allow-compression yes",) if lines else ())))
            for size in (SHORT, LONG):
                got = client.ping(count=4, size=size)
                expect(got == 4, f"{lines}: {got} of 4 pings\n{client.log()[-3000:]}\n{lab.log()}\n{lab.status()}")
            expect(("compress stub-v2" in client.log()) == bool(lines), f"{lines}: {client.log()[-3000:]}")
            if lines:
                went = upload(lab, client)
                expect(went > len(TEXT), f"{lines}: it compressed: {went} bytes for {len(TEXT)}")
        dropped = lab.status()["counters"]["dropped"]
        expect(not set(dropped) - {"source address of somebody else"}, str(dropped))


@scenario("a client that compresses, as the server's file allows, is understood; nothing is compressed on the way back")
def compressing(keep):
    for line in ("comp-lzo yes", "compress lz4", "compress lz4-v2"):
        with ServerLab(OurServer(extra=(line,)), keep=keep) as lab:
            lab.start()
            client = lab.client(extra=(line, "allow-compression yes"))
            for size in (SHORT, LONG):
                got = client.ping(count=4, size=size)
                expect(got == 4, f"{line}: {got} of 4 pings\n{client.log()[-3000:]}\n{lab.log()}\n{lab.status()}")
            went = upload(lab, client)
            expect(went < len(TEXT) * 0.7, f"{line}: the client did not compress: {went} bytes for {len(TEXT)}")
            dropped = lab.status()["counters"]["dropped"]
            expect(not set(dropped) - {"source address of somebody else"}, f"{line}: {dropped}")


@scenario("a client that compresses though the server's file does not allow it is dropped and counted, and has the rest of its tunnel")
def unasked(keep):
    for server, client_line in (("comp-lzo no", "comp-lzo yes"), ("compress", "compress lz4"), ("compress stub-v2", "compress lz4-v2")):
        with ServerLab(OurServer(extra=(server,)), keep=keep) as lab:
            lab.start()
            client = lab.client(extra=(client_line, "allow-compression yes"))
            expect(client.ping(count=3, size=SHORT) == 3, f"{server}: short pings are lost")
            expect(client.ping(count=3, size=LONG) == 0, f"{server}: a compressed packet came through")
            dropped = lab.status()["counters"]["dropped"]
            expect(dropped.get(NOT_AGREED, 0) >= 3, f"{server}: {dropped}")
            lost = f"packets of client {client.name}"
            expect(lost not in lab.log(), lab.log())
            client.ping(count=6, size=LONG, interval=1)
            said = [line for line in lab.log().splitlines() if lost in line and NOT_AGREED in line]
            expect(len(said) == 1 and "comp-lzo" in said[0], f"{said}\n{lab.log()}")
