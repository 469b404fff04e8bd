"""A vchan's serving end, by libxenvchan, as a stream of bytes for one thread that reads and others that write."""
import ctypes
import functools
import threading
import time


@functools.cache
def _library():
    library = ctypes.CDLL("libxenvchan.so.4.17", use_errno=True)
    library.libxenvchan_server_init.restype = ctypes.c_void_p
    library.libxenvchan_server_init.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t)
    for name in ("close", "wait", "is_open", "data_ready", "buffer_space"):
        getattr(library, f"libxenvchan_{name}").argtypes = (ctypes.c_void_p,)
    for name in ("read", "write"):
        getattr(library, f"libxenvchan_{name}").argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    return library


class Closed(Exception):
    pass


class VchanServer:
    """For one peer, which may come, go, and come again."""

    RING = 4096
    WAITING = 2  # for a peer, by libxenvchan_is_open

    def __init__(self, domid, path):
        self._arguments = domid, path.encode()
        self._handle, self._lock = None, threading.Lock()

    def open(self):
        handle = _library().libxenvchan_server_init(None, *self._arguments, self.RING, self.RING)
        if not handle:
            raise OSError(ctypes.get_errno(), f"cannot serve a vchan at {self._arguments[1]}")
        self._handle = handle

    def close(self):
        with self._lock:
            handle, self._handle = self._handle, None
        if handle:
            _library().libxenvchan_close(handle)

    def read(self, size):
        """Exactly so many bytes."""
        data, piece = b"", ctypes.create_string_buffer(size)
        while len(data) < size:
            state = _library().libxenvchan_is_open(self._handle)
            ready = _library().libxenvchan_data_ready(self._handle) if state == 1 else 0
            if ready:
                count = _library().libxenvchan_read(self._handle, piece, min(ready, size - len(data)))
                data += piece.raw[:max(count, 0)]
            elif state == 0:
                raise Closed
            else:
                _library().libxenvchan_wait(self._handle)
        return data

    def write(self, data):
        with self._lock:
            while data:
                if self._handle is None or _library().libxenvchan_is_open(self._handle) != 1:
                    raise Closed
                space = _library().libxenvchan_buffer_space(self._handle)
                if not space:
                    time.sleep(0.01)
                    continue
                count = _library().libxenvchan_write(self._handle, data[:space], min(space, len(data)))
                if count < 0:
                    raise Closed
                data = data[count:]
