"""Servers that are not who they should be: refused, and the reason said."""
from netlab.openvpn import ServerSetup
from netlab.pki import CLIENT, Pki
from netlab.scenario import expect, scenario
from netlab.shell import run, wait_until

from .common import tunnel


def refused(keep, reason, prepare, **profile):
    with tunnel(keep, start=False, **profile) as t:
        prepare(t)
        t.gateway.start()
        wait_until(lambda: reason in t.gateway.log(), 15, f"'{reason}' in the log")
        expect(t.gateway.state() != "connected", "connected all the same")
        expect(t.app.ping(t.lab.WORLD4, count=1) == 0, "a ping came through")


def serve(t, certificate, key):
    t.server.stop()
    t.server.certificate, t.server.key = certificate, key
    t.server.start()


@scenario("a server with a certificate of another CA is refused")
def other_ca(keep):
    def prepare(t):
        other = Pki(t.lab.directory, "Other CA")
        certificate, key = other.issue("server.example.net")
        (t.server.directory / "chain.crt").write_text(certificate.read_text() + other.ca.read_text())
        serve(t, t.server.directory / "chain.crt", key)
    refused(keep, "certificate", prepare)


@scenario("a server whose certificate has expired is refused")
def expired(keep):
    refused(keep, "certificate has expired", lambda t: serve(t, *t.lab.pki.issue("old", days=-1)))


@scenario("a server whose certificate is revoked is refused")
def revoked(keep):
    with tunnel(keep, start=False) as t:
        crl = t.lab.pki.revoke("server.example.net")
        t.gateway.write_profile(t.server.client_profile() + f"<crl-verify>\n{crl.read_text()}</crl-verify>\n")
        t.gateway.start()
        wait_until(lambda: "certificate revoked" in t.gateway.log(), 15, "the reason")
        expect(t.gateway.state() != "connected", "connected all the same")


@scenario("another customer's client certificate does not pass as a server's")
def client_as_server(keep):
    refused(keep, "certificate", lambda t: serve(t, *t.lab.pki.issue("mallory", CLIENT)))


@scenario("verify-x509-name holds the server to its name")
def wrong_name(keep):
    refused(keep, "verify-x509-name", lambda t: None, identity="verify-x509-name other.example.net name")


@scenario("verify-x509-name accepts the right name, by name, prefix and subject")
def right_name(keep):
    for identity in ("verify-x509-name server.example.net name", "verify-x509-name server. name-prefix",
                     "verify-x509-name 'CN=server.example.net'"):
        with tunnel(keep, identity=identity) as t:
            t.expect_ping(1)


@scenario("peer-fingerprint pins the server's certificate")
def fingerprint(keep):
    with tunnel(keep, start=False) as t:
        digest = run("openssl", "x509", "-in", t.server.certificate, "-noout", "-fingerprint", "-sha256").stdout.partition("=")[2].strip()
        wrong = digest[:-2] + ("00" if digest[-2:] != "00" else "11")
        for pinned, state in ((digest, "connected"), (wrong, None)):
            t.gateway.write_profile(t.server.client_profile(identity="", skip=("ca",)) + f"peer-fingerprint {pinned}\n")
            t.gateway.start()
            if state:
                t.gateway.wait_for_state(state)
                t.expect_ping(1)
            else:
                wait_until(lambda: "peer-fingerprint" in t.gateway.log(), 15, "the refusal")
                expect(t.gateway.state() != "connected", "connected all the same")
            t.gateway.stop()


@scenario("a server that refuses our certificate, and says nothing, ends in a timeout with that name")
def our_certificate(keep):
    with tunnel(keep, start=False) as t:
        other = Pki(t.lab.directory, "Other CA")
        t.lab._clients["stranger"] = other.issue("stranger", CLIENT)
        t.gateway.write_profile(t.server.client_profile(client="stranger", extra=("hand-window 4",)))
        t.gateway.start()
        wait_until(lambda: "handshake timed out" in t.gateway.log() or "TLS failed" in t.gateway.log(), 15, "a reason")
        expect(t.gateway.state() != "connected", "connected all the same")


@scenario("a profile that cannot tell its server from another customer is held to remote-cert-tls")
def no_identity_check(keep):
    with tunnel(keep, identity="") as t:
        t.expect_ping(1)
    refused(keep, "certificate", lambda t: serve(t, *t.lab.pki.issue("mallory", CLIENT)), identity="")


@scenario("tls-crypt-v2 with another server's key gets no answer, and says so")
def wrong_wrap(keep):
    with tunnel(keep, start=False, profile_extra=("connect-timeout 3",)) as t:
        t.server.stop()
        t.server._make_wrap_keys = lambda: None
        (t.server.directory / "v2-server.key").unlink()
        run("openvpn", "--genkey", "tls-crypt-v2-server", t.server.directory / "v2-server.key")
        t.server.start()
        t.gateway.start()
        wait_until(lambda: "no answer" in t.gateway.log(), 15, "the reason")
        expect(t.gateway.state() != "connected", "connected all the same")
