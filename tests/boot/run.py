#!/usr/bin/env python3
"""From power-on to power-off in a VM of real units: never a client's packet on the uplink. Needs root, systemd-nspawn and
mmdebstrap."""
import contextlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from boot import failures  # noqa: E402
from boot.machine import Machine, put_stand_ins  # noqa: E402
from boot.tree import MACHINE, Overlay, debian, depends_of  # noqa: E402
from netlab.openvpn import ServerSetup, Server  # noqa: E402
from netlab.pki import CLIENT, Pki  # noqa: E402
from netlab.scenario import expect, run_as_program, scenario  # noqa: E402
from netlab.shell import run, wait_until  # noqa: E402
from package.build import ROOT, cached  # noqa: E402

ON = ("sallyport",)
ACTIVE = "/rw/config/sallyport/active"
VERDICT = """#!/usr/bin/python3
import json, subprocess, sys
said = json.loads(subprocess.run(["/usr/libexec/sallyport/verify-itself", "--json"], capture_output=True, text=True).stdout)
missing = [lock for lock in said["locks"] if not lock["holds"] and lock["lock"] not in ("vifs", "switches") and not lock["seen"].endswith("memory that is not locked")]
for lock in missing:
    print("MISSING", lock["lock"], lock["seen"])
sys.exit(1 if missing else 0)
"""


@contextlib.contextmanager
def machine(keep, services=ON, prepare=lambda root: None):
    """An installed VM, not yet powered on. `prepare` changes its files."""
    deb = cached()
    with Overlay(debian(MACHINE + depends_of(deb))) as tree:
        tree.install(deb)
        put_stand_ins(tree)
        adapt(tree.root)
        prepare(tree.root)
        with Machine(tree, services, keep) as vm:
            yield vm


def adapt(root):
    """In this machine somebody switches forwarding on, and there is a vif in its kernel, so that a client can send at all; it is not
    trusted with locking memory. To nothing else may `sallyport verify` object; who looks each minute would be in the way of most tests."""
    (root / "etc/systemd/system/sallyport-verify.timer").symlink_to("/dev/null")
    verify = root / "usr/libexec/sallyport/verify"
    verify.rename(verify.with_name("verify-itself"))
    verify.write_text(VERDICT)
    verify.chmod(0o755)


def without_clients(root):
    """There is no Xen here: the gateway runs without a downstream."""
    conf = root / "etc/sallyport/sallyport.conf"
    conf.write_text("".join(line for line in conf.read_text().splitlines(True) if not line.startswith("downstream")))


def vpn_server(vm):
    """A real one, where the uplink leads."""
    vm.server, vm.SERVER4, vm.pki = vm.world, vm.NEXT4, Pki(vm.directory)
    certificate = vm.pki.issue("client", CLIENT)
    vm.client_certificate = lambda name: certificate
    return Server(vm, ServerSetup()).start()


def bundle(vm, profile, login=None):
    files = []
    for name, text in (("profile", profile), ("login", login)):
        if text is not None:
            (vm.directory / name).write_text(text)
            files.append(vm.directory / name)
    return run(ROOT / "qubes/sallyport-profile", "bundle", *files).stdout


def wait_for_state(vm, state, timeout=20):
    wait_until(lambda: vm.run("sallyport", "status", check=False).stdout.startswith(state), timeout, f"state {state}")


def expect_silence(vm):
    sent = vm.sent()
    expect(not sent, f"{len(sent)} packets on the uplink, {sum(clear for clear, _ in sent)} of them a client's; the first: {sent[:1]}")


@scenario("service off: nothing of ours runs, the ruleset has no trace, and the VM forwards as ever")
def off(keep):
    with machine(keep, ()) as vm:
        vm.power_on()
        vm.keep_sending(2)
        units = vm.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "sallyport*").stdout
        expect(" active " not in units, units)
        expect("sallyport" not in vm.run("nft", "list", "ruleset").stdout, "the ruleset has a trace")
        expect("blackhole" not in vm.run("ip", "rule").stdout, "there is a rule")
        expect(vm.run("ls", "/run/modprobe.d", check=False).returncode != 0, "the module is kept out")
        expect(not vm.run("pgrep", "-u", "sallyport", check=False).stdout, "a program of ours runs")
        expect(vm.show("xendriverdomain.service", "ActiveState") == "active", "xl devd does not run")
        clear = [frame for is_clear, frame in vm.sent() if is_clear]
        expect(len(clear) > 50, f"this test bites only if clients' packets get through: {len(clear)} did")


@contextlib.contextmanager
def gateways():
    """What an installed gateway is laid over, many times."""
    deb = cached()
    with Overlay(debian(MACHINE + depends_of(deb))) as tree:
        tree.install(deb)
        put_stand_ins(tree)
        adapt(tree.root)
        without_clients(tree.root)
        yield tree.freeze()


def expect_nothing_clear(outcomes):
    for outcome in outcomes:
        print(f"     {outcome}", flush=True)
    leaks = [str(outcome) for outcome in outcomes if outcome.clear()]
    expect(not leaks, "clients' packets left:\n" + "\n".join(leaks))


def all_cases(prepared, keep):
    """Of units, and of steps of qubes-sysinit; asked of a machine in which all is well."""
    with Overlay(*prepared) as tree:
        failures.fails_in_sysinit(0, "never")(tree.root)
        with Machine(tree, ON, keep) as vm:
            vm.power_on()
            return list(failures.cases_of_units(vm)), list(failures.cases_of_sysinit(vm))


@scenario("each unit that comes before the network fails, or is not there: no client's packet leaves", alone=True)
def units_fail(keep):
    with gateways() as prepared:
        cases, _ = all_cases(prepared, keep)
        names = {case.name for case in cases}
        expect({"qubes-sysinit.service fails", "qubes-db.service fails", "sallyport-lock.service fails", "sallyport-lock.service is missing"} <= names,
               f"units are forgotten: {sorted(names)}")
        expect_nothing_clear(failures.run_cases(prepared, cases))


@scenario("qubes-sysinit fails at each of its steps: no client's packet leaves", alone=True)
def sysinit_fails(keep):
    with gateways() as prepared:
        _, cases = all_cases(prepared, keep)
        expect(len(cases) > 20 and any("qubes-service-environment" in case.name for case in cases), f"steps are forgotten: {[case.name for case in cases]}")
        expect_nothing_clear(failures.run_cases(prepared, cases))


@scenario("qubes-sysinit hangs or is killed, or QubesDB names no services: no client's packet leaves", alone=True)
def sysinit_hangs(keep):
    with gateways() as prepared:
        with Overlay(*prepared) as tree:
            failures.fails_in_sysinit(0, "never")(tree.root)
            with Machine(tree, ON, keep) as vm:
                vm.power_on()
                cases = [*failures.cases_of_hanging(vm), *failures.cases_of_silence()]
        expect(len(cases) >= 10, f"cases are forgotten: {[case.name for case in cases]}")
        outcomes = failures.run_cases(prepared, cases)
        expect_nothing_clear(outcomes)
        # Without both of these signs it would be an ordinary network VM: this is why the docs call kernelopts a must.
        plain = failures.run_case(prepared, failures.Case("QubesDB names no services, and nothing else speaks of a gateway", failures.names_no_services))
        print(f"     {plain}", flush=True)
        expect(plain.clear() > 50, "this test bites only if clients' packets get through where nobody calls it a gateway")


@scenario("the service is off in a VM that has a profile, or that dom0 calls a gateway: it is locked, and verify says what is wrong", alone=True)
def service_missing(keep):
    with gateways() as prepared:
        cases = [failures.Case("the service is off, and there is a profile", lambda root: (root / "rw/config/sallyport").mkdir(parents=True), ()),
                 failures.Case("the service is off, and dom0 says sallyport.gateway", lambda root: None, (), ("sallyport.gateway",))]
        expect_nothing_clear(failures.run_cases(prepared, cases))
    with machine(keep, ()) as vm:
        vm.power_on()
        said = vm.run("/usr/libexec/sallyport/verify-itself", check=False)
        expect(said.returncode == 1 and "THIS VM IS NO GATEWAY" in said.stdout and "qvm-service" in said.stdout, said.stdout + said.stderr)
        expect("WEAK     kernelopts" in said.stdout and "module_blacklist=xen_netback" in said.stdout, said.stdout)


@scenario("no profile: the lock is there before the network, the gateway runs as its user, blocked")
def no_profile(keep):
    with machine(keep, prepare=without_clients) as vm:
        vm.power_on()
        vm.wait_for_gateway()
        locked, network = (int(vm.show(unit, "ActiveEnterTimestampMonotonic")) for unit in ("sallyport-lock.service", "network-pre.target"))
        expect(0 < locked <= network, f"locked at {locked}, network-pre.target at {network}")
        required = vm.show("network-pre.target", "Requires") + " " + vm.show("qubes-network.service", "Requires")
        expect(required.split().count("sallyport-lock.service") == 2 and required.split().count("sallyport-netback-off.service") == 2, required)
        chain = vm.run("systemd-analyze", "critical-chain", "network-pre.target").stdout
        expect("sallyport-lock.service" in chain or "sallyport-netback-off.service" in chain or "qubes-iptables.service" in chain, chain)
        for unit in ("qubes-network.service", "xendriverdomain.service"):
            expect(vm.show(unit, "ActiveState", "ConditionResult") == ("inactive", "no"), f"{unit} runs")
        expect("install xen-netback /bin/false" in vm.run("cat", "/run/modprobe.d/sallyport.conf").stdout, "the module is not kept out")
        expect(vm.run("modprobe", "--dry-run", "--show-depends", "xen-netback", check=False).stdout.strip() in ("", "install /bin/false"), "modprobe would load it")
        status = vm.run("sallyport", "status").stdout
        expect(status.startswith("blocked"), status)
        facts = vm.run("cat", f"/proc/{vm.main_pid()}/status").stdout
        uid = vm.run("id", "-u", "sallyport").stdout.strip()
        expect(f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}" in facts and "CapEff:\t0000000000000000" in facts and "NoNewPrivs:\t1" in facts, facts)
        vm.keep_sending(2)
        expect_silence(vm)


@scenario("stopped, killed, restarted, installed again while it runs: the lock stays, and cannot be stopped")
def life(keep):
    with machine(keep, prepare=without_clients) as vm:
        vm.power_on()
        vm.wait_for_gateway()
        table = vm.run("nft", "-s", "-a", "list", "table", "inet", "sallyport_lock").stdout
        vm.run("systemctl", "stop", "sallyport.service")
        vm.keep_sending(1)
        vm.run("systemctl", "start", "sallyport.service")
        vm.wait_for_gateway()
        for _ in range(5):
            before = vm.main_pid()
            vm.run("kill", "-9", before)
            wait_until(lambda: vm.main_pid() not in (0, before), 10, "the gateway to be started again")
        vm.wait_for_gateway()
        before = vm.main_pid()
        vm.run("dpkg", "-i", "/sallyport.deb")
        expect(vm.main_pid() == before, "the upgrade restarted the gateway")
        refused = vm.run("systemctl", "stop", "sallyport-lock.service", check=False)
        expect(refused.returncode != 0, "the lock was stopped")
        vm.run("dpkg", "--remove", "sallyport")
        vm.keep_sending(1)
        expect(vm.run("nft", "-s", "-a", "list", "table", "inet", "sallyport_lock").stdout == table, "the table is another one")
        expect(vm.run("ip", "rule").stdout.count("blackhole") == 1 and vm.run("ip", "-6", "rule").stdout.count("blackhole") == 1, "a rule is gone")
        expect_silence(vm)


@scenario("a wrong profile: the gateway runs and says why it is blocked")
def wrong_profile(keep):
    def prepare(root):
        without_clients(root)
        (root / ACTIVE[1:]).mkdir(parents=True)
        (root / ACTIVE[1:] / "profile.ovpn").write_text("client\nremote 203.0.113.1\nup /bin/sh\n")
    with machine(keep, prepare=prepare) as vm:
        vm.power_on()
        vm.wait_for_gateway()
        status = vm.run("sallyport", "status").stdout
        expect(status.startswith("blocked") and "up" in status, status)
        vm.keep_sending(2)
        expect_silence(vm)


@scenario("the program replaced by /bin/false, from power-on on")
def no_program(keep):
    def prepare(root):
        (root / "usr/bin/sallyport").unlink()
        (root / "usr/bin/sallyport").symlink_to("/bin/false")
    with machine(keep, prepare=prepare) as vm:
        vm.power_on(until_up=False)
        vm.keep_sending(8)
        expect(int(vm.show("sallyport.service", "NRestarts")) >= 2, "it is not tried again")
        expect_silence(vm)


@scenario("a lock that fails leaves the VM without a network")
def lock_fails(keep):
    def prepare(root):
        without_clients(root)
        (root / "usr/libexec/sallyport/sallyport.nft").write_text("broken\n")
    with machine(keep, prepare=prepare) as vm:
        vm.power_on()
        expect(vm.show("sallyport-lock.service", "ActiveState") == "failed", "the lock did not fail")
        for unit in ("network-pre.target", "qubes-network-uplink@eth0.service", "qubes-network.service", "sallyport.service"):
            expect(vm.show(unit, "ActiveState") == "inactive", f"{unit} is active all the same")
        vm.keep_sending(2)
        expect_silence(vm)


@scenario("without any one of the drop-ins that calm Qubes' units, the lock holds")
def without_drop_ins(keep):
    def prepare(root):
        without_clients(root)
        for unit in ("qubes-network", "xendriverdomain"):
            for place in (root / "lib/systemd/system", root / "usr/lib/systemd/system"):
                (place / f"{unit}.service.d/30_sallyport.conf").unlink(missing_ok=True)
    with machine(keep, prepare=prepare) as vm:
        vm.power_on()
        expect(vm.show("qubes-network.service", "ActiveState") == "active", "the stand-in does not run")
        expect(vm.run("cat", "/proc/sys/net/ipv4/ip_forward").stdout.strip() == "1", "forwarding is off, and proves nothing")
        vm.keep_sending(2)
        expect_silence(vm)


@scenario("a client's rule that names a host brings no false alarm: Qubes' own firewall does not run where there is no kernel that forwards")
def no_false_alarm(keep):
    def prepare(root):
        without_clients(root)
        (root / "usr/bin/notify-send").write_text("#!/bin/sh\necho \"$*\" >>/run/shown\n")
        (root / "usr/bin/notify-send").chmod(0o755)
    with machine(keep, prepare=prepare) as vm:
        vm.power_on()
        expect(vm.show("qubes-firewall.service", "ActiveState", "ConditionResult") == ("inactive", "no"), "it runs in a gateway")
        # As when the uplink has changed (4.3), and dom0 the rules.
        vm.run("systemctl", "try-reload-or-restart", "qubes-firewall.service")
        vm.run("sh", "-c", "touch /etc/qubesdb; sleep 2")
        expect(vm.run("cat", "/run/shown", check=False).returncode != 0, "the desktop was told")
    with machine(keep, (), prepare=prepare) as vm:
        vm.power_on()
        expect(vm.show("qubes-firewall.service", "ActiveState") == "active", "it does not run in another VM of the template")
        wait_until(lambda: "blocking traffic" in vm.run("cat", "/run/shown", check=False).stdout, 60, "the alarm of one that cannot look up a name")


@scenario("a profile that another qube sends is judged, stored and used: the tunnel comes up through the lock, and is all one sees")
def imported(keep):
    with machine(keep, prepare=without_clients) as vm:
        profile = vpn_server(vm).client_profile()
        vm.power_on()
        vm.wait_for_gateway()
        good = bundle(vm, profile)
        hostile = [("home", ""), ("home", good[:-20]), ("home", good + "x"), ("home", bundle(vm, "client\nup /bin/sh\n")), ("../etc", good), ("home.old", good),
                   ("home", "profile 99999999\n" + good), ("home", bundle(vm, profile, "no password\n")), ("home", "x" * 3_000_000)]
        for name, data in hostile:
            done = vm.run("/etc/qubes-rpc/sallyport.Import", name, input=data, check=False)
            expect(done.returncode == 1 and done.stderr and len(done.stderr) < 5000, f"{name} {data[:40]!r}: {done}")
        expect(vm.run("ls", "/rw/config/sallyport", check=False).returncode != 0, "something was stored")
        done = vm.run("/etc/qubes-rpc/sallyport.Import", "home", input=bundle(vm, profile, "alice\nsecret\n"))
        expect(done.stdout == "home is stored and in use\n", done.stdout)
        wait_for_state(vm, "connected")
        vm.run("/etc/qubes-rpc/sallyport.Import", "home", input=good)
        expect(vm.run("sallyport-profile", "list").stdout == "* home\n  home.old\n", "not two profiles")
        files = vm.run("find", "/rw/config/sallyport/", "-type", "f", "-printf", "%m %u %f\n").stdout.splitlines()
        expect(sorted(files) == ["600 root login", "600 root profile.ovpn", "600 root profile.ovpn"], str(files))
        expect(vm.run("/etc/qubes-rpc/sallyport.Select", "work", check=False).returncode == 1, "what is not there was selected")
        expect(vm.run("/etc/qubes-rpc/sallyport.Select", "home.old").stdout == "home.old is in use\n", "not selected")
        for _ in range(3):
            wait_for_state(vm, "connected")
            vm.run("kill", "-9", vm.main_pid())
        wait_for_state(vm, "connected")
        expect('"state":"connected"' in vm.run("/etc/qubes-rpc/sallyport.Status").stdout, "no status for other qubes")
        sent = vm.sent()
        others = [frame for clear, frame in sent if clear or frame[23] != 17 or frame[36:38] != b"\x04\xaa"]
        expect(len(sent) > 10 and not others, f"{len(others)} of {len(sent)} packets are not the tunnel's: {others[:1]}")


@scenario("a lock found missing closes the gateway, is put back, and the gateway is opened again")
def lock_lost(keep):
    def prepare(root):
        without_clients(root)
        (root / "etc/systemd/system/sallyport-verify.timer").unlink()
    with machine(keep, prepare=prepare) as vm:
        vm.power_on()
        vm.wait_for_gateway()
        expect(vm.show("sallyport-verify.timer", "ActiveState") == "active", "nobody looks")
        vm.run("systemctl", "start", "sallyport-verify.service")
        before = vm.main_pid()
        vm.run("nft", "delete", "table", "inet", "sallyport_lock")
        expect(vm.run("systemctl", "start", "sallyport-verify.service", check=False).returncode != 0, "it was not seen")
        wait_until(lambda: vm.main_pid() not in (0, before), 20, "the gateway to be opened again")
        expect(vm.run("nft", "list", "table", "inet", "sallyport_lock").returncode == 0, "the table is not back")
        # And when it cannot be put back, the gateway stays closed.
        vm.run("nft", "delete", "table", "inet", "sallyport_lock")
        (vm.tree.root / "usr/libexec/sallyport/sallyport.nft").write_text("broken\n")
        vm.run("systemctl", "start", "sallyport-verify.service", check=False)
        wait_until(lambda: vm.main_pid() == 0, 10, "the gateway to be closed")
        vm.keep_sending(2)
        expect(vm.main_pid() == 0 and vm.show("sallyport.service", "ActiveState") == "inactive", "the gateway is open without a lock")
        # What verify tried when there was no lock, and nothing else.
        others = [frame for clear, frame in vm.sent() if clear or frame[30:34] != bytes([192, 0, 2, 1])]
        expect(not others, f"{len(others)} packets on the uplink, the first: {others[:1]}")


@scenario("a fault of the gateway that to start it again does not mend has it started again once, not each minute")
def fault_that_stays(keep):
    def prepare(root):
        without_clients(root)
        # Here memory cannot be locked: a fault that stays.
        verify = root / "usr/libexec/sallyport/verify"
        verify.write_text(verify.read_text().replace(' and not lock["seen"].endswith("memory that is not locked")', ""))
    with machine(keep, prepare=prepare) as vm:
        vm.power_on()
        vm.wait_for_gateway()
        seen = {vm.main_pid()}
        for _ in range(4):
            vm.run("systemctl", "start", "sallyport-verify.service", check=False)
            wait_until(lambda: vm.show("sallyport-relock.service", "ActiveState") == "inactive", 20, "the end of a relock")
            vm.wait_for_gateway()
            seen.add(vm.main_pid())
        expect(len(seen) == 2, f"{len(seen) - 1} restarts: {vm.run('journalctl', '-u', 'sallyport-verify', '-o', 'cat').stdout}")
        said = vm.run("/usr/libexec/sallyport/verify-itself", check=False).stdout
        expect("WEAK     gateway" in said and "does not mend" in said, said)


@scenario("whoever breaks into the gateway opens no file, runs no program, and cannot change the lock")
def intruder(keep):
    def prepare(root):
        without_clients(root)
        shutil.copy(ROOT / "build/tests/boot/intruder", root / "usr/bin/intruder")
        (root / "etc/systemd/system/sallyport.service.d").mkdir()
        (root / "etc/systemd/system/sallyport.service.d/test.conf").write_text("[Service]\nExecStart=\nExecStart=/usr/bin/intruder\nRestart=no\n")
    with machine(keep, prepare=prepare) as vm:
        vm.power_on()
        wait_until(lambda: vm.show("sallyport.service", "ActiveState") in ("failed", "inactive"), 20, "its end")
        said = vm.run("journalctl", "--unit", "sallyport.service", "--identifier", "intruder", "--output", "cat").stdout.splitlines()
        # The cage itself may have a word to say, of memory.
        attempts = [line.partition(": ")[2] for line in said[:-1] if not line.startswith("sallyport: ")]
        expect(len(attempts) == 10 and set(attempts) == {"Operation not permitted"}, str(said))
        expect(said[-1] == "run a program:", str(said))
        # SIGSYS
        expect(vm.show("sallyport.service", "ExecMainStatus") == "31", vm.run("systemctl", "status", "sallyport.service", check=False).stdout)
        expect("chain output" in vm.run("nft", "list", "table", "inet", "sallyport_lock").stdout, "the lock is gone")
        vm.keep_sending(1)
        expect_silence(vm)


@scenario("the profile that dom0 names is used, in a VM that never had one: as soon as it is there, and each time that dom0 names another")
def named_by_dom0(keep):
    with machine(keep, prepare=without_clients) as vm:
        profile = vpn_server(vm).client_profile()
        vm.power_on()
        vm.wait_for_gateway()
        entries = (vm.tree.root / "etc/qubesdb").read_text()
        name_it = lambda name: (vm.tree.root / "etc/qubesdb").write_text(entries + f"/vm-config/sallyport-profile = {name}\n")
        used = lambda: vm.run("readlink", "/rw/config/sallyport/active", check=False).stdout.strip()
        log = lambda: vm.run("journalctl", "--unit", "sallyport-follow.service", "--output", "cat").stdout
        expect(vm.run("ls", "-A", "/rw/config").stdout == "", "the VM has had profiles before")
        name_it("work")
        wait_until(lambda: "no such profile; there are: none" in log(), 10, "it to be looked for")
        for name in ("home", "work"):
            vm.run("sallyport-profile", "import", name, input=bundle(vm, profile))
        wait_until(lambda: used() == "profiles/work", 30, "what dom0 named before it was there")
        for name in ("../../etc", "nowhere", "home", "work"):
            name_it(name)
            time.sleep(3)
            expect(used() == f"profiles/{name if name == 'home' else 'work'}", f"{used()} when dom0 names {name}: {log()}")
        expect(log().count("no such profile; there are: home, work") == 1, log())


@scenario("a profile for disposables is stored where the service is off, and a gateway made from that qube uses it")
def for_disposables(keep):
    with tempfile.TemporaryDirectory() as folder:
        kept = pathlib.Path(folder) / "rw"
        with machine(keep, (), prepare=without_clients) as vm:
            profile = vpn_server(vm).client_profile()
            vm.power_on()
            (vm.tree.root / "home.ovpn").write_text(profile)
            refused = vm.run("sallyport-profile", "add", "home", "/home.ovpn", check=False)
            expect(refused.returncode == 1 and "--for-disposables" in refused.stderr, refused.stderr)
            vm.run("sallyport-profile", "add", "--for-disposables", "home", "/home.ovpn")
            expect(vm.run("sallyport-profile", "list", "--for-disposables").stdout == "* home\n", "it is not stored")
            expect(vm.show("sallyport.service", "ActiveState") == "inactive", "the gateway runs")
            shutil.copytree(vm.tree.root / "rw", kept, symlinks=True)

        def made_from_it(root):
            without_clients(root)
            shutil.copytree(kept, root / "rw", symlinks=True)
        with machine(keep, prepare=made_from_it) as vm:
            vpn_server(vm)
            vm.power_on()
            vm.wait_for_gateway()
            status = vm.run("sallyport", "status").stdout
            expect("profile.ovpn" in status or not status.startswith("blocked"), status)


@scenario("options are the package's, of today, until somebody keeps a file of his own, which stays")
def options_are_kept(keep):
    own = "etc/sallyport/sallyport.conf"

    def keeps_his(root):
        without_clients(root)
        (root / "rw/bind-dirs/etc/sallyport").mkdir(parents=True)
        (root / "rw/bind-dirs" / own).write_text((root / own).read_text() + "# mine\n")
    for prepare, mine in (without_clients, False), (keeps_his, True):
        with machine(keep, prepare=prepare) as vm:
            vm.power_on()
            vm.wait_for_gateway()
            kept = vm.run("find", "/rw/bind-dirs", "-name", "*sallyport*").stdout
            expect(bool(kept) == mine, f"kept in /rw, where no newer package reaches it: {kept}")
            expect(("# mine" in vm.run("cat", f"/{own}").stdout) == mine, "not his own options" if mine else "somebody's options")


@scenario("changes of state, failures with their hints, and questions are shown on the desktop; one that does not answer holds nothing up, "
          "and one that is not there yet is told later")
def notified(keep):
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        failed = {"state": "connecting", "reason": "no answer: a is silent", "hint": "try proto tcp", "remote": "a"}
        lines = [{"state": "blocked", "reason": "no <profile>"}, {"state": "blocked", "reason": "no <profile>"}, failed,
                 failed | {"reason": "no answer: b is silent too", "remote": "b", "state": "resolving"}, failed | {"login_page": "https://a"},
                 {"state": "blocked", "reason": "login wants an answer: PIN?", "question": {"text": "PIN?", "echo": False}},
                 {"state": "connected", "reason": "", "profile": "home", "remote": "203.0.113.1:1194", "warnings": ["no resolver"]}]
        text = "\n".join(map(json.dumps, lines))
        programs = {"sallyport": f"cat <<'END'\n{text}\nEND", "notify-send": f"echo $* >>{place}/shown\n[ ! -e {place}/hangs ] || exec sleep 60"}
        for name, body in programs.items():
            (place / name).write_text(f"#!/bin/sh\n{body}\n")
            (place / name).chmod(0o755)
        run("env", f"PATH={place}:/usr/bin:/bin", ROOT / "qubes/notify", timeout=10)
        shown = [line.split(" -- ")[1] for line in (place / "shown").read_text().splitlines()]
        failure = "VPN: connecting no answer: a is silent try proto tcp"
        expect(shown == ["VPN: blocked no &lt;profile&gt;", failure, f"{failure} Log in at https://a",
                         "VPN: blocked login wants an answer: PIN? PIN? (answer with: sallyport ctl answer)",
                         "VPN: connected home 203.0.113.1:1194 no resolver", "VPN: blocked the gateway is not running"], str(shown))
        (place / "hangs").touch()
        (place / "sallyport").write_text(f"#!/bin/sh\necho '{json.dumps(lines[0])}'\n")
        start = time.monotonic()
        run("env", f"PATH={place}:/usr/bin:/bin", ROOT / "qubes/notify", timeout=30)
        expect(time.monotonic() - start < 20, "it waited for the desktop")
        # Until a session has begun, nobody shows anything.
        (place / "shown").unlink(missing_ok=True)
        (place / "hangs").unlink()
        (place / "notify-send").write_text(f"#!/bin/sh\nmkdir {place}/begun 2>/dev/null && exit 1\necho $* >>{place}/shown\n")
        (place / "sallyport").write_text(f"#!/bin/sh\necho '{json.dumps(lines[-1])}'\nsleep 5\n")
        run("env", f"PATH={place}:/usr/bin:/bin", ROOT / "qubes/notify", timeout=30)
        expect("VPN: connected home" in (place / "shown").read_text(), "what was said before there was a desktop is lost")


if __name__ == "__main__":
    run_as_program("boot")
