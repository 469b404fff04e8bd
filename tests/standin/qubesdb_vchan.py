"""A stand-in for dom0's qubesdb-daemon of one VM: it serves the VM's own end over a vchan. That one reads everything once; then
it is told of each change, and says that it heard."""
import contextlib
import threading

from .qubesdb import CMD_MULTIREAD, CMD_RM, CMD_WRITE, HEADER, RESP_MULTIREAD, RESP_OK, Commits, pack
from .vchan import Closed, VchanServer

PORT = 111


class VchanQubesDb(Commits):
    def __init__(self, domid):
        self.entries, self.problems, self.lock = {}, [], threading.RLock()
        self._vchan = VchanServer(domid, f"/local/domain/0/data/vchan/{domid}/{PORT}")
        self._heard, self._reads, self._unanswered = False, 0, []

    def start(self):
        self._vchan.open()
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def reads(self):
        """How often everything was read."""
        return self._reads

    def all_heard(self):
        """Whether all changes were acknowledged, in their order."""
        with self.lock:
            return not self._unanswered and not self.problems

    # What dom0 does.

    def write(self, path, value):
        with self.lock:
            self.entries[path.encode()] = value.encode()
            self._tell(CMD_WRITE, path.encode(), value.encode())

    def rm(self, path):
        with self.lock:
            name = path.encode()
            for entry in [e for e in self.entries if (e.startswith(name) if name.endswith(b"/") else e == name)]:
                del self.entries[entry]
            self._tell(CMD_RM, name, b"")

    # What the VM sees.

    def _tell(self, kind, path, data):
        if not self._heard:
            return
        self._unanswered.append(path)
        with contextlib.suppress(Closed):
            self._vchan.write(pack(kind, path, data))

    def _serve(self):
        while True:
            try:
                self._serve_peer()
            except Closed:
                with self.lock:
                    self._heard, self._unanswered = False, []
                    self._vchan.close()
                    self._vchan.open()

    def _serve_peer(self):
        while True:
            kind, field, length = HEADER.unpack(self._vchan.read(HEADER.size))
            path = field.partition(b"\0")[0]
            if length:
                self._vchan.read(length)
            with self.lock:
                if kind == CMD_MULTIREAD and not path and not self._heard:
                    for entry in sorted(self.entries):
                        self._vchan.write(pack(RESP_MULTIREAD, entry, self.entries[entry]))
                    self._vchan.write(pack(RESP_MULTIREAD))
                    self._heard, self._reads = True, self._reads + 1
                elif kind == RESP_OK and self._unanswered[:1] == [path]:
                    del self._unanswered[0]
                else:
                    self.problems.append((kind, path))
