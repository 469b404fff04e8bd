#!/usr/bin/env python3
"""What a neighbour notices when an AppVM fills a slow uplink: Sallyport beside Debian's OpenVPN client, in one run. Needs root;
`tests/bench --congested` is the way in. Ten clients; one uploads, and the one at the other end of the list pings."""
import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmark.contestants import Contestant, OpenVpn, PEER_NET, Sallyport  # noqa: E402
from netlab.congestion import DEEP, MEGABITS, Pings, SlowLab  # noqa: E402
from netlab.gateway import Gateway  # noqa: E402
from netlab.openvpn import Server, ServerSetup  # noqa: E402

CLIENTS, IN_FULL_FLOW, TO_DRAIN = 10, 4, 4
LOADS = {
    "none": None,
    "UDP, 60 Mbit/s": lambda lab, host: lab.udp_hog(host),
    "TCP, 1 flow": lambda lab, host: lab.tcp_hog(host, 1),
    "TCP, 12 flows": lambda lab, host: lab.tcp_hog(host, 12),
}


class TenBehindSallyport(Sallyport):
    def __init__(self, lab, server):
        Contestant.__init__(self, lab, server)
        self.hosts = [lab.add_app(f"a{i}", f"10.137.0.{10 + i}").namespace for i in range(CLIENTS)]
        self.gateway = Gateway(lab, [])
        self.gateway.profiles = [self.gateway.write_profile(server.client_profile())]

    def lost_tunnels(self):
        return self.gateway.log().count("sallyport: reconnecting")


class TenBehindOpenVpn(OpenVpn):
    def __init__(self, lab, server):
        Contestant.__init__(self, lab, server)
        self.hosts, self.process, self.starts = [], None, 0
        gateway = lab.gateway_host
        gateway.sysctl("net.ipv4.ip_forward", 1)
        for i in range(CLIENTS):
            host = lab.namespace(f"b{i}")
            lab.cable(host, "eth0", gateway, f"vif{i}")
            own, theirs = f"{PEER_NET}.{4 * i + 2}", f"{PEER_NET}.{4 * i + 1}"
            host.run("ip", "addr", "add", f"{own}/30", "dev", "eth0")
            gateway.run("ip", "addr", "add", f"{theirs}/30", "dev", f"vif{i}")
            host.run("ip", "route", "add", "default", "via", theirs)
            self.hosts.append(host)
        self.profile = lab.directory / "openvpn-client.ovpn"
        self.profile.write_text(server.client_profile(extra=("disable-dco", "route-nopull", "route 198.51.100.0 255.255.255.0")))

    def lost_tunnels(self):
        return self.process.output().count("process restarting") + self.process.output().count("process exiting")


def measure(who, lab, load, uploads, pings):
    before = who.lost_tunnels()
    hog = LOADS[load](lab, who.hosts[uploads]) if LOADS[load] else None
    time.sleep(IN_FULL_FLOW)
    told = Pings(who.hosts[CLIENTS - 1 - uploads], lab.WORLD4, pings, f"{who.name}-{time.monotonic()}").wait()
    if hog:
        hog.kill()
    time.sleep(TO_DRAIN)
    return who.lost_tunnels() - before, told


def tunnel(transport, contestant, arguments):
    with SlowLab() as lab:
        server = Server(lab, ServerSetup(proto=f"{transport}4")).start()
        who = contestant(lab, server)
        who.start()
        lab.start_sink()
        getattr(lab, f"narrow_{arguments.where}_the_gateway")()
        for load in LOADS:
            for uploads, place in ((0, "first"), (CLIENTS - 1, "last")) if LOADS[load] else ((0, "nobody"),):
                lost_tunnels, told = measure(who, lab, load, uploads, arguments.pings)
                print(f"| {transport} | {load} | {place} | {who.name} | {lost_tunnels} | {told.lost} of {told.count} "
                      f"| {told.mean:.0f} | {told.p99:.0f} |", flush=True)
        who.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pings", type=int, default=60, help="of each measurement, five a second")
    parser.add_argument("--where", choices=("at", "behind"), default="at", help="the gateway's own kernel, or behind it")
    parser.add_argument("--transport", choices=("udp", "tcp"), action="append", help="of the tunnel; both unless given")
    arguments = parser.parse_args()
    print(f"{MEGABITS} Mbit/s, {DEEP} of queue {arguments.where} the gateway; the ping's mean and p99 in ms")
    print("| tunnel | upload | by whom | client | tunnels lost | pings lost | mean | p99 |\n|---|---|---|---|---|---|---|---|")
    for transport in arguments.transport or ("udp", "tcp"):
        for contestant in (TenBehindOpenVpn, TenBehindSallyport):
            tunnel(transport, contestant, arguments)


main()
