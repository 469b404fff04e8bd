"""A stand-in for qubesdb-daemon: its socket, its protocol, its watches, for any number of clients; and what dom0 does to it,
as methods. It is in the same process as the test, so that a test can hold it still."""
import contextlib
import os
import pathlib
import re
import socket
import struct
import threading

# uint8_t type; char path[64]; (padding) uint32_t data_len
HEADER = struct.Struct("<B64s3xI")
MAX_DATA = 3072
MAX_CLIENTS = 256
(CMD_READ, CMD_WRITE, CMD_MULTIREAD, CMD_LIST, CMD_RM, CMD_WATCH, CMD_UNWATCH, RESP_OK, RESP_ERROR_NOENT, RESP_ERROR,
 RESP_READ, RESP_MULTIREAD, RESP_LIST, RESP_WATCH) = range(14)
PATH = re.compile(rb"/[A-Za-z0-9_.:/@-]*")


class Hangup(Exception):
    """The client said something that the daemon hangs up on."""


def pack(kind, path=b"", data=b""):
    return HEADER.pack(kind, path, len(data)) + data


def is_in(path, place):
    """Whether `path` is `place`, or in the tree that it names."""
    return path == place or (place.endswith(b"/") and path.startswith(place))


class Client:
    def __init__(self, server, connection):
        self.server, self.connection, self.watches = server, connection, []
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def send(self, kind, path=b"", data=b""):
        self.connection.sendall(pack(kind, path, data))

    def close(self):
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _receive(self, size):
        data = b""
        while len(data) < size:
            part = self.connection.recv(size - len(data))
            if not part:
                raise Hangup
            data += part
        return data

    def _serve(self):
        with contextlib.suppress(Hangup, OSError):
            while True:
                kind, field, length = HEADER.unpack(self._receive(HEADER.size))
                path, end, _ = field.partition(b"\0")
                data = self._receive(length)
                if kind > CMD_UNWATCH or not end or length >= MAX_DATA or (path and not PATH.fullmatch(path)):
                    with self.server.lock:
                        self.send(RESP_ERROR, path[:63])
                    continue
                if length and kind != CMD_WRITE:
                    raise Hangup
                self.server.handle(self, kind, path, data)
        self.server.forget(self)
        self.connection.close()


class Commits:
    """For who has write() and rm()."""

    def commit_firewall(self, ip, rules, policy="drop"):
        """Rules as texts, or as (number, text) to leave gaps; in the order of qubesd, with the commit last."""
        base = f"/qubes-firewall/{ip}"
        numbered = [rule if isinstance(rule, tuple) else (number, rule) for number, rule in enumerate(rules)]
        self.rm(base + "/")
        self.write(f"{base}/policy", policy)
        for number, rule in numbered:
            self.write(f"{base}/{number:04}", rule)
        self.write(base, "")


class QubesDb(Commits):
    """with QubesDb(path) as db: the daemon listens at `path`; entries survive stop() and start(), as dom0 would write them
    again."""

    def __init__(self, path, read_only=True):
        self.path, self.read_only = pathlib.Path(path), read_only
        self.entries, self.clients, self.requests = {}, [], []
        self.lock = threading.RLock()
        self.listener = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(self.path))
        # For everybody in the VM, as the daemon's own.
        self.path.parent.chmod(0o755)
        self.path.chmod(0o666)
        self.listener.listen(MAX_CLIENTS)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def stop(self):
        listener, self.listener = self.listener, None
        if listener is None:
            return
        # A close alone would not wake who waits in accept().
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        with self.lock:
            clients = list(self.clients)
        for client in clients:
            client.close()
        for client in clients:
            client.thread.join(10)

    # What dom0 does.

    def write(self, path, value):
        with self.lock:
            self._write(path.encode(), value.encode())

    def rm(self, path):
        with self.lock:
            self._rm(path.encode())

    def read(self, path):
        with self.lock:
            return self.entries[path.encode()].decode()

    # What clients see.

    def handle(self, client, kind, path, data):
        with self.lock:
            self.requests.append((kind, path.decode()))
            if kind in (CMD_WRITE, CMD_RM) and self.read_only:
                return client.send(RESP_ERROR, path)
            if kind == CMD_READ:
                return client.send(RESP_READ, path, self.entries[path]) if path in self.entries else client.send(RESP_ERROR_NOENT, path)
            if kind == CMD_WRITE:
                self._write(path, data)
            elif kind == CMD_RM:
                if not self._rm(path):
                    return client.send(RESP_ERROR_NOENT, path)
            elif kind in (CMD_MULTIREAD, CMD_LIST):
                return self._list(client, kind, path)
            elif kind == CMD_WATCH:
                client.watches.append(path)
            elif kind == CMD_UNWATCH:
                if path not in client.watches:
                    return client.send(RESP_ERROR_NOENT, path)
                client.watches.remove(path)
            return client.send(RESP_OK, path)

    def forget(self, client):
        with self.lock:
            self.clients.remove(client)

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                if listener is not self.listener or len(self.clients) == MAX_CLIENTS:
                    connection.close()
                    continue
                client = Client(self, connection)
                self.clients.append(client)
            client.thread.start()

    def _list(self, client, kind, prefix):
        for path in sorted(self.entries):
            if path.startswith(prefix):
                client.send(RESP_MULTIREAD if kind == CMD_MULTIREAD else RESP_LIST, path,
                            self.entries[path] if kind == CMD_MULTIREAD else b"")
        client.send(RESP_MULTIREAD if kind == CMD_MULTIREAD else RESP_LIST)

    def _write(self, path, value):
        if len(path) > 63 or path.endswith(b"/") or not PATH.fullmatch(path) or len(value) >= MAX_DATA or b"\0" in value:
            raise Hangup(path)
        self.entries[path] = value
        self._fire(path)

    def _rm(self, path):
        gone = [entry for entry in self.entries if (entry.startswith(path) if path.endswith(b"/") else entry == path)]
        for entry in gone:
            del self.entries[entry]
        if gone:
            self._fire(path)
        return bool(gone)

    def _fire(self, path):
        for client in self.clients:
            for watch in client.watches:
                if is_in(path, watch):
                    # Who has just gone is forgotten by its own thread.
                    with contextlib.suppress(OSError):
                        client.send(RESP_WATCH, path)
