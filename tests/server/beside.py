"""Our server beside openvpn's own, in the same place with the same clients: what a stranger's packet costs, and a client's data."""
import json
import re
import time

from netlab.gateway import cpu_seconds
from netlab.scenario import expect, scenario
from netlab.server import ServerLab
from server.flood import Attacker

PORT = 1195
# More a second than either can take: what is measured is the packets it took. At a lower rate a server that is woken by each
# packet mostly pays for waking up. A disturbed measurement only ever costs more: the lesser of some counts.
RATE, PACKETS, TRIALS = 200000, 150000, 5
TRANSFER = "400M"


def start_openvpn(lab):
    """openvpn's server in the same namespace, with our server's configuration, keys and clients, on PORT."""
    text = re.sub(r"(?m)^server .*$", "server 10.9.0.0 255.255.255.0", lab.config())
    text = re.sub(r"(?m)^server-ipv6 .*\n", "", text)
    text = text.replace("port 1194", f"port {PORT}").replace("dev tun-srv", "dev tun-ref") + "disable-dco\nverb 0\n"
    path = lab.directory / "openvpn.conf"
    path.write_text(text)
    process = lab.host.start("openvpn", "--config", path, log="openvpn.log")
    time.sleep(2)
    expect(process.running(), process.output())
    lab.world.run("ip", "route", "add", "10.9.0.0/24", "via", "198.51.100.1")
    return process


def lost_in_socket(lab, port):
    """Packets that came and that the server on `port` never saw."""
    text = lab.host.run("cat", "/proc/net/udp", "/proc/net/udp6").stdout
    lines = [line.split() for line in text.splitlines()]
    return sum(int(fields[-1]) for fields in lines if fields[1].endswith(f":{port:04X}"))


def cost_of_a_packet(lab, attacker, kind, pid, port):
    """Microseconds of processor time."""
    begin, lost = cpu_seconds(pid), lost_in_socket(lab, port)
    sent, _ = attacker.flood(kind, port, PACKETS, RATE)
    time.sleep(0.5)
    return (cpu_seconds(pid) - begin) / (sent - (lost_in_socket(lab, port) - lost)) * 1e6


@scenario("beside openvpn: a first packet that is turned away costs at most half of what it costs there, whatever it is", alone=True)
def strangers(keep):
    with ServerLab(keep=keep) as lab:
        lab.start()
        theirs = start_openvpn(lab)
        attacker = Attacker(lab)
        for kind in ("garbage", "overheard", "valid"):
            costs = {"ours": [], "openvpn": []}
            for _ in range(TRIALS):
                costs["ours"].append(cost_of_a_packet(lab, attacker, kind, lab.process.pid, 1194))
                costs["openvpn"].append(cost_of_a_packet(lab, attacker, kind, theirs.pid, PORT))
            ours, openvpn = (min(trials) for trials in costs.values())
            print(f"     {kind}: {ours:.2f} us of processor time a packet, openvpn's {openvpn:.2f} us", flush=True)
            expect(ours <= openvpn / 2, f"{kind}: {costs}")
        expect(theirs.running() and lab.process.running(), "a server has ended")


# It only tells numbers: a benchmark.
@scenario("beside openvpn: one client's transfers through each server, both ways", alone=True, only_when_asked_for=True)
def transfers(keep):
    """Prints; the only thing asked of it is that all of it arrives."""
    with ServerLab(keep=keep) as lab:
        lab.start()
        theirs = start_openvpn(lab)
        lab.world.start("iperf3", "-s", "--forceflush", log="iperf3.log").wait_for("listening")
        for name, pid, port in (("ours", lab.process.pid, 1194), ("openvpn", theirs.pid, PORT)):
            client = lab.client(f"to-{name}", port=port)
            for direction, way in (([], "up"), (["-R"], "down")):
                begin = cpu_seconds(pid)
                done = client.host.run("iperf3", "-c", lab.WORLD4, "-n", TRANSFER, "-J", *direction, timeout=200)
                end = json.loads(done.stdout)["end"]["sum_received"]
                seconds = (cpu_seconds(pid) - begin) / end["bytes"] * 1e9
                print(f"     {name}, {way}: {end['bits_per_second'] / 1e6:.0f} Mbit/s, {seconds:.1f} s of processor time for a GB", flush=True)
                expect(end["bytes"] > 0.99 * 400 * 2**20, str(end))
                time.sleep(1)  # iperf3 takes one test at a time
            client.stop()
