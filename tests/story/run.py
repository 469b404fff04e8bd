#!/usr/bin/env python3
"""The story of tests/demo. Every step is checked; the exit code is 0 only if all of them held. Needs root."""
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from netlab.capture import MARKER, Capture, Uplink  # noqa: E402
from netlab.gateway import Gateway, check_profile  # noqa: E402
from netlab.lab import Lab  # noqa: E402
from netlab.openvpn import ServerSetup  # noqa: E402
from netlab.scenario import expect  # noqa: E402
from netlab.shell import wait_until  # noqa: E402
from story.narrator import Narrator  # noqa: E402

PAGE = (MARKER.decode() + ": a line of the page that both AppVMs fetch\n") * 4000
SITE = "site.example.org"


class Story:
    def __init__(self, lab, say):
        self.lab, self.say = lab, say
        self.alice = lab.add_app("alice", "10.137.0.10")
        self.bob = lab.add_app("bob", "10.137.0.11")
        self.server = lab.openvpn_server(ServerSetup(keepalive="1 4", push=(f"dhcp-option DNS {lab.WORLD4}",)))
        self.gateway = Gateway(lab, [])
        self.uplink = None

    def open_the_world(self):
        site = self.lab.directory / "site"
        site.mkdir()
        (site / "index.html").write_text(PAGE)
        self.lab.world.start("python3", "-m", "http.server", "80", "--directory", site, log="web.log")
        self.lab.start_dns(self.lab.world, self.lab.WORLD4, {SITE: self.lab.WORLD4}, "world-dns.log")
        wait_until(lambda: self.fetch(self.lab.world, self.lab.WORLD4) == PAGE, 10, "the web server")

    def fetch(self, host, name, seconds=5):
        return host.run("curl", "--silent", "--max-time", seconds, f"http://{name}/", check=False, timeout=seconds + 10).stdout

    def check_the_profile(self):
        path = self.gateway.write_profile(self.server.client_profile(extra=("connect-timeout 2",)))
        self.gateway.profiles = [path]
        code, report = check_profile(path)
        lines = report["options"]
        expect(code == 0 and lines, f"sallyport check says {code}: {report}")
        self.say.fact(f"sallyport check: usable, {len(lines)} lines, each with a verdict")

    def start_without_server(self):
        self.gateway.start()
        expect(self.gateway.state() != "connected", "connected, with no server there")
        start = time.monotonic()
        expect(self.fetch(self.alice, self.lab.WORLD4) == "", "a page came, with no tunnel there")
        took = time.monotonic() - start
        expect(took < 2, f"the refusal took {took:.1f} s; it should be immediate")
        refused = self.gateway.status()["counters"]["refused"]
        self.say.fact(f"state is '{self.gateway.state()}'; alice is refused after {took * 1000:.0f} ms, not left waiting; "
                      f"counted: {refused}")

    def connect(self):
        self.server.start()
        self.gateway.wait_for_state("connected")
        status = self.gateway.status()
        self.say.fact(f"connected to {status['remote']} with {status['cipher']}, our address in the tunnel is {status['tunnel_ip']}")

    def browse(self):
        for name, app in (("alice", self.alice), ("bob", self.bob)):
            expect(app.ping(self.lab.WORLD4, count=3) == 3, f"{name}'s pings did not all come back")
            page = self.fetch(app, SITE)
            expect(page == PAGE, f"{name} got {len(page)} characters of {len(PAGE)} from {SITE}\n{self.gateway.log()[-2000:]}")
            self.say.fact(f"{name} pings {self.lab.WORLD4} and fetches http://{SITE}/ (its name asked through the tunnel)")

    def keep_apart(self):
        expect(self.alice.ping(self.bob.address, wait=1) == 0, "alice can ping bob")
        self.say.fact("alice cannot reach bob")

    def cut(self):
        self.server.kill()
        self.gateway.wait_for_state("reconnecting", timeout=15)
        for name, app in (("alice", self.alice), ("bob", self.bob)):
            start = time.monotonic()
            expect(self.fetch(app, self.lab.WORLD4) == "", f"{name} got a page with the tunnel cut")
            self.say.fact(f"state is 'reconnecting'; {name} is refused after {(time.monotonic() - start) * 1000:.0f} ms")

    def come_back(self):
        self.server.start()
        self.gateway.wait_for_state("connected", timeout=30)
        expect(self.fetch(self.alice, SITE) == PAGE, "alice could not browse after the tunnel came back")
        self.say.fact("connected again by itself; alice browses on")

    def kill(self):
        self.gateway.kill()
        expect(self.fetch(self.alice, self.lab.WORLD4, seconds=2) == "", "alice got a page without a gateway")
        self.say.fact("the gateway is killed with SIGKILL: alice gets nothing")

    def account(self):
        packets = self.uplink.stop()
        uplink = Uplink(self.lab)
        leaks = uplink.unexplained(packets)
        counts = uplink.counts(packets)
        expect(not leaks, f"{len(leaks)} packets on the uplink are unexplained:\n" + "\n".join(map(str, leaks[:10])))
        expect(counts.get("tunnel", 0) > 100, f"there was no tunnel to speak of: {counts}")
        inside = sum(MARKER in frame for _, frame in packets)
        expect(inside == 0, f"the page's text was seen {inside} times on the uplink")
        listing = ", ".join(f"{count} {why}" for why, count in sorted(counts.items()))
        self.say.fact(f"{len(packets)} packets were on the uplink, all explained: {listing}")
        self.say.fact("not one of them was a clear packet of an AppVM")


def main():
    logs = tempfile.mkdtemp(prefix="sallyport-demo-")
    say = Narrator()
    try:
        with Lab(keep=logs) as lab:
            story = Story(lab, say)
            say.step("A lab of network namespaces: alice and bob (AppVMs), the gateway, a VPN server, and a web site behind it")
            story.open_the_world()
            say.step("A profile as a provider hands it out: tls-crypt-v2, AES-256-GCM")
            story.check_the_profile()
            say.step("Everything on the gateway's uplink is captured from here on")
            lab.let_the_uplink_settle()
            story.uplink = Capture(lab.gateway_host, "eth0")
            say.step("Sallyport starts while the server is still down")
            story.start_without_server()
            say.step("The server, Debian's openvpn, comes up")
            story.connect()
            say.step("Alice and bob browse")
            story.browse()
            story.keep_apart()
            say.step("The tunnel is cut: the server is killed")
            story.cut()
            say.step("The server is back")
            story.come_back()
            say.step("The worst: the gateway itself dies")
            story.kill()
            say.step("The account of the uplink")
            story.account()
    except Exception as problem:
        say.failed(problem, logs)
        return 1
    say.done()
    return 0


sys.exit(main())
