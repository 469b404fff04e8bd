"""Whatever can fail before the lock, one thing at a time. Which units these are, and which steps qubes-sysinit takes, is asked of the
machine, so that none is forgotten."""
import collections
import concurrent.futures
import pathlib
import re

from boot.machine import Machine, qubesdb
from boot.tree import Overlay

FAILS = pathlib.Path(__file__).with_name("fails.bash")
SYSINIT = "/usr/lib/qubes/init/qubes-sysinit.sh"
# What makes this VM a router, or sends: all that comes before one of them, and they themselves.
LAST = ("sallyport-lock.service", "sallyport-netback-off.service", "network-pre.target", "qubes-network.service", "xendriverdomain.service",
        "qubes-network-uplink@eth0.service", "sallyport.service")
ON, AT_ONCE, PATIENCE = ("sallyport",), 2, 6


class Case(collections.namedtuple("Case", "name change services words", defaults=(ON, ()))):
    """`change` changes the files of a gateway."""


class Outcome(collections.namedtuple("Outcome", "case became sent")):
    def clear(self):
        return sum(clear for clear, _ in self.sent)

    def __str__(self):
        return f"{self.clear():5} packets of a client's, {len(self.sent) - self.clear()} others; {self.became}; {self.case.name}"


def run_case(prepared, case):
    with Overlay(*prepared) as tree:
        case.change(tree.root)
        with Machine(tree, case.services, words=case.words) as vm:
            vm.power_on(until_up=False)
            vm.settle(PATIENCE)
            vm.keep_sending(0.4)
            became = vm.became()
            vm.cut_the_power()
            return Outcome(case, became, vm.sent())


def run_cases(prepared, cases):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda case: run_case(prepared, case), cases))


# -- what can be done to the files of a machine

def drop_in(root, unit, text):
    folder = root / f"etc/systemd/system/{unit}.d"
    folder.mkdir(exist_ok=True)
    (folder / "99-test.conf").write_text(text)


def fails(unit):
    return lambda root: drop_in(root, unit, "[Service]\nExecStartPre=\nExecStartPre=/bin/false\n")


def is_masked(unit):
    return lambda root: (root / "etc/systemd/system" / unit).symlink_to("/dev/null")


def is_missing(unit):
    """Its file is not there, nor an instance's template; what has no file is masked."""
    def change(root):
        name = re.sub("@.*(?=[.])", "@", unit)
        files = [root / folder / name for folder in ("etc/systemd/system", "usr/lib/systemd/system")]
        if not any(file.exists() for file in files):
            return is_masked(unit)(root)
        for file in files:
            file.unlink(missing_ok=True)
    return change


def fails_in_sysinit(step, command):
    """The step with this number is not done, but `command`."""
    def change(root):
        (root / "etc/fails.bash").write_text(FAILS.read_text())
        (root / "etc/fails").write_text(f"{step} {command}\n")
        drop_in(root, "qubes-sysinit.service", "[Service]\nEnvironment=BASH_ENV=/etc/fails.bash\n")
    return change


# -- what there is to fail

def units_before(vm):
    """Units that are there, and that one of LAST waits for, directly or not; and LAST. Slices and the like cannot fail."""
    found, asked = set(), set(LAST)
    while asked - found:
        found |= asked
        after = vm.run("systemctl", "show", "--value", "--property=After", "--", *found).stdout.split()
        blocks = vm.run("systemctl", "show", "--property=Id,LoadState", "--", *filter(can_fail, after)).stdout.split("\n\n")
        loaded = [dict(line.split("=", 1) for line in block.split()) for block in blocks]
        asked = {unit["Id"] for unit in loaded if unit["LoadState"] == "loaded"}
    return sorted(found)


def can_fail(unit):
    return unit.endswith((".service", ".target", ".socket", ".path", ".mount", ".automount")) and not unit.startswith(("-", "run-credentials"))


def cases_of_units(vm):
    for unit in units_before(vm):
        if unit.endswith(".service"):
            yield Case(f"{unit} fails", fails(unit))
        yield Case(f"{unit} is missing", is_missing(unit))
        if unit.startswith("sallyport-"):
            yield Case(f"{unit} is masked", is_masked(unit))


def steps_of_sysinit(vm):
    """The commands that qubes-sysinit runs in this machine, in their order."""
    return vm.run("cat", "/run/steps").stdout.splitlines()


def cases_of_sysinit(vm):
    for number, step in enumerate(steps_of_sysinit(vm), 1):
        yield Case(f"qubes-sysinit fails at step {step}", fails_in_sysinit(number, "exit 1"))


def cases_of_hanging(vm):
    """Each way at the first step, in the middle, before the service's file is made and at the last one."""
    steps = steps_of_sysinit(vm)
    asks = next(number for number, step in enumerate(steps, 1) if "multiread" in step)
    for number in sorted({1, len(steps) // 2, asks, asks + 1, len(steps)}):
        yield Case(f"qubes-sysinit hangs at step {steps[number - 1]}", fails_in_sysinit(number, "sleep infinity"))
        yield Case(f"qubes-sysinit is killed at step {steps[number - 1]}", fails_in_sysinit(number, "kill -KILL 0"))


def names_no_services(root):
    """QubesDB answers, and has nothing."""
    (root / "usr/bin/qubesdb-multiread").write_text("#!/bin/sh\n")


def cases_of_silence():
    """Then only dom0's word and a profile say that this is a gateway."""
    def with_profile(root):
        names_no_services(root)
        (root / "rw/config/sallyport").mkdir(parents=True)
    yield Case("QubesDB names no services, and dom0 says sallyport.gateway", names_no_services, words=("sallyport.gateway",))
    yield Case("QubesDB names no services, and there is a profile", with_profile)
