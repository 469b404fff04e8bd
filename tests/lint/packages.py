#!/usr/bin/env python3
"""packages.py: debian/control, the .spec files and tests/machine.sh ask for what the distributions call so, and each for the same things.

Debian's names were compared with the archives of 12 and 13, by apt in a tree of each (December 2026). Of Fedora's, the libraries' that
other distributions call otherwise, pkgconf-pkg-config and systemd-rpm-macros were compared with packages.fedoraproject.org for 41 to 43,
the rest with Fedora's own .spec files. Whoever needs another one looks it up there, and adds a row."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# In Debian 12 and 13, in Fedora 41 to 43, and what meson asks for with it. Without one name the other distribution needs none.
BUILD = [
    ("debhelper-compat", None, ()),
    ("libcap-ng-dev", "libcap-ng-devel", ("libcap-ng",)),
    ("libcli11-dev", "cli11-devel", ("CLI11",)),
    ("libevent-dev", "libevent-devel", ("libevent_core", "libevent_extra")),
    ("libfmt-dev", "fmt-devel", ("fmt",)),
    ("libseccomp-dev", "libseccomp-devel", ("libseccomp",)),
    ("libssl-dev", "openssl-devel", ("libcrypto", "libssl")),
    ("libxen-dev", "xen-devel", ("xenstore", "xengnttab", "xenevtchn", "xenvchan")),
    ("nlohmann-json3-dev", "json-devel", ("nlohmann_json",)),
    ("liblz4-dev", "lz4-devel", ("liblz4",)),
    ("meson", "meson", ()),
    ("pkg-config", "pkgconf-pkg-config", ()),
    ("systemd", "systemd-rpm-macros", ()),
    (None, "gcc-c++", ()),
    (None, "ninja-build", ()),
]
RUN = [("iproute2", "iproute"), ("nftables", "nftables"), ("python3", "python3"), ("libnotify-bin", "libnotify"),
       ("qubes-core-agent-networking", "qubes-core-agent-networking")]
# Of dom0, from Qubes' own archive.
DOM0 = {"qubes-mgmt-salt-dom0", "qubes-mgmt-salt-dom0-qvm"}
# Not for the packages: a compiler is there when Debian's are built.
MACHINE_ONLY = {"ninja-build", "g++", "ccache", "doctest-dev", "doctest-devel", "python3", "systemd", "systemd-rpm-macros", "debhelper-compat"}


def debian(*fields):
    control = (ROOT / "debian/control").read_text()
    text = "".join(re.search(rf"^{field}:\n((?: .*\n)+)", control, re.M)[1] for field in fields)
    return set(re.findall(r"^ ([a-z0-9.+-]+)", text, re.M))


def fedora(name, *tags):
    return set(re.findall(rf"^(?:{'|'.join(tags)}): +([\w.+-]+)", (ROOT / f"rpm/{name}.spec.in").read_text(), re.M))


def of_machine(kind):
    return set(re.search(rf'^{kind}_build="([^"]+)"', (ROOT / "tests/machine.sh").read_text(), re.M)[1].split())


def of_meson():
    return set(re.findall(r"dependency\('([^']+)'", (ROOT / "meson.build").read_text()))


def differences(where, have, want):
    yield from (f"{where} asks for {name}, which no row of this table calls so" for name in sorted(have - want))
    yield from (f"{where} lacks {name}" for name in sorted(want - have))


def problems():
    used = of_meson()
    rows = [row for row in BUILD if not row[2] or used & set(row[2])]
    known = {name for row in BUILD for name in row[2]}
    yield from (f"meson.build asks for {name}, which no row of this table has" for name in sorted(used - known))
    in_debian, in_fedora = ({row[column] for row in rows if row[column]} for column in (0, 1))
    yield from differences("debian/control", debian("Build-Depends"), in_debian)
    yield from differences("rpm/sallyport.spec.in", fedora("sallyport", "BuildRequires"), in_fedora)
    yield from differences("debian/control", debian("Depends", "Recommends"), {row[0] for row in RUN})
    yield from differences("rpm/sallyport.spec.in", fedora("sallyport", "Requires", "Recommends"), {row[1] for row in RUN})
    yield from differences("rpm/sallyport-dom0.spec.in", fedora("sallyport-dom0", "Requires", "BuildRequires"), DOM0)
    yield from differences("tests/machine.sh, apt_build,", of_machine("apt") - MACHINE_ONLY, in_debian - MACHINE_ONLY)
    yield from differences("tests/machine.sh, dnf_build,", of_machine("dnf") - MACHINE_ONLY, (in_fedora - MACHINE_ONLY) | {"gcc-c++"})


found = list(problems())
print("\n".join(found) or f"{len(BUILD) + len(RUN)} packages")
sys.exit(bool(found))
