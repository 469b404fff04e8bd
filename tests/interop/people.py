"""The kinds of profiles that people have (tests/data/profiles): Debian's openvpn is asked what it says of each, and those that can
connect do, with its server set up to match."""
import base64
import contextlib
import dataclasses
import pathlib
import re
import subprocess
import tempfile

from netlab.gateway import binary, check_profile
from netlab.openvpn import ServerSetup
from netlab.pki import CLIENT, SERVER, Pki
from netlab.scenario import expect, scenario
from netlab.shell import run, wait_until

from .common import tunnel
from .login import answer
from .twins import LZO

DATA = pathlib.Path(__file__).resolve().parents[1] / "data" / "profiles"
CODE = ":".join(["SCRV1", *(base64.b64encode(text).decode() for text in (b"wonderland", b"4711"))])
LOGIN_CHECK = f'''#!/bin/sh
[ "$(sed -n 1p "$1")" = alice ] && case "$(sed -n 2p "$1")" in wonderland | {CODE}) exit 0;; esac
exit 1
'''
# What openvpn says when nothing is wrong with the file: it sends, or has nobody to ask.
TAKEN = re.compile(r"link remote|Attempting to establish|RESOLVE|can't ask for")
TYPED = {"User name": "alice", "Password": "wonderland", "Passphrase": "secret", "Code": "4711"}


def verdicts():
    """name: [here, after --fix, OpenVPN]"""
    lines = [line for line in (DATA / "verdicts.txt").read_text().splitlines() if line and not line.startswith("#")]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {row[0]: row[1:4] for row in rows}


@dataclasses.dataclass
class Server:
    cipher: str = "AES-256-GCM"
    wrap: str = "none"
    auth: str = "SHA1"
    proto: str = "udp4"
    lines: tuple = ()
    login: bool = False           # by user name and password, and perhaps a certificate
    weak: bool = False            # RSA of 1024 bits and SHA-1, up to the authority
    asked: tuple = ()             # of TYPED
    ping: int = 1340              # bytes of a packet that has to get through


SERVERS = {
    "access-server": Server(wrap="tls-crypt", login=True),
    "azure": Server(wrap="tls-auth", auth="SHA256", proto="tcp4"),
    "black-routes": Server(login=True),
    "cfb8": Server(wrap="tls-auth", auth="SHA512", proto="tcp4", lines=LZO, login=True, asked=("Code",)),
    "connection-blocks": Server(),
    "dd-wrt": Server(cipher="AES-128-GCM"),
    "eduvpn": Server(wrap="tls-crypt"),
    "gluetun": Server(cipher="AES-256-CBC", wrap="tls-crypt", lines=("auth SHA512", "comp-lzo no"), login=True, ping=1200),
    "htb": Server(cipher="AES-256-CBC", wrap="tls-auth", auth="SHA256", lines=LZO, weak=True),
    "ipfire": Server(wrap="tls-auth-nodir", auth="SHA512", login=True),
    "mikrotik": Server(cipher="AES-256-CBC", proto="tcp4", login=True),
    "netgear": Server(cipher="AES-128-CBC", lines=LZO),
    "openvpn3-dns": Server(),
    "panel-60000": Server(cipher="AES-128-CBC", wrap="tls-crypt", lines=("auth SHA512", "tun-mtu 6000")),
    "pfsense": Server(cipher="AES-256-CBC", wrap="tls-auth", auth="SHA256", login=True, asked=("User name", "Password")),
    "pivpn-locked": Server(wrap="tls-crypt", lines=("auth SHA256",), asked=("Passphrase",)),
    "pkcs12-locked": Server(asked=("Passphrase",)),
    "qubes-doc": Server(login=True),
    "qubes-vpn-support": Server(login=True),
    "sophos": Server(cipher="AES-256-CBC", proto="tcp4", lines=("auth SHA512", "comp-lzo no", 'push "route remote_host 255.255.255.255 net_gateway"'),
                     login=True),
    "university": Server(cipher="AES-256-CBC", login=True),
    "untangle": Server(cipher="AES-128-CBC"),
    "update-resolv-conf": Server(cipher="AES-256-CBC", wrap="tls-auth", auth="SHA512", lines=("comp-lzo no",), login=True),
    "viscosity": Server(wrap="tls-auth", lines=("compress", "allow-compression asym"), login=True),
    "watchguard": Server(cipher="AES-256-CBC", proto="tcp4", lines=("auth SHA256",), login=True),
}


def write_profile(folder, name, server, ca, certificate, key, static_key):
    """The profile as `name` has it, for `server`, with the files that it names beside it."""
    locked = run("openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:secret").stdout
    p12 = {}
    for kind, passphrase in (("open", ""), ("locked", "secret")):
        path = folder / f"{kind}.p12"
        run("openssl", "pkcs12", "-export", "-passout", f"pass:{passphrase}", "-in", certificate, "-inkey", key, "-certfile", ca, "-out", path)
        p12[kind] = path.read_bytes()
    blocks = {"ca": ca.read_text(), "cert": certificate.read_text(), "key": key.read_text(), "tls-auth": static_key, "tls-crypt": static_key,
              "locked-key": locked, "locked-pkcs12": base64.encodebytes(p12["locked"]).decode()}
    text = re.sub(r"^remote \S+(?: \d+)?", f"remote {server} 1194", (DATA / f"{name}.ovpn").read_text(), flags=re.M)
    for tag, content in blocks.items():
        closed = tag.removeprefix("locked-")
        text = text.replace(f"\n<{tag}>\n", f"\n<{closed}>\n{content.strip()}\n</{closed}>\n")
    files = {"ca.crt": blocks["ca"], "client.crt": blocks["cert"], "client.key": blocks["key"], "ta.key": static_key, "locked.key": locked,
             "login.txt": "alice\nwonderland\n", "pass.txt": "secret\n"}
    for file, content in files.items():
        (folder / file).write_text(content)
    (folder / "roadwarrior.p12").write_bytes(p12["open"])
    path = folder / "profile.ovpn"
    path.write_text(text)
    path.chmod(0o600)
    return path


def openvpn_takes(path):
    """Whether Debian's openvpn begins to connect, without a network. It looks for files where the profile says, so all are beside
    it; the scripts are there and do nothing. What it says comes here."""
    text = re.sub(r"(/tmp/client|keys/home|/etc/elsewhere|/etc/openvpn)/", "", path.read_text())
    path.write_text(re.sub(r"^(log|syslog|writepid)\b.*", "", text, flags=re.M))
    for script in ("update-resolv-conf", "qubes-vpn-handler.sh"):
        (path.parent / script).write_text("#!/bin/sh\n")
        (path.parent / script).chmod(0o755)
    with subprocess.Popen(["timeout", "10", "unshare", "-n", "openvpn", "--cd", path.parent, "--config", path, "--verb", "3"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True) as process:
        output = ""
        for line in process.stdout:
            output += line
            if TAKEN.search(line):
                process.kill()
                return True, output
    return False, output


@scenario("people's profiles: Debian's openvpn takes and refuses those that the table says")
def opinion(keep):
    with tempfile.TemporaryDirectory() as scratch:
        pki = Pki(pathlib.Path(scratch))
        certificate, key = pki.issue("client", CLIENT)
        static = pathlib.Path(scratch) / "static.key"
        run("openvpn", "--genkey", "secret", static)
        wrong = {}
        for name, (_, _, wanted) in verdicts().items():
            folder = pathlib.Path(scratch) / name
            folder.mkdir()
            path = write_profile(folder, name, "192.0.2.1", pki.ca, certificate, key, static.read_text())
            taken, output = openvpn_takes(path)
            if taken != (wanted == "takes"):
                wrong[name] = output[-600:]
        expect(not wrong, "\n".join(f"{name}: {output}" for name, output in wrong.items()))


def weaken(t):
    """Certificates as of old in place of those that are there: the authority's, the server's, the client's."""
    folder = t.lab.directory / "weak"
    folder.mkdir()
    made = {}
    for name, extensions in (("ca", ""), ("twin.example.net", SERVER), ("alice", CLIENT)):
        key, certificate, request, ext = (folder / f"{name}.{kind}" for kind in ("key", "crt", "csr", "ext"))
        run("openssl", "genrsa", "-out", key, "1024")
        if name == "ca":
            run("openssl", "req", "-x509", "-new", "-sha1", "-key", key, "-subj", "/CN=Old CA", "-days", 30, "-out", certificate)
        else:
            ext.write_text(extensions)
            run("openssl", "req", "-new", "-sha1", "-key", key, "-subj", f"/CN={name}", "-out", request)
            run("openssl", "x509", "-req", "-sha1", "-in", request, "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-extfile", ext,
                "-days", 30, "-set_serial", 7, "-out", certificate)
        made[name] = certificate, key
    t.lab.pki.ca.write_text(made["ca"][0].read_text())
    t.server.certificate, t.server.key = made["twin.example.net"]
    return made["alice"]


@contextlib.contextmanager
def lab_of(keep, name, server):
    with tunnel(keep, ServerSetup(wrap=server.wrap, auth=server.auth, proto=server.proto, cipher=server.cipher), start=False) as t:
        t.server.stop()
        t.server.certificate, t.server.key = t.lab.pki.issue("twin.example.net")
        certificate, key = weaken(t) if server.weak else t.lab.client_certificate()
        lines = server.lines
        if server.weak:
            lines += ("tls-cert-profile insecure", "tls-cipher DEFAULT:@SECLEVEL=0")
        if server.login:
            verify = t.lab.directory / "verify"
            verify.write_text(LOGIN_CHECK)
            verify.chmod(0o755)
            lines += ("verify-client-cert optional", "script-security 3", f"auth-user-pass-verify {verify} via-file")
        t.server.setup.extra = lines
        t.server.start()
        static = t.server.directory / "static.key"
        path = write_profile(t.lab.directory, name, t.lab.SERVER4, t.lab.pki.ca, certificate, key, static.read_text() if static.exists() else "")
        t.gateway.profiles = [path]
        yield t, path


def answer_question(t, beginning):
    wait_until(lambda: t.gateway.status().get("question", {}).get("text", "").startswith(beginning), 15, f"the question '{beginning}'")
    answer(t, TYPED[beginning])


def make(name, server):
    @scenario(f"people's profiles: one like {name} connects and carries traffic")
    def connect(keep):
        with lab_of(keep, name, server) as (t, path):
            here, fixed, _ = verdicts()[name]
            if name == "university":  # what it names is there now
                (path.parent / "Campus_Root.pem").write_text(t.lab.pki.ca.read_text())
                here = fixed = "usable"
            code, report = check_profile(path)
            expect(report["usable"] == (here != "refused") and (code == 0) == report["usable"], str(report))
            if here == "refused":
                mended = path.with_name("fixed.ovpn")
                run(binary(), "check", path, "--fix", mended)
                t.gateway.profiles = [mended]
            t.gateway.start()
            for question in server.asked:
                answer_question(t, question)
            t.gateway.wait_for_state("connected")
            status = t.gateway.status()
            expect(status["cipher"] == server.cipher, status["cipher"])
            if name == "qubes-vpn-support":
                expect(status["resolvers"][0] == "198.51.100.10" and "198.51.100.11" in status["resolvers"], str(status["resolvers"]))
            expect("secret" not in t.gateway.log() and "wonderland" not in t.gateway.log(), "a secret is in the log")
            t.expect_ping()
            t.expect_ping(2, size=server.ping)
            t.expect_transfers(t.lab.WORLD4)
            dropped = t.gateway.status()["counters"]["dropped_outside"]
            expect(not dropped, str(dropped))


for each in SERVERS.items():
    make(*each)


@scenario("people's profiles: those that can connect are all here")
def complete(keep):
    stay = {name for name, (_, fixed, _) in verdicts().items() if fixed == "refused"} - {"university"}
    expect(set(SERVERS) | stay == set(verdicts()) and not set(SERVERS) & stay, str(set(verdicts()) ^ set(SERVERS)))
