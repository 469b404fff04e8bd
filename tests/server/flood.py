"""A flood of first packets: what it leaves, and what clients notice. FLOOD_PACKETS of each kind (the default run sends 300,000 of
each; the full measurement 1,000,000)."""
import json
import os
import pathlib
import time

from netlab.gateway import binary
from netlab.scenario import expect, scenario
from netlab.server import OurServer, ServerLab

PACKETS = int(os.environ.get("FLOOD_PACKETS", "300000"))
RATE = int(os.environ.get("FLOOD_RATE", "50000"))
DRIFT_KIB = 1024


def flooder():
    return pathlib.Path(binary()).resolve().parents[2] / "tests/server/flood"


class Attacker:
    def __init__(self, lab):
        self.lab, self.host = lab, lab.client_host("mallory")
        self.address = f"203.0.113.{self.host.number}"
        # What comes back is counted, and answered by nobody.
        self.host.run("nft", "-f", "-", input="table inet flood {\n counter back {}\n chain input {\n type filter hook input priority 0;\n"
                                               " udp sport { 1194, 1195 } counter name back drop\n }\n}\n")

    def flood(self, kind, port=1194, count=PACKETS, rate=RATE):
        """(packets sent, bytes of each)"""
        done = self.host.run(flooder(), self.address, self.lab.SERVER4, port, self.lab.directory / "v2-client.key", kind, count, rate,
                             timeout=count / rate * 5 + 60)
        sent, _, size = done.stdout.split()
        return int(sent), int(size)

    def answers(self):
        """(packets, bytes with IP and UDP headers) so far"""
        counter = json.loads(self.host.run("nft", "-j", "list", "counters").stdout)["nftables"][-1]["counter"]
        return counter["packets"], counter["bytes"]


@scenario("flood: valid and forged first packets leave nothing, get few and short answers, and clients go on", alone=True)
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
        for kind in ("valid", "garbage", "overheard"):
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
            expect(kind == "valid" or answers == 0, f"{kind} packets were answered")
        status = lab.status()
        expect(status["handshaking"] == 0 and status["connected"] == 1, str(status))
        dropped = sum(status["counters"]["dropped"].values())
        expect(dropped > 2.25 * PACKETS, f"only {dropped} packets reached the server")
        after = lab.resident_kib()
        expect(after - before <= DRIFT_KIB, f"resident memory grew from {before} to {after} KiB")
        expect(client.ping(count=3) == 3, "the tunnel is gone")
