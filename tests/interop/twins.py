"""What the profiles of real providers ask for, option by option, against a server set up to match: each connects and carries traffic.
The option sets are those that profiles of these providers have or had; keys, names and addresses are the test's own."""
import base64
import contextlib
import dataclasses
import sys

from netlab.gateway import binary, check_profile
from netlab.openvpn import ServerSetup
from netlab.pki import SERVER
from netlab.scenario import expect, scenario
from netlab.shell import run

from .common import tunnel
from .proxies import PASSWORD, PROXY, SCRIPT, USER

LOGIN_CHECK = '#!/bin/sh\n[ "$(sed -n 1p "$1")" = alice ] && [ "$(sed -n 2p "$1")" = wonderland ]\n'
OLD_SUITES = "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384:TLS-DHE-RSA-WITH-AES-256-CBC-SHA256:TLS-DHE-RSA-WITH-AES-256-CBC-SHA"
KEY_USAGES = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,nonRepudiation,keyEncipherment\nextendedKeyUsage=serverAuth\n"


@dataclasses.dataclass
class Twin:
    name: str
    profile: str                  # {server}, {ca} and so on are filled in; <ca> alone on a line becomes the whole block
    cipher: str = "AES-256-CBC"
    wrap: str = "none"
    auth: str = "SHA1"
    proto: str = "udp4"
    server: tuple = ()
    login: bool = True            # by user name and password, without a certificate
    extensions: str = SERVER      # of the server's certificate
    crlf: bool = False
    proxy: bool = False
    fixed: bool = False           # by `check --fix` first


# Told by the profile's comp-lzo that it may compress, a server did up to 2.4, unless it pushed otherwise.
LZO = ("comp-lzo no", 'push "comp-lzo no"', "allow-compression asym")
LZO_IN_EARNEST = ("comp-lzo adaptive", "allow-compression yes")

TWINS = [
    Twin("cyberghost", """client
remote {server} 1194
dev tun \nproto udp
auth-user-pass login.txt
resolv-retry infinite \nredirect-gateway def1
persist-key
persist-tun
nobind
cipher AES-256-CBC
ncp-disable
auth SHA256
ping 5
ping-exit 60
ping-timer-rem
explicit-exit-notify 2
script-security 2
remote-cert-tls server
route-delay 5
verb 4
ca /nowhere/first/ca.crt
ca /nowhere/second/ca.crt
ca /elsewhere/ca.crt
""", auth="SHA256", server=("auth SHA256",)),
    Twin("cypherpunk", """client
dev tun
nobind
resolv-retry infinite
route-delay 0
redirect-gateway autolocal
tun-mtu 1500
mssfix 1280
tls-version-min 1.2
remote-cert-eku "TLS Web Server Authentication"
tls-cipher TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384:TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256
auth SHA256
proto udp
remote {server} 1194
cipher AES-128-CBC
auth-user-pass login.txt
<ca>
""", cipher="AES-128-CBC", server=("auth SHA256",)),
    Twin("freedom-ip", """client
port 1194
proto udp
dev tun
remote {server}
resolv-retry infinite
ca /etc/openvpn/somewhere/ca.crt
tls-auth /etc/openvpn/somewhere/ta.key 1
auth-user-pass login.txt
data-ciphers-fallback AES-256-CBC
comp-lzo
verb 1
nobind
remote-cert-tls server
""", cipher="AES-256-GCM", wrap="tls-auth", server=LZO),
    Twin("frostvpn", """remote {server} 1194
auth-user-pass login.txt
client
redirect-gateway
remote-cert-tls server
cipher AES-256-CBC
proto udp
dev tun
nobind
<ca>
"""),
    Twin("ghostpath", """remote {server} 1194 udp
auth-user-pass login.txt
client
redirect-gateway
remote-cert-tls server
cipher AES-256-CBC
proto udp
dev tun
nobind
ca /etc/openvpn/somewhere/ca.crt
"""),
    Twin("giganews", f"""client
dev tun
proto udp
remote {{server}} 1194
resolv-retry infinite
nobind
persist-key
persist-tun
persist-remote-ip
verify-x509-name twin.example.net name
auth-user-pass login.txt
auth-nocache
comp-lzo
verb 3
auth SHA256
cipher AES-256-CBC
tls-cipher {OLD_SUITES}
<ca>
""", server=("auth SHA256", *LZO), crlf=True),
    Twin("ipredator", """client
dev tun0
proto udp
remote {server} 1194
remote {server} 1195
resolv-retry infinite
nobind
auth-user-pass login.txt
auth-retry nointeract
ca [inline]
tls-client
tls-auth [inline]
ns-cert-type server
remote-cert-tls server
remote-cert-ku 0x00e0 \ncipher AES-256-CBC
persist-key
comp-lzo
tun-mtu 1500
mssfix 1200
passtos
verb 3
replay-window 512 60
mute-replay-warnings
ifconfig-nowarn
<ca>
<tls-auth>
""", wrap="tls-auth-nodir", server=LZO, extensions=KEY_USAGES),
    Twin("ivpn", """client
dev tun
proto udp
remote {server} 1194
auth-user-pass login.txt
resolv-retry infinite
nobind
persist-tun
persist-key
persist-remote-ip
cipher AES-256-CBC
tls-cipher TLS-DHE-RSA-WITH-AES-256-CBC-SHA:TLS-DHE-DSS-WITH-AES-256-CBC-SHA:TLS-RSA-WITH-AES-256-CBC-SHA
remote-cert-tls server
verify-x509-name twin name-prefix
key-direction 1
comp-lzo no
verb 3
<ca>
<tls-auth>
""", wrap="tls-auth", server=("comp-lzo no",)),
    Twin("NetworkManager's, behind a proxy", f"""client
dev tun
proto tcp
topology subnet
rport 2352
remote {{server}} 1194
nobind
persist-key
persist-tun
user openvpn
group openvpn
http-proxy-retry
http-proxy {PROXY} 3128 proxy.txt basic
ca cacert.pem
cipher AES-256-CBC
reneg-sec 0
auth-user-pass login.txt
auth-nocache
ping 30
ping-exit 120
script-security 2
""", proto="tcp4", proxy=True),
    Twin("NetworkManager's, all inline, with an option that is long gone", """remote {server} 1194
resolv-retry infinite
dev tun
persist-key
persist-tun
link-mtu 1400
proto udp
nobind
pull
tls-client
float
<ca>
<cert>
<key>
key-direction 1
<tls-auth>
<crl-verify>
remote-cert-tls server
tls-remote "/CN=twin.example.net"
compress lz4-v2
verb 3
""", cipher="AES-256-GCM", wrap="tls-auth", server=("compress lz4-v2", "allow-compression yes"), login=False, fixed=True),
    Twin("nordvpn of old", """client
dev tun
proto tcp
remote {server} 1194
resolv-retry infinite
remote-random
nobind
tun-mtu 1500
tun-mtu-extra 32
mssfix 1450
persist-key
persist-tun
ping 15
ping-restart 0
ping-timer-rem
reneg-sec 0
remote-cert-tls server
auth-user-pass login.txt
comp-lzo
verb 3
pull
fast-io
cipher AES-256-CBC
<ca>
key-direction 1
<tls-auth>
""", wrap="tls-auth", proto="tcp4", server=LZO, crlf=True),
    Twin("ovpn.com", """client
dev tun
remote-cert-tls server
cipher aes-256-cbc
pull
nobind
reneg-sec 0
resolv-retry infinite
verb 3
persist-key
persist-tun
remote-random
remote {server} 1194
remote {server} 1194
reneg-sec 432000 \ncomp-lzo
auth-user-pass login.txt
proto udp
mute-replay-warnings
replay-window 256
ca not-there.crt
tls-auth not-there.key 1
<ca>
<tls-auth>
ncp-ciphers AES-256-GCM:AES-256-CBC:AES-128-GCM
""", wrap="tls-auth", server=LZO),
    Twin("pia", """client
dev tun
proto udp
remote {server} 1194
resolv-retry infinite
nobind
persist-key
persist-tun
cipher aes-128-cbc
auth sha1
tls-client
remote-cert-tls server
auth-user-pass login.txt
comp-lzo
verb 1
reneg-sec 0
crl-verify /etc/openvpn/somewhere/crl.pem
ca /etc/openvpn/somewhere/ca.crt
disable-occ
""", cipher="AES-128-CBC", server=LZO_IN_EARNEST),
    Twin("protonvpn", """client
dev tun
proto tcp
remote {server} 1194
remote {server} 1194
server-poll-timeout 20
remote-random
resolv-retry infinite
nobind
cipher AES-256-GCM
setenv CLIENT_CERT 0
tun-mtu 1500
mssfix 0
persist-key
persist-tun
reneg-sec 0
remote-cert-tls server
auth-user-pass login.txt
script-security 2
<ca>
<tls-crypt>
""", cipher="AES-256-GCM", wrap="tls-crypt", proto="tcp4"),
    Twin("tunnelbear", """client
remote {server} 1194
dev tun0
proto udp
nobind
remote-cert-tls server
persist-key
persist-tun
reneg-sec 0
dhcp-option DNS 198.51.100.10
dhcp-option DNS 198.51.100.11
redirect-gateway
verb 1
auth-user-pass login.txt
ca /etc/openvpn/somewhere/ca.crt
data-ciphers AES-256-CBC
auth SHA256
""", server=("auth SHA256",)),
    Twin("vpnbook", """client
dev tun
proto tcp
remote {server} 1194
remote {server} 1195
resolv-retry infinite
nobind
persist-key
persist-tun
auth-user-pass login.txt
comp-lzo
verb 3
cipher AES-128-CBC
fast-io
pull
route-delay 2
redirect-gateway
<ca>
<cert>
<key>
""", cipher="AES-128-CBC", proto="tcp4", server=LZO_IN_EARNEST),
    Twin("zoogvpn", """client
dev tun
proto tcp
remote {server} 1194
cipher AES-256-GCM
auth SHA256
resolv-retry infinite
nobind
persist-key
persist-tun
persist-remote-ip
<ca>
fast-io
auth-user-pass login.txt
reneg-bytes 0
reneg-sec 0
verb 3
key-direction 1
<tls-auth>
remote-cert-tls server
auth-nocache
""", cipher="AES-256-GCM", wrap="tls-auth", auth="SHA256", proto="tcp4"),
    Twin("everything inline", """client
cipher AES-256-CBC
<auth-user-pass>
remote {server}
<pkcs12>
<tls-crypt-v2>
<peer-fingerprint>
""", cipher="AES-256-GCM", wrap="tls-crypt-v2"),
    Twin("tls-crypt-v2 with files", """client
dev tun
proto udp
remote {server} 1194
resolv-retry infinite
nobind
persist-key
persist-tun
ca ca.crt
cert client.crt
key client.key
remote-cert-tls server
cipher AES-256-CBC
verb 3
tls-crypt-v2 v2.key
""", wrap="tls-crypt-v2", login=False),
]


def blocks_of(t):
    """What stands in the blocks, and in the files that a profile names by paths that end so."""
    certificate, key = t.lab.client_certificate()
    p12 = t.lab.directory / "all.p12"
    run("openssl", "pkcs12", "-export", "-passout", "pass:", "-in", certificate, "-inkey", key, "-certfile", t.lab.pki.ca, "-out", p12)
    pin = run("openssl", "x509", "-in", t.server.certificate, "-noout", "-fingerprint", "-sha256").stdout.partition("=")[2]
    d = t.server.directory
    blocks = {"ca": t.lab.pki.ca.read_text(), "cert": certificate.read_text(), "key": key.read_text(), "auth-user-pass": "alice\nwonderland\n",
              "pkcs12": base64.encodebytes(p12.read_bytes()).decode(), "peer-fingerprint": pin, "crl-verify": t.lab.pki.revoke().read_text()}
    for tag, file in (("tls-auth", "static.key"), ("tls-crypt", "static.key"), ("tls-crypt-v2", "v2-client.key")):
        if (d / file).exists():
            blocks[tag] = (d / file).read_text()
    files = {"ca.crt": blocks["ca"], "cacert.pem": blocks["ca"], "crl.pem": blocks["crl-verify"], "client.crt": blocks["cert"],
             "client.key": blocks["key"], "login.txt": blocks["auth-user-pass"], "proxy.txt": f"{USER}\n{PASSWORD}\n",
             "ta.key": blocks.get("tls-auth", ""), "v2.key": blocks.get("tls-crypt-v2", "")}
    return blocks, files


def write_twin(t, twin):
    blocks, files = blocks_of(t)
    for name, text in files.items():
        (t.lab.directory / name).write_text(text)
    text = twin.profile.format(server=t.lab.SERVER4)
    for tag, content in blocks.items():
        text = text.replace(f"\n<{tag}>\n", f"\n<{tag}>\n{content.strip()}\n</{tag}>\n")
    if twin.crlf:
        text = text.replace("\n", "\r\n")
    path = t.gateway.write_profile("")
    path.write_bytes(text.encode())
    return path


@contextlib.contextmanager
def lab_of(keep, twin):
    with tunnel(keep, ServerSetup(wrap=twin.wrap, auth=twin.auth, proto=twin.proto, cipher=twin.cipher), start=False) as t:
        t.server.stop()
        t.server.certificate, t.server.key = t.lab.pki.issue("twin.example.net", twin.extensions)
        verify = t.lab.directory / "verify"
        verify.write_text(LOGIN_CHECK)
        verify.chmod(0o755)
        login = ("verify-client-cert optional", "script-security 3", f"auth-user-pass-verify {verify} via-file") if twin.login else ()
        t.server.setup.extra = (*twin.server, *login)
        t.server.start()
        if twin.proxy:
            t.lab.server.run("ip", "addr", "add", f"{PROXY}/24", "dev", "eth0")
            t.lab.server.start(sys.executable, SCRIPT, "http", PROXY, "3128", "--login", "basic", log="proxy.log").wait_for("ready")
        yield t


def make(twin):
    @scenario(f"a profile like {twin.name} connects and carries traffic")
    def connect(keep):
        with lab_of(keep, twin) as t:
            path = write_twin(t, twin)
            code, report = check_profile(path)
            if twin.fixed:
                expect(code == 1 and not report["usable"], "it needs no fixing")
                fixed = path.with_name("fixed.ovpn")
                run(binary(), "check", path, "--fix", fixed)
                t.gateway.profiles = [fixed]
                code, report = check_profile(fixed)
            expect(code == 0 and report["usable"], str([o for o in report["options"] if o["verdict"] == "refused"] + report["errors"]))
            t.gateway.start().wait_for_state("connected")
            expect(t.gateway.status()["cipher"] == twin.cipher, t.gateway.status()["cipher"])
            t.expect_ping()
            t.expect_ping(2, size=1340)
            t.expect_transfers(t.lab.WORLD4)
            dropped = t.gateway.status()["counters"]["dropped_outside"]
            expect(not dropped, str(dropped))


for each in TWINS:
    make(each)


@scenario("a server's file is said to be one")
def server_file(keep):
    with tunnel(keep, start=False) as t:
        path = t.gateway.write_profile("port 1194\nproto udp\ndev tun\nca ca.crt\ncert server.crt\nkey server.key\ntopology subnet\n"
                                       "server 10.8.0.0 255.255.255.0\nifconfig-pool-persist ipp.txt\nkeepalive 10 120\npersist-tun\n"
                                       "status openvpn-status.log\nverb 3\nexplicit-exit-notify 1\n")
        code, report = check_profile(path)
        expect(code == 1 and any("a server's option" in option["reason"] for option in report["options"]), str(report))
