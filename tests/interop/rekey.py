"""New keys under traffic, without a lost ping."""
from netlab.openvpn import ServerSetup, keys_made
from netlab.scenario import expect, scenario

from .common import tunnel


def rekeys(keep, server_seconds, client_seconds, duration=32, profile_extra=(), **setup):
    extra = ("verb 4", f"reneg-sec {server_seconds} {server_seconds}" if server_seconds else "reneg-sec 0")
    setup = ServerSetup(extra=extra, **setup)
    with tunnel(keep, setup, profile_extra=(f"reneg-sec {client_seconds}", *profile_extra)) as t:
        count = duration * 10
        # Towards the server and back: one ping every 100 ms, none may be missing.
        got = t.app.ping(t.lab.WORLD4, count=count, interval=0.1)
        made = keys_made(t.server.log())
        expect(made >= duration // 10, f"only {made} keys were made\n{t.server.log()[-2000:]}")
        expect(got == count, f"{got} of {count} pings came back over {made} keys\n{t.gateway.log()}")
        expect(t.gateway.state() == "connected", "the tunnel went down")
        expect(len([l for l in t.gateway.log().splitlines() if l.endswith(": connected")]) == 1, t.gateway.log())


@scenario("rekeys every 10 s from the server, with dynamic tls-crypt, lose no ping")
def from_server(keep):
    rekeys(keep, 10, 0)


@scenario("rekeys every 10 s from the client lose no ping")
def from_client(keep):
    rekeys(keep, 0, 10)


@scenario("rekeys every 10 s from both sides lose no ping")
def from_both(keep):
    rekeys(keep, 10, 10, wrap="tls-crypt")


@scenario("rekeys over TCP lose no ping")
def over_tcp(keep):
    rekeys(keep, 10, 10, proto="tcp4", wrap="tls-auth")


@scenario("rekeys under TLS 1.2 and without a wrap lose no ping")
def old_style(keep):
    rekeys(keep, 10, 0, wrap="none", tls_max="1.2")
