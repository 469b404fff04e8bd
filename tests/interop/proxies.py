"""Servers behind HTTP and SOCKS proxies; the proxy is then all that the uplink sees."""
import contextlib
import pathlib
import sys

from netlab.capture import Capture, Packet
from netlab.openvpn import ServerSetup
from netlab.scenario import expect, scenario
from netlab.shell import wait_until

from .common import tunnel

PROXY = "203.0.113.9"
SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "netlab/proxy.py"
USER, PASSWORD = "proxy-user", "proxy-password"


@contextlib.contextmanager
def behind_proxy(keep, kind, *arguments, setup, lines, remote=None):
    """The server's namespace has the proxy too, under an address of its own; the server takes the proxy's connections only."""
    with tunnel(keep, setup, start=False, profile_extra=lines, remote=remote) as t:
        t.lab.server.run("ip", "addr", "add", f"{PROXY}/24", "dev", "eth0")
        t.proxy = t.lab.server.start(sys.executable, SCRIPT, kind, PROXY, "3128", *arguments, log="proxy.log")
        t.proxy.wait_for("ready")
        yield t


def expect_only_proxy(t, capture):
    peers = {packet.destination for packet in map(Packet, (frame for _, frame in capture.stop()))
             if packet.source == t.lab.GATEWAY4}
    expect(peers == {PROXY}, f"the gateway spoke to {peers}")


AUTO = "http-proxy 203.0.113.9 3128 auto"
AUTO_LOGIN = f"{AUTO}\n<http-proxy-user-pass>\n{USER}\n{PASSWORD}\n</http-proxy-user-pass>"
DIGEST_ONLY = f"http-proxy 203.0.113.9 3128 auto-nct\n<http-proxy-user-pass>\n{USER}\n{PASSWORD}\n</http-proxy-user-pass>"
HTTP = [("none", "http-proxy 203.0.113.9 3128"), ("none", AUTO), ("basic", AUTO_LOGIN),
        ("basic", f"http-proxy 203.0.113.9 3128 auto basic\nhttp-proxy-option AGENT test\n<http-proxy-user-pass>\n{USER}\n{PASSWORD}\n"
                  "</http-proxy-user-pass>"),
        ("digest", DIGEST_ONLY)]


@scenario("http-proxy: without login, basic and digest; only the proxy is spoken to, and names are the proxy's affair")
def http_proxy(keep):
    for login, lines in HTTP:
        with behind_proxy(keep, "http", "--login", login, setup=ServerSetup(proto="tcp4"), lines=tuple(lines.split("\n"))) as t:
            if login != "none":
                # The same as curl understands it.
                t.lab.gateway_host.run("curl", "-sS", "--proxytunnel", f"--proxy-{login}", "-x", f"http://{PROXY}:3128", "-U", f"{USER}:{PASSWORD}",
                                       "-o", "/dev/null", "--max-time", "2", "--http0.9", f"http://{t.lab.SERVER4}:1194/", check=False)
                wait_until(lambda: "CONNECT" in t.proxy.output(), 5, "curl at the proxy")
            capture = Capture(t.lab.gateway_host, "eth0")
            t.gateway.start().wait_for_state("connected")
            t.expect_ping()
            t.expect_transfers(t.lab.WORLD4)
            expect(f"through http proxy {PROXY}:3128" in t.gateway.status()["remote"], t.gateway.status()["remote"])
            expect_only_proxy(t, capture)


@scenario("socks-proxy: TCP and UDP, with and without login, and its datagrams' headers count in sizes")
def socks_proxy(keep):
    for proto, login in (("tcp4", "none"), ("tcp4", "password"), ("udp4", "none"), ("udp4", "password")):
        with behind_proxy(keep, "socks", "--login", login, *(("--any",) if login == "none" else ()), setup=ServerSetup(proto=proto),
                          lines=(f"socks-proxy {PROXY} 3128" + (" socks.txt" if login != "none" else ""),)) as t:
            (t.lab.directory / "socks.txt").write_text(f"{USER}\n{PASSWORD}\n")
            capture = Capture(t.lab.gateway_host, "eth0")
            t.gateway.start().wait_for_state("connected")
            t.expect_ping()
            t.expect_ping(2, size=1400)
            t.expect_transfers(t.lab.WORLD4)
            expect_only_proxy(t, capture)
            # The connection that keeps the relay is gone, and so is the tunnel; then all comes back.
            t.proxy.kill()
            wait_until(lambda: t.gateway.state() != "connected", 10, "the tunnel to go down")
            expect("stream broken" in t.gateway.status()["reason"] or "no connection" in t.gateway.status()["reason"],
                   t.gateway.status()["reason"])


@scenario("openvpn's own client gets through the test's SOCKS proxy too")
def real_client(keep):
    with behind_proxy(keep, "socks", setup=ServerSetup(), lines=(f"socks-proxy {PROXY} 3128",)) as t:
        path = t.gateway.profiles[0]
        process = t.lab.gateway_host.start("openvpn", "--config", path, "--dev", "null", "--ifconfig-noexec", "--route-noexec", "--disable-dco",
                                           log="openvpn.log")
        process.wait_for("Initialization Sequence Completed", timeout=20)


@scenario("a proxy that refuses the login, or sends us elsewhere, is said to")
def refusing_proxy(keep):
    cases = (("http", ("--login", "basic", "--password", "other"), AUTO_LOGIN, "tcp4", "refuses the user name"),
             ("http", ("--login", "basic"), AUTO, "tcp4", "the proxy wants a user name"),
             ("http", ("--login", "basic"), DIGEST_ONLY, "tcp4", "login of a kind that is not allowed"),
             ("socks", ("--relay", "203.0.113.77"), f"socks-proxy {PROXY} 3128", "udp4", "another host"))
    for kind, arguments, lines, proto, reason in cases:
        with behind_proxy(keep, kind, *arguments, setup=ServerSetup(proto=proto), lines=tuple(lines.split("\n"))) as t:
            t.gateway.start()
            wait_until(lambda: reason in t.gateway.log(), 10, f"'{reason}'")
            expect(t.gateway.state() != "connected" and PASSWORD not in t.gateway.log(), t.gateway.log())


@scenario("the server's name goes to the proxy and is never looked up here")
def name_to_proxy(keep):
    for kind, proto in (("http", "tcp4"), ("socks", "udp4")):
        with behind_proxy(keep, kind, setup=ServerSetup(proto=proto), lines=(f"{kind}-proxy {PROXY} 3128",), remote="localhost.test") as t:
            hosts = t.lab.directory / "hosts"
            hosts.write_text(f"{t.lab.SERVER4} localhost.test\n")
            dns = t.lab.start_dns(t.lab.server, t.lab.SERVER4, {}, "uplink-dns.log")
            t.gateway.start()
            # The proxy does not know the name either; what counts is who is asked.
            wait_until(lambda: "localhost.test:1194" in t.proxy.output(), 10, "the name at the proxy")
            expect(not [line for line in dns.output().splitlines() if "query[" in line and "localhost.test from " + t.lab.GATEWAY4 in line],
                   dns.output())
