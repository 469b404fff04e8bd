"""Initramfs images: cpio archives in the "newc" form (Linux: Documentation/driver-api/early-userspace/buffer-format.rst).
Written here, so that device nodes need no root. The kernel takes several archives one after the other."""
import os
import stat


class Cpio:
    """What is added later wins. Folders on the way are made as needed."""

    def __init__(self):
        self._entries = {}  # path: (mode, content, (major, minor))

    def directory(self, path, mode=0o755):
        self._parents(path)
        self._entries[path.strip("/")] = (stat.S_IFDIR | mode, b"", (0, 0))

    def file(self, path, content, mode=0o644):
        self._parents(path)
        self._entries[path.strip("/")] = (stat.S_IFREG | mode, content if isinstance(content, bytes) else content.encode(), (0, 0))

    def copy(self, path, source, mode=None):
        """Follows symbolic links."""
        self.file(path, source.read_bytes(), stat.S_IMODE(os.stat(source).st_mode) if mode is None else mode)

    def link(self, path, target):
        self._parents(path)
        self._entries[path.strip("/")] = (stat.S_IFLNK | 0o777, target.encode(), (0, 0))

    def character_device(self, path, major, minor):
        self._parents(path)
        self._entries[path.strip("/")] = (stat.S_IFCHR | 0o600, b"", (major, minor))

    def __contains__(self, path):
        return path.strip("/") in self._entries

    def _parents(self, path):
        parts = path.strip("/").split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            self._entries.setdefault("/".join(parts[:depth]), (stat.S_IFDIR | 0o755, b"", (0, 0)))

    def write(self, path):
        with open(path, "wb") as out:
            for number, (name, entry) in enumerate(sorted(self._entries.items()), 1):
                self._write_entry(out, number, name, *entry)
            self._write_entry(out, 0, "TRAILER!!!", 0, b"", (0, 0))

    @staticmethod
    def _write_entry(out, inode, name, mode, content, device):
        encoded = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        out.write(header + encoded + bytes(-(len(header) + len(encoded)) % 4))
        out.write(content + bytes(-len(content) % 4))
