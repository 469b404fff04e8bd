"""The gateway's uplink, seen from dom0's end of it: every packet that the gateway sends passes here."""
import pathlib
import time

from netlab.capture import Packet, Uplink, read_pcap
from netlab.shell import Process, wait_until

from .outside import LOGS, MARKER, SERVER, UPLINK


class Ends:
    """The addresses that tests/netlab's Uplink wants of its lab."""
    GATEWAY4, GATEWAY6, SERVER4, SERVER6 = UPLINK, None, SERVER, None
    resolvers = uplink_peers = {SERVER}


class Recorder:
    """tcpdump on dom0's end, from start to stop; whole packets, in memory."""

    def __init__(self, interface):
        self.path = pathlib.Path("/run/uplink.pcap")
        self.path.unlink(missing_ok=True)
        self._process = Process(["tcpdump", "-i", interface, "-w", self.path, "-U", "-s", "0", "-Z", "root", "-B", "8192"],
                                LOGS / "tcpdump.log")
        self._process.wait_for("listening on")

    def stop(self):
        """Returns (tunnel packets, what cannot be explained)."""
        time.sleep(0.5)
        self._process.stop()
        tunnel, leaks, explain = 0, [], Uplink(Ends)
        for _, frame in read_pcap(self.path):
            if _is_tunnel(frame):
                tunnel += 1
            elif explain.explain(Packet(frame)) is None:
                leaks.append(str(Packet(frame)))
        self.path.unlink()
        return tunnel, leaks


_WAYS = tuple(bytes(map(int, f"{a}.{b}".split("."))) for a, b in ((UPLINK, SERVER), (SERVER, UPLINK)))
_PORT = (1194).to_bytes(2, "big")


def _is_tunnel(frame):
    """The quick half of Uplink.explain for the many: UDP between the two, the server's port, an opcode of OpenVPN's, no marker."""
    return (frame[12:14] == b"\x08\x00" and frame[14:15] == b"\x45" and frame[23:24] == b"\x11" and frame[26:34] in _WAYS
            and _PORT in (frame[34:36], frame[36:38]) and len(frame) >= 56 and 3 <= frame[42] >> 3 <= 11 and MARKER not in frame)
