"""Server files as installers, containers, routers and firewalls write them: the same kinds of lines, with names and keys of our own.
What can start does, unchanged, and real clients come in; of the others each line that stands in the way is named, and no other.
openvpn itself is asked too, in the same namespace."""
import dataclasses
import json

from netlab.gateway import binary
from netlab.openvpn import TUNNEL4, TUNNEL6
from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab
from netlab.shell import CommandFailed, run


@dataclasses.dataclass
class Twin:
    name: str
    text: str                     # {d} is the folder of keys
    setup: OurServer = dataclasses.field(default_factory=OurServer)
    ignored: str = ""             # options, in the file's order
    refused: str = ""
    networks: tuple = (f"{TUNNEL4}.0/24",)  # of the tunnel, for the way back
    ipv6: bool = False
    ccd: str = ""                 # the file of the client alice


STARTING = [
    Twin("an installer with the best of today", """port 1194
proto udp
dev tun
user nobody
group nogroup
persist-key
persist-tun
keepalive 10 120
topology subnet
server 10.8.0.0 255.255.255.0
server-ipv6 fd00:8::/112
tun-ipv6
push tun-ipv6
ifconfig-pool-persist {d}/ipp.txt
push "dhcp-option DNS 198.51.100.53"
push "dhcp-option DNS 2001:db8:2::53"
push "redirect-gateway def1 bypass-dhcp"
push "route-ipv6 2000::/3"
push "redirect-gateway ipv6"
dh none
tls-groups prime256v1
tls-crypt-v2 {d}/v2-server.key
crl-verify {d}/crl.pem
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
auth SHA256
cipher AES-128-GCM
ignore-unknown-option data-ciphers
data-ciphers AES-128-GCM
ncp-ciphers AES-128-GCM
tls-server
tls-version-min 1.2
remote-cert-tls client
tls-cipher TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256
tls-ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256
client-config-dir {d}/ccd
status {d}/status.log
management {d}/manage.sock unix
verb 3
""", OurServer(client_extra=("auth SHA256", "data-ciphers AES-128-GCM")), ipv6=True,
         ignored="group persist-key persist-tun tun-ipv6 ifconfig-pool-persist dh status management verb"),
    Twin("an installer with one shared key and an address to listen on", """local 203.0.113.1
port 1194
proto udp
dev tun
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
dh {d}/dh.pem
auth SHA512
tls-crypt {d}/static.key
topology subnet
server 10.8.0.0 255.255.255.0
server-ipv6 fd00:8::/64
push "redirect-gateway def1 ipv6 bypass-dhcp"
ifconfig-pool-persist {d}/ipp.txt
push "dhcp-option DNS 198.51.100.53"
push "block-outside-dns"
keepalive 10 120
user nobody
group nogroup
persist-key
persist-tun
verb 3
crl-verify {d}/crl.pem
explicit-exit-notify
""", OurServer(wrap="tls-crypt", client_extra=("auth SHA512", "ignore-unknown-option block-outside-dns")), ipv6=True,
         ignored="dh ifconfig-pool-persist group persist-key persist-tun verb"),
    Twin("a container's, with net30 and another network behind", """server 192.168.255.0 255.255.255.0
verb 3
key {d}/server.key
ca {d}/ca.crt
cert {d}/server.crt
dh {d}/dh.pem
tls-auth {d}/static.key
key-direction 0
keepalive 10 60
persist-key
persist-tun

proto udp
port 1194
dev tun0
status {d}/status.log

user nobody
group nogroup
comp-lzo no

route 192.168.254.0 255.255.255.0

push "block-outside-dns"
push "dhcp-option DNS 198.51.100.53"
push "comp-lzo no"
""", OurServer(wrap="tls-auth", auth="SHA1", client_extra=("comp-lzo no", "route 198.51.100.0 255.255.255.0")),
         networks=("192.168.255.0/24",), ignored="verb dh persist-key persist-tun status group"),
    Twin("a router's, written from its own settings", """client-to-client
persist-key
persist-tun
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
dev tun0
dh {d}/dh.pem
group nogroup
keepalive 10 60
port 1194
proto udp
push 'dhcp-option DNS 192.168.9.1'
push 'dhcp-option DOMAIN lan'
push 'redirect-gateway def1'
server 192.168.9.0 255.255.255.0
tls-crypt-v2 {d}/v2-server.key
topology subnet
user nobody
verb 3
""", networks=("192.168.9.0/24",), ignored="persist-key persist-tun dh group verb"),
    Twin("a guide's, for a network behind a client, by a gateway in the tunnel", """port 1194
proto udp
dev tun
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
dh {d}/dh.pem
server 10.8.0.0 255.255.255.0
push "route 198.51.100.0 255.255.255.0"
client-config-dir {d}/ccd
route 192.168.2.0 255.255.255.0 10.8.0.2
client-to-client
keepalive 10 120
tls-auth {d}/static.key 0
cipher AES-256-CBC
comp-lzo
user nobody
group nogroup
persist-key
persist-tun
status {d}/status.log
verb 3
""", OurServer(wrap="tls-auth", auth="SHA1", client_extra=("comp-lzo",)), ignored="dh group persist-key persist-tun status verb",
         networks=(f"{TUNNEL4}.0/24", "192.168.2.0/24"), ccd="iroute 192.168.2.0 255.255.255.0\n"),
    Twin("a distribution's, with words for scripts and for other versions", """mode server
tls-server
proto udp
dev tun
topology subnet
ifconfig 10.8.0.1 255.255.255.0
ifconfig-pool 10.8.0.32 10.8.0.63
ifconfig-ipv6 fd00:8::1/64 fd00:8::2
ifconfig-ipv6-pool fd00:8::a0/124
push "topology subnet"
push "route-gateway 10.8.0.1"
push "redirect-gateway def1 ipv6"
local 203.0.113.1
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
dh none
tls-crypt-v2 {d}/v2-server.key
providers legacy default
setenv FORWARD_COMPATIBLE 1
option-of-another-century 7
setenv SITE_NAME example
setenv-safe SITE example
push-peer-info
remote-cert-eku "TLS Web Client Authentication"
route-gateway 10.8.0.2
connect-retry 5
log-append {d}/openvpn.log
writepid {d}/openvpn.pid
keepalive 10 60
""", ipv6=True, ignored="dh providers option-of-another-century setenv setenv-safe push-peer-info connect-retry log-append writepid"),
]

REFUSED = [
    Twin("a firewall's, which asks programs who may come in", """dev ovpns1
disable-dco
verb 1
dev-type tun
dev-node /dev/tun1
writepid {d}/openvpn.pid
script-security 3
daemon
keepalive 10 60
ping-timer-rem
persist-tun
persist-key
proto udp4
auth SHA256
up /bin/true
down /bin/true
client-connect /bin/true
client-disconnect /bin/true
local 203.0.113.1
tls-server
server 10.8.0.0 255.255.255.0
client-config-dir {d}/ccd
username-as-common-name
plugin /nowhere/auth.so user
tls-verify "/bin/true tls 1"
lport 1194
management {d}/manage.sock unix
max-clients 10
push "route 192.168.1.0 255.255.255.0"
remote-cert-tls client
capath {d}
cert {d}/server.crt
key {d}/server.key
dh {d}/dh.pem
tls-auth {d}/static.key 0
data-ciphers AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305:AES-256-CBC
data-ciphers-fallback AES-256-CBC
allow-compression no
topology subnet
explicit-exit-notify 1
inactive 300
""", OurServer(wrap="tls-auth"),
         refused="dev-node up down client-connect client-disconnect username-as-common-name plugin tls-verify capath ca"),
    Twin("a storage box's, whose plug-in checks passwords", """push "route 192.168.0.0 255.255.255.0"
dev tun
management 127.0.0.1 1195
server 10.8.0.0 255.255.255.0
dh {d}/dh.pem
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
max-clients 5
persist-tun
persist-key
verb 3
keepalive 10 60
reneg-sec 0
plugin /nowhere/radius.so /nowhere/radius.cnf
client-cert-not-required
username-as-common-name
duplicate-cn
status {d}/status.log 30
status-version 2
proto udp6
port 1194
cipher AES-256-CBC
auth SHA512
""", OurServer(wrap="none"), refused="plugin client-cert-not-required username-as-common-name"),
    Twin("a panel's, which lets clients in by the management interface", """ignore-unknown-option ncp-ciphers
ignore-unknown-option ncp-disable
port 15550
proto udp
dev tun0
server 192.168.240.0 255.255.255.0
management {d}/manage.sock unix
management-client-auth
auth-user-pass-optional
topology subnet
tls-version-min 1.2
max-clients 2000
ping 10
ping-restart 60
persist-tun
cipher AES-128-GCM
auth SHA256
status-version 2
script-security 2
sndbuf 393216
rcvbuf 393216
reneg-sec 2592000
hash-size 1024 1024
txqueuelen 1000
verb 2
mute 3
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
""", OurServer(wrap="none"), refused="management-client-auth"),
    Twin("an old one, with a pool of pairs", """mode server
tls-server
dev tun
ifconfig 10.8.0.1 10.8.0.2
ifconfig-pool 10.8.0.4 10.8.0.251
route 10.8.0.0 255.255.255.0
push "route 10.8.0.1"
keepalive 10 120
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
dh none
port 1194
proto udp
""", OurServer(wrap="none"), refused="ifconfig"),
    Twin("one that shares its port with a web server", """port 443
proto tcp
port-share 127.0.0.1 8443
dev tun
ca {d}/ca.crt
cert {d}/server.crt
key {d}/server.key
dh none
server 10.8.0.0 255.255.255.0
keepalive 10 120
topology subnet
""", OurServer(wrap="none"), refused="port-share"),
]


class FileLab(ServerLab):
    def __init__(self, twin, keep):
        super().__init__(twin.setup, keep=keep)
        self.twin = twin

    def __enter__(self):
        super().__enter__()
        d = self.directory
        for name, source in (("ca.crt", self.pki.ca), ("server.crt", self.certificate), ("server.key", self.key), ("crl.pem", self.pki.revoke())):
            (d / name).write_bytes(source.read_bytes())
        run("openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", d / "dh.pem")
        (d / "ccd").mkdir()
        if self.twin.ccd:
            (d / "ccd" / "alice").write_text(self.twin.ccd)
        for network in self.twin.networks:
            if network != f"{TUNNEL4}.0/24":
                self.world.run("ip", "route", "add", network, "via", "198.51.100.1")
        return self

    def config(self):
        return self.twin.text.format(d=self.directory)

    def check(self):
        """The exit code, and the options by verdict."""
        done = self.host.run(binary(), "server", "--check", "--json", "--config", self.write_config(), check=False)
        report = json.loads(done.stdout)
        lines = {verdict: [o["name"].split()[0] for o in report["options"] if o["verdict"] == verdict] for verdict in ("ignored", "refused")}
        lines["refused"] += [error["name"] for error in report["errors"]]
        return done.returncode, lines, done.stdout + done.stderr

    def openvpn_starts(self):
        """Whether openvpn itself starts with the file. It is stopped again."""
        # A file may send it there by itself.
        process = self.host.start("openvpn", "--config", self.write_config(), log="openvpn.log")
        try:
            process.wait_for("Initialization Sequence Completed", 10)
            return True
        except (CommandFailed, TimeoutError):
            return False
        finally:
            process.stop()


def starts(twin):
    @scenario(f"files: {twin.name}: it starts unchanged, and a client comes in")
    def from_file(keep):
        with FileLab(twin, keep) as lab:
            code, lines, report = lab.check()
            expect(code == 0 and not lines["refused"], report)
            expect(lines["ignored"] == twin.ignored.split(), f"{lines['ignored']}\n{report}")
            lab.start(user=None)
            client = lab.client()
            got = client.ping(count=3)
            expect(got == 3, f"{got} of 3 pings\n{client.log()[-2000:]}\n{lab.log()}")
            if twin.ipv6:
                expect(client.ping(lab.WORLD6, count=3) == 3, f"no IPv6\n{client.log()[-2000:]}\n{lab.log()}")
            if twin.ccd:
                client.host.run("ip", "addr", "add", "192.168.2.1/32", "dev", "lo")
                expect(lab.world.ping("192.168.2.1", count=3) == 3, f"the network behind the client\n{lab.log()}")


def is_refused(twin):
    @scenario(f"files: {twin.name}: what stands in the way is named, and nothing else")
    def not_from_file(keep):
        with FileLab(twin, keep) as lab:
            code, lines, report = lab.check()
            expect(code == 1 and lines["refused"] == twin.refused.split(), f"{lines['refused']}\n{report}")
            done = lab.host.run(binary(), "server", "--config", lab.write_config(), "--control", lab.control, check=False)
            expect(done.returncode == 1 and done.stderr.count("\n") == len(lines["refused"]), done.stderr)


@scenario("files: openvpn itself starts with each of the files that we start with")
def by_openvpn(keep):
    for twin in STARTING:
        with FileLab(twin, keep) as lab:
            expect(lab.openvpn_starts(), f"{twin.name}\n{(lab.directory / 'openvpn.log').read_text()}")


for each in STARTING:
    starts(each)
for each in REFUSED:
    is_refused(each)
