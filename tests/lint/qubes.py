#!/usr/bin/env python3
"""Qubes' own parsers take less than one thinks: what our files for them may say. Compared with core-qrexec 4.2 to 4.4
(libqrexec/toml.c: "Double-quoted strings not implemented, use single quotes")."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2] / "qubes"
VALUE = re.compile(r"[a-z-]+ = ('[^']*'|true|false|\d+)|[a-z-]+=('[^']*'|true|false|\d+)|#.*|")


def complaints():
    for path in sorted((ROOT / "rpc-config").iterdir()):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not VALUE.fullmatch(line):
                yield f"{path.relative_to(ROOT.parent)}:{number}: qrexec-agent does not read {line!r}: strings stand in single quotes"
    services = {path.name for path in (ROOT / "rpc").iterdir()}
    configured = {path.name for path in (ROOT / "rpc-config").iterdir()}
    for name in sorted(services ^ configured):
        yield f"qubes: {name} is in only one of rpc and rpc-config"


found = list(complaints())
print("\n".join(found) or "what Qubes parses is what its parsers take")
sys.exit(1 if found else 0)
