"""Lines of a server's file that are seldom written, with real clients."""
import time

from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab
from netlab.shell import CommandFailed, run


@scenario("words: 'ifconfig-noexec' leaves the device as it was made, and with the administrator's addresses clients have a tunnel")
def noexec(keep):
    with ServerLab(OurServer(extra=("ifconfig-noexec",)), keep=keep) as lab:
        lab.host.run("ip", "tuntap", "add", "dev", "tun-srv", "mode", "tun")
        lab.start()
        expect("inet" not in lab.host.run("ip", "addr", "show", "tun-srv").stdout, "it has an address")
        lab.host.run("ip", "addr", "add", "10.8.0.1/24", "dev", "tun-srv")
        lab.host.run("ip", "link", "set", "tun-srv", "up", "mtu", "1500")
        got = lab.client().ping(count=3)
        expect(got == 3, f"{got} of 3 pings\n{lab.log()}")


@scenario("words: 'route-noexec' sets the addresses and no route")
def no_routes(keep):
    for extra, there in ((), True), (("route-noexec",), False):
        with ServerLab(OurServer(extra=("route 192.168.7.0 255.255.255.0", *extra)), keep=keep) as lab:
            lab.start()
            routes = lab.host.run("ip", "route", "show", "dev", "tun-srv").stdout
            expect("10.8.0.0/24" in routes and ("192.168.7.0/24" in routes) == there, routes)


@scenario("words: 'local *' with a port and a transport is another socket, and each has its clients")
def sockets(keep):
    with ServerLab(OurServer(proto="udp4", extra=("local *", "local * 1195 tcp", "local 203.0.113.1 1196 udp4")), keep=keep) as lab:
        lab.start()
        for number, proto in ((1194, "udp4"), (1195, "tcp4"), (1196, "udp4")):
            lab.setup.proto = proto
            client = lab.client(f"client-{number}", port=number)
            got = client.ping(count=3)
            expect(got == 3, f"{proto} {number}: {got} of 3 pings\n{lab.log()}")
            lab.setup.proto = "udp4"


@scenario("words: a server of a /124 of IPv6 gives a client an address of it, which carries traffic")
def small(keep):
    with ServerLab(OurServer(ipv6=False, extra=("server-ipv6 fd00:8::/124",)), keep=keep) as lab:
        lab.start()
        client = lab.client()
        address = lab.status()["clients"][0]["ip6"]
        expect(address.startswith("fd00:8::") and 2 <= int(address[8:], 16) <= 15, address)
        got = client.ping(lab.WORLD6, count=3)
        expect(got == 3, f"{got} of 3 pings\n{client.log()[-1500:]}\n{lab.log()}")


@scenario("words: a server whose certificate, key and authority are in one PKCS #12 file")
def bundle(keep):
    with ServerLab(keep=keep) as lab:
        path = lab.directory / "server.p12"
        run("openssl", "pkcs12", "-export", "-in", lab.certificate, "-inkey", lab.key, "-certfile", lab.pki.ca, "-passout", "pass:", "-out", path)
        text = "".join(line + "\n" for line in lab.config().splitlines() if not line.startswith(("ca ", "cert ", "key ")))
        lab.config = lambda: text + f"pkcs12 {path}\nns-cert-type client\n"
        client = lab.start().client()
        expect(client.ping(count=3) == 3, f"{client.log()[-1500:]}\n{lab.log()}")


@scenario("words: a device that cannot be made is called what it is")
def device(keep):
    with ServerLab(keep=keep) as lab:
        lab.host.run("ip", "link", "add", "tun-srv", "type", "veth", "peer", "name", "other")
        try:
            lab.start()
        except CommandFailed:
            pass
        expect("cannot create the TUN device tun-srv" in lab.log(), lab.log())


@scenario("words: a server's key behind a passphrase is opened by the file of 'askpass', and again at a reload in the cage")
def locked(keep):
    with ServerLab(keep=keep) as lab:
        key, passphrase = lab.directory / "locked.key", lab.directory / "passphrase"
        run("openssl", "pkey", "-in", lab.key, "-aes256", "-passout", "pass:secret", "-out", key)
        passphrase.write_text("secret\n")
        text = lab.config().replace(f"key {lab.key}", f"key {key}") + f"askpass {passphrase}\n"
        lab.config = lambda: text
        lab.start()
        expect(lab.client().ping(count=3) == 3, lab.log())
        lab.ctl("reload")
        expect(lab.client("bob").ping(count=3) == 3, lab.log())
        passphrase.write_text("another\n")
        done = lab.ctl("reload", check=False)
        expect(done.returncode == 1 and "askpass: key: the passphrase is wrong" in done.stderr, done.stderr)


@scenario("words: with 'mark' the kernel's rules know the server's packets")
def marked(keep):
    with ServerLab(OurServer(extra=("mark 7",)), keep=keep) as lab:
        lab.host.run("ip", "rule", "add", "fwmark", "7", "blackhole")
        lab.start()
        client = lab.client(wait=False)
        time.sleep(3)
        expect("Initialization Sequence Completed" not in client.log(), client.log())
        lab.host.run("ip", "rule", "del", "fwmark", "7", "blackhole")
        expect(client.wait().ping(count=3) == 3, lab.log())


@scenario("words: with 'bind-dev' sockets belong to a device, and clients who come by it have a tunnel")
def bound(keep):
    for proto in ("udp4", "tcp4"):
        with ServerLab(OurServer(proto=proto, extra=("bind-dev br0",)), keep=keep) as lab:
            expect(lab.start().client().ping(count=3) == 3, lab.log())
            sockets = lab.host.run("ss", "-H", "-tuln").stdout
            expect("%br0:1194" in sockets, sockets)
