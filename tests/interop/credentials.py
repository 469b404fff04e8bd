"""Certificates in all the ways that profiles bring them, and the odder checks of the server's."""
import base64

from netlab.openvpn import ServerSetup
from netlab.pki import CLIENT, SERVER
from netlab.scenario import expect, scenario
from netlab.shell import run, wait_until

from .common import tunnel


@scenario("pkcs12: certificate, key and authority from one file, beside the profile or inlined")
def pkcs12(keep):
    with tunnel(keep, start=False) as t:
        certificate, key = t.lab.client_certificate()
        path = t.lab.directory / "client.p12"
        run("openssl", "pkcs12", "-export", "-passout", "pass:", "-in", certificate, "-inkey", key, "-certfile", t.lab.pki.ca, "-out", path)
        encoded = base64.encodebytes(path.read_bytes()).decode()
        for lines in ("pkcs12 client.p12\n", f"<pkcs12>\n{encoded}</pkcs12>\n"):
            t.gateway.write_profile(t.server.client_profile(skip=("ca", "cert", "key")) + lines)
            t.gateway.start().wait_for_state("connected")
            t.expect_ping(1)
            t.gateway.stop()


@scenario("extra-certs: our certificate of an intermediate authority is accepted with it, and not without")
def extra_certs(keep):
    with tunnel(keep, start=False) as t:
        middle = t.lab.pki.intermediate("Middle CA")
        t.lab._clients["far"] = middle.issue("far", CLIENT)
        profile = t.server.client_profile(client="far", extra=("hand-window 5",))
        t.gateway.write_profile(profile + f"<extra-certs>\n{middle.ca.read_text()}</extra-certs>\n")
        t.gateway.start().wait_for_state("connected")
        t.expect_ping(1)
        t.gateway.stop()
        t.gateway.write_profile(profile)
        t.gateway.start()
        wait_until(lambda: t.gateway.status()["hint"], 15, "a hint")
        expect(t.gateway.state() != "connected", "connected without the intermediate certificate")


def fingerprint(certificate, digest):
    return run("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", f"-{digest}").stdout.partition("=")[2].strip()


@scenario("verify-hash holds the server to one authority, by SHA-1 and SHA-256")
def verify_hash(keep):
    with tunnel(keep, start=False) as t:
        for digest in ("sha1", "sha256"):
            right = fingerprint(t.lab.pki.ca, digest)
            wrong = ("00" if right[:2] != "00" else "11") + right[2:]
            for value, good in ((right, True), (wrong, False)):
                t.gateway.write_profile(t.server.client_profile() + f"verify-hash {value} {digest.upper()}\n")
                t.gateway.start()
                if good:
                    t.gateway.wait_for_state("connected")
                else:
                    wait_until(lambda: "verify-hash" in t.gateway.status()["reason"], 15, "the refusal")
                    expect(t.gateway.status()["hint"], "there is no hint")
                t.gateway.stop()


@scenario("ns-cert-type server takes the old mark and the new one")
def ns_cert_type(keep):
    with tunnel(keep, start=False) as t:
        old = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nnsCertType=server\n"
        for extensions in (old, SERVER):
            t.server.stop()
            t.server.certificate, t.server.key = t.lab.pki.issue("old.example.net", extensions)
            t.server.start()
            t.gateway.write_profile(t.server.client_profile(identity="ns-cert-type server"))
            t.gateway.start().wait_for_state("connected")
            t.gateway.stop()


@scenario("key-direction the other way round: the client has 0, the server 1")
def direction(keep):
    with tunnel(keep, ServerSetup(wrap="tls-auth"), start=False) as t:
        t.server.stop()
        config = t.server.config()
        t.server.config = lambda: config.replace("static.key 0", "static.key 1")
        t.server.start()
        t.gateway.write_profile(t.server.client_profile().replace("key-direction 1", "key-direction 0"))
        t.gateway.start().wait_for_state("connected")
        t.expect_ping(1)


@scenario("remote-random-hostname asks for a new label of the name each time")
def random_hostname(keep):
    with tunnel(keep, start=False, remote="vpn.example.net", profile_extra=("remote-random-hostname",)) as t:
        dns = t.lab.start_dns(t.lab.server, t.lab.SERVER4, {}, "uplink-dns.log", f"--address=/vpn.example.net/{t.lab.SERVER4}")
        t.gateway.start().wait_for_state("connected")
        t.gateway.stop()
        t.gateway.start().wait_for_state("connected")
        asked = {line.split("query[A] ")[1].split()[0] for line in dns.output().splitlines() if "query[A]" in line}
        expect(len(asked) == 2 and all(name.endswith(".vpn.example.net") and len(name.split(".")[0]) == 12 for name in asked), str(asked))


@scenario("inactive and session-timeout end a session, and the next one follows")
def timeouts(keep):
    for line in ("inactive 3", "session-timeout 4"):
        with tunnel(keep, profile_extra=(line,)) as t:
            t.gateway.process.wait_for("tunnel down: idle")
            t.gateway.wait_for_state("connected")
            t.expect_ping()
