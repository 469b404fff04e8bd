#!/usr/bin/env python3
"""Qubes' own parsers take less than one thinks: what our files for them may say. Compared with core-qrexec 4.2 to 4.4
(libqrexec/toml.c: "Double-quoted strings not implemented, use single quotes")."""
import itertools
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2] / "qubes"
VALUE = re.compile(r"[a-z-]+ = ('[^']*'|true|false|\d+)|[a-z-]+=('[^']*'|true|false|\d+)|#.*|")


# What a VM has at its first start, from Qubes or from the package, when its units' views of the file system are made. One that is left out then ("-") stays out.
FRESH = {"/rw/config", "/etc/sallyport/server"}
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


# What salt in dom0 finds: only what lies in one of its file_roots, of which each formula brings its own (mgmt-salt 4.2, 4.3).
FORMULA, SALT = "/srv/formulas/base/sallyport-formula", ("qubes-mgmt-salt-dom0", "qubes-mgmt-salt-dom0-qvm")


def complaints_of_formula():
    root = (ROOT / "dom0/formula-sallyport.conf").read_text()
    if not re.search(rf"^file_roots:\n  base:\n    - {FORMULA}\n", root, re.M):
        yield f"qubes/dom0/formula-sallyport.conf: salt is not told of {FORMULA}"
    spec = (ROOT.parent / "rpm/sallyport-dom0.spec.in").read_text().replace("%{_sysconfdir}", "/etc").replace("%{buildroot}", "")
    states = {path.stem for path in (ROOT / "dom0").glob("*.sls")}
    places = {f"qubes/dom0/{state}.{kind}": f"{FORMULA}/sallyport/{state}.{kind}" for state in states for kind in ("sls", "top")}
    places["qubes/dom0/formula-sallyport.conf"] = "/etc/salt/minion.d/formula-sallyport.conf"
    for file, place in places.items():
        if not re.search(rf"^install -D -m 0644 {file} {place}$", spec, re.M):
            yield f"rpm/sallyport-dom0.spec.in does not install {file} as {place}"
    for place in (FORMULA, "/etc/salt/minion.d/formula-sallyport.conf"):
        if place not in spec.partition("%files")[2]:
            yield f"rpm/sallyport-dom0.spec.in: %files lacks {place}"
    for name in SALT:
        if not re.search(rf"^Requires: +{name}$", spec, re.M):
            yield f"rpm/sallyport-dom0.spec.in does not require {name}"
    for state in states:
        top = (ROOT / f"dom0/{state}.top").read_text()
        if top != f"base:\n  dom0:\n    - match: nodegroup\n    - sallyport.{state}\n":
            yield f"qubes/dom0/{state}.top does not give dom0 the state sallyport.{state}"


# The parser's own words (core-qrexec 4.2 to 4.4, qrexec/policy/parser.py): service, argument, source, target, action and its
# parameters. Names that begin with qubes. are Qubes' own.
SERVICE, ACTION = re.compile(r"sallyport\.[A-Z]\w*"), {"deny": {"notify"}, "ask": {"target", "default_target", "user", "notify"},
                                                       "allow": {"target", "user", "notify", "autostart"}}
QUBE = re.compile(r"\*|@anyvm|@default|@adminvm|@dispvm|@(?:tag|type):[\w-]+|[A-Za-z][\w.-]*")


def complaints_of_policy():
    named = set()
    for path in sorted((ROOT / "dom0").glob("*.policy")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            words, place = line.split(), f"{path.relative_to(ROOT.parent)}:{number}"
            if len(words) < 5 or not SERVICE.fullmatch(words[0]) or not re.fullmatch(r"\*|\+[\w.-]*", words[1]) or words[4] not in ACTION:
                yield f"{place}: not 'service argument source target action': {line!r}"
                continue
            named.add(words[0])
            yield from (f"{place}: no qube is called {word!r}" for word in words[2:4] if not QUBE.fullmatch(word))
            yield from (f"{place}: {words[4]} has no {word!r}" for word in words[5:] if word.split("=")[0] not in ACTION[words[4]] or "=" not in word)
    for name in sorted(named ^ {path.name for path in (ROOT / "rpc").iterdir()}):
        yield f"qubes: {name} is in only one of rpc and the policy"


def complaints_of_presets():
    """What is enabled has to be there, and to say by whom it is wanted; what says so has to be enabled."""
    for preset, folder in (("70-sallyport.preset", "system"), ("70-sallyport-user.preset", "user")):
        enabled = re.findall(r"^enable (\S+)$", (ROOT / "systemd" / preset).read_text(), re.M)
        # Of a template, who wants an instance enables it.
        wanted = {path.name for path in (ROOT / "systemd" / folder).iterdir()
                  if path.is_file() and "@" not in path.name and "\n[Install]\n" in path.read_text()}
        for name in sorted(set(enabled) ^ wanted):
            yield f"qubes/systemd/{preset}: {name} is enabled here, or has an [Install], but not both"


# What is started where a VM may be a gateway, and what only where it is known to be none: docs/qubes.md, "The decision".
LOCKS = ("sallyport-lock.service", "sallyport-netback-off.service")
ROUTERS = ("qubes-network.service.d/30_sallyport.conf", "xendriverdomain.service.d/30_sallyport.conf")


def verdict(settings, facts):
    """Whether systemd starts a unit with these conditions: all plain ones hold and, where there are any with "|", one of those.
    `facts` are the conditions, without "!", that are true."""
    plain, either = [], []
    for name, value in settings:
        if name.startswith("Condition"):
            trigger, negated = value.startswith("|"), value.lstrip("|").startswith("!")
            (either if trigger else plain).append(((name, value.lstrip("|!")) in facts) != negated)
    return all(plain) and (not either or any(either))


def complaints_of_decision():
    system = ROOT / "systemd/system"
    read = {path: settings for path, settings in units()}
    settings_of = lambda name: read[(system / name).relative_to(ROOT.parent)]
    signs = sorted({(name, value.lstrip("|!")) for unit in (*LOCKS, *ROUTERS) for name, value in settings_of(unit) if name.startswith("Condition")})
    # Outside of Qubes there is nobody to keep from routing, and a template's network nobody locks.
    template, qubes = ("ConditionPathExists", "/run/qubes/this-is-templatevm"), ("ConditionPathIsDirectory", "/usr/lib/qubes")
    for true in (set(itertools.compress(signs, bits)) for bits in itertools.product((0, 1), repeat=len(signs))):
        if template in true or qubes not in true:
            continue
        verdicts = {unit: verdict(settings_of(unit), true) for unit in (*LOCKS, *ROUTERS)}
        if len({verdicts[unit] for unit in LOCKS} | {not verdicts[unit] for unit in ROUTERS}) != 1:
            yield f"qubes/systemd/system: not the opposite of each other where {sorted(true) or 'no sign is there'}: {verdicts}"
            return
    for unit in ROUTERS:
        for order in ("Requires", "After"):
            if not set(LOCKS) <= {word for name, value in settings_of(unit) if name == order for word in value.split()}:
                yield f"qubes/systemd/system/{unit}: {order}= lacks one of {' '.join(LOCKS)}"


def complaints():
    yield from complaints_of_decision()
    yield from complaints_of_formula()
    yield from complaints_of_policy()
    yield from complaints_of_presets()
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
