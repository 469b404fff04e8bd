"""Who may come in: our server beside Debian's openvpn with the same file, and the same clients at both doors."""
import base64
import hashlib
import hmac
import re
import struct
import time

from netlab.pki import CLIENT, Pki
from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab, password_line
from netlab.shell import run

PORT = 1195
# To somebody who is not in, nothing is pushed. (Without a device a client does not come further than that.)
PUSHED = "PUSH: Received control message: 'PUSH_REPLY"
CERTIFICATES = ("none", "alice", "nameless", "revoked", "other")
LOGINS = ("none", "right", "wrong", "token", "removed")
FILES = {
    "certificates alone": (),
    "certificate and password": ("auth-user-file users",),
    "a password that may be left out": ("auth-user-file users", "auth-user-pass-optional"),
    "a certificate that may be left out": ("auth-user-file users", "verify-client-cert optional"),
    "either may be left out": ("auth-user-file users", "verify-client-cert optional", "auth-user-pass-optional"),
    "passwords alone": ("auth-user-file users", "verify-client-cert none"),
    "passwords alone, for names": ("auth-user-file users", "verify-client-cert none", "username-as-common-name"),
}
TOKENS = ("auth-gen-token", "auth-gen-token-secret token.key")


def token(key_file, user):
    """As a server with that key has given it to `user`: docs/protocol.md, "The server's tokens"."""
    text = "".join(line for line in key_file.read_text().splitlines() if not line.startswith("-"))
    key = base64.b64decode(text)[64:96]
    body = bytes(12) + struct.pack(">QQ", int(time.time()), int(time.time()))
    return "SESS_ID_AT_" + base64.b64encode(body + hmac.digest(key, user.encode() + body, hashlib.sha256)).decode()


def make_everything(lab):
    """The files that servers and clients name: (certificate, key) by kind, and a login's file by kind."""
    d = lab.directory
    others = Pki(d, "Other CA")
    certificates = {"alice": lab.pki.issue("alice", CLIENT), "nameless": lab.pki.issue("nameless", CLIENT, subject="/O=Mallory"),
                    "revoked": lab.pki.issue("revoked", CLIENT), "other": others.issue("alice", CLIENT)}
    (d / "crl.pem").write_bytes(lab.pki.revoke("revoked").read_bytes())
    (d / "users").write_text(password_line("alice", "wonderland"))
    run("openvpn", "--genkey", "auth-token", d / "token.key")
    logins = {"right": ("alice", "wonderland"), "wrong": ("alice", "guess"), "token": ("alice", token(d / "token.key", "alice")),
              "removed": ("bob", token(d / "token.key", "bob"))}
    for kind, words in logins.items():
        (d / f"login-{kind}").write_text("\n".join(words) + "\n")
    # What openvpn asks in place of our file. Where a login may be left out, that is for it to decide, too.
    script = d / "verify"
    script.write_text('#!/bin/sh\nread -r name < "$1"; password=$(sed -n 2p "$1")\n'
                      '[ -z "$name" ] || { [ "$name" = alice ] && [ "$password" = wonderland ]; }\n')
    script.chmod(0o755)
    return certificates


def start_openvpn(lab, lines):
    text = lab.config().replace("port 1194", f"port {PORT}").replace("dev tun-srv", "dev tun-ref").replace("10.8.0.0", "10.9.0.0")
    text = text.replace("auth-user-file users", f"script-security 2\nauth-user-pass-verify {lab.directory}/verify via-file")
    path = lab.directory / "openvpn.conf"
    path.write_text(f"cd {lab.directory}\n{text}disable-dco\nverb 3\n")
    process = lab.host.start("openvpn", "--config", path, log="openvpn.log")
    process.wait_for("Initialization Sequence Completed")
    return process


def knock(lab, certificates, ports):
    """What comes in at each of the ports, of all certificates with all logins."""
    host, clients = lab.client_host("clients"), {}
    for port in ports:
        for certificate in CERTIFICATES:
            for login in LOGINS:
                if (certificate, login) == ("none", "none"):
                    continue  # openvpn's client refuses to be such a one; the simulation has it
                lines = ["client", "dev null", "nobind", f"remote {lab.SERVER4} {port} udp4", f"ca {lab.pki.ca}", "remote-cert-tls server",
                         "connect-retry-max 1", "hand-window 5", "tls-exit", "auth-retry none", "disable-dco", "verb 3"]
                if certificate != "none":
                    lines += [f"cert {certificates[certificate][0]}", f"key {certificates[certificate][1]}"]
                if login != "none":
                    lines.append(f"auth-user-pass {lab.directory}/login-{login}")
                name = f"{port}-{certificate}-{login}"
                path = lab.directory / f"{name}.ovpn"
                path.write_text("\n".join(lines) + "\n")
                clients[port, certificate, login] = host.start("openvpn", "--config", path, log=f"{name}.log")
    end = time.monotonic() + 9
    is_in = lambda client: client.has_said(PUSHED)
    while time.monotonic() < end and not all(is_in(client) or not client.running() for client in clients.values()):
        time.sleep(0.1)
    inside = [{tuple(kind) for (at, *kind), client in clients.items() if at == port and is_in(client)} for port in ports]
    for client in clients.values():
        client.kill()
    return inside


def expected_to_be_fewer(certificate, login, lines):
    """Whom openvpn lets in and we do not: a removed user's token is asked for in our file as well."""
    return login == "removed" and "auth-user-file users" in lines


@scenario("admission: of all certificates and logins only those come in that Debian's openvpn lets in, or fewer")
def admission(keep):
    with ServerLab(OurServer(wrap="none", ipv6=False), keep=keep) as lab:
        certificates = make_everything(lab)
        total = 0
        for what, lines in FILES.items():
            tokens = TOKENS if lines else ()
            extra = (*lines, *tokens, "crl-verify crl.pem", "duplicate-cn", "connect-freq-initial 1000 10")
            lab.setup.extra = extra
            lab.start()
            theirs = start_openvpn(lab, lines)
            ours_in, theirs_in = knock(lab, certificates, (1194, PORT))
            fewer = {kind for kind in theirs_in if expected_to_be_fewer(*kind, lines)}
            expect(ours_in == theirs_in - fewer,
                   f"{what}: only ours lets in {ours_in - theirs_in}, only openvpn's {theirs_in - ours_in}\n{lab.log()[-3000:]}")
            expect(ours_in, f"{what}: nobody came in\n{lab.log()[-2000:]}")
            total += len(ours_in)
            lab.process.stop()
            theirs.stop()
        print(f"     {total} of {len(FILES) * (len(CERTIFICATES) * len(LOGINS) - 1)} came in", flush=True)


@scenario("admission: a name with blanks, a plus or a slash has the file of client-config-dir that openvpn takes")
def file_names(keep):
    names = {"John Doe": "John Doe", "alice+x": "alice+x", "a/b": "a_b", "alice x": "DEFAULT"}
    with ServerLab(OurServer(wrap="none", ipv6=False, extra=("client-config-dir ccd",)), keep=keep) as lab:
        ccd = lab.directory / "ccd"
        ccd.mkdir()
        for number, file in enumerate(sorted(set(names.values()))):
            (ccd / file).write_text(f'push "route 172.20.{number}.0 255.255.255.0"\n')
        lab.start()
        start_openvpn(lab, ())
        host = lab.client_host("clients")
        for number, name in enumerate(names):
            crt, key = lab.pki.issue(f"c{number}", CLIENT, subject="/CN=" + re.sub(r"([/+])", r"\\\1", name))
            routes = []
            for port in (1194, PORT):
                lines = ["client", "dev null", "nobind", f"remote {lab.SERVER4} {port} udp4", f"ca {lab.pki.ca}", f"cert {crt}", f"key {key}",
                         "remote-cert-tls server", "verb 3", "disable-dco"]
                path = lab.directory / f"{number}-{port}.ovpn"
                path.write_text("\n".join(lines) + "\n")
                client = host.start("openvpn", "--config", path, log=f"{number}-{port}.log")
                client.wait_for(PUSHED, 20)
                routes.append(re.search(r"route 172\.20\.(\d+)\.0", client.output())[1])
                client.kill()
            expect(routes[0] == routes[1], f"{name}: our server takes another file than openvpn's: {routes}")
            expect(int(routes[0]) == sorted(set(names.values())).index(names[name]), f"{name}: {routes}")
