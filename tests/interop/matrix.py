"""Wraps x transports x ciphers, pairwise, with TLS 1.2 and 1.3 spread over the rows. A 2.6 server derives data keys by
the exporter for every client that can; the PRF has a scenario of its own, with a peer that does not negotiate."""
from netlab.combinations import WRAPS, rows
from netlab.openvpn import TUNNEL4, ServerSetup
from netlab.scenario import expect, scenario

from .common import tunnel

def make(wrap, proto, cipher, tls12):
    name = f"{wrap}, {proto}, {cipher}, TLS 1.{2 if tls12 else 3}"

    @scenario(name)
    def run(keep):
        setup = ServerSetup(proto=proto, cipher=cipher, tls_max="1.2" if tls12 else "", **WRAPS[wrap])
        with tunnel(keep, setup) as t:
            status = t.gateway.status()
            expect(status["cipher"] == cipher, f"cipher is {status['cipher']}")
            expect(status["tls"].startswith("TLSv1.2" if tls12 else "TLSv1.3"), f"TLS is {status['tls']}")
            t.expect_ping(3)
            t.expect_ping(2, size=1396)  # fits over IPv6 with the epochs of 2.7, too
            refused = status["counters"]["dropped_outside"]
            expect(not refused, f"the server's packets were dropped: {refused}")


for number, (wrap, proto, cipher) in enumerate(rows()):
    make(wrap, proto, cipher, tls12=number % 4 == 1)


@scenario("data keys by the PRF and V1 packets, with a peer that neither negotiates nor pushes")
def prf(keep):
    for wrap in ("tls-auth SHA256", "tls-crypt"):
        setup = ServerSetup(point_to_point=True, **WRAPS[wrap])
        profile = dict(role=("tls-client", f"ifconfig {TUNNEL4}.2 {TUNNEL4}.1", "data-ciphers-fallback AES-256-GCM"))
        with tunnel(keep, setup, **profile) as t:
            t.server.process.wait_for("Initialization Sequence Completed")
            t.expect_ping(3)
            expect("DATA_V1" in t.server.log() or "P_DATA_V1" in t.server.log(), "the peer saw no V1 packet")
