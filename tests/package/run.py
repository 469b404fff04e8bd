#!/usr/bin/env python3
"""The packages: built twice and equal, clean to lintian and rpmlint, installed in a clean Debian 12; for Debian 13 when asked for.
Needs root."""
import hashlib
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from boot.machine import Machine, put_stand_ins  # noqa: E402
from boot.tree import MACHINE, Overlay, debian, depends_of  # noqa: E402
from netlab.pki import CLIENT, Pki  # noqa: E402
from netlab.scenario import expect, run_as_program, scenario  # noqa: E402
from netlab.shell import run, wait_until  # noqa: E402
from package.release import cached_for  # noqa: E402
from package.build import ROOT, VERSION, WORK, build_deb, cached, copy_sources, run as run_offline, with_ccache  # noqa: E402

UNITS = sorted(p.name for p in (ROOT / "qubes/systemd/system").iterdir() if p.is_file())
# The server begins as root, with what it needs to make its device.
EXPOSURE = {"sallyport.service": 2.0, "sallyport-server@.service": 3.5}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def different(one, other, folder):
    """The files that two packages do not have in common, or not with the same contents."""
    held = []
    for number, deb in enumerate((one, other)):
        tree = folder / f"unpacked-{number}"
        run("dpkg-deb", "--raw-extract", deb, tree)
        held.append({(str(path.relative_to(tree)), path.stat().st_mode, sha256(path)) for path in tree.rglob("*") if path.is_file()})
    return sorted({entry[0] for entry in held[0] ^ held[1]}) or "their wrapping"


@scenario("the .deb is the same, bit by bit, when it is built elsewhere, later, by somebody else, without the compiler's cache")
def reproducible(keep):
    first = cached()
    with tempfile.TemporaryDirectory(prefix="elsewhere-") as folder:
        again = build_deb(pathlib.Path(folder) / "of-another-length", {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "HOME": folder, "CCACHE_DISABLE": "1"}, 0o077)
        print(f"{sha256(first)}  {first.name}\n{sha256(again)}  {again.name}, again", flush=True)
        expect(sha256(first) == sha256(again), f"they differ in {different(first, again, pathlib.Path(folder))}")


@scenario("lintian has nothing to say about the .deb")
def lintian(keep):
    done = run("lintian", "--allow-root", "--fail-on", "error,warning", cached(), check=False, timeout=120)
    expect(done.returncode == 0 and not done.stdout, done.stdout + done.stderr)


@scenario("it installs in a clean Debian 12 and starts nothing; its units are sound, and the gateway's exposure is small")
def installs(keep):
    expect_it_installs(cached(), "bookworm")


@scenario("Debian 13: it is built from the same sources, without a network, installs in a clean one and starts nothing; its units are sound",
          only_when_asked_for=True)
def of_trixie(keep):
    deb = cached_for("trixie")
    print(f"{sha256(deb)}  {deb.name}", flush=True)
    expect_it_installs(deb, "trixie")
    # There, /lib is a name of /usr/lib only, and lintian says so.
    listed = [line.split()[5] for line in run("dpkg-deb", "--contents", deb).stdout.splitlines()]
    elsewhere = [path for path in listed if not path.startswith(("./usr/", "./etc/")) and path not in ("./",)]
    expect(not elsewhere, str(elsewhere))


@scenario("the server's unit: it starts with a file of its own, as its user, serves a real client, reloads, and says when its file is wrong")
def server_unit(keep):
    deb = cached()
    with Overlay(debian(MACHINE + depends_of(deb))) as tree:
        tree.install(deb)
        put_stand_ins(tree)
        with Machine(tree, (), keep, devices=("/dev/net/tun",)) as vm:
            pki = Pki(vm.directory)
            folder = tree.root / "etc/sallyport/server"
            for name, source in zip(("ca", "cert", "key"), (pki.ca, *pki.issue("server.example.net"))):
                shutil.copy(source, folder / name)
            conf = folder / "office.conf"
            text = "port 443\nproto udp\ndev tun\ntopology subnet\nserver 10.9.0.0 255.255.255.0\nca ca\ncert cert\nkey key\ndh none\nkeepalive 10 60\n"
            conf.write_text(text)
            vm.power_on()
            vm.run("systemctl", "enable", "--quiet", "--now", "sallyport-server@office.service")
            pid = vm.show("sallyport-server@office.service", "MainPID")
            facts = vm.run("cat", f"/proc/{pid}/status").stdout
            uid = vm.run("id", "-u", "sallyport").stdout.strip()
            expect(f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}" in facts and "CapEff:\t0000000000000000" in facts and "Seccomp:\t2" in facts, facts)
            expect(client_of(vm, pki), "no client came in")
            conf.write_text(text + 'push "route 172.20.0.0 255.255.0.0"\n')
            vm.run("systemctl", "reload", "sallyport-server@office.service")
            journal = lambda: vm.run("journalctl", "--unit", "sallyport-server@office.service", "--output", "cat").stdout
            wait_until(lambda: "reloaded" in journal(), 10, "the reload")
            vm.run("systemctl", "stop", "sallyport-server@office.service")
            conf.write_text(text + "no-such-option\n")
            vm.run("systemctl", "start", "sallyport-server@office.service", check=False)
            wait_until(lambda: "no-such-option" in journal(), 10, "the reason")


def client_of(vm, pki):
    """Whether a real openvpn at the far end of the uplink comes in, and reaches the server inside."""
    certificate, key = pki.issue("client", CLIENT)
    client = vm.world.start("openvpn", "--client", "--dev", "tun", "--proto", "udp", "--remote", vm.OWN4, "443", "--nobind", "--remote-cert-tls", "server",
                            "--ca", pki.ca, "--cert", certificate, "--key", key, "--verb", "3", log="client.log")
    client.wait_for("Initialization Sequence Completed")
    reached = vm.world.run("ping", "-c", "3", "-W", "2", "10.9.0.1", check=False).returncode == 0
    client.kill()
    return reached


def expect_it_installs(deb, release):
    depends = run("dpkg-deb", "-f", deb, "Depends").stdout
    expect("libxenmisc" not in depends, f"it is tied to one version of Xen: {depends}")
    with Overlay(debian(MACHINE + depends_of(deb), release)) as tree:
        tree.install(deb)
        expect(tree.run("id", "-u", "sallyport").returncode == 0, "there is no user")
        expect(tree.run("/usr/bin/sallyport", "version").stdout == f"sallyport {VERSION}\n", "the program does not run")
        expect(tree.run("sallyport-profile", "list", check=False).stderr.count("is off") == 1, "a template is taken for a gateway")
        expect_sound_units(tree)
        tree.run("dpkg", "--purge", "sallyport")
        left = [p for p in tree.run("find", "/etc", "/usr", "/lib/systemd", "-iname", "*sallyport*").stdout.split()]
        expect(not left, f"a purge leaves {left}")


def expect_sound_units(tree):
    for unit in UNITS:
        state = tree.run("systemctl", "is-enabled", unit, check=False).stdout.strip()
        # The lock is asked for by files of the package: nobody has to enable it, and nobody can forget to.
        wanted = "enabled" if unit in ("sallyport.service", "sallyport-follow.service", "sallyport-verify.timer") else "disabled" if "@" in unit else "static"
        expect(state == wanted, f"{unit} is {state}")
    done = tree.run("systemd-analyze", "verify", "--man=no", *[f"/usr/lib/systemd/system/{unit}" for unit in UNITS], check=False)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "sallyport" in line or "30_" in line]
    expect(done.returncode == 0 and not complaints, done.stdout + done.stderr)
    for unit, most in EXPOSURE.items():
        said = tree.run("systemd-analyze", "security", "--offline=yes", f"/usr/lib/systemd/system/{unit}").stdout
        exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)[1])
        print(f"     {unit}: exposure {exposure}", flush=True)
        expect(exposure <= most, said)


def build_rpm(name):
    top = WORK / name
    shutil.rmtree(top, ignore_errors=True)
    copy_sources(top / f"{name}-{VERSION}")
    for folder in ("SOURCES", "SPECS"):
        (top / folder).mkdir()
    run("tar", "--create", "--gzip", "--file", top / f"SOURCES/{name}-{VERSION}.tar.gz", "--directory", top, f"{name}-{VERSION}")
    spec = (ROOT / f"rpm/{name}.spec.in").read_text().replace("@VERSION@", VERSION)
    (top / f"SPECS/{name}.spec").write_text(spec.replace("@CHANGELOG@", f"* Mon Nov 23 2026 The Sallyport authors - {VERSION}-1\n- First release"))
    # --nodeps: what it is built with has another name here.
    run_offline(["rpmbuild", "--define", f"_topdir {top}", "--nodeps", "-bb", top / f"SPECS/{name}.spec"], top, with_ccache() | {"HOME": str(top)})
    return next((top / "RPMS").rglob("*.rpm"))


def expect_clean(rpm):
    done = run("rpmlint", "-f", ROOT / "rpm/rpmlintrc", rpm, check=False, timeout=120)
    complaints = [line for line in done.stdout.splitlines() if re.search(r": [EW]: ", line)]
    expect(not complaints, "\n".join(complaints))


@scenario("the .rpm for templates builds, is clean to rpmlint, and holds what the .deb holds")
def rpm_of_the_template(keep):
    rpm = build_rpm("sallyport")
    print(f"{sha256(rpm)}  {rpm.name}", flush=True)
    place = lambda path: re.sub(r"^/lib/", "/usr/lib/", path).removesuffix(".gz")
    ours = lambda paths: {place(path) for path in paths if "/doc/" not in path and "/licenses/" not in path and "lintian" not in path}
    entries = [line.split(" ", 1) for line in run("rpm", "-qp", "--queryformat", "[%{FILEMODES:perms} %{FILENAMES}\\n]", rpm).stdout.splitlines()]
    in_rpm = ours(path for mode, path in entries if not mode.startswith("d") and "/.build-id" not in path)
    listed = run("dpkg-deb", "--contents", cached()).stdout.splitlines()
    in_deb = ours(line.split()[5].removeprefix(".") for line in listed if not line.startswith("d"))
    expect(in_rpm == in_deb, f"only in one: {in_rpm ^ in_deb}")
    expect_clean(rpm)


@scenario("the .rpm for dom0 builds, holds policy and formula only, and is clean to rpmlint")
def rpm_of_dom0(keep):
    rpm = build_rpm("sallyport-dom0")
    print(f"{sha256(rpm)}  {rpm.name}", flush=True)
    listed = run("rpm", "-qlp", rpm).stdout.split()
    expect(all(path.startswith(("/etc/qubes/policy.d/", "/etc/salt/minion.d/formula-", "/srv/formulas/", "/usr/share/")) for path in listed), str(listed))
    expect_clean(rpm)


@scenario("scripts are clean to shellcheck")
def scripts(keep):
    shell = [p for p in (ROOT / "qubes").rglob("*") if p.is_file() and p.read_bytes().startswith(b"#!/bin/sh")]
    expect(len(shell) >= 6, str(shell))
    done = run("shellcheck", *shell, ROOT / "debian/sallyport.postinst", check=False)
    expect(done.returncode == 0, done.stdout)


run_as_program("package")
