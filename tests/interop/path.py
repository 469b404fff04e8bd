"""The path to the server takes smaller packets than it did: traffic flows again within seconds, in packets that fit."""
import time

from netlab.capture import Capture
from netlab.lan import LanLab
from netlab.openvpn import ServerSetup
from netlab.scenario import expect, scenario
from netlab.shell import wait_until

from .common import APP6, tunnel

NARROW, SECONDS = 1280, 5
# Outer headers, and what the data channel puts around a packet.
AROUND = {"udp4": 28 + 24, "udp6": 48 + 24}
TALK = ("import socket, sys, time\ns = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "while True:\n    s.sendall(bytes(20000))\n    time.sleep(0.05)\n")
LISTEN = ("import socket, sys, time\nl = socket.create_server((sys.argv[1], int(sys.argv[2])))\ns = l.accept()[0]\nprint('taken', flush=True)\n"
          "if sys.argv[3] == 'hear':\n    while got := s.recv(65536):\n        print('.' * (len(got) // 1000), end='', flush=True)\n"
          "while True:\n    s.sendall(bytes(20000))\n    time.sleep(0.05)\n")
HEAR = ("import socket, sys\ns = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "while got := s.recv(65536):\n    print('.' * (len(got) // 1000), end='', flush=True)\n")
IPV4_FRAGMENT, IPV6_FRAGMENT = 0x3fff, 44


class Flow:
    """A TCP connection that one end talks into all the time."""

    def __init__(self, t, port, upwards):
        world, app = t.lab.world, t.app.namespace
        server = world.start("python3", "-c", LISTEN, t.lab.WORLD4, port, "hear" if upwards else "talk", log=f"world-{port}.log")
        t.wait_for_listener(port)
        client = app.start("python3", "-c", TALK if upwards else HEAR, t.lab.WORLD4, port, log=f"app-{port}.log")
        self.ear = server if upwards else client
        self.expect_more("from the start", SECONDS)

    def heard(self):
        return self.ear.log.stat().st_size

    def expect_more(self, when, seconds):
        before = self.heard()
        wait_until(lambda: self.heard() > before + 200, seconds, f"200 kB more, {when}")


def set_width(lab, size):
    """What the router between the gateway and the server takes, both ways."""
    for family, server, gateway in (("-4", lab.SERVER4, lab.GATEWAY4), ("-6", lab.SERVER6, lab.GATEWAY6)):
        for address, device in ((server, "eth1"), (gateway, "eth0")):
            lab.lan.run("ip", family, "route", "replace", address, "dev", device, "mtu", "lock", size)


def fragments_sent(t, seconds):
    capture = Capture(t.lab.gateway_host, "eth0")
    time.sleep(seconds)
    own = t.lab.gateway_host.mac("eth0")
    sent = [frame for _, frame in capture.stop() if frame[6:12] == own]
    expect(len(sent) > 20, f"only {len(sent)} packets were sent")
    return sum(1 for f in sent if (f[12:14] == b"\x08\x00" and int.from_bytes(f[20:22]) & IPV4_FRAGMENT)
               or (f[12:14] == b"\x86\xdd" and f[20] == IPV6_FRAGMENT))


def narrowed(keep, proto):
    with tunnel(keep, ServerSetup(proto=proto, ipv6=True), app6=APP6, lab_kind=LanLab) as t:
        flows = [Flow(t, 9001, upwards=True), Flow(t, 9002, upwards=False)]
        set_width(t.lab, NARROW)
        since = time.monotonic()
        for flow in flows:
            flow.expect_more(f"{proto}, after the path became narrow", max(0.1, since + SECONDS - time.monotonic()))
        inside = NARROW - AROUND[proto]
        wait_until(lambda: t.gateway.status()["mtu"] == inside, 2, f"an MTU of {inside}, not {t.gateway.status()['mtu']}")
        expect(fragments_sent(t, 1) == 0, f"{proto}: what fits the path is still cut by the kernel")
        expect_told(t, inside)
        t.expect_ping(2, size=1400, extra=("-M", "dont"))
        t.expect_transfers(t.lab.WORLD4)


def expect_told(t, inside):
    done = t.app.run("ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", inside - 27, t.lab.WORLD4, check=False)
    # By the gateway now, or by the AppVM's own kernel, which has learned it from the flows.
    said = done.stdout + done.stderr
    expect(f"mtu = {inside}" in said or f"mtu={inside}" in said, said)
    t.expect_ping(2, size=inside - 28, extra=("-M", "do"))
    # No IPv6 host can be told less than this: the kernel cuts the datagram around it.
    got = t.app.ping(t.lab.WORLD6, count=2, size=NARROW - 48, extra=("-6", "-M", "do"))
    expect(got == 2, f"{got} of 2 IPv6 packets of {NARROW} bytes came through")


@scenario("the path's MTU drops to 1280: flows go on within seconds, AppVMs are told, and nothing is cut on the way")
def drop(keep):
    for proto in AROUND:
        narrowed(keep, proto)


@scenario("a path that takes more again is used again, when the kernel has forgotten that it was narrow")
def rise(keep):
    with tunnel(keep, lab_kind=LanLab) as t:
        wide = t.gateway.status()["mtu"]
        t.lab.gateway_host.sysctl("net.ipv4.route.mtu_expires", 5)
        set_width(t.lab, NARROW)
        t.app.ping(t.lab.WORLD4, count=2, size=1400)
        wait_until(lambda: t.gateway.status()["mtu"] < wide, 2, "a smaller MTU")
        set_width(t.lab, 1500)
        wait_until(lambda: t.gateway.status()["mtu"] == wide, 75, "the MTU of before")
        t.expect_ping(2, size=1400)
