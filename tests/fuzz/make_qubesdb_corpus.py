# Writes corpus/qubesdb: conversations as a daemon and as dom0 would have them, in the input format of qubesdb_fuzz.cpp.
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "corpus" / "qubesdb"
SOCKET, VCHAN = 0, 1
MESSAGE, ANSWER, ENTRY, RAW, RECONNECT, TIMEOUT = range(6)
(CMD_READ, CMD_WRITE, CMD_MULTIREAD, CMD_LIST, CMD_RM, CMD_WATCH, CMD_UNWATCH, RESP_OK, RESP_ERROR_NOENT, RESP_ERROR,
 RESP_READ, RESP_MULTIREAD, RESP_LIST, RESP_WATCH) = range(14)
# By their place in the fuzz target's table.
NO_PATH, ROOT, TREE, COMMIT, CHILDREN, POLICY, RULE0, RULE7, NO_RULE, COMMIT50, POLICY50, COMMIT6, POLICY6, NO_SOURCE, CONNECTED = range(15)
# Requests of the first reading: eleven addresses, two lists, three trees, a watch and a reading each.
ENTRIES, TREES = 13, 3


def with_data(data):
    return bytes([len(data)]) + data


def message(kind, path, data=b""):
    return bytes([MESSAGE, kind, path]) + with_data(data)


def entry(path, data=b""):
    return bytes([ENTRY, path]) + with_data(data)


def answer(value=None):
    """To the reading of an entry. Watches and trees are answered by the operation alone."""
    return bytes([ANSWER]) + (b"\0" if value is None else b"\1" + with_data(value))


def start(values=()):
    """The first reading; `values` answer the entries in turn."""
    values = list(values) + [None] * ENTRIES
    said = b"".join(bytes([ANSWER]) + answer(value) for value in values[:ENTRIES])
    return said + bytes([ANSWER] * 2 * TREES)


def wire(kind, path, data=b""):
    return struct.pack("<B64s3xI", kind, path, len(data)) + data


def write(name, session, step, *parts):
    (FOLDER / name).write_bytes(bytes([session, step - 1]) + b"".join(parts))


def raw(data):
    parts = [data[i:i + 256] for i in range(0, len(data), 256)]
    return b"".join(bytes([RAW, len(part) - 1]) + part for part in parts)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    rules = entry(RULE0, b"action=accept proto=tcp") + entry(RULE7, b"action=drop") + entry(POLICY, b"drop")
    event = message(RESP_WATCH, COMMIT)
    addresses = [b"10.137.0.20", b"fd09::14"] + [None] * 9 + [b"10.137.0.5 x 10.137.0.6", b"fd09::5"]
    write("socket-start", SOCKET, 256, start(addresses))
    write("socket-bytewise", SOCKET, 1, start(addresses), event, rules, bytes([ANSWER]))
    write("socket-commit", SOCKET, 30, start(), event, rules, bytes([ANSWER]), message(RESP_WATCH, POLICY), message(RESP_WATCH, COMMIT6),
          entry(POLICY6, b"drop"), bytes([ANSWER]))
    write("socket-commit-while-reading", SOCKET, 100, start(), event, entry(RULE7, b"half"), event, bytes([ANSWER]), rules, bytes([ANSWER]))
    write("socket-mixed", SOCKET, 71, start(), event, message(RESP_WATCH, COMMIT50), rules, bytes([ANSWER]), entry(POLICY50, b"drop"),
          bytes([ANSWER]), event, entry(POLICY50, b"drop"))
    write("socket-everything-changed", SOCKET, 72, start(), message(RESP_WATCH, ROOT), answer(b"10.0.0.1") * ENTRIES, bytes([ANSWER] * 2))
    write("socket-bad", SOCKET, 72, start(), message(RESP_WATCH, NO_SOURCE), event, entry(NO_RULE, b"x"), rules, bytes([ANSWER]),
          message(RESP_ERROR, NO_PATH), bytes([RECONNECT]), start(), event, bytes([TIMEOUT]))
    dump = entry(CONNECTED, b"10.137.0.5") + rules + entry(COMMIT)
    update = message(CMD_RM, CHILDREN) + message(CMD_WRITE, POLICY, b"drop") + message(CMD_WRITE, RULE0, b"action=drop") + message(CMD_WRITE, COMMIT)
    write("vchan-start", VCHAN, 256, dump, bytes([ANSWER]))
    write("vchan-updates", VCHAN, 50, dump, bytes([ANSWER]), update, message(CMD_RM, ROOT), update[:40], bytes([RECONNECT]), dump, bytes([ANSWER]))
    write("vchan-early", VCHAN, 7, update, dump, bytes([ANSWER]), message(CMD_RM, TREE), message(CMD_WRITE, COMMIT), message(RESP_OK, ROOT))
    write("vchan-late", VCHAN, 7, dump, bytes([TIMEOUT]), bytes([RECONNECT]), bytes([ANSWER]))
    stream = wire(RESP_MULTIREAD, b"/qubes-ip", b"10.137.0.20") + wire(RESP_MULTIREAD, b"") + wire(CMD_WRITE, b"/vm-config/profile", b"home")
    write("vchan-wire", VCHAN, 100, raw(stream))
    write("socket-wire", SOCKET, 100, raw(wire(RESP_OK, b"/qubes-ip") + wire(RESP_READ, b"/qubes-ip", b"10.137.0.20") + stream))


main()
