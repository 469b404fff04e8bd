"""What the end-to-end tests of other programs ask of a client: the idea of OpenVPN's own t_server_null (each transport, logins and
certificates that pass and that must not, many clients at once), and the configurations of miragevpn's (wraps over TCP, keys renewed
at every opportunity, static keys)."""
from netlab.gateway import Gateway, binary
from netlab.lab import Lab
from netlab.openvpn import ServerSetup, keys_made
from netlab.pki import CLIENT, Pki
from netlab.scenario import expect, scenario
from netlab.shell import run, wait_until

from .common import tunnel
from .connect import VERIFIER

CROWD = 8


def demanding_server(t):
    """It wants a certificate that is not revoked, and a login."""
    for name in ("client", "revoked"):
        t.lab.client_certificate(name)
    crl = t.lab.pki.revoke("revoked")
    verifier = t.server.directory / "verify"
    verifier.write_text(VERIFIER)
    verifier.chmod(0o755)
    t.server.stop()
    t.server.setup.extra += (f"crl-verify {crl}", "script-security 2", f"auth-user-pass-verify {verifier} via-file")
    t.server.start()


def enters(t, client="client", password="wonderland"):
    """Whether that client gets in. If not, the gateway has said why, and its AppVM gets nothing through."""
    profile = t.server.client_profile(client=client, extra=("hand-window 4",))
    t.gateway.write_profile(f"{profile}<auth-user-pass>\nalice\n{password}\n</auth-user-pass>\n")
    t.gateway.start()
    wait_until(lambda: t.gateway.state() == "connected" or "no tunnel: " in t.gateway.log(), 20, f"an end for {client}")
    entered = t.gateway.state() == "connected"
    expect((t.app.ping(t.lab.WORLD4, count=2, wait=1) == 2) == entered, t.gateway.log())
    t.gateway.stop()
    return entered


@scenario("t_server_null: over each transport who may come in does, and nobody else")
def server_null(keep):
    for proto in ("udp4", "udp6", "tcp4", "tcp6"):
        with tunnel(keep, ServerSetup(proto=proto), start=False) as t:
            demanding_server(t)
            t.lab._clients["stranger"] = Pki(t.lab.directory, "Other CA").issue("stranger", CLIENT)
            expect(enters(t), f"{proto}: refused\n{t.gateway.log()}")
            expect(not enters(t, password="guess"), f"{proto}: a wrong password is good enough")
            for client in ("revoked", "stranger"):
                expect(not enters(t, client), f"{proto}: {client} got in")
            expect(enters(t), f"{proto}: refused at the end\n{t.gateway.log()}")


@scenario("t_server_null under stress: many clients at once connect, and reconnect, over UDP and TCP")
def stress(keep):
    for proto in ("udp4", "tcp4"):
        with Lab(keep=keep) as lab:
            server = lab.openvpn_server(ServerSetup(proto=proto)).start()
            gateways = []
            for number in range(CROWD):
                profile = server.client_profile(client=f"client{number}")
                gateway = Gateway(lab, [])
                gateway.profiles = [gateway.write_profile(profile, f"{number}.ovpn")]
                gateway.control, gateway.starts = lab.directory / f"{number}.sock", number
                gateways.append(gateway)
            for gateway in gateways:
                gateway.start()
            everybody_in(gateways)
            for gateway in gateways:
                lab.gateway_host.run(binary(), "ctl", "reconnect", "--control", gateway.control)
            wait_until(lambda: all(connections(gateway) == 2 for gateway in gateways), 30, "the second connections")
            everybody_in(gateways)


def connections(gateway):
    return sum(line.endswith(": connected") for line in gateway.log().splitlines())


def everybody_in(gateways):
    for gateway in gateways:
        gateway.wait_for_state("connected", timeout=30)
    addresses = {gateway.status()["tunnel_ip"] for gateway in gateways}
    expect(len(addresses) == CROWD, str(addresses))


WRAPS = ["tls-auth", "tls-crypt", "tls-crypt-v2"]
RENEWALS = ["reneg-bytes 1", "reneg-sec 1", "reneg-pkts 2"]


@scenario("miragevpn's end-to-end tests: each wrap over TCP, keys renewed after a byte, a second, or two packets")
def mirage(keep):
    for number, renewal in enumerate(RENEWALS):
        for wrap in (WRAPS[number], WRAPS[(number + 1) % 3]):
            with tunnel(keep, ServerSetup(proto="tcp4", wrap=wrap), profile_extra=(renewal,)) as t:
                got = t.app.ping(t.lab.WORLD4, count=40, interval=0.1)
                made = keys_made(t.server.log())
                expect(got == 40, f"{wrap}, {renewal}: {got} of 40 pings came back over {made} keys\n{t.gateway.log()}")
                expect(made > 2, f"{wrap}, {renewal}: only {made} keys were made")


@scenario("miragevpn's end-to-end tests: a static key is refused by name")
def static_key(keep):
    with Lab(keep=keep) as lab:
        run("openvpn", "--genkey", "secret", lab.directory / "static.key")
        key = (lab.directory / "static.key").read_text()
        profile = lab.directory / "static.ovpn"
        profile.write_text(f"dev tun\nproto udp\nremote {lab.SERVER4} 1194\nifconfig 10.8.0.2 10.8.0.1\n<secret>\n{key}</secret>\n")
        done = run(binary(), "check", profile, check=False)
        expect(done.returncode == 1 and "secret" in done.stdout and "static" in done.stdout.lower(), done.stdout)
