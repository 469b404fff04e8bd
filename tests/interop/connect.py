"""Ways of logging in and what a server may push."""
import contextlib
import pathlib
import tempfile
import time

from netlab.openvpn import ServerSetup, keys_made
from netlab.scenario import expect, scenario
from netlab.shell import wait_until

from .common import APP6, tunnel

VERIFIER = """#!/bin/sh
# The real server's login check: user alice with her password, once; later the token has to do.
[ "$(sed -n 1p "$1")" = alice ] && [ "$(sed -n 2p "$1")" = wonderland ]
"""


@contextlib.contextmanager
def tunnel_with_login(keep, auth, *server_lines, **options):
    """A server that wants a name and a password, and no certificate."""
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        (directory / "verify").write_text(VERIFIER)
        (directory / "verify").chmod(0o755)
        lines = ("verify-client-cert none", "script-security 3", f"auth-user-pass-verify {directory}/verify via-file", *server_lines)
        with tunnel(keep, ServerSetup(extra=lines), profile_extra=("auth-user-pass",), auth=auth, **options) as t:
            yield t


@scenario("logs in by name and password, and with the token the server gives in exchange")
def token(keep):
    with tunnel_with_login(keep, ("alice", "wonderland"), "auth-gen-token 3600", "hand-window 4", "reneg-sec 8 8", "verb 4") as t:
        t.expect_ping()
        # A rekey logs in with the token; the server says so.
        wait_until(lambda: keys_made(t.server.log()) >= 2, 25, "a rekey")
        expect("Username/auth-token authentication succeeded" in t.server.log(), t.server.log()[-3000:])
        t.expect_ping()
        expect("wonderland" not in t.gateway.log() and "SESS_ID" not in t.gateway.log(), "a secret is in the log")


@scenario("a wrong password leaves the gateway blocked, with the reason, and running")
def wrong_password(keep):
    with tunnel_with_login(keep, ("alice", "guess"), start=False) as t:
        t.gateway.start()
        wait_until(lambda: "login refused" in t.gateway.status()["reason"], 10, "the reason")
        expect(t.gateway.state() == "blocked", t.gateway.state())
        expect(t.app.ping(t.lab.WORLD4, count=1) == 0, "a ping came through")
        expect(t.gateway.process.running(), "the gateway has ended")


@scenario("IPv6 inside the tunnel: ping, and large transfers both ways")
def ipv6(keep):
    with tunnel(keep, ServerSetup(ipv6=True), app6=APP6) as t:
        expect(t.app.ping(t.lab.WORLD6, count=3) == 3, f"no IPv6 through the tunnel\n{t.gateway.status()}")
        t.expect_ping()
        t.expect_transfers(t.lab.WORLD6)


@scenario("a large PUSH_REPLY comes in parts and is applied whole")
def continuation(keep):
    routes = tuple(f"route 172.20.{i % 250}.0 255.255.255.0" for i in range(120))
    push = (*routes, "dhcp-option DNS 198.51.100.10", "dhcp-option DOMAIN example.net")
    with tunnel(keep, ServerSetup(push=push)) as t:
        expect("push-continuation" in t.server.log(), "the server sent it in one piece")
        expect(t.gateway.status()["resolvers"] == ["198.51.100.10"], str(t.gateway.status()))
        t.expect_ping()


@scenario("hostile pushed options are refused by name and the tunnel works")
def hostile(keep):
    push = ("route 8.8.8.8 255.255.255.255 net_gateway", "dhcp-option DNS 10.139.1.1", "dhcp-option DNS 198.51.100.10",
            "dhcp-option DOMAIN $(reboot)", "route 10.137.0.0 255.255.0.0", "setenv-safe X y", "no-such-option 1")
    with tunnel(keep, ServerSetup(push=push)) as t:
        log = t.gateway.log()
        for word in ("net_gateway", "10.139.1.1", "10.137.0.0", "$(reboot)"):
            expect(any(word in line and "refused" in line for line in log.splitlines()), f"{word} is not refused by name:\n{log}")
        expect(t.gateway.status()["resolvers"] == ["198.51.100.10"], str(t.gateway.status()))
        t.expect_ping()


@scenario("pull-filter and route-nopull narrow what is pushed")
def pull_filter(keep):
    push = ("dhcp-option DNS 198.51.100.10", "route 172.20.0.0 255.255.0.0")
    with tunnel(keep, ServerSetup(push=push), profile_extra=('pull-filter ignore "dhcp-option DNS"',)) as t:
        expect(t.gateway.status()["resolvers"] == [], str(t.gateway.status()))
        t.expect_ping()


@scenario("the server's name is looked up on the uplink, only while connecting")
def name_lookup(keep):
    with tunnel(keep, start=False, remote="vpn.example.net") as t:
        dns = t.lab.start_dns(t.lab.server, t.lab.SERVER4, {"vpn.example.net": t.lab.SERVER4}, "uplink-dns.log")
        t.gateway.start().wait_for_state("connected")
        t.expect_ping()
        asked = [line for line in dns.output().splitlines() if "query[" in line]
        expect(asked and all(" vpn.example.net from" in line for line in asked), f"asked for: {asked}")
        before = len(asked)
        t.app.run("ping", "-c", "1", "-W", "1", "other.example.org", check=False)
        time.sleep(3)
        expect(len([l for l in dns.output().splitlines() if "query[" in l]) == before, "something was asked while connected")


@scenario("DNS of an AppVM goes through the tunnel to the pushed resolver")
def dns(keep):
    with tunnel(keep) as t:
        process = t.lab.start_dns(t.lab.world, t.lab.WORLD4, {"www.example.org": "198.51.100.77"}, "world-dns.log")
        done = t.app.run("python3", "-c", "import socket; print(socket.gethostbyname('www.example.org'))", timeout=20)
        expect(done.stdout.strip() == "198.51.100.77", done.stdout + done.stderr)
        expect("www.example.org from 10.8.0." in process.output(), "the query did not come through the tunnel")
