"""dom0's end of the line protocol, and the logs that it carries."""
import pathlib
import threading

from .. import protocol


class Report:
    def __init__(self, port):
        self._port, self._lock = open(port, "w", buffering=1), threading.Lock()

    def say(self, word, name=None, rest=""):
        with self._lock:
            self._port.write(protocol.line(word, name, rest))

    def log(self, source, text):
        for one in text.splitlines():
            self.say("log", source, one)


class LogForwarder(threading.Thread):
    """Sends on what the guests' consoles and dom0's daemons write, as it comes."""

    FOLDERS = (pathlib.Path("/var/log/xen"), pathlib.Path("/var/log/bed"))

    def __init__(self, report):
        super().__init__(daemon=True)
        self._report, self._offsets, self._rest, self._stop = report, {}, {}, threading.Event()
        self._pass = threading.Lock()

    def run(self):
        while not self._stop.wait(0.7):
            self.forward()

    def forward(self):
        with self._pass:
            for folder in self.FOLDERS:
                for path in sorted(folder.glob("*.log")):
                    self._forward(path)

    def _forward(self, path):
        with open(path, "rb") as log:
            log.seek(self._offsets.get(path, 0))
            data = self._rest.get(path, b"") + log.read()
            self._offsets[path] = log.tell()
        lines, _, self._rest[path] = data.rpartition(b"\n")
        if lines:
            self._report.log(path.stem.removeprefix("guest-"), lines.decode(errors="replace").replace("\r", ""))
