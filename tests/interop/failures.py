"""Each kind of failure has its own word and a hint in status, and is told within seconds."""
from netlab.gateway import binary
from netlab.openvpn import ServerSetup
from netlab.scenario import expect, scenario
from netlab.shell import run, wait_until

from .common import tunnel


def expect_failure(t, words, hint):
    t.gateway.start()
    wait_until(lambda: t.gateway.status()["reason"].startswith(words), 20, f"'{words}', not '{t.gateway.status()['reason']}'")
    status = t.gateway.status()
    expect(hint in status["hint"], f"'{words}' hints: {status['hint']}")
    text = t.lab.gateway_host.run(t.gateway.command()[0], "status", "--control", t.gateway.control).stdout
    expect(f"hint       {status['hint']}" in text, text)
    t.gateway.stop()


def other_wrap_key(t):
    t.server.stop()
    (t.server.directory / "static.key").unlink()
    run("openvpn", "--genkey", "secret", t.server.directory / "static.key")
    t.server.start()


@scenario("failures are told apart, each with a hint")
def classes(keep):
    with tunnel(keep, start=False, profile_extra=("connect-timeout 3",)) as t:
        t.server.stop()
        expect_failure(t, "no answer", "proto tcp")
    with tunnel(keep, ServerSetup(wrap="tls-crypt", proto="tcp4"), start=False) as t:
        other_wrap_key(t)
        expect_failure(t, "wrap rejected", "key-direction")
        t.server.stop()
        expect_failure(t, "no connection", "nothing listens")
    with tunnel(keep, start=False, identity="verify-x509-name other.example.net name") as t:
        expect_failure(t, "certificate refused", "clock")
    with tunnel(keep, ServerSetup(cipher="AES-192-GCM"), start=False) as t:
        expect_failure(t, "no common cipher", "data-ciphers")
    with tunnel(keep, start=False, profile_extra=('pull-filter reject "redirect-gateway"',)) as t:
        expect_failure(t, "pushed options refused", "pull-filter")
    with tunnel(keep, start=False, profile_extra=('static-challenge "PIN?" 0', "auth-user-pass"), auth=("alice", "wonderland")) as t:
        expect_failure(t, "login wants an answer", "ctl answer")
    with tunnel(keep, start=False, remote="nowhere.example.net") as t:
        t.lab.start_dns(t.lab.server, t.lab.SERVER4, {}, "uplink-dns.log")
        expect_failure(t, "name not resolved", "NetVM")


@scenario("a server that says in a TLS alert why it refuses us is quoted, with a hint")
def alert(keep):
    # Debian's openvpn says nothing, so here the server is ours.
    for tls in ("1.2", ""):
        with tunnel(keep, ServerSetup(tls_max=tls), start=False) as t:
            t.lab.client_certificate("client")
            t.server.setup.extra += (f"crl-verify {t.lab.pki.revoke('client')}",)
            t.server.stop()
            config = t.server.directory / "server.conf"
            config.write_text(t.server.config())
            ours = t.lab.server.start(binary(), "server", "--config", config, "--control", t.lab.directory / "server.sock", log="ours.log")
            ours.wait_for("listening")
            expect_failure(t, "TLS alert: the peer sent the TLS alert 'certificate revoked'", "get a fresh profile")
