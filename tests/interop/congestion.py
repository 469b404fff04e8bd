"""Nobody's neighbour suffers: clients that fill a slow uplink take neither the tunnel down nor the others' turns."""
import contextlib
import time

from netlab.congestion import Pings, SlowLab
from netlab.gateway import Gateway
from netlab.openvpn import ServerSetup
from netlab.scenario import expect, scenario

CLIENTS, PINGS = 10, 25
REKEYS = ("reneg-sec 8", "hand-window 8")
# So that the server's own pings do not help.
QUIET = "120 480"


@contextlib.contextmanager
def ten_clients(keep, proto, extra=()):
    with SlowLab(keep=keep) as lab:
        server = lab.openvpn_server(ServerSetup(proto=proto, keepalive=QUIET)).start()
        apps = [lab.add_app(f"a{i}", f"10.137.0.{10 + i}") for i in range(CLIENTS)]
        gateway = Gateway(lab, [])
        gateway.profiles = [gateway.write_profile(server.client_profile(extra=extra))]
        gateway.start().wait_for_state("connected")
        lab.start_sink()
        expect(apps[0].ping(lab.WORLD4) == 1, "no ping came through the idle tunnel")
        yield lab, gateway, [app.namespace for app in apps]


def expect_same_session(gateway, since, when):
    status = gateway.status()
    expect(status["state"] == "connected" and status["since"] == since, f"{when}: the tunnel was left\n{gateway.log()[-3000:]}")


@scenario("three clients fill a slow uplink: the others' pings come back soon, wherever they stand, over UDP and TCP")
def others_are_served(keep):
    for proto in ("udp4", "tcp4"):
        for hogs in (range(0, 3), range(CLIENTS - 3, CLIENTS)):
            with ten_clients(keep, proto) as (lab, gateway, hosts):
                lab.narrow_at_the_gateway()
                since = gateway.status()["since"]
                for i in hogs:
                    lab.tcp_hog(hosts[i], 12)
                time.sleep(5)
                quiet = [i for i in range(CLIENTS) if i not in hogs]
                pings = {i: Pings(hosts[i], lab.WORLD4, PINGS, i) for i in quiet}
                told = {i: (p.lost, round(p.mean)) for i, p in ((i, p.wait()) for i, p in pings.items())}
                expect(all(lost <= 1 and mean < 200 for lost, mean in told.values()),
                       f"{proto}, clients {list(hogs)} upload: lost and mean ms of the others: {told}")
                expect_same_session(gateway, since, f"{proto}, after uploads")


@scenario("a client's datagrams fill a slow uplink, with seconds of buffers before or behind our kernel: the tunnel stays up")
def flood(keep):
    for narrow in (SlowLab.narrow_at_the_gateway, SlowLab.narrow_behind_the_gateway):
        for proto in ("udp4", "tcp4"):
            # Where our own kernel tells when it is full, a key exchange has to get through as well.
            own = narrow is SlowLab.narrow_at_the_gateway
            with ten_clients(keep, proto, REKEYS if own else ()) as (lab, gateway, hosts):
                narrow(lab)
                since = gateway.status()["since"]
                lab.udp_hog(hosts[0])
                time.sleep(25)
                expect_same_session(gateway, since, f"{narrow.__name__}, {proto}, in the flood")
                if own:
                    pings = Pings(hosts[-1], lab.WORLD4, PINGS, "last").wait()
                    expect(pings.lost <= 1 and pings.mean < 200, f"{proto}: {pings.lost} pings lost, {pings.mean:.0f} ms")
