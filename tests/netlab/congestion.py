"""A slow uplink, clients that fill it, and what their neighbours notice."""
import re
import statistics

from .lan import LanLab

MEGABITS, DEEP = 10, "8mb"
UDP_PORT, TCP_PORT = 9100, 9101
# Nobody answers a datagram, and everybody's bytes go away.
SINK = """import asyncio, socket, sys
async def swallow(reader, writer):
    while await reader.read(1 << 16):
        pass
    writer.close()
async def main():
    deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    deaf.bind((sys.argv[1], int(sys.argv[2])))
    server = await asyncio.start_server(swallow, sys.argv[1], int(sys.argv[3]))
    print("listening", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
UDP_HOG = """import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
per_second, began, sent = int(sys.argv[3]) * 1000000 // 8 // 1400, time.monotonic(), 0
while True:
    while sent < (time.monotonic() - began) * per_second:
        try:
            s.send(bytes(1400))
        except OSError:
            pass
        sent += 1
    time.sleep(0.002)
"""
TCP_HOG = """import socket, sys, threading
def upload():
    while True:
        try:
            with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as s:
                while True:
                    s.sendall(bytes(65536))
        except OSError:
            pass
for _ in range(int(sys.argv[3])):
    threading.Thread(target=upload).start()
"""


class SlowLab(LanLab):
    """The uplink carries ten megabits a second, and a second or more waits in front of it."""

    def narrow_at_the_gateway(self):
        """What waits, waits in the gateway's own kernel, which tells the socket."""
        self._narrow(self.gateway_host, "eth0")

    def narrow_behind_the_gateway(self):
        """What waits, waits where the gateway cannot see it, as in a modem."""
        self._narrow(self.lan, "eth1")

    @staticmethod
    def _narrow(namespace, device):
        namespace.run("tc", "qdisc", "replace", "dev", device, "root", "tbf", "rate", f"{MEGABITS}mbit", "burst", "16kb", "limit", DEEP)

    def start_sink(self):
        sink = self.world.start("python3", "-c", SINK, self.WORLD4, UDP_PORT, TCP_PORT, log="sink.log")
        sink.wait_for("listening")
        return sink

    def udp_hog(self, host, megabits=60):
        return host.start("python3", "-c", UDP_HOG, self.WORLD4, UDP_PORT, megabits, log="hog.log")

    def tcp_hog(self, host, flows):
        return host.start("python3", "-c", TCP_HOG, self.WORLD4, TCP_PORT, flows, log="hog.log")


class Pings:
    """Of one host, five a second, in the background."""

    def __init__(self, host, address, count, name):
        self.count = count
        self.process = host.start("ping", "-n", "-i", "0.2", "-c", count, "-W", "10", address, log=f"ping-{name}.log")

    def wait(self):
        self.process.process.wait(self.count * 0.2 + 30)
        self.times = sorted(float(ms) for ms in re.findall(r"time=([\d.]+) ms", self.process.output()))
        return self

    @property
    def lost(self):
        return self.count - len(self.times)

    @property
    def mean(self):
        return statistics.mean(self.times) if self.times else float("inf")

    @property
    def p99(self):
        return self.times[min(len(self.times) - 1, int(len(self.times) * 0.99))] if self.times else float("inf")
