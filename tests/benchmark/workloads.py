"""What is measured: a workload drives one contestant for some seconds and returns {what: number}."""
import contextlib
import json
import os
import subprocess
import time

from benchmark.datagrams import LOAD, PORT, udp_rate
from netlab.capture import Capture, Packet, UDP

# A machine that is itself a guest stands still now and then, which only ever costs time: short trials, of which the best
# counts.
TRIALS = 5
OPCODES_FIRST, OPCODES_CONTROL = {7, 10}, {4, 5}


@contextlib.contextmanager
def bulk_server(world):
    """A new one for each transfer: one that waits for the end of the last is too busy for the next."""
    server = world.start("iperf3", "-s", "--forceflush", log="iperf3.log")
    server.wait_for("listening")
    try:
        yield
    finally:
        server.stop()


def tcp_bulk(contestant, seconds, down, flows):
    """iperf3 between the AppVM and the host behind the server; a GB is 10^9 bytes that arrived."""
    args = ["iperf3", "-c", contestant.lab.WORLD4, "-t", seconds, "-P", flows, "-J"] + (["-R"] if down else [])
    with bulk_server(contestant.lab.world):
        before = contestant.cpu_seconds()
        report = json.loads(contestant.host().run(*args, timeout=seconds + 30, check=False).stdout)
    if "error" in report:
        raise RuntimeError(f"iperf3 through {contestant.name}: {report['error']}")
    result = report["end"]["sum_received"]
    spent = contestant.cpu_seconds() - before
    return {"CPU s/GB": spent / (result["bytes"] / 1e9), "Mbit/s": result["bits_per_second"] / 1e6}


@contextlib.contextmanager
def awake_processors():
    """Without pauses of the machine's own: where it is a guest, waking up a processor that sleeps takes longer than a round
    trip and is the same for all. What keeps them awake runs only where nothing else wants to."""
    spinners = [subprocess.Popen(["chrt", "-i", "0", LOAD, "spin"]) for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


@contextlib.contextmanager
def bulk_load(contestant, seconds, arguments):
    """A bulk transfer that is in full flow, for as long."""
    with bulk_server(contestant.lab.world):
        load = contestant.host().start("iperf3", "-c", contestant.lab.WORLD4, "-t", seconds + 2, *arguments, log="under.log")
        time.sleep(1)
        yield
        load.process.wait(30)


def round_trips(contestant, seconds, under=None):
    """While nothing else goes on, or under a bulk transfer in the direction that `under` says to iperf3."""
    trials = 1 if under is not None else TRIALS
    host, world, address = contestant.host(), contestant.lab.world, contestant.lab.WORLD4
    with bulk_load(contestant, seconds, under) if under is not None else contextlib.nullcontext(), awake_processors():
        echo = world.start(LOAD, "echo", address, PORT, log="echo.log")
        echo.wait_for("listening")
        try:
            told = [host.run(LOAD, "ask", address, PORT, 1000, seconds / trials, timeout=seconds + 30).stdout for _ in range(trials)]
        finally:
            echo.stop()
    asked, answered, half, tail = min(([float(number) for number in line.split()] for line in told), key=lambda trial: trial[2])
    if answered < asked * 0.9:
        raise RuntimeError(f"{contestant.name}: {answered:.0f} answers to {asked:.0f} questions")
    return {"p50 us": half, "p99 us": tail}


def handshake(contestant, _seconds):
    """Milliseconds from the client's first packet to the last one of the control channel before data may flow."""
    contestant.stop()
    capture = Capture(contestant.lab.gateway_host, "eth0", name="handshake")
    contestant.start()
    packets = [(when, Packet(frame)) for when, frame in capture.stop()]
    first = next(when for when, packet in packets if opcode(packet) in OPCODES_FIRST)
    return {"ms": (max(when for when, packet in packets if opcode(packet) in OPCODES_CONTROL and when < first + 1) - first) * 1000}


def opcode(packet):
    """None for what is no datagram of the tunnel."""
    ports = (packet.source_port, packet.destination_port)
    return packet.payload[0] >> 3 if packet.protocol == UDP and 1194 in ports and packet.payload else None


def peak_memory(contestant, _seconds):
    contestant.note_peak()
    return {"peak MiB": contestant.peak}


WORKLOADS = {
    "TCP up, 1 flow": lambda who, seconds: tcp_bulk(who, seconds, down=False, flows=1),
    "TCP down, 1 flow": lambda who, seconds: tcp_bulk(who, seconds, down=True, flows=1),
    "TCP up, 8 flows": lambda who, seconds: tcp_bulk(who, seconds, down=False, flows=8),
    "TCP down, 8 flows": lambda who, seconds: tcp_bulk(who, seconds, down=True, flows=8),
    "UDP up, 64 bytes": lambda who, seconds: udp_rate(who, seconds, 64),
    "UDP up, 512 bytes": lambda who, seconds: udp_rate(who, seconds, 512),
    "UDP up, 1400 bytes": lambda who, seconds: udp_rate(who, seconds, 1400),
    "UDP up, 1400, trains": lambda who, seconds: udp_rate(who, seconds, 1400, whole=True),
    "UDP down, 64 bytes": lambda who, seconds: udp_rate(who, seconds, 64, down=True),
    "UDP down, 512 bytes": lambda who, seconds: udp_rate(who, seconds, 512, down=True),
    "UDP down, 1400 bytes": lambda who, seconds: udp_rate(who, seconds, 1400, down=True),
    "round trip, idle": lambda who, seconds: round_trips(who, seconds),
    "round trip, TCP up": lambda who, seconds: round_trips(who, seconds, ()),
    "round trip, TCP down": lambda who, seconds: round_trips(who, seconds, ("-R",)),
    "memory": peak_memory,
    "handshake": handshake,
}
# What looks into the tunnel's datagrams.
OVER_UDP = ("handshake",)
# What makes sense without a client.
WITHOUT_CLIENT = [name for name in WORKLOADS if name not in ("memory", "handshake")]
