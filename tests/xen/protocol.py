"""What dom0 says to the host, line by line on the second serial port (the first is Xen's own console):

    begin NAME              a scenario begins
    ok NAME                 it held
    FAILED NAME why         it did not; `why` is one line, more of it follows in log lines
    log SOURCE text         a line of a guest's console, a daemon's log or a traceback
    finished                dom0 goes down

Names have spaces, so they are quoted as JSON strings."""
import json

_decoder = json.JSONDecoder()


def line(word, name=None, rest=""):
    return " ".join(part for part in (word, None if name is None else json.dumps(name), rest) if part) + "\n"


def parse(text):
    """Returns (word, name, rest); (None, None, text) for what is no line of ours."""
    word, _, rest = text.partition(" ")
    if word == "finished":
        return word, None, ""
    if word not in ("begin", "ok", "FAILED", "log") or not rest.startswith('"'):
        return None, None, text
    try:
        name, end = _decoder.raw_decode(rest)
    except ValueError:
        return None, None, text
    return word, name, rest[end:].strip()
