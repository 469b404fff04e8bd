"""Real openvpn clients in every wrap with every transport, every wrap with every cipher, every transport with every
cipher, with TLS 1.2 and 1.3 spread over the rows."""
from netlab.combinations import WRAPS, rows
from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab


def make(wrap, proto, cipher, tls12):
    @scenario(f"client: {wrap}, {proto}, {cipher}, TLS 1.{2 if tls12 else 3}")
    def matrix_row(keep):
        with ServerLab(OurServer(proto=proto, cipher=cipher, tls_max="1.2" if tls12 else "", **WRAPS[wrap]), keep=keep) as lab:
            lab.start()
            client = lab.client()
            expect(f"Data Channel: Cipher '{cipher}'" in client.log() or f"cipher '{cipher}'" in client.log(), client.log()[-1500:])
            expect(f"TLSv1.{2 if tls12 else 3}" in client.log(), "another version of TLS")
            got = client.ping(count=5)
            expect(got == 5, f"{got} of 5 pings\n{client.log()[-2000:]}\n{lab.log()}\n{lab.status()}")
            expect(client.ping(count=3, size=1400) == 3, "large pings are lost")
            expect(client.ping(lab.WORLD6, count=3) == 3, "no IPv6")
            dropped = lab.status()["counters"]["dropped"]
            expect(not set(dropped) - {"source address of somebody else"}, f"the client's packets were dropped: {dropped}")


@scenario("client: AES-256-CBC with each auth, over UDP and TCP")
def cbc(keep):
    for auth, proto in (("SHA1", "udp4"), ("SHA256", "tcp4"), ("SHA512", "udp4")):
        setup = OurServer(proto=proto, cipher="AES-256-CBC", extra=(f"auth {auth}",), client_extra=("data-ciphers AES-256-CBC", f"auth {auth}"))
        with ServerLab(setup, keep=keep) as lab:
            client = lab.start().client()
            got = client.ping(count=3)
            expect(got == 3, f"{auth}: {got} of 3 pings\n{lab.log()}\n{lab.status()}")


for number, (wrap, proto, cipher) in enumerate(rows()):
    make(wrap, proto, cipher, tls12=number % 4 == 1)
