#!/usr/bin/env python3
"""Qubes' own parsers take less than one thinks: what our files for them may say. Compared with core-qrexec 4.2 to 4.4
(libqrexec/toml.c: "Double-quoted strings not implemented, use single quotes")."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2] / "qubes"
VALUE = re.compile(r"[a-z-]+ = ('[^']*'|true|false|\d+)|[a-z-]+=('[^']*'|true|false|\d+)|#.*|")


# What a VM has at its first start, when its units' views of the file system are made. One that is left out then ("-") stays out.
FRESH = {"/rw/config"}
VIEWS = re.compile(r"(?:ReadWrite|ReadOnly|Inaccessible|Exec|NoExec|Bind|BindReadOnly)Paths=(.*)|(?:WorkingDirectory|EnvironmentFile|RootDirectory)=(.*)")


def units():
    """(name, path, its settings as (name, value)) of each unit and drop-in."""
    for path in sorted((ROOT / "systemd").rglob("*")):
        if path.suffix in (".service", ".timer", ".conf") and path.name != "sysusers.conf":
            lines = [line for line in path.read_text().splitlines() if line and not line.startswith(("#", "["))]
            yield path.relative_to(ROOT.parent), [tuple(line.split("=", 1)) for line in lines]


def complaints_of_views():
    for path, settings in units():
        for name, value in settings:
            if match := VIEWS.fullmatch(f"{name}={value}"):
                for place in (match[1] or match[2]).split():
                    if place.split(":")[0] not in FRESH:
                        yield f"{path}: {name}={place}: a VM that was never started before does not have it"
        loaded, given = ({value.split(":")[0] for name, value in settings if name == kind} for kind in ("LoadCredential", "SetCredential"))
        for name in sorted(loaded - given):
            yield f"{path}: LoadCredential={name} has no SetCredential for a VM that has no such file"


# Fedora's labels (selinux-policy 41, file_contexts: bin_t): what lies elsewhere a unit runs, if at all, as systemd itself, in init_t.
RUNS = re.compile(r"/usr/(?:s?bin|libexec)/[\w/.-]+")


def complaints_of_paths():
    for path, settings in units():
        for name, value in settings:
            if name.startswith("Exec") and not name.endswith("Paths") and not RUNS.fullmatch(value.lstrip("@-:+!|").split()[0]):
                yield f"{path}: {name}={value}: it lies in none of /usr/bin, /usr/sbin, /usr/libexec"
    build = (ROOT / "meson.build").read_text()
    for line in build.splitlines():
        if "rwxr-xr-x" in line and not re.search(r"install_dir: (libexec|get_option\('bindir'\)|etc / 'qubes(-rpc|/post-install.d|/suspend-post.d)')", line):
            yield f"qubes/meson.build: a program is installed elsewhere: {line.strip()}"


def complaints():
    yield from complaints_of_paths()
    yield from complaints_of_views()
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
