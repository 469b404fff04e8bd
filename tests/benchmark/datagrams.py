"""How many datagrams a second a client carries.

What is measured is the client, as far as all else keeps up. The client has a processor to itself, where there are several; all
else, which would be other machines, shares the rest, and is as cheap as can be: what sends hands its kernel trains. The AppVM's
are cut at its own device, so that the client gets them one by one, unless it is to get trains, as QUIC sends them. Those of the
world stay whole up to the server, which seals each datagram by itself; the client gets what the way from there makes of it."""
import contextlib
import json
import os
import time

from netlab.gateway import ROOT

LOAD = ROOT / "build/tests/benchmark/load"
PORT = 5001
HEADERS = 20 + 8
TRAIN = 32
MOST_LOST = 0.01
LEAST_RATE = 4000
# A machine that is itself a guest stands still now and then, which only ever loses datagrams: short trials, and one that holds
# is enough.
TRIALS, TRIALS_A_WORKLOAD = 5, 20


@contextlib.contextmanager
def processor_of_its_own(contestant):
    """For the client's process; every other one of the lab, and those to come, stay off it."""
    usual = os.sched_getaffinity(0)
    own = {max(usual)} if contestant.pid() else set()
    running = [0, *(process.pid for process in contestant.lab.processes if process.running())]

    def place(place_of):
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(pid, place_of(pid))
    try:
        place(lambda pid: own if pid == contestant.pid() else usual - own or usual)
        yield
    finally:
        place(lambda pid: usual)


@contextlib.contextmanager
def cut_at(namespace):
    """What programs there send in trains leaves the namespace one by one."""
    try:
        namespace.run("ip", "link", "set", "eth0", "gso_max_segs", 1)
        yield
    finally:
        # The device goes with a client that has ended.
        namespace.run("ip", "link", "set", "eth0", "gso_max_segs", 65535, check=False)


class Arrivals:
    """Counts datagrams where they arrive, and lets no program spend time on them. `end` of them is the port that tells them:
    sport or dport."""

    def __init__(self, namespace, end):
        self.namespace = namespace
        namespace.nft("table inet arrivals {\n counter seen {}\n chain first {\n type filter hook prerouting priority -400;\n"
                      f" udp {end} {PORT} counter name seen drop\n }}\n}}\n")

    def count(self, size):
        """Those of this size: many that arrive as one super-packet are many."""
        listed = json.loads(self.namespace.run("nft", "-j", "list", "counter", "inet", "arrivals", "seen").stdout)
        seen = listed["nftables"][-1]["counter"]
        return (seen["bytes"] - HEADERS * seen["packets"]) // size

    def close(self):
        self.namespace.run("nft", "delete", "table", "inet", "arrivals")


class Flood:
    """Datagrams of one size from the AppVM to the world, or back, for which the AppVM has knocked before."""

    def __init__(self, contestant, size, down):
        self.contestant, self.size, self.down = contestant, size, down
        self.host, self.world = contestant.host(), contestant.lab.world
        self.address = contestant.lab.WORLD4
        self.arrivals = Arrivals(self.host, "sport") if down else Arrivals(self.world, "dport")

    def send(self, rate, seconds):
        """How many went. What sends stands for another machine, which would not wait for a processor of this one."""
        order = ("chrt", "-f", 1, LOAD, "answer" if self.down else "send", self.address, PORT, self.size, rate, seconds, TRAIN)
        if not self.down:
            return int(self.host.run(*order, timeout=60).stdout)
        answer = self.world.start(*order, log="answer.log")
        answer.wait_for("listening")
        self.host.run(LOAD, "send", self.address, PORT, self.size, 1000, 0.005, 1)
        answer.process.wait(60)
        return int(answer.output().split()[-1])

    def trial(self, rate, seconds):
        """(datagrams a second, CPU seconds for one) when nearly all arrived, or None."""
        before, cpu = self.arrivals.count(self.size), self.contestant.cpu_seconds()
        sent = self.send(rate, seconds)
        time.sleep(0.1)
        came = self.arrivals.count(self.size) - before
        held = sent and came >= sent * (1 - MOST_LOST) and sent >= 0.9 * rate * seconds
        return (came / seconds, (self.contestant.cpu_seconds() - cpu) / came) if held else None

    def first_that_holds(self, rate, seconds):
        return next(filter(None, (self.trial(rate, seconds) for _ in range(TRIALS))), None)


def highest(trial, least):
    """What trial(rate) gave at the highest rate at which it gave something: found by doubling, and then by halving what is
    between."""
    rate, found = least, None
    while result := trial(rate):
        found, rate = result, rate * 2
    low = rate // 2
    for _ in range(4):
        middle = (low + rate) // 2
        if result := trial(middle):
            found, low = result, middle
        else:
            rate = middle
    return found


def udp_rate(contestant, seconds, size, down=False, whole=False):
    """The highest rate at which all but one datagram in a hundred arrive (RFC 2544's throughput, nearly)."""
    flood = Flood(contestant, size, down)
    try:
        with processor_of_its_own(contestant), contextlib.nullcontext() if down or whole else cut_at(contestant.host()):
            found = highest(lambda rate: flood.first_that_holds(rate, seconds / TRIALS_A_WORKLOAD), LEAST_RATE)
    finally:
        flood.arrivals.close()
    if found is None:
        raise RuntimeError(f"{contestant.name} loses datagrams at {LEAST_RATE} a second")
    return {"packets/s": found[0], "CPU us/packet": found[1] * 1e6}
