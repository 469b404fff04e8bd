"""Resident memory: small when idle, and no larger after traffic."""
import json

from netlab.scenario import expect, scenario
from netlab.shell import wait_until

from .common import tunnel

IDLE_LIMIT_KIB = 8 * 1024
DRIFT_KIB = 1024
GIGABYTE = 10**9
FLOWS = 1000

ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 7))
print("ready", flush=True)
while True:
    data, peer = s.recvfrom(2000)
    s.sendto(data, peer)
"""

# Each socket is a flow of its own; all stay open until the last has had its answer.
ASK = """
import socket, sys
sockets = []
for i in range(int(sys.argv[2])):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    s.connect((sys.argv[1], 7))
    sockets.append(s)
answered = 0
for s in sockets:
    s.send(b"?")
    try:
        answered += s.recv(10) == b"?"
    except OSError:
        pass
print(answered)
"""


@scenario("memory: at most 8 MiB idle, and the same after 2 GB and 1,000 flows")
def steady(keep):
    with tunnel(keep) as t:
        lab = t.lab
        lab.world.start("iperf3", "-s", "--forceflush", log="iperf3.log").wait_for("listening")
        lab.world.start("python3", "-c", ECHO, log="echo.log").wait_for("ready")
        t.expect_ping()
        idle = t.gateway.resident_kib()
        expect(idle <= IDLE_LIMIT_KIB, f"{idle} KiB resident when idle")
        for direction in ([], ["-R"]):
            done = t.app.run("iperf3", "-c", lab.WORLD4, "-n", GIGABYTE, "-J", *direction, timeout=300)
            moved = json.loads(done.stdout)["end"]["sum_received"]["bytes"]
            expect(moved > 0.95 * GIGABYTE, f"only {moved} bytes arrived")
        answered = int(t.app.run("python3", "-c", ASK, lab.WORLD4, FLOWS, timeout=120).stdout)
        expect(answered >= FLOWS * 0.99, f"only {answered} of {FLOWS} flows were answered")
        flows = t.gateway.status()["counters"]["flows"]
        expect(flows >= FLOWS * 0.99, f"only {flows} flows are known")
        after = t.gateway.resident_kib()
        expect(abs(after - idle) <= DRIFT_KIB, f"{idle} KiB idle, {after} KiB after")


FLOOD = """
import socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[2])):
    out.sendto(b"x", (sys.argv[1], 1000 + number % 60000))
    if number % 100 == 0:
        time.sleep(0.002)
"""


@scenario("memory: what 50,000 flows took is given back when they are over")
def flood_of_flows(keep):
    with tunnel(keep) as t:
        t.expect_ping()
        idle = t.gateway.resident_kib()
        t.app.run("python3", "-c", FLOOD, t.lab.WORLD4, 50000, timeout=60)
        flows, full = t.gateway.status()["counters"]["flows"], t.gateway.resident_kib()
        expect(flows > 40000 and full > idle + 4000, f"{flows} flows took {full - idle} KiB")
        wait_until(lambda: t.gateway.status()["counters"]["flows"] <= 1, 90, "the flows to be over")
        after = t.gateway.resident_kib()
        expect(after - idle <= DRIFT_KIB, f"{idle} KiB idle, {full} KiB with {flows} flows, {after} KiB after")
