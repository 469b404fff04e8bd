"""A flood of first packets: what it costs, what it leaves, and what clients notice. FLOOD_PACKETS of each kind (the default
run sends 200,000 of each; the full measurement 1,000,000)."""
import json
import os
import pathlib
import re
import time

from netlab.gateway import binary, cpu_seconds
from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab

PACKETS = int(os.environ.get("FLOOD_PACKETS", "200000"))
RATE = int(os.environ.get("FLOOD_RATE", "20000"))
DRIFT_KIB = 1024
REFERENCE_PORT = 1195


def flooder():
    return pathlib.Path(binary()).resolve().parents[2] / "tests/server/flood"


class Attacker:
    def __init__(self, lab):
        self.lab, self.host = lab, lab.client_host("mallory")
        self.address = f"203.0.113.{self.host.number}"
        # What comes back is counted, and answered by nobody.
        self.host.run("nft", "-f", "-", input="table inet flood {\n counter back {}\n chain input {\n type filter hook input priority 0;\n"
                                               " udp sport { 1194, 1195 } counter name back drop\n }\n}\n")

    def flood(self, kind, port=1194, count=PACKETS):
        """(packets sent, bytes of each)"""
        done = self.host.run(flooder(), self.address, self.lab.SERVER4, port, self.lab.directory / "v2-client.key", kind, count, RATE,
                             timeout=count / RATE * 5 + 60)
        sent, _, size = done.stdout.split()
        return int(sent), int(size)

    def answers(self):
        """(packets, bytes with IP and UDP headers) so far"""
        counter = json.loads(self.host.run("nft", "-j", "list", "counters").stdout)["nftables"][-1]["counter"]
        return counter["packets"], counter["bytes"]


def lost_in_socket(lab, port):
    """Packets that came and that the server on `port` never saw."""
    text = lab.host.run("cat", "/proc/net/udp", "/proc/net/udp6").stdout
    lines = [line.split() for line in text.splitlines()]
    return sum(int(fields[-1]) for fields in lines if fields[1].endswith(f":{port:04X}"))


@scenario("flood: valid and garbage first packets leave nothing, get few and short answers, and clients go on")
def flood(keep):
    with ServerLab(OurServer(extra=("connect-freq-initial 100 10",)), keep=keep) as lab:
        client = lab.start().client()
        lab.world.start("iperf3", "-s", "--forceflush", log="iperf3.log").wait_for("listening")
        attacker = Attacker(lab)
        attacker.flood("valid", count=2000)
        time.sleep(1)
        before = lab.resident_kib()

        def throughput(seconds):
            done = client.host.run("iperf3", "-c", lab.WORLD4, "-t", seconds, "-b", "40M", "-J", timeout=seconds + 30)
            return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"]
        calm = throughput(4)
        for kind in ("valid", "garbage"):
            packets, octets = attacker.answers()
            start = time.monotonic()
            load = client.host.start("iperf3", "-c", lab.WORLD4, "-t", max(4, PACKETS // RATE - 2), "-b", "40M", "-J", log=f"load-{kind}.json")
            sent, size = attacker.flood(kind)
            seconds = time.monotonic() - start
            load.process.wait(60)
            stormy = json.loads(load.output())["end"]["sum_received"]["bits_per_second"]
            answers, answered = (now - then for now, then in zip(attacker.answers(), (packets, octets)))
            print(f"     {kind}: {sent} packets in {seconds:.0f} s, {answers} answers, {stormy / 1e6:.1f} Mbit/s (calm {calm / 1e6:.1f})", flush=True)
            expect(stormy > 0.9 * calm, f"{kind}: throughput fell from {calm / 1e6:.1f} to {stormy / 1e6:.1f} Mbit/s")
            expect(answers <= 100 * (seconds / 10 + 2), f"{answers} answers in {seconds:.0f} s")
            expect(answered <= answers * (size + 28), "answers are longer than what they answer")
            expect(kind == "valid" or answers == 0, "garbage was answered")
        status = lab.status()
        expect(status["handshaking"] == 0 and status["connected"] == 1, str(status))
        dropped = sum(status["counters"]["dropped"].values())
        expect(dropped > 1.5 * PACKETS, f"only {dropped} packets reached the server")
        after = lab.resident_kib()
        expect(after - before <= DRIFT_KIB, f"resident memory grew from {before} to {after} KiB")
        expect(client.ping(count=3) == 3, "the tunnel is gone")


# Of openvpn's cost. Garbage has to be unwrapped by both before it can be told from the real thing.
MOST = {"valid": 0.5, "garbage": 1.0}


@scenario("flood: a valid first packet that is turned away costs at most half of what it costs openvpn's server, garbage not more")
def beside_openvpn(keep):
    with ServerLab(keep=keep) as lab:
        lab.start()
        text = re.sub(r"(?m)^server .*$", "server 10.9.0.0 255.255.255.0", lab.config())
        text = re.sub(r"(?m)^server-ipv6 .*\n", "", text)
        text = text.replace("port 1194", f"port {REFERENCE_PORT}").replace("dev tun-srv", "dev tun-ref") + "disable-dco\nverb 0\n"
        path = lab.directory / "reference.conf"
        path.write_text(text)
        reference = lab.host.start("openvpn", "--config", path, log="reference.log")
        time.sleep(2)
        expect(reference.running(), reference.output())
        attacker = Attacker(lab)
        for kind in ("valid", "garbage"):
            costs = {}
            for name, pid, port in (("ours", lab.process.pid, 1194), ("openvpn", reference.pid, REFERENCE_PORT)):
                begin, lost = cpu_seconds(pid), lost_in_socket(lab, port)
                sent, _ = attacker.flood(kind, port)
                time.sleep(0.5)
                seen = sent - (lost_in_socket(lab, port) - lost)
                costs[name] = (cpu_seconds(pid) - begin) / seen * 1e6
                print(f"     {kind}, {name}: {costs[name]:.2f} us of processor time for each of {seen} packets", flush=True)
            expect(costs["ours"] <= costs["openvpn"] * MOST[kind], f"{kind}: {costs}")
        expect(reference.running() and lab.process.running(), "a server has ended")
